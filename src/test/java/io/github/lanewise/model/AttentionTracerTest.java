package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.op.Lanewise;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionTracerTest {
  private static final long SEED = 11;
  private static final double TOLERANCE = 1e-5;

  static List<ModelConfig> variants() {
    return Stream.concat(Variants.encoders().stream(), Variants.decoders().stream()).toList();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givesTheWeightsOfTheDefinition(ModelConfig config) {
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, SEED)) {
      for (int count : new int[] {1, 2, 21, 33}) {
        int[] tokens = ids(count, config.vocabulary());
        AttentionTrace trace = AttentionTracer.prepare(runtime, weights, 33).trace(tokens);
        double[][] wanted =
            ReferenceTransformer.inDouble(weights).attentionWeights(tokens, new int[count]);
        assertAgree(wanted, trace, config.name() + ", " + count + " tokens");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givesTheTokensOfTheTable(ModelConfig config) {
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, SEED)) {
      AttentionTracer tracer = AttentionTracer.prepare(runtime, weights, 8);
      float[][] vectors = tracer.tokenVectors(new int[] {5, 0, 5});
      assertEquals(config.dModel(), vectors[0].length);
      assertArrayEquals(vectors[0], vectors[2]);
      if (!config.tiedEmbeddings()) {
        assertArrayEquals(weights.matrix("tokens").rowRange(5, 1).toArray(), vectors[0]);
      }
      int tooLong = config.contextWindow() + 1;
      assertThrows(
          IllegalArgumentException.class, () -> AttentionTracer.prepare(runtime, weights, tooLong));
      assertThrows(IllegalArgumentException.class, () -> tracer.trace(new int[9]));
      assertThrows(
          IllegalArgumentException.class, () -> tracer.trace(new int[] {config.vocabulary()}));
    }
  }

  private static void assertAgree(double[][] wanted, AttentionTrace trace, String what) {
    int tokens = trace.tokens();
    int row = 0;
    for (int layer = 0; layer < trace.layers(); layer++) {
      float[] weights = trace.layer(layer);
      assertEquals(trace.heads() * tokens * tokens, weights.length);
      for (int r = 0; r < trace.heads() * tokens; r++, row++) {
        double sum = 0;
        for (int key = 0; key < tokens; key++) {
          double weight = weights[r * tokens + key];
          String where = what + ", layer " + layer + ", row " + r + ", key " + key;
          assertEquals(wanted[row][key], weight, TOLERANCE, where);
          assertTrue(weight >= 0, where);
          sum += weight;
        }
        assertEquals(1, sum, TOLERANCE, what);
      }
    }
    assertEquals(wanted.length, row);
  }

  private static int[] ids(int count, int limit) {
    return new SplittableRandom(3).ints(count, 0, limit).toArray();
  }
}
