package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real all-MiniLM-L6-v2, from the artifact that the build takes from Maven Central. */
class MiniLmWeightsTest {
  private static final String RESOURCE = "/all-minilm-l6-v2.onnx";

  /** Every 48th element is written down here. */
  private static final int STEP = 48;

  private static final double MOST_DIFFERENCE = 2e-6;

  @TempDir private Path folder;

  /** Ids are the tokenizer's; vectors were computed by ONNX Runtime 1.32 from the same file. */
  private record Sentence(int[] ids, double... vector) {}

  private static final Sentence[] SENTENCES = {
    // The animal didn't cross the street because it was too tired.
    new Sentence(
        new int[] {
          101, 1996, 4111, 2134, 1005, 1056, 2892, 1996, 2395, 2138, 2009, 2001, 2205, 5458, 1012,
          102
        },
        0.087989491,
        0.13216788,
        -0.024838833,
        0.036986373,
        0.052373224,
        0.067082238,
        -0.026027587,
        -0.0056834453),
    // The cat sat on the mat.
    new Sentence(
        new int[] {101, 1996, 4937, 2938, 2006, 1996, 13523, 1012, 102},
        0.13023715,
        0.054524816,
        -0.015072168,
        -0.0072629935,
        -0.0043896704,
        -0.090781458,
        -0.020194145,
        -0.1016732),
    // On the mat sat a cat.
    new Sentence(
        new int[] {101, 2006, 1996, 13523, 2938, 1037, 4937, 1012, 102},
        0.11062679,
        0.086011027,
        -0.043948772,
        -0.0010745231,
        -0.045252797,
        -0.065552711,
        -0.030304248,
        -0.075716703)
  };

  @Test
  void givesTheVectorsOfOnnxRuntime() throws IOException {
    ModelConfig config = Models.load("minilm-l6");
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.load(runtime, config, extracted())) {
      Encoder encoder = Encoder.prepare(runtime, weights, 64);
      for (Sentence sentence : SENTENCES) {
        double[] vector = embed(encoder, sentence.ids());
        for (int i = 0; i < sentence.vector().length; i++) {
          assertEquals(sentence.vector()[i], vector[i * STEP], MOST_DIFFERENCE);
        }
      }
    }
  }

  private Path extracted() throws IOException {
    Path file = folder.resolve("model.onnx");
    try (InputStream resource =
        Objects.requireNonNull(MiniLmTest.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      assertTrue(Files.copy(resource, file) > 90_000_000);
    }
    return file;
  }

  /** The mean of the hidden states, of length 1. */
  private static double[] embed(Encoder encoder, int[] ids) {
    int width = encoder.config().dModel();
    Matrix hidden = Matrix.allocate(Arena.ofAuto(), ids.length, width);
    encoder.forward(ids, new int[] {0, ids.length}, hidden, new PartTimes());
    double[] vector = new double[width];
    double squares = 0;
    for (int c = 0; c < width; c++) {
      for (int t = 0; t < ids.length; t++) {
        vector[c] += hidden.get(t, c) / ids.length;
      }
      squares += vector[c] * vector[c];
    }
    for (int c = 0; c < width; c++) {
      vector[c] /= Math.sqrt(squares);
    }
    return vector;
  }
}
