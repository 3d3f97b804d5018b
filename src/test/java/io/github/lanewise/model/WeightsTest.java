package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightsTest {
  @ParameterizedTest
  @CsvSource({
    "gpt2-124m, 124439808",
    "gpt2-1.5b, 1557611200",
    "llama-2-7b, 6738415616",
    "llama-2-13b, 13015864320",
    "llama-2-70b, 68976648192",
    "mistral-7b, 7241732096",
    "qwen3-0.6b, 596049920",
    "gemma-3-270m, 268098176",
    "llama-3-8b, 8030261248",
    "smollm2-135m, 134515008",
    // Both less their pooler, which is no part of the encoder: 109482240 - 590592, 22713216 -
    // 147840.
    "bert-base, 108891648",
    "minilm-l6, 22565376"
  })
  void countsThePublishedParameters(String model, long parameters) {
    assertEquals(parameters, MemoryPlan.of(Models.load(model), 1, 1, 1).parameters());
  }

  @Test
  void countsWhatGpt3sPaperRounds() {
    long parameters = MemoryPlan.of(Models.load("gpt3-175b"), 1, 1, 1).parameters();
    assertEquals(175, Math.round(parameters / 1e9));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny-decoder", "tiny-llama", "tiny-encoder"})
  void takesTheBytesThatThePlanSays(String model) {
    ModelConfig config = Models.load(model);
    MemoryPlan plan = MemoryPlan.of(config, 3, 10, 20);
    List<String> told = new ArrayList<>();
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights =
            Weights.random(runtime, config, 1, (done, total) -> told.add(done + "/" + total))) {
      assertEquals(plan.weightsBytes(), weights.bytes());
    }
    assertEquals(List.of("1/3", "2/3", "3/3"), told);
    if (config.kind() == ModelConfig.Kind.DECODER) {
      try (KvCache cache = KvCache.allocate(config, 1, 20)) {
        assertEquals(plan.cacheBytes(), cache.bytes());
      }
    } else {
      assertEquals(0, plan.cacheBytes());
    }
    assertEquals(
        plan.weightsBytes() + plan.cacheBytes() + plan.activationBytes() + plan.scratchBytes(),
        plan.totalBytes());
    assertTrue(plan.fitsIn(plan.totalBytes()));
    assertTrue(!plan.fitsIn(plan.totalBytes() - 1));
  }

  @Test
  void knowsHowMuchMemoryThereIs() {
    assertTrue(MemoryPlan.availableBytes() > 1 << 20);
    assertThrows(
        IllegalArgumentException.class, () -> MemoryPlan.of(Models.load("tiny-llama"), 0, 1, 1));
  }

  @Test
  void areTheSameWithMoreLayersOrThreads() {
    ModelConfig config = Models.load("tiny-llama");
    try (Lanewise one = Lanewise.create(1);
        Lanewise five = Lanewise.create(5);
        Weights few = Weights.random(one, config.withLayers(1), 9);
        Weights many = Weights.random(five, config, 9)) {
      for (String name : List.of("layers.0.qkv.weight", "layers.0.down.weight", "logits.weight")) {
        assertSameBits(unpack(few.linear(name)), unpack(many.linear(name)));
      }
      for (String name : List.of("tokens", "finalNorm.gain")) {
        assertSameBits(few.matrix(name), many.matrix(name));
      }
    }
  }

  /** Computed by a separate program from the definition: values that no refactoring may change. */
  @Test
  void doNotChangeFromReleaseToRelease() {
    ModelConfig config = Models.load("tiny-llama");
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, 42)) {
      Matrix tokens = weights.matrix("tokens");
      assertEquals(-0.024174955f, tokens.get(0, 0));
      assertEquals(-0.09946901f, tokens.get(210, 75));
    }
  }

  @Test
  void areSpreadAsPromised() {
    ModelConfig config = Models.load("tiny-decoder");
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, 3)) {
      Matrix up = unpack(weights.linear("layers.1.up.weight"));
      double squares = 0;
      double sum = 0;
      for (float value : up.toArray()) {
        assertTrue(value != 0 && Math.abs(value) <= Math.sqrt(3.0 / 60) + 1e-6);
        squares += (double) value * value;
        sum += value;
      }
      int count = up.rows() * up.columns();
      // Four standard deviations of the mean, and of the mean square, of so many uniform values.
      assertEquals(0, sum / count, 4 / Math.sqrt(60.0 * count));
      assertEquals(1 / 60.0, squares / count, 4 * 0.9 / 60 / Math.sqrt(count));
      for (float gain : weights.matrix("layers.0.attentionNorm.gain").toArray()) {
        assertEquals(1, gain, 0.1001);
      }
      for (float bias : weights.matrix("layers.0.qkv.bias").toArray()) {
        assertTrue(bias != 0 && Math.abs(bias) <= 0.1001);
      }
    }
  }

  private static Matrix unpack(PackedWeights packed) {
    Matrix rows = Matrix.allocate(Arena.ofAuto(), packed.outFeatures(), packed.inFeatures());
    for (int row = 0; row < rows.rows(); row++) {
      packed.getRow(row, rows, row);
    }
    return rows;
  }
}
