package io.github.lanewise.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * Sentence embeddings by ONNX Runtime: its hidden states, pooled and brought to length in double.
 */
final class OnnxOracle implements AutoCloseable {
  private final OrtEnvironment environment =
      OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
  private final OrtSession session;

  OnnxOracle(Path model) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1); // callers may be many; waiting threads of its own would spin
      session = environment.createSession(model.toString(), options);
    }
  }

  /** The embedding of one sentence; any number of threads may call. */
  double[] embed(int[] tokens) {
    long[] shape = {1, tokens.length};
    long[] ids = Arrays.stream(tokens).asLongStream().toArray();
    long[] ones = new long[tokens.length];
    Arrays.fill(ones, 1);
    try (OnnxTensor input = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
        OnnxTensor mask = OnnxTensor.createTensor(environment, LongBuffer.wrap(ones), shape);
        OnnxTensor types =
            OnnxTensor.createTensor(environment, LongBuffer.allocate(tokens.length), shape);
        OrtSession.Result result =
            session.run(
                Map.of("input_ids", input, "attention_mask", mask, "token_type_ids", types))) {
      float[][][] hidden = (float[][][]) result.get(0).getValue();
      return unitMean(hidden[0]);
    } catch (OrtException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private static double[] unitMean(float[][] rows) {
    double[] mean = new double[rows[0].length];
    for (float[] row : rows) {
      for (int c = 0; c < mean.length; c++) {
        mean[c] += row[c];
      }
    }
    double norm = Math.sqrt(Arrays.stream(mean).map(x -> x * x).sum());
    return Arrays.stream(mean).map(x -> x / norm).toArray();
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
