package io.github.lanewise.model.seq2seq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.lanewise.model.AttentionTrace;
import io.github.lanewise.model.Progress;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.PlainMath;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

class Seq2SeqTraceTest {
  private static final int[] SOURCE = {5, 9, 77, 1, 200, 13, 5};
  private static final int[] TARGET = {0, 44, 9, 9, 131};

  /** Weights are at most 1, and scores are a few roundings of numbers near 1. */
  private static final double BOUND = 1e-5;

  @Test
  void givesTheWeightsOfAllThreeAttentions() {
    for (String name : new String[] {"tiny-seq2seq", "small"}) {
      Seq2SeqConfig config =
          name.equals("small") ? Seq2SeqModels.small().get(1) : Seq2SeqModels.tiny();
      try (Lanewise runtime = Lanewise.create(2);
          Seq2SeqWeights weights = Seq2SeqWeights.random(runtime, config, 3, Progress.NONE)) {
        Seq2Seq model = Seq2Seq.prepare(runtime, weights, SOURCE.length, TARGET.length);
        Seq2SeqReference reference = new Seq2SeqReference(weights, PlainMath.inDouble());
        double[][] logits = reference.logits(reference.encode(SOURCE), TARGET);
        assertEquals(TARGET.length, logits.length);
        Iterator<double[]> rows = reference.rows().iterator();
        try (Seq2SeqState state = model.newState(SOURCE.length, TARGET.length)) {
          Seq2Seq.Trace trace = model.trace(SOURCE, TARGET, state);
          assertNull(trace.encoder().cross());
          for (int layer = 0; layer < config.encoder().layers(); layer++) {
            assertLayer(rows, trace.encoder(), layer, SOURCE.length, SOURCE.length);
          }
          AttentionTrace cross = trace.decoder().cross();
          assertNotNull(cross);
          for (int layer = 0; layer < config.decoder().layers(); layer++) {
            assertLayer(rows, trace.decoder(), layer, TARGET.length, TARGET.length);
            assertLayer(rows, cross, layer, TARGET.length, SOURCE.length);
          }
        }
        assertFalse(rows.hasNext());
      }
    }
  }

  private static void assertLayer(
      Iterator<double[]> rows, AttentionTrace trace, int layer, int queries, int keys) {
    assertEquals(queries, trace.tokens());
    assertEquals(keys, trace.keys());
    float[] weights = trace.layer(layer);
    assertEquals(trace.heads() * queries * keys, weights.length);
    for (int row = 0; row < trace.heads() * queries; row++) {
      double[] expected = rows.next();
      for (int key = 0; key < keys; key++) {
        assertEquals(expected[key], weights[row * keys + key], BOUND, "row " + row);
      }
    }
  }
}
