package io.github.lanewise.model.protein;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.model.Deviation;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.Progress;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.PlainMath;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EvoformerTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Few and many sequences and residues, no two widths alike, one block and two. */
  static List<EvoformerConfig> configs() {
    EvoformerConfig.Widths widths = new EvoformerConfig.Widths(14, 11, 3, 9, 2);
    return List.of(
        new EvoformerConfig("small", 2, widths, 3, 2, 4, 1e-5, 5, 7, null),
        new EvoformerConfig("short", 1, widths, 3, 2, 4, 1e-5, 2, 5, null),
        new EvoformerConfig("long", 1, widths, 1, 5, 6, 1e-5, 21, 34, null));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void agreesWithTheDefinition(EvoformerConfig config) {
    try (TensorStore weights = Evoformer.randomWeights(runtime, config, 7, Progress.NONE)) {
      EvoformerState state = state(config);
      double[][] m = PlainMath.of(state.msa());
      double[][] z = PlainMath.of(state.pair());
      EvoformerReference.Result expected =
          new EvoformerReference(config, weights, PlainMath.inDouble()).run(m, z);
      EvoformerReference.Result plain =
          new EvoformerReference(config, weights, PlainMath.inFloat()).run(m, z);
      Evoformer.prepare(runtime, config, weights).forward(state, new PartTimes());
      Deviation.assertAsGoodAsPlainFloat(expected.msa(), plain.msa(), state.msa(), "msa");
      Deviation.assertAsGoodAsPlainFloat(expected.pair(), plain.pair(), state.pair(), "pair");
    }
  }

  /** Too few numbers for their largest error to be compared with another's. */
  @Test
  void aSingleResidueOfASingleSequenceIsAnAlignment() {
    EvoformerConfig config = configs().getFirst().withSizes(1, 1);
    try (TensorStore weights = Evoformer.randomWeights(runtime, config, 7, Progress.NONE)) {
      EvoformerState state = state(config);
      double[][] m = PlainMath.of(state.msa());
      double[][] z = PlainMath.of(state.pair());
      EvoformerReference.Result expected =
          new EvoformerReference(config, weights, PlainMath.inDouble()).run(m, z);
      Evoformer.prepare(runtime, config, weights).forward(state, new PartTimes());
      for (int i = 0; i < state.pair().columns(); i++) {
        assertEquals(expected.pair()[0][i], state.pair().get(0, i), 1e-4);
      }
    }
  }

  @Test
  void hasTheSameBitsWithAnyNumberOfThreads() {
    EvoformerConfig config = configs().getLast();
    try (TensorStore weights = Evoformer.randomWeights(runtime, config, 7, Progress.NONE)) {
      EvoformerState expected = state(config);
      Evoformer.prepare(runtime, config, weights).forward(expected, new PartTimes());
      for (int threads : new int[] {1, 3}) {
        try (Lanewise other = Lanewise.create(threads)) {
          EvoformerState state = state(config);
          Evoformer.prepare(other, config, weights).forward(state, new PartTimes());
          assertSameBits(expected.msa(), state.msa());
          assertSameBits(expected.pair(), state.pair());
        }
      }
    }
  }

  /** Outer products of more residues than fit at once go by chunks. */
  @Test
  void chunksOfResiduesAreCountedRight() {
    EvoformerConfig config = EvoformerConfig.load(Path.of("models/alphafold2-evoformer.json"));
    assertEquals(16, OuterProductMean.chunk(config));
    assertEquals(4, OuterProductMean.chunk(config.withSizes(8, 1000)));
    EvoformerConfig uneven =
        new EvoformerConfig(
            "uneven", 1, new EvoformerConfig.Widths(4, 4, 128, 4, 1), 1, 1, 4, 1e-5, 2, 19, null);
    assertTrue(19 % OuterProductMean.chunk(uneven) != 0);
    try (TensorStore weights = Evoformer.randomWeights(runtime, uneven, 7, Progress.NONE)) {
      EvoformerState state = state(uneven);
      double[][] m = PlainMath.of(state.msa());
      double[][] z = PlainMath.of(state.pair());
      Evoformer.prepare(runtime, uneven, weights).forward(state, new PartTimes());
      Deviation.assertAsGoodAsPlainFloat(
          new EvoformerReference(uneven, weights, PlainMath.inDouble()).run(m, z).pair(),
          new EvoformerReference(uneven, weights, PlainMath.inFloat()).run(m, z).pair(),
          state.pair(),
          "pair");
    }
  }

  @Test
  void allocatesNothingOnTheHeapAndTellsItsParts() {
    EvoformerConfig config = configs().getFirst();
    try (TensorStore weights = Evoformer.randomWeights(runtime, config, 7, Progress.NONE)) {
      Evoformer evoformer = Evoformer.prepare(runtime, config, weights);
      EvoformerState state = state(config);
      PartTimes times = new PartTimes();
      assertEquals(0, Allocation.ofCompiled(() -> evoformer.forward(state, times)));
      assertEquals(Set.of(EvoformerPart.values()), times.byPart().keySet());
    }
  }

  @Test
  void refusesAnotherStateAndClosedWeights() {
    EvoformerConfig config = configs().getFirst();
    try (TensorStore weights = Evoformer.randomWeights(runtime, config, 7, Progress.NONE)) {
      Evoformer evoformer = Evoformer.prepare(runtime, config, weights);
      EvoformerState other = state(config.withSizes(5, 8));
      assertThrows(IllegalArgumentException.class, () -> evoformer.forward(other, new PartTimes()));
    }
    TensorStore closed = Evoformer.randomWeights(runtime, config, 7, Progress.NONE);
    Evoformer evoformer = Evoformer.prepare(runtime, config, closed);
    closed.close();
    EvoformerState state = state(config);
    assertThrows(IllegalStateException.class, () -> evoformer.forward(state, new PartTimes()));
  }

  /** A block of AlphaFold 2: its parameters and its operations, term by term. */
  @Test
  void countsParametersAndOperations() {
    EvoformerConfig config = EvoformerConfig.load(Path.of("models/alphafold2-evoformer.json"));
    long row = 2 * 256 + 5 * 256 * 256 + 2 * 256 + 2 * 128 + 8 * 128;
    long column = 2 * 256 + 5 * 256 * 256 + 2 * 256;
    long msaTransition = 2 * 256 + 8 * 256 * 256 + 5 * 256;
    long outer = 2 * 256 + 2 * (32 * 256 + 32) + 128 * 1024 + 128;
    long triangle = 2 * 128 + 4 * (128 * 128 + 128) + 2 * 128 + 2 * (128 * 128 + 128);
    long triangleAttention = 2 * 128 + 5 * 128 * 128 + 2 * 128 + 4 * 128;
    long pairTransition = 2 * 128 + 8 * 128 * 128 + 5 * 128;
    assertEquals(
        row
            + column
            + msaTransition
            + outer
            + 2 * triangle
            + 2 * triangleAttention
            + pairTransition,
        Evoformer.plan(config, 1).parameters());

    EvoformerConfig tiny =
        new EvoformerConfig(
            "tiny", 1, new EvoformerConfig.Widths(2, 3, 5, 7, 4), 2, 3, 4, 1e-5, 6, 9, null);
    long m = 6 * 9;
    long z = 9 * 9;
    long attention = m * 5 * 2 * 8 + 2 * m * 9 * 8 + z * 3 * 2 + m * 5 * 2 * 8 + 2 * m * 6 * 8;
    long triangles = 2 * (z * 5 * 3 * 12 + 2 * z * 9 * 12 + z * 3 * 3);
    long transitions = m * 2 * 2 * 8 + z * 2 * 3 * 12;
    long products = m * 2 * 2 * 5 + z * 25 * 6 + z * 25 * 3;
    long multiplications = 2 * (z * 3 * 28 + z * 9 * 7 + z * 7 * 3 + z * 3 * 3);
    assertEquals(
        2 * (attention + triangles + transitions + products + multiplications),
        Evoformer.flops(tiny));
  }

  private static EvoformerState state(EvoformerConfig config) {
    EvoformerState state = EvoformerState.allocate(Arena.ofAuto(), config);
    Seeds.fill(state.msa(), 1);
    Seeds.fill(state.pair(), 2);
    return state;
  }
}
