package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class CostTest {
  @Test
  void countsLinearLayersVisiblePairsAndTheLastLogits() {
    // GPT-2: 12 layers of 768x2304 + 768x768 + 2x768x3072 weights.
    long linear = 2L * 12 * 7_077_888 * 512;
    long pairs = 512L * 513 / 2;
    long attention = 2L * 12 * 2 * pairs * 768;
    long logits = 2L * 50257 * 768;
    assertEquals(linear + attention + logits, Cost.flops(Models.load("gpt2-124m"), 0, 512));
  }

  @Test
  void addsUpOverChunksButForTheLogits() {
    ModelConfig config = Models.load("llama-3-8b");
    long logits = 2L * 128256 * 4096;
    assertEquals(
        Cost.flops(config, 0, 100) + logits,
        Cost.flops(config, 0, 37) + Cost.flops(config, 37, 63));
  }

  @Test
  void countsWhatWindowsShow() {
    ModelConfig gemma = Models.load("gemma-3-270m");
    // 15 of 18 layers see the last 512 keys, the others all.
    long growing = 512L * 513 / 2;
    long pairs = 15 * (growing + 488 * 512L) + 3 * (1000L * 1001 / 2);
    long linear = 2L * 18 * (640L * 1536 + 1024L * 640 + 3L * 640 * 2048) * 1000;
    long logits = 2L * 262144 * 640;
    assertEquals(linear + 4 * pairs * 1024 + logits, Cost.flops(gemma, 0, 1000));
    assertEquals(
        Cost.flops(gemma, 0, 1000) + logits,
        Cost.flops(gemma, 0, 700) + Cost.flops(gemma, 700, 300));
  }

  @Test
  void countsAllPairsOfAnEncoder() {
    ModelConfig config = Models.load("minilm-l6");
    long linear = 2L * 6 * (4L * 384 * 384 + 2L * 384 * 1536) * 10;
    assertEquals(linear + 2L * 6 * 2 * 100 * 384, Cost.flops(config, 0, 10));
  }

  @Test
  void refusesNegativeCounts() {
    ModelConfig config = Models.load("tiny-llama");
    assertThrows(IllegalArgumentException.class, () -> Cost.flops(config, -1, 1));
    assertThrows(IllegalArgumentException.class, () -> Cost.flops(config, 0, -1));
    assertEquals(0, Cost.flops(config, 5, 0));
  }
}
