package io.github.lanewise.model.seq2seq;

import static io.github.lanewise.testing.Bounds.assertRowsClose;
import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Decoder;
import io.github.lanewise.model.Deviation;
import io.github.lanewise.model.KvCache;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.PartTimes.Part;
import io.github.lanewise.model.Progress;
import io.github.lanewise.model.seq2seq.Seq2SeqConfig.Inputs;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.PlainMath;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class Seq2SeqTest {
  private static final long SEED = 11;
  private static final int SOURCE = 37;
  private static final int TARGET = 29;
  private static final PartTimes TIMES = new PartTimes();
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static List<Seq2SeqConfig> models() {
    return Seq2SeqModels.small();
  }

  @ParameterizedTest
  @MethodSource("models")
  void agreesWithTheDefinition(Seq2SeqConfig config) {
    try (Seq2SeqWeights weights = weights(config)) {
      Run run = new Run(runtime, weights);
      int[] target = tokens(config, TARGET, 2);
      Seq2SeqReference exact = new Seq2SeqReference(weights, PlainMath.inDouble());
      Seq2SeqReference plain = new Seq2SeqReference(weights, PlainMath.inFloat());
      double[][] states = run.states(exact);
      double[][] plainStates = run.states(plain);
      Deviation.assertAsGoodAsPlainFloat(
          states, plainStates, run.state.hidden(), config.name() + ", states");
      Deviation.assertAsGoodAsPlainFloat(
          exact.logits(states, target),
          plain.logits(plainStates, target),
          run.logits(target, TARGET),
          config.name() + ", logits");
      run.close();
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aTargetAgreesAtOnceInChunksAndTokenByToken(Seq2SeqConfig config) {
    try (Seq2SeqWeights weights = weights(config);
        Run run = new Run(runtime, weights)) {
      int[] target = tokens(config, TARGET, 3);
      Matrix once = run.logits(target, TARGET);
      for (int chunk : new int[] {1, 2, 7, 28}) {
        Matrix inChunks = run.logits(target, chunk);
        assertRowsClose(once, inChunks, 1e-5);
        assertSameBits(inChunks, run.logits(target, chunk));
      }
      assertSameBits(once, run.logits(target, TARGET));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void hasTheSameBitsWithAnyNumberOfThreads(Seq2SeqConfig config) {
    int[] target = tokens(config, TARGET, 4);
    try (Seq2SeqWeights weights = weights(config);
        Run expected = new Run(runtime, weights)) {
      Matrix once = expected.logits(target, TARGET);
      Matrix steps = expected.logits(target, 1);
      for (int threads : new int[] {1, 3, 5}) {
        try (Lanewise other = Lanewise.create(threads);
            Seq2SeqWeights same = Seq2SeqWeights.random(other, config, SEED, Progress.NONE);
            Run run = new Run(other, same)) {
          assertSameBits(expected.state.hidden(), run.state.hidden());
          assertSameBits(once, run.logits(target, TARGET));
          assertSameBits(steps, run.logits(target, 1));
        }
      }
    }
  }

  @Test
  void decodesGreedily() {
    Seq2SeqConfig config = Seq2SeqModels.tiny();
    try (Seq2SeqWeights weights = weights(config);
        Run run = new Run(runtime, weights)) {
      int[] target = new int[TARGET];
      int length = run.model.greedy(run.state, target, TIMES);
      assertTrue(length == TARGET || target[length - 1] == config.endToken());
      // Each is the likeliest after those before it.
      int[] fed = new int[length];
      fed[0] = config.startToken();
      System.arraycopy(target, 0, fed, 1, length - 1);
      Matrix logits = run.logits(fed, 1);
      for (int i = 0; i < length; i++) {
        assertEquals(Decoder.argmax(logits, i), target[i], "token " + i);
      }
      // And it stops where one of them is the end.
      Seq2SeqConfig ended =
          Seq2SeqModels.changed(
              "tiny-seq2seq", "ended", "\"endToken\": 1", "\"endToken\": " + target[4]);
      try (Seq2SeqWeights others = weights(ended);
          Run until = new Run(runtime, others)) {
        int[] shorter = new int[TARGET];
        int first = 1 + first(target[4], target);
        assertEquals(first, until.model.greedy(until.state, shorter, TIMES));
        assertArrayEquals(Arrays.copyOf(target, first), Arrays.copyOf(shorter, first));
        assertEquals(first, until.state.length());
      }
    }
  }

  private static int first(int token, int[] tokens) {
    int at = 0;
    while (tokens[at] != token) {
      at++;
    }
    return at;
  }

  @Test
  void aSourceIsReadOnceAndAnotherReplacesIt() {
    Seq2SeqConfig config = Seq2SeqModels.tiny();
    try (Seq2SeqWeights weights = weights(config);
        Run run = new Run(runtime, weights)) {
      int[] target = tokens(config, 5, 5);
      Matrix expected = run.logits(target, 5);
      PartTimes times = new PartTimes();
      run.model.forward(target, run.state, row(config), times);
      assertEquals(0, times.nanos(Part.CROSS_KEYS));
      assertTrue(times.nanos(Part.CROSS_ATTENTION) > 0);
      run.model.encode(tokens(config, 9, 6), run.state, TIMES);
      assertEquals(0, run.state.length());
      assertEquals(9, run.state.hidden().rows());
      Matrix other = run.logits(target, 5);
      assertTrue(Math.abs(other.get(4, 0) - expected.get(4, 0)) > 1e-3);
      run.encode();
      assertSameBits(expected, run.logits(target, 5));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void allocatesNothingOnTheHeap(Seq2SeqConfig config) {
    try (Seq2SeqWeights weights = weights(config);
        Run run = new Run(runtime, weights)) {
      int[] target = new int[12];
      PartTimes times = new PartTimes();
      assertEquals(
          0,
          Allocation.ofCompiled(
              () -> {
                run.encode();
                int length = run.model.greedy(run.state, target, times);
                assert length > 0;
              }));
    }
  }

  @Test
  void plansTheMemoryThatItTakes() {
    for (Seq2SeqConfig config : models()) {
      try (Seq2SeqWeights weights = weights(config);
          Run run = new Run(runtime, weights)) {
        MemoryPlan plan = Seq2Seq.plan(config, 2, SOURCE, TARGET);
        assertEquals(weights.bytes(), plan.weightsBytes());
        assertEquals(run.state.cache().bytes(), plan.cacheBytes());
      }
    }
  }

  /** Counted by hand: products of 2 operations, by what is multiplied. */
  @Test
  void countsOperations() {
    Seq2SeqConfig config = Seq2SeqModels.tiny();
    long width = 76;
    long queries = 6 * 14;
    long keys = 2 * 14;
    long feedForward = 3 * 172 * width;
    long self = (queries + 2 * keys) * width + queries * width;
    long encoder = 2 * (10 * (self + feedForward) + 2 * 10 * 10 * queries);
    long kept = 3 * 10 * 2 * keys * width;
    assertEquals(2 * (encoder + kept), Seq2Seq.encodeFlops(config, 10));
    long step = 3 * (self + 2 * queries * width + feedForward + 2 * (5 + 10) * queries);
    assertEquals(2 * (step + 259 * width), Seq2Seq.stepFlops(config, 10, 4));
  }

  @Test
  void warmsUpAllThatItHas() {
    Seq2SeqConfig config = Seq2SeqModels.tiny();
    Seq2SeqWeights weights = weights(config);
    Seq2Seq model = Seq2Seq.prepare(runtime, weights, SOURCE, 1);
    assertTrue(model.warmUp());
    weights.close();
    weights.close();
    assertThrows(IllegalStateException.class, model::warmUp);
  }

  @Test
  void refusesWrongArguments() {
    Seq2SeqConfig config = Seq2SeqModels.tiny();
    try (Seq2SeqWeights weights = weights(config)) {
      Seq2Seq model = Seq2Seq.prepare(runtime, weights, 20, 8);
      Matrix logits = row(config);
      try (Seq2SeqState state = model.newState(10, 12);
          KvCache without = KvCache.allocateWithSource(weights.decoder().config(), 3, 4)) {
        refuse("cache holds no states of an encoder", () -> pass(model, state, logits, 1));
        refuse(
            "the source has 11 rows, must have 1 to the state's source = 10",
            () -> model.encode(new int[11], state, TIMES));
        refuse("the source has 0 rows", () -> model.encode(new int[0], state, TIMES));
        refuse("tokens[0] is 259, must be", () -> model.encode(new int[] {259}, state, TIMES));
        refuse(
            "tiny-seq2seq takes tokens: use encode",
            () -> model.encodeFeatures(Matrix.allocate(Arena.ofAuto(), 3, 76), state, TIMES));
        model.encode(new int[10], state, TIMES);
        refuse(
            "tokens has length 9, must be 1 to maxTokens = 8", () -> pass(model, state, logits, 9));
        pass(model, state, logits, 8);
        refuse("sequence 0 has 8 cached tokens and 8 new", () -> pass(model, state, logits, 8));
        refuse(
            "target has length 13, must be at most the state's capacity = 12",
            () -> {
              int unused = model.greedy(state, new int[13], TIMES);
            });
        assertEquals(4, without.capacity());
      }
      refuse("capacity is 0, must be 1 to", () -> model.newState(3, 0).close());
      refuse("source is 0, must be 1 to", () -> model.newState(0, 3).close());
    }
  }

  @Test
  void refusesTokensWhereItTakesFeatures() {
    Seq2SeqConfig config = Seq2SeqModels.small().get(3);
    assertEquals(Inputs.FEATURES, config.inputs());
    try (Seq2SeqWeights weights = weights(config)) {
      Seq2Seq model = Seq2Seq.prepare(runtime, weights, 20, 8);
      try (Seq2SeqState state = model.newState(10, 12)) {
        refuse(
            "whisper-tiny takes features: use encodeFeatures",
            () -> model.encode(new int[3], state, TIMES));
        refuse(
            "features is [3, 7], must be [1 to 20, 48]",
            () -> model.encodeFeatures(Matrix.allocate(Arena.ofAuto(), 3, 7), state, TIMES));
        refuse("capacity is 449, must be 1 to", () -> model.newState(3, 449).close());
      }
    }
  }

  @Test
  void refusesWhatIsClosed() {
    Seq2SeqConfig config = Seq2SeqModels.tiny();
    Seq2SeqWeights weights = weights(config);
    Seq2Seq model = Seq2Seq.prepare(runtime, weights, 20, 8);
    Seq2SeqState closed = model.newState(10, 12);
    closed.close();
    closed.close();
    assertThrows(IllegalStateException.class, () -> model.encode(new int[3], closed, TIMES));
    try (Seq2SeqState state = model.newState(10, 12)) {
      weights.close();
      assertThrows(IllegalStateException.class, () -> model.encode(new int[3], state, TIMES));
    }
  }

  private static void pass(Seq2Seq model, Seq2SeqState state, Matrix logits, int tokens) {
    model.forward(new int[tokens], state, logits, TIMES);
  }

  private static void refuse(String message, Runnable call) {
    IllegalArgumentException wrong = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
  }

  private static Matrix row(Seq2SeqConfig config) {
    return Matrix.allocate(Arena.ofAuto(), 1, config.decoder().vocabulary());
  }

  private static Seq2SeqWeights weights(Seq2SeqConfig config) {
    return Seq2SeqWeights.random(runtime, config, SEED, Progress.NONE);
  }

  private static int[] tokens(Seq2SeqConfig config, int count, long seed) {
    return new SplittableRandom(seed).ints(count, 0, config.decoder().vocabulary()).toArray();
  }

  /** A model with a source of made-up tokens or features in it. */
  private static final class Run implements AutoCloseable {
    private final Seq2SeqConfig config;
    private final Seq2Seq model;
    private final Seq2SeqState state;
    private final int[] source;
    private final Matrix features;

    Run(Lanewise on, Seq2SeqWeights weights) {
      config = weights.config();
      model = Seq2Seq.prepare(on, weights, SOURCE, TARGET);
      state = model.newState(SOURCE, TARGET);
      source = tokens(config, SOURCE, 1);
      features = Seeds.matrix(1, SOURCE, config.encoder().dModel());
      encode();
    }

    void encode() {
      if (config.inputs() == Inputs.TOKENS) {
        model.encode(source, state, TIMES);
      } else {
        model.encodeFeatures(features, state, TIMES);
      }
    }

    double[][] states(Seq2SeqReference reference) {
      return config.inputs() == Inputs.TOKENS
          ? reference.encode(source)
          : reference.encode(PlainMath.of(features));
    }

    Matrix logits(int[] target, int chunk) {
      Matrix logits = Matrix.allocate(Arena.ofAuto(), target.length, config.decoder().vocabulary());
      state.truncate(0);
      for (int from = 0; from < target.length; from += chunk) {
        int to = Math.min(target.length, from + chunk);
        model.forwardAll(
            Arrays.copyOfRange(target, from, to), state, logits.rowRange(from, to - from), TIMES);
      }
      return logits;
    }

    @Override
    public void close() {
      state.close();
    }
  }
}
