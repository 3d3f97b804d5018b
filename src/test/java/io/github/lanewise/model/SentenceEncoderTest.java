package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.norm.NormReference;
import io.github.lanewise.kernel.pooling.PoolingReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.Allocation;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SentenceEncoderTest {
  private static final long SEED = 11;
  private static final int[] LENGTHS = {9, 1, 42, 64, 2, 17, 33, 16, 64, 3};

  /** The tiny encoder, 64 positions. */
  private static ModelConfig config(String more) {
    String json = Models.json("tiny-encoder").replaceFirst("\"kind\"", more + ", \"kind\"");
    return ModelConfig.parse("tiny", json.getBytes(StandardCharsets.UTF_8));
  }

  private static ModelConfig mean() {
    return config("\"pooling\": \"mean\", \"normalize\": true");
  }

  @Test
  void isThePooledHiddenStateOfTheEncoder() {
    for (String pooling : List.of("mean", "cls")) {
      for (boolean normalize : List.of(true, false)) {
        assertIsPooled(pooling, normalize);
      }
    }
  }

  private static void assertIsPooled(String pooling, boolean normalize) {
    ModelConfig config = config("\"pooling\": \"" + pooling + "\", \"normalize\": " + normalize);
    Batch batch = Batch.of(config, LENGTHS);
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, SEED)) {
      Matrix embeddings = batch.encode(SentenceEncoder.prepare(runtime, weights));
      Encoder encoder = Encoder.prepare(runtime, weights, batch.tokens.length);
      Matrix hidden = Matrix.allocate(Arena.ofAuto(), batch.tokens.length, config.dModel());
      encoder.forward(batch.tokens, batch.offsets, hidden, new PartTimes());
      for (int s = 0; s < LENGTHS.length; s++) {
        int rows = pooling.equals("cls") ? 1 : LENGTHS[s];
        float[][] states = new float[rows][];
        for (int r = 0; r < rows; r++) {
          states[r] = hidden.rowRange(batch.offsets[s] + r, 1).toArray();
        }
        double[] expected = PoolingReference.mean(states);
        if (normalize) {
          expected = NormReference.unit(expected, 1e-12);
        }
        for (int c = 0; c < config.dModel(); c++) {
          assertEquals(expected[c], embeddings.get(s, c), 1e-5, pooling + " " + s + ", " + c);
        }
      }
    }
  }

  @Test
  void hasTheSameBitsAloneInAnyBatchInAnyPassesAndWithAnyNumberOfThreads() {
    ModelConfig config = mean();
    Batch batch = Batch.of(config, LENGTHS);
    Matrix expected;
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, SEED)) {
      expected = batch.encode(SentenceEncoder.prepare(runtime, weights));
      for (int passTokens : new int[] {1, 65, 100, 250}) {
        assertSameBits(
            expected, batch.encode(SentenceEncoder.prepare(runtime, weights, passTokens)));
      }
      SentenceEncoder encoder = SentenceEncoder.prepare(runtime, weights);
      for (int s = 0; s < LENGTHS.length; s++) {
        assertSameBits(batch.only(s).encode(encoder), expected.rowRange(s, 1));
      }
    }
    for (int threads : new int[] {2, 5}) {
      try (Lanewise runtime = Lanewise.create(threads);
          Weights weights = Weights.random(runtime, config, SEED)) {
        assertSameBits(expected, batch.encode(SentenceEncoder.prepare(runtime, weights)));
      }
    }
  }

  @Test
  void givesEightCallersAtOnceTheSameBits() throws Exception {
    ModelConfig config = mean();
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, SEED);
        ExecutorService callers = Executors.newFixedThreadPool(8)) {
      SentenceEncoder encoder = SentenceEncoder.prepare(runtime, weights, 100);
      Batch batch = Batch.of(config, LENGTHS);
      Matrix expected = batch.encode(encoder);
      List<Future<?>> calls = new ArrayList<>();
      for (int caller = 0; caller < 8; caller++) {
        int its = caller;
        calls.add(
            callers.submit(
                () -> {
                  for (int i = 0; i < 20; i++) {
                    int s = (its + i) % LENGTHS.length;
                    assertSameBits(expected.rowRange(s, 1), batch.only(s).encode(encoder));
                    assertSameBits(expected, batch.encode(encoder));
                  }
                }));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    }
  }

  @Test
  void allocatesNothingOnTheHeap() {
    ModelConfig config = mean();
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, SEED)) {
      SentenceEncoder encoder = SentenceEncoder.prepare(runtime, weights, 100);
      Batch batch = Batch.of(config, LENGTHS);
      Matrix out = Matrix.allocate(Arena.ofAuto(), LENGTHS.length, config.dModel());
      assertEquals(
          0, Allocation.ofCompiled(() -> encoder.encode(batch.tokens, batch.offsets, out)));
    }
  }

  @Test
  void refusesWrongArgumentsAndWritesNothing() {
    ModelConfig config = mean();
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, SEED)) {
      SentenceEncoder encoder = SentenceEncoder.prepare(runtime, weights);
      Matrix out = Matrix.allocate(Arena.ofAuto(), 2, config.dModel());
      out.fill(Float.NaN);
      int[] tokens = {1, 2, 3};
      refuse(
          "tokens[1] is 193", () -> encoder.encode(new int[] {1, 193}, new int[] {0, 1, 2}, out));
      refuse("offsets must begin", () -> encoder.encode(tokens, new int[] {0, 2}, out));
      refuse("offsets[1] is 0", () -> encoder.encode(tokens, new int[] {0, 0, 3}, out));
      refuse(
          "embeddings is [2, 65], must be [1, 65]",
          () -> encoder.encode(tokens, new int[] {0, 3}, out));
      refuse(
          "sequence 1 has 65 tokens, must be at most contextWindow = 64",
          () -> encoder.encode(new int[66], new int[] {0, 1, 66}, out));
      refuse("passTokens is 0", () -> SentenceEncoder.prepare(runtime, weights, 0));
      for (float value : out.toArray()) {
        assertTrue(Float.isNaN(value));
      }
    }
  }

  @Test
  void needsPooling() {
    ModelConfig config = Models.load("tiny-encoder");
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, SEED)) {
      refuse(
          "pooling of tiny-encoder is \"none\"", () -> SentenceEncoder.prepare(runtime, weights));
    }
  }

  private static void refuse(String message, Runnable call) {
    IllegalArgumentException wrong = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
  }

  private record Batch(int[] tokens, int[] offsets) {
    static Batch of(ModelConfig config, int... lengths) {
      int[] offsets = new int[lengths.length + 1];
      for (int s = 0; s < lengths.length; s++) {
        offsets[s + 1] = offsets[s] + lengths[s];
      }
      int count = offsets[lengths.length];
      int[] tokens = new SplittableRandom(1).ints(count, 0, config.vocabulary()).toArray();
      return new Batch(tokens, offsets);
    }

    Batch only(int s) {
      int[] its = Arrays.copyOfRange(tokens, offsets[s], offsets[s + 1]);
      return new Batch(its, new int[] {0, its.length});
    }

    Matrix encode(SentenceEncoder encoder) {
      Matrix out = Matrix.allocate(Arena.ofAuto(), offsets.length - 1, encoder.dimensions());
      encoder.encode(tokens, offsets, out);
      return out;
    }
  }
}
