package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertRowsClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every architecture in models/, reduced, computes what its definition says. */
class ModelsRunTest {
  private static final long SEED = 3;
  private static final int TOKENS = 24;
  private static Lanewise runtime;

  @BeforeAll
  static void start() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void stop() {
    runtime.close();
  }

  static List<ModelConfig> decoders() {
    return ReducedModels.decoders();
  }

  static List<ModelConfig> encoders() {
    return ReducedModels.encoders();
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void decodersAgreeWithTheDefinitionHoweverTheyAreFed(ModelConfig config) {
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      int[] tokens = tokens(config);
      Matrix once = logits(weights, tokens, TOKENS);
      Deviation.assertAsGoodAsPlainFloat(
          ReferenceTransformer.inDouble(weights).logits(tokens),
          ReferenceTransformer.inFloat(weights).logits(tokens),
          once,
          config.name());
      for (int chunk : new int[] {1, 5, 23}) {
        assertRowsClose(once, logits(weights, tokens, chunk), 1e-5);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void encodersAgreeWithTheDefinition(ModelConfig config) {
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      int[] tokens = tokens(config);
      Matrix hidden = Matrix.allocate(Arena.ofAuto(), TOKENS, config.dModel());
      Encoder encoder = Encoder.prepare(runtime, weights, TOKENS);
      encoder.forward(tokens, new int[] {0, TOKENS}, hidden, new PartTimes());
      Deviation.assertAsGoodAsPlainFloat(
          ReferenceTransformer.inDouble(weights).hidden(tokens, new int[TOKENS]),
          ReferenceTransformer.inFloat(weights).hidden(tokens, new int[TOKENS]),
          hidden,
          config.name());
    }
  }

  /** What makes a family must still be there after the reduction. */
  @Test
  void areReducedInSizeOnly() {
    for (ModelConfig config : decoders()) {
      ModelConfig whole = Models.load(config.name());
      assertEquals(whole.position(), config.position());
      assertEquals(whole.norm(), config.norm());
      assertEquals(whole.attention().pattern(), config.attention().pattern());
      assertEquals(whole.attention().queryKeyNorm(), config.attention().queryKeyNorm());
      assertEquals(whole.heads() / whole.kvHeads(), config.heads() / config.kvHeads());
      assertTrue(config.attention().window() < TOKENS);
    }
  }

  private static int[] tokens(ModelConfig config) {
    return new SplittableRandom(SEED).ints(TOKENS, 0, config.vocabulary()).toArray();
  }

  private static Matrix logits(Weights weights, int[] tokens, int chunk) {
    Decoder decoder = Decoder.prepare(runtime, weights, chunk);
    Matrix logits = Matrix.allocate(Arena.ofAuto(), tokens.length, weights.config().vocabulary());
    try (KvCache cache = decoder.newCache(tokens.length)) {
      for (int from = 0; from < tokens.length; from += chunk) {
        int to = Math.min(tokens.length, from + chunk);
        Matrix rows = logits.rowRange(from, to - from);
        decoder.forwardAll(Arrays.copyOfRange(tokens, from, to), cache, rows, new PartTimes());
      }
    }
    return logits;
  }
}
