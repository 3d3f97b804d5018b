package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StoringTest {
  private static final int[] PROMPT = {3, 14, 15, 9, 26, 5, 35, 8, 9, 7, 9, 32};

  @ParameterizedTest
  @CsvSource({"F32, F32, true", "BF16, F16, false", "F16, BF16, true"})
  void takesTheBytesThatThePlanSays(Storage linear, Storage kept, boolean share) {
    for (String model : new String[] {"tiny-decoder", "tiny-llama", "tiny-encoder"}) {
      ModelConfig config = Models.load(model);
      Storing storing = new Storing(linear, kept, share);
      MemoryPlan plan = MemoryPlan.of(config, storing, 2, 10, 20);
      try (Lanewise runtime = Lanewise.create(1);
          Weights weights = Weights.random(runtime, config, 1, storing, Progress.NONE)) {
        assertEquals(plan.weightsBytes(), weights.bytes());
        if (config.kind() == ModelConfig.Kind.DECODER) {
          try (KvCache cache = Decoder.prepare(runtime, weights, 10).newCache(20)) {
            assertEquals(plan.cacheBytes(), cache.bytes());
            assertEquals(kept, cache.storage());
          }
        }
      }
      assertEquals(MemoryPlan.of(config, 2, 10, 20).parameters(), plan.parameters());
    }
  }

  @Test
  void sharesTheWeightsOfTheFirstLayer() {
    ModelConfig config = Models.load("tiny-llama");
    try (Lanewise runtime = Lanewise.create(1);
        Weights own = Weights.random(runtime, config, 1);
        Weights shared =
            Weights.random(
                runtime, config, 1, Storing.FLOATS.withShareLayer(true), Progress.NONE)) {
      assertSame(shared.linear("layers.0.qkv.weight"), shared.linear("layers.1.qkv.weight"));
      assertSame(
          shared.matrix("layers.0.attentionNorm.gain"),
          shared.matrix("layers.1.attentionNorm.gain"));
      assertSameBits(
          own.matrix("layers.0.attentionNorm.gain"), shared.matrix("layers.1.attentionNorm.gain"));
    }
  }

  /** A model of the same, rounded, weights in f32 computes the same but for the order of sums. */
  @ParameterizedTest
  @EnumSource(
      value = Storage.class,
      names = {"BF16", "F16"})
  void computesWithTheRoundedWeights(Storage storage) {
    for (String model : new String[] {"tiny-decoder", "tiny-llama"}) {
      ModelConfig config = Models.load(model);
      Storing storing = Storing.FLOATS.withWeights(storage);
      try (Lanewise runtime = Lanewise.create(2);
          Weights half = Weights.random(runtime, config, 1, storing, Progress.NONE);
          Weights widened = Weights.random(runtime, config, 1);
          Arena arena = Arena.ofConfined()) {
        widen(config, half, widened);
        Matrix expected = logits(arena, runtime, widened, PROMPT.length);
        Matrix actual = logits(arena, runtime, half, PROMPT.length);
        assertClose(expected, actual, 1e-5);
      }
    }
  }

  /** Of one layer, where keys and values do not depend on the parts. */
  @ParameterizedTest
  @EnumSource(Storage.class)
  void runsAPromptInPartsOfOneLayer(Storage cache) {
    for (String model : new String[] {"tiny-decoder", "tiny-llama"}) {
      runsInParts(Models.load(model).withLayers(1), cache, 1e-5);
    }
  }

  /**
   * Behind the first layer, sums in another order may round a key or value of 16 bits the other
   * way: within the bounds of {@link #roundsTheCache}.
   */
  @ParameterizedTest
  @CsvSource({"F32, 1e-5", "BF16, 0.03", "F16, 0.004"})
  void runsAPromptInParts(Storage cache, double bound) {
    for (String model : new String[] {"tiny-decoder", "tiny-llama"}) {
      runsInParts(Models.load(model), cache, bound);
    }
  }

  private static void runsInParts(ModelConfig config, Storage cache, double bound) {
    Storing storing = Storing.FLOATS.withCache(cache);
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, 1, storing, Progress.NONE);
        Arena arena = Arena.ofConfined()) {
      Matrix whole = logits(arena, runtime, weights, PROMPT.length);
      assertClose(whole, logits(arena, runtime, weights, 5), bound);
    }
  }

  /** Keys and values move by a unit in their last place, which softmax and sums do not multiply. */
  @ParameterizedTest
  @CsvSource({"BF16, 0.03", "F16, 0.004"})
  void roundsTheCache(Storage storage, double bound) {
    ModelConfig config = Models.load("tiny-llama");
    try (Lanewise runtime = Lanewise.create(1);
        Weights floats = Weights.random(runtime, config, 1);
        Weights rounded =
            Weights.random(runtime, config, 1, Storing.FLOATS.withCache(storage), Progress.NONE);
        Arena arena = Arena.ofConfined()) {
      Matrix expected = logits(arena, runtime, floats, 4);
      Matrix actual = logits(arena, runtime, rounded, 4);
      assertClose(expected, actual, bound);
      assertTrue(largestDifference(expected, actual) > 0);
    }
  }

  private static void widen(ModelConfig config, Weights half, Weights target) {
    try (Arena arena = Arena.ofConfined()) {
      for (int layer = 0; layer < config.layers(); layer++) {
        for (Tensor tensor : Tensor.ofLayer(config, layer)) {
          widen(arena, tensor, half, target);
        }
      }
      for (Tensor tensor : Tensor.aroundLayers(config)) {
        widen(arena, tensor, half, target);
      }
    }
  }

  private static void widen(Arena arena, Tensor tensor, Weights half, Weights target) {
    if (!tensor.isPacked()) {
      return;
    }
    PackedWeights from = half.linear(tensor.name());
    PackedWeights to = target.linear(tensor.name());
    Matrix row = Matrix.allocate(arena, 1, tensor.columns());
    for (int r = 0; r < tensor.rows(); r++) {
      from.getRow(r, row, 0);
      to.setRow(r, row, 0);
    }
  }

  /** The prompt in parts of {@code chunk} tokens. */
  private static Matrix logits(Arena arena, Lanewise runtime, Weights weights, int chunk) {
    Decoder decoder = Decoder.prepare(runtime, weights, chunk);
    Matrix logits = Matrix.allocate(arena, 1, weights.config().vocabulary());
    PartTimes times = new PartTimes();
    try (KvCache cache = decoder.newCache(PROMPT.length)) {
      int from = 0;
      for (; PROMPT.length - from > chunk; from += chunk) {
        decoder.append(Arrays.copyOfRange(PROMPT, from, from + chunk), cache, times);
      }
      decoder.forward(Arrays.copyOfRange(PROMPT, from, PROMPT.length), cache, logits, times);
    }
    return logits;
  }

  private static void assertClose(Matrix expected, Matrix actual, double bound) {
    double largest = 0;
    for (int id = 0; id < expected.columns(); id++) {
      largest = Math.max(largest, Math.abs(expected.get(0, id)));
    }
    double difference = largestDifference(expected, actual);
    assertTrue(difference <= bound * largest, difference + " of " + largest);
  }

  private static double largestDifference(Matrix expected, Matrix actual) {
    double difference = 0;
    for (int id = 0; id < expected.columns(); id++) {
      double d = Math.abs(expected.get(0, id) - actual.get(0, id));
      difference = Double.isNaN(d) ? Double.POSITIVE_INFINITY : Math.max(difference, d);
    }
    return difference;
  }
}
