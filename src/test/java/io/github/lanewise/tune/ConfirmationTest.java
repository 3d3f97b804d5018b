package io.github.lanewise.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.tune.Confirmation.Outcome;
import io.github.lanewise.tune.Confirmation.Result;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;
import io.github.lanewise.tuning.Tuning;
import io.github.lanewise.tuning.Tuning.GemmTuning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class ConfirmationTest {
  private static final long SECOND = 1_000_000_000;

  private static final Tuning DEFAULTS = tuning("1x4u4", "4x4u2", "6x4u1");
  private static final Tuning TUNED = tuning("1x4u1", "3x4u2", "5x4u1");

  private final FakeMachine machine = new FakeMachine(1);
  private final List<Tuning> started = new ArrayList<>();

  @Test
  void keepsTheDefaultWhereNothingIsGained() {
    Result result = confirm(TUNED, 1.05, 1.0, 0.9);
    assertEquals(Outcome.GAINED, result.verdicts().get(0).outcome());
    assertEquals(Outcome.NO_GAIN, result.verdicts().get(1).outcome());
    assertEquals(Outcome.SLOWER, result.verdicts().get(2).outcome());
    assertEquals(DEFAULTS.gemm().with(Shape.ROW, TUNED.gemm().choice(Shape.ROW)), result.gemm());
    assertEquals(Product.ALL.size(), result.measured().size());
    result.measured().stream()
        .skip(1)
        .forEach(m -> assertEquals(m.defaultGflops(), m.gflops(), m.shape()));
    assertEquals(1.05, result.measured().getFirst().gflops() / 100, 0.02);
  }

  @Test
  void whatIsTheSameGainsNothingWhateverTheFigures() {
    Tuning same = TUNED.withGemm(DEFAULTS.gemm().with(Shape.ROW, TUNED.gemm().choice(Shape.ROW)));
    Result result = confirm(same, 1.05, 1.05, 0.9);
    assertEquals(
        List.of(Outcome.GAINED, Outcome.NO_GAIN, Outcome.NO_GAIN),
        result.verdicts().stream().map(Confirmation.Verdict::outcome).toList());
  }

  /** The mean of the class gains 6 %, one of its products loses 5 %. */
  @Test
  void aGainMustNotSlowDownAnyProduct() {
    Result result =
        confirmation(p -> p.m() == 8 ? 0.95 : p.shape() == Shape.SKINNY ? 1.12 : 1.05)
            .run(DEFAULTS, TUNED, 50 * SECOND);
    assertEquals(
        List.of(Outcome.GAINED, Outcome.SLOWER, Outcome.GAINED),
        result.verdicts().stream().map(Confirmation.Verdict::outcome).toList());
    assertEquals(DEFAULTS.gemm().choice(Shape.SKINNY), result.gemm().choice(Shape.SKINNY));
  }

  @Test
  void takesTurns() {
    confirm(TUNED, 1, 1, 1);
    assertEquals(List.of(DEFAULTS, TUNED, TUNED, DEFAULTS, DEFAULTS, TUNED), started.subList(0, 6));
  }

  @Test
  void respectsItsTimeAndProvesNothingWithoutAny() {
    Result result = confirm(TUNED, 1.05, 1.05, 1.05);
    assertTrue(result.pairs() >= 4 && result.pairs() <= 6, result.pairs() + " pairs");
    assertEquals(50, machine.getAsLong() / (double) SECOND, 6);
    Result hasty = confirmation(1.05, 1.05, 1.05).run(DEFAULTS, TUNED, SECOND);
    assertEquals(1, hasty.pairs());
    assertEquals(DEFAULTS.gemm(), hasty.gemm());
  }

  private Result confirm(Tuning tuned, double row, double skinny, double matrix) {
    return confirmation(row, skinny, matrix).run(DEFAULTS, tuned, 50 * SECOND);
  }

  private Confirmation confirmation(double row, double skinny, double matrix) {
    return confirmation(
        product ->
            switch (product.shape()) {
              case ROW -> row;
              case SKINNY -> skinny;
              case MATRIX -> matrix;
            });
  }

  /** JVMs that take five seconds, in which anything but the default has these speeds. */
  private Confirmation confirmation(ToDoubleFunction<Product> speed) {
    Random random = new Random(7);
    return new Confirmation(
        tuning -> {
          started.add(tuning);
          machine.pass(5 * SECOND);
          Map<Product, Double> rates = new LinkedHashMap<>();
          for (Product product : Product.ALL) {
            double noise = 1 + 0.002 * random.nextGaussian();
            double factor = tuning.equals(DEFAULTS) ? 1 : speed.applyAsDouble(product);
            rates.put(product, 100 * noise * factor);
          }
          return rates;
        },
        machine);
  }

  private static Tuning tuning(String row, String skinny, String matrix) {
    return new Tuning(
        "test",
        512,
        new GemmTuning(
            Map.of(
                Shape.ROW, new Choice(row, Choice.ANY, 256, Choice.ANY),
                Shape.SKINNY, new Choice(skinny, Choice.ANY, 256, 256),
                Shape.MATRIX, new Choice(matrix, 96, 256, 256))),
        null);
  }
}
