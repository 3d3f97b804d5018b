package io.github.lanewise.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.op.GemmKernel;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;
import io.github.lanewise.tuning.Tuning.GemmTuning;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The search on made-up machines: kernels have a speed each, blocks a best size. */
class GemmSearchTest {
  private static final long SECOND = 1_000_000_000;
  private static final int LANES = 16;

  private static final List<GemmKernel> KERNELS =
      List.of(
          new GemmKernel("1x4u1", 1, 4, 9, false, true),
          new GemmKernel("1x4u4", 1, 4, 9, false, true),
          new GemmKernel("4x4u1", 4, 4, 21, false, true),
          new GemmKernel("5x4u1", 5, 4, 25, false, true),
          new GemmKernel("6x4u1", 6, 4, 29, false, true),
          new GemmKernel("6x4u1p", 6, 4, 29, true, false),
          new GemmKernel("9x4u1", 9, 4, 41, false, true),
          new GemmKernel("1x2u4", 1, 2, 5, false, true),
          new GemmKernel("8x2u1", 8, 2, 19, false, true),
          new GemmKernel("14x2u1", 14, 2, 31, false, true),
          new GemmKernel("6x1u2", 6, 1, 8, false, true));

  private static final GemmTuning START =
      new GemmTuning(
          Map.of(
              Shape.ROW, new Choice("1x4u1", Choice.ANY, 256, Choice.ANY),
              Shape.SKINNY, new Choice("4x4u1", Choice.ANY, 256, Choice.ANY),
              Shape.MATRIX, new Choice("5x4u1", 96, 256, 256)));

  @Test
  void findsTheBestKernelsAndBlocks() {
    for (int seed = 0; seed < 10; seed++) {
      ToDoubleFunction<Setting> speed =
          setting -> kernel(setting, "1x4u4", "8x2u1", "6x4u1") * blocks(setting, 120, 512, 1024);
      GemmTuning found = search(seed, speed, 60 * SECOND);
      String what = "seed " + seed + ": " + found;
      assertEquals("1x4u4", found.choice(Shape.ROW).kernel(), what);
      assertEquals("8x2u1", found.choice(Shape.SKINNY).kernel(), what);
      assertEquals("6x4u1", found.choice(Shape.MATRIX).kernel(), what);
      for (Shape shape : Shape.values()) {
        double reached = blocks(new Setting(shape, found.choice(shape)), 120, 512, 1024);
        assertTrue(reached > 0.98, shape + " reaches " + reached + ", " + what);
      }
    }
  }

  @Test
  void isNeverSlowerThanTheDefault() {
    for (int seed = 0; seed < 10; seed++) {
      int salt = seed;
      // Speeds without any order.
      ToDoubleFunction<Setting> speed =
          s -> 0.7 + 0.3 * (((s.hashCode() * 31 + salt) * 0x9E3779B9) >>> 8) * 0x1p-24;
      for (long seconds : new long[] {2, 10, 60}) {
        GemmTuning found = search(seed, speed, seconds * SECOND);
        for (Shape shape : Shape.values()) {
          double before = speed.applyAsDouble(new Setting(shape, START.choice(shape)));
          double after = speed.applyAsDouble(new Setting(shape, found.choice(shape)));
          assertTrue(after > 0.985 * before, seed + ", " + seconds + " s, " + shape + ": " + found);
        }
      }
    }
  }

  @Test
  void staysAtTheDefaultWhereAllAreEqual() {
    int changed = 0;
    for (int seed = 0; seed < 20; seed++) {
      changed += search(seed, s -> 1, 20 * SECOND).equals(START) ? 0 : 1;
    }
    // Dozens of races at one error in twenty: the fresh JVMs are there for the rest.
    assertTrue(changed < 15, changed + " of 20 searches among equals changed something");
  }

  @Test
  void respectsItsBudget() {
    for (long seconds : new long[] {5, 30, 120}) {
      FakeMachine machine = new FakeMachine(seconds);
      searchOn(machine, s -> kernel(s, "1x4u4", "6x4u1", "6x4u1"), 0, seconds * SECOND);
      double share = machine.getAsLong() / (double) (seconds * SECOND);
      assertTrue(share < 1.05, "took " + share + " of " + seconds + " s");
    }
  }

  @Test
  void triesWhatWasGoodOnceAndNothingThatCannotBe() {
    Choice odd = new Choice("6x4u1", 102, 320, 208);
    GemmTuning seedTuning = START.with(Shape.MATRIX, odd);
    Set<String> tried = new TreeSet<>();
    FakeMachine machine = new FakeMachine(5);
    Stopwatch<Setting> stopwatch =
        machine.stopwatch(s -> s.choice().equals(odd) ? 1.3 : kernel(s, "1x4u1", "4x4u1", "6x4u1"));
    GemmTuning found =
        new GemmSearch(
                KERNELS,
                LANES,
                32,
                setting -> {
                  tried.add(setting.toString());
                  assertEquals(0, setting.choice().nc() % (2 * LANES));
                  return stopwatch.nanos(setting);
                },
                machine,
                5)
            .search(START, List.of(seedTuning), 60 * SECOND);
    assertEquals(odd, found.choice(Shape.MATRIX));
    // 36 accumulators do not fit into 32 registers.
    assertTrue(tried.stream().noneMatch(s -> s.contains("9x4u1")), tried.toString());
    assertTrue(tried.stream().noneMatch(s -> s.startsWith("row 4x4u1")), tried.toString());
    assertTrue(tried.stream().noneMatch(s -> s.startsWith("matrix 6x4u1p")), tried.toString());
    assertTrue(tried.stream().anyMatch(s -> s.startsWith("skinny 6x4u1p")), tried.toString());
  }

  /** 1 for the best kernel of a class, 0.9 for others. */
  private static double kernel(Setting setting, String row, String skinny, String matrix) {
    String best =
        switch (setting.shape()) {
          case ROW -> row;
          case SKINNY -> skinny;
          case MATRIX -> matrix;
        };
    return setting.choice().kernel().equals(best) ? 1 : 0.9;
  }

  /** 1 at the best sizes, 4 % less for each factor of two away. */
  private static double blocks(Setting setting, int mc, int nc, int kc) {
    Choice choice = setting.choice();
    return (setting.shape().cutsRows() ? block(choice.mc(), mc) : 1)
        * block(choice.nc(), nc)
        * (setting.shape().cutsSums() ? block(choice.kc(), kc) : 1);
  }

  private static double block(int size, int best) {
    return 1 - 0.04 * Math.abs(Math.log(size / (double) best) / Math.log(2));
  }

  private static GemmTuning search(long seed, ToDoubleFunction<Setting> speed, long nanos) {
    return searchOn(new FakeMachine(seed), speed, seed, nanos);
  }

  private static GemmTuning searchOn(
      FakeMachine machine, ToDoubleFunction<Setting> speed, long seed, long nanos) {
    return new GemmSearch(KERNELS, LANES, 32, machine.stopwatch(speed), machine, seed)
        .search(START, List.of(), nanos);
  }
}
