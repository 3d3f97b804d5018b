package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RopeScalingTest {
  /** Computed by a separate program in double, as the papers' authors compute them. */
  private static final Map<RopeScaling, Map<Integer, Double>> EXPECTED =
      Map.of(
          new RopeScaling.None(),
          Map.of(
              0, 1.0, 1, 0.8146172338565447, 20, 0.016560440080994446, 63, 2.455140791131609e-06),
          new RopeScaling.Linear(8),
          Map.of(0, 1 / 8.0, 1, 0.8146172338565447 / 8, 20, 0.016560440080994446 / 8),
          new RopeScaling.Llama3(8, 1, 4, 8192),
          Map.of(
              1, 0.8146172338565447,
              26, 0.004839421345719893,
              29, 0.002166570763503359,
              31, 0.0008567514129196321,
              33, 0.00031269375038406517,
              36, 7.78465527393245e-05,
              63, 3.068925988914511e-07));

  @Test
  void givesTheFrequenciesOfThePapers() {
    EXPECTED.forEach((scaling, expected) -> assertFrequencies(expected, scaling, 128, 500_000));
    assertFrequencies(
        Map.of(
            1, 0.8471171851512068,
            20, 0.03621344521904416,
            40, 0.0013114136146327121,
            63, 2.8869549617236452e-05),
        new RopeScaling.Ntk(4),
        128,
        10_000);
    assertFrequencies(
        Map.of(
            1, 0.8058421877614819,
            22, 0.008659643233600654,
            25, 0.004131738022518394,
            30, 0.001064360981247002,
            36, 0.0001798411558739542,
            40, 4.445698525097307e-05,
            63, 3.102344401879299e-07),
        new RopeScaling.Yarn(4, 32768, 32, 1, 1),
        128,
        1e6);
    assertFrequencies(
        Map.of(0, 1.0, 1, 0.0625, 2, 0.0025, 3, 0.00025),
        new RopeScaling.Yarn(4, 64, 32, 1, 1),
        8,
        10_000);
  }

  private static void assertFrequencies(
      Map<Integer, Double> expected, RopeScaling scaling, int dim, double theta) {
    RopeFrequencies actual = scaling.frequencies(dim, theta);
    assertEquals(dim, actual.rotaryDim());
    expected.forEach(
        (pair, radians) ->
            assertEquals(radians, actual.radians(pair), 1e-13 * radians, scaling + ", " + pair));
  }

  @Test
  void changesNothingWithAFactorOfOne() {
    RopeFrequencies trained = RopeFrequencies.of(64, 10_000);
    for (RopeScaling scaling :
        List.of(
            new RopeScaling.Linear(1),
            new RopeScaling.Ntk(1),
            new RopeScaling.Yarn(1, 2048, 32, 1, RopeScaling.Yarn.usualFactor(1)),
            new RopeScaling.Llama3(1, 1, 4, 2048))) {
      RopeFrequencies scaled = scaling.frequencies(64, 10_000);
      assertEquals(1, scaled.magnitude());
      for (int pair = 0; pair < 32; pair++) {
        assertEquals(trained.radians(pair), scaled.radians(pair), 1e-15, scaling.toString());
      }
    }
  }

  @Test
  void yarnMultipliesWhatTurns() {
    assertEquals(1.1386294361119891, RopeScaling.Yarn.usualFactor(4), 1e-15);
    RopeScaling yarn = new RopeScaling.Yarn(4, 64, 32, 1, 1.25);
    Rope rope = Rope.prepare(RUNTIME, 12, 8, yarn.frequencies(8, 10_000), Rope.Pairing.INTERLEAVED);
    Matrix x = Seeds.matrix(1, 1, 12);
    float[] before = x.toArray();
    rope.run(x, 0);
    for (int i = 0; i < 12; i++) {
      assertEquals(i < 8 ? 1.25f * before[i] : before[i], x.get(0, i), "element " + i);
    }
  }

  private static final Lanewise RUNTIME = Lanewise.create(1);

  @Test
  void partialRotationTurnsTheFirstElementsAndLeavesTheOthers() {
    for (Rope.Pairing pairing : Rope.Pairing.values()) {
      for (int rotary : new int[] {2, 6, 16, 34, 40}) {
        Matrix x = Seeds.matrix(2, 5, 3 * 40);
        Matrix before = Matrix.copyOf(Arena.ofAuto(), 5, 3 * 40, x.toArray());
        RopeFrequencies frequencies = RopeFrequencies.of(rotary, 10_000);
        Rope rope = Rope.prepare(RUNTIME, 40, 64, frequencies, pairing);
        assertEquals(64, rope.maxPositions());
        rope.run(x, 50);
        Rope whole = Rope.prepare(RUNTIME, rotary, 64, 10_000, pairing);
        for (int head = 0; head < 3; head++) {
          Matrix turned = Matrix.allocate(Arena.ofAuto(), 5, rotary);
          for (int r = 0; r < 5; r++) {
            for (int i = 0; i < rotary; i++) {
              turned.set(r, i, before.get(r, head * 40 + i));
            }
          }
          whole.run(turned, 50);
          Bounds.assertSameBits(turned, x.columnRange(head * 40, rotary));
          Bounds.assertSameBits(
              before.columnRange(head * 40 + rotary, 40 - rotary),
              x.columnRange(head * 40 + rotary, 40 - rotary));
        }
      }
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    refuses("factor is 0.5", () -> new RopeScaling.Linear(0.5));
    refuses("factor is NaN", () -> new RopeScaling.Ntk(Double.NaN));
    refuses("originalPositions is 0", () -> new RopeScaling.Yarn(2, 0, 32, 1, 1));
    refuses("betaFast is 0.5", () -> new RopeScaling.Yarn(2, 10, 0.5, 1, 1));
    refuses("attentionFactor is -1.0", () -> new RopeScaling.Yarn(2, 10, 32, 1, -1));
    refuses("highFreqFactor is 1.0", () -> new RopeScaling.Llama3(2, 1, 1, 10));
    refuses("rotaryDim is 7, must be even", () -> RopeFrequencies.of(7, 10_000));
    refuses("theta is 0.0", () -> RopeFrequencies.of(8, 0));
    refuses(
        "rotaryDim of frequencies is 8",
        () ->
            Rope.prepare(RUNTIME, 6, 10, RopeFrequencies.of(8, 10_000), Rope.Pairing.INTERLEAVED));
  }

  private static void refuses(String words, Runnable call) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
    assertTrue(message.startsWith(words), message);
  }
}
