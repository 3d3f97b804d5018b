package io.github.lanewise.model.recurrent;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.Progress;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.PlainMath;
import io.github.lanewise.testing.Seeds;
import io.github.lanewise.testing.TorchFixture;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LstmTest {
  /** An odd width, and more steps than a chunk of gates. */
  private static final RecurrentConfig CONFIG = new RecurrentConfig("small", 2, 21, 3, 300, null);

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Step by step, each from where ours has come: bounds over many steps would say nothing. */
  @Test
  void everyStepAgreesWithTheDefinition() {
    int width = CONFIG.dModel();
    try (LstmWeights weights = LstmWeights.random(runtime, CONFIG, 3, Progress.NONE)) {
      Matrix x = Seeds.matrix(1, 40, width);
      Matrix out = Matrix.allocate(Arena.ofAuto(), 1, width);
      Lstm lstm = Lstm.prepare(runtime, weights, 1, 1);
      LstmState state = LstmState.zero(Arena.ofAuto(), CONFIG, 1);
      LstmReference reference = new LstmReference(weights);
      for (int t = 0; t < 40; t++) {
        LstmReference.Result expected = reference.step(PlainMath.of(x)[t], state);
        lstm.forward(x.rowRange(t, 1), state, out, new PartTimes());
        for (int i = 0; i < width; i++) {
          double bound = expected.bounds()[0][i];
          assertTrue(bound < 1e-4, "a bound that says nothing: " + bound);
          Bounds.assertClose(expected.values()[0][i], out.get(0, i), bound, t + ", " + i);
        }
      }
    }
  }

  @Test
  void agreesWithPyTorch() {
    TorchFixture torch = TorchFixture.of(LstmTest.class, "torch-lstm.json");
    int width = torch.size("width");
    int sequences = torch.size("sequences");
    RecurrentConfig config =
        new RecurrentConfig("torch", torch.size("layers"), width, 1, torch.size("steps"), null);
    try (LstmWeights weights = LstmWeights.zero(config)) {
      for (int layer = 0; layer < config.layers(); layer++) {
        torch.linear("weight_ih_l" + layer, weights.tensors().linear(LstmWeights.input(layer)));
        torch.linear("weight_hh_l" + layer, weights.tensors().linear(LstmWeights.hidden(layer)));
        Matrix bias = weights.tensors().matrix(LstmWeights.bias(layer));
        Matrix input = torch.tensor("bias_ih_l" + layer, 4 * width);
        Matrix hidden = torch.tensor("bias_hh_l" + layer, 4 * width);
        for (int i = 0; i < 4 * width; i++) {
          bias.set(0, i, input.get(0, i) + hidden.get(0, i));
        }
      }
      Matrix x = torch.tensor("x", width);
      Lstm lstm = Lstm.prepare(runtime, weights, sequences, config.contextWindow());
      LstmState state = LstmState.zero(Arena.ofAuto(), config, sequences);
      Matrix out = Matrix.allocate(Arena.ofAuto(), x.rows(), width);
      lstm.forward(x, state, out, new PartTimes());
      torch.assertAgrees("out", out, 1e-5);
      for (int layer = 0; layer < config.layers(); layer++) {
        Bounds.assertRowsClose(
            torch.tensor("hidden", width).rowRange(layer * sequences, sequences),
            state.hidden(layer),
            1e-5);
        Bounds.assertRowsClose(
            torch.tensor("cell", width).rowRange(layer * sequences, sequences),
            state.cell(layer),
            1e-5);
      }
    }
  }

  @Test
  void aSequenceHasTheSameBitsInABatchInPiecesAndWithAnyNumberOfThreads() {
    int steps = CONFIG.contextWindow(); // two chunks of gates, and one in each piece
    int sequences = 5;
    try (LstmWeights weights = LstmWeights.random(runtime, CONFIG, 3, Progress.NONE)) {
      Matrix x = Seeds.matrix(1, steps * sequences, CONFIG.dModel());
      Matrix batch = run(runtime, weights, sequences, x);
      for (int threads : new int[] {1, 3}) {
        try (Lanewise other = Lanewise.create(threads)) {
          assertSameBits(batch, run(other, weights, sequences, x));
        }
      }
      Matrix alone = Matrix.allocate(Arena.ofAuto(), steps, CONFIG.dModel());
      for (int t = 0; t < steps; t++) {
        alone.rowRange(t, 1).copyFrom(x.rowRange(t * sequences + 2, 1).toArray());
      }
      Lstm lstm = Lstm.prepare(runtime, weights, 1, steps);
      LstmState state = LstmState.zero(Arena.ofAuto(), CONFIG, 1);
      lstm.forward(alone.rowRange(0, 113), state, alone.rowRange(0, 113), new PartTimes());
      lstm.forward(alone.rowRange(113, 187), state, alone.rowRange(113, 187), new PartTimes());
      for (int t = 0; t < steps; t++) {
        assertSameBits(batch.rowRange(t * sequences + 2, 1), alone.rowRange(t, 1));
      }
    }
  }

  @Test
  void allocatesNothingOnTheHeapAndTellsItsParts() {
    try (LstmWeights weights = LstmWeights.random(runtime, CONFIG, 3, Progress.NONE)) {
      Lstm lstm = Lstm.prepare(runtime, weights, 2, 20);
      LstmState state = LstmState.zero(Arena.ofAuto(), CONFIG, 2);
      Matrix x = Seeds.matrix(1, 40, CONFIG.dModel());
      Matrix out = Matrix.allocate(Arena.ofAuto(), 40, CONFIG.dModel());
      PartTimes times = new PartTimes();
      assertEquals(0, Allocation.ofCompiled(() -> lstm.forward(x, state, out, times)));
      assertEquals(Set.of(LstmPart.values()), times.byPart().keySet());
    }
  }

  @Test
  void refusesWrongArguments() {
    try (LstmWeights weights = LstmWeights.random(runtime, CONFIG, 3, Progress.NONE)) {
      Lstm lstm = Lstm.prepare(runtime, weights, 2, 20);
      LstmState state = LstmState.zero(Arena.ofAuto(), CONFIG, 2);
      Matrix x = Seeds.matrix(1, 42, CONFIG.dModel());
      Matrix six = x.rowRange(0, 6);
      refuse("inputs is", lstm, x, state, x);
      refuse("inputs is", lstm, x.rowRange(0, 3), state, x.rowRange(0, 3));
      refuse("inputs is", lstm, x.rowRange(0, 0), state, x.rowRange(0, 0));
      refuse("inputs is", lstm, six.columnRange(0, 20), state, six);
      refuse("outputs is", lstm, six, state, x.rowRange(0, 4));
      refuse("state is of", lstm, six, LstmState.zero(Arena.ofAuto(), CONFIG, 1), six);
      refuse(
          "state is of", lstm, six, LstmState.zero(Arena.ofAuto(), CONFIG.withLayers(1), 2), six);
      assertThrows(IllegalArgumentException.class, () -> Lstm.prepare(runtime, weights, 0, 20));
      assertThrows(IllegalArgumentException.class, () -> Lstm.prepare(runtime, weights, 1, 301));
    }
    LstmWeights closed = LstmWeights.zero(CONFIG);
    Lstm lstm = Lstm.prepare(runtime, closed, 2, 20);
    closed.close();
    Matrix x = Seeds.matrix(1, 6, CONFIG.dModel());
    LstmState state = LstmState.zero(Arena.ofAuto(), CONFIG, 2);
    assertThrows(IllegalStateException.class, () -> lstm.forward(x, state, x, new PartTimes()));
  }

  @Test
  void countsOperationsAndMemory() {
    RecurrentConfig config = RecurrentConfig.load(Path.of("models/lstm-baseline.json"));
    assertEquals(2L * 8 * 384 * 384 * 100, Lstm.flops(config, 100));
    assertEquals(8 * 384 * 384 + 4 * 384, Lstm.plan(config, 1, 1, 100).parameters());
  }

  private static void refuse(
      String message, Lstm lstm, Matrix inputs, LstmState state, Matrix outputs) {
    String told =
        assertThrows(
                IllegalArgumentException.class,
                () -> lstm.forward(inputs, state, outputs, new PartTimes()))
            .getMessage();
    assertTrue(told.contains(message), told);
  }

  private static Matrix run(Lanewise on, LstmWeights weights, int sequences, Matrix x) {
    Lstm lstm = Lstm.prepare(on, weights, sequences, x.rows() / sequences);
    LstmState state = LstmState.zero(Arena.ofAuto(), weights.config(), sequences);
    Matrix out = Matrix.allocate(Arena.ofAuto(), x.rows(), weights.config().dModel());
    lstm.forward(x, state, out, new PartTimes());
    return out;
  }
}
