package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.op.Lanewise;
import org.junit.jupiter.api.Test;

/** Runs in a young JVM, as do all tests of this name. */
class DecoderWarmUpTest {
  @Test
  void warmsUpAllThatALayerMayHave() {
    try (Lanewise runtime = Lanewise.create(2)) {
      Weights weights = Weights.random(runtime, Models.load("tiny-llama"), 1);
      Decoder decoder = Decoder.prepare(runtime, weights, 128);
      assertTrue(decoder.warmUp());
      weights.close();
      assertThrows(IllegalStateException.class, decoder::warmUp);
    }
  }
}
