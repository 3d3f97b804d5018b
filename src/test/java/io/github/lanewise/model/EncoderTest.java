package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.Allocation;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EncoderTest {
  private static final long SEED = 11;
  private static final int[] OFFSETS = {0, 9, 10, 52, 75};

  static List<ModelConfig> variants() {
    return Variants.encoders();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void agreesWithTheDefinitionForEachSequenceOfABatch(ModelConfig config) {
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, SEED)) {
      int[] tokens = ids(75, config.vocabulary(), 1);
      int[] types = ids(75, Math.max(1, config.tokenTypes()), 2);
      Matrix hidden = encode(runtime, weights, tokens, types, OFFSETS);
      for (int s = 0; s < OFFSETS.length - 1; s++) {
        int[] sequence = Arrays.copyOfRange(tokens, OFFSETS[s], OFFSETS[s + 1]);
        int[] itsTypes = Arrays.copyOfRange(types, OFFSETS[s], OFFSETS[s + 1]);
        Matrix rows = hidden.rowRange(OFFSETS[s], sequence.length);
        Deviation.assertAsGoodAsPlainFloat(
            ReferenceTransformer.inDouble(weights).hidden(sequence, itsTypes),
            ReferenceTransformer.inFloat(weights).hidden(sequence, itsTypes),
            rows,
            config.name() + ", sequence " + s);
        int[] alone = {0, sequence.length};
        assertSameBits(encode(runtime, weights, sequence, itsTypes, alone), rows);
      }
    }
  }

  @Test
  void hasTheSameBitsWithAnyNumberOfThreads() {
    ModelConfig config = Models.load("tiny-encoder");
    int[] tokens = ids(75, config.vocabulary(), 1);
    int[] types = ids(75, config.tokenTypes(), 2);
    Matrix[] results = new Matrix[3];
    int[] threads = {1, 2, 5};
    for (int i = 0; i < threads.length; i++) {
      try (Lanewise runtime = Lanewise.create(threads[i]);
          Weights weights = Weights.random(runtime, config, SEED)) {
        results[i] = encode(runtime, weights, tokens, types, OFFSETS);
      }
    }
    assertSameBits(results[0], results[1]);
    assertSameBits(results[0], results[2]);
  }

  @Test
  void allocatesNothingOnTheHeap() {
    ModelConfig config = Models.load("tiny-encoder");
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, SEED)) {
      Encoder encoder = Encoder.prepare(runtime, weights, 75);
      Matrix hidden = Matrix.allocate(Arena.ofAuto(), 75, config.dModel());
      int[] tokens = ids(75, config.vocabulary(), 1);
      PartTimes times = new PartTimes();
      assertEquals(0, Allocation.ofCompiled(() -> encoder.forward(tokens, OFFSETS, hidden, times)));
    }
  }

  @Test
  void refusesWrongArgumentsAndWritesNothing() {
    ModelConfig config = Models.load("tiny-encoder");
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, SEED)) {
      Encoder encoder = Encoder.prepare(runtime, weights, 100);
      Matrix hidden = Matrix.allocate(Arena.ofAuto(), 3, config.dModel());
      hidden.fill(Float.NaN);
      int[] tokens = {1, 2, 3};
      int[] offsets = {0, 3};
      refuse("tokens has length 0", encoder, new int[0], new int[0], offsets, hidden);
      refuse("tokens[2] is 193", encoder, new int[] {1, 2, 193}, new int[3], offsets, hidden);
      refuse("tokenTypes has length 2", encoder, tokens, new int[2], offsets, hidden);
      refuse("tokenTypes[1] is 2", encoder, tokens, new int[] {0, 2, 0}, offsets, hidden);
      refuse("offsets must begin with 0", encoder, tokens, new int[3], new int[] {0, 2}, hidden);
      refuse("offsets[1] is 0", encoder, tokens, new int[3], new int[] {0, 0, 3}, hidden);
      refuse(
          "hidden is [2, 65], must be [3, 65]",
          encoder,
          tokens,
          new int[3],
          offsets,
          hidden.rowRange(0, 2));
      Matrix tooLong = Matrix.allocate(Arena.ofAuto(), 65, config.dModel());
      refuse(
          "sequence 0 has 65 tokens, must be at most contextWindow = 64",
          encoder,
          new int[65],
          new int[65],
          new int[] {0, 65},
          tooLong);
      for (float value : hidden.toArray()) {
        assertTrue(Float.isNaN(value));
      }
      assertThrows(IllegalArgumentException.class, () -> Encoder.prepare(runtime, weights, 0));
    }
  }

  private static void refuse(
      String message, Encoder encoder, int[] tokens, int[] types, int[] offsets, Matrix hidden) {
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class,
            () -> encoder.forward(tokens, types, offsets, hidden, new PartTimes()));
    assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
  }

  private static Matrix encode(
      Lanewise runtime, Weights weights, int[] tokens, int[] types, int[] offsets) {
    ModelConfig config = weights.config();
    Encoder encoder = Encoder.prepare(runtime, weights, tokens.length);
    Matrix hidden = Matrix.allocate(Arena.ofAuto(), tokens.length, config.dModel());
    if (config.tokenTypes() == 0) {
      encoder.forward(tokens, offsets, hidden, new PartTimes());
    } else {
      encoder.forward(tokens, types, offsets, hidden, new PartTimes());
    }
    return hidden;
  }

  private static int[] ids(int count, int limit, long seed) {
    return new SplittableRandom(seed).ints(count, 0, limit).toArray();
  }
}
