package io.github.lanewise.jmh.peer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.lanewise.bench.Peer;
import io.github.lanewise.memory.Matrix;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Sentence embeddings by ONNX Runtime: sentences sorted by length, so that little is padded, in
 * batches of the size that it is fastest with.
 */
final class OnnxEmbedding implements Peer.Task {
  private static final int[] BATCHES = {1, 4, 8, 16, 32, 64, 128, 256};

  /** Runs of each batch size, of which the fastest counts. */
  private static final int TRIALS = 2;

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final int[] tokens;
  private final int[] offsets;
  private final Matrix out;
  private final List<Batch> batches = new ArrayList<>();

  /** Prepared inputs, and which sentences they are. */
  private record Batch(int[] sentences, int longest, Map<String, OnnxTensor> inputs) {
    void close() {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  OnnxEmbedding(
      OrtEnvironment environment, Path model, int[] tokens, int[] offsets, Matrix out, int threads)
      throws OrtException {
    this.environment = environment;
    this.tokens = tokens;
    this.offsets = offsets;
    this.out = out;
    try (OrtSession.SessionOptions options = OnnxRuntimePeer.options(threads)) {
      session = environment.createSession(model.toString(), options);
    }
    prepare(fastest());
  }

  private int fastest() throws OrtException {
    int sentences = offsets.length - 1;
    boolean uniform = IntStream.range(0, sentences).allMatch(s -> length(s) == length(0));
    if (uniform && sentences == 1) {
      return 1;
    }
    long best = Long.MAX_VALUE;
    int choice = sentences;
    for (int size : BATCHES) {
      if (size > sentences) {
        break;
      }
      prepare(size);
      for (int trial = 0; trial < TRIALS; trial++) {
        long start = System.nanoTime();
        run();
        long nanos = System.nanoTime() - start;
        if (nanos < best) {
          best = nanos;
          choice = size;
        }
      }
    }
    return choice;
  }

  private int length(int sentence) {
    return offsets[sentence + 1] - offsets[sentence];
  }

  private void prepare(int size) throws OrtException {
    batches.forEach(Batch::close);
    batches.clear();
    List<Integer> sorted =
        IntStream.range(0, offsets.length - 1)
            .boxed()
            .sorted(Comparator.comparingInt(this::length))
            .toList();
    for (int first = 0; first < sorted.size(); first += size) {
      int end = Math.min(sorted.size(), first + size);
      batches.add(batch(sorted.subList(first, end).stream().mapToInt(s -> s).toArray()));
    }
  }

  private Batch batch(int[] sentences) throws OrtException {
    int longest = length(sentences[sentences.length - 1]);
    long[] ids = new long[sentences.length * longest];
    long[] mask = new long[ids.length];
    for (int b = 0; b < sentences.length; b++) {
      for (int t = 0; t < length(sentences[b]); t++) {
        ids[b * longest + t] = tokens[offsets[sentences[b]] + t];
        mask[b * longest + t] = 1;
      }
    }
    long[] shape = {sentences.length, longest};
    return new Batch(
        sentences,
        longest,
        Map.of(
            "input_ids",
            OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape),
            "attention_mask",
            OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape),
            "token_type_ids",
            OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape)));
  }

  @Override
  public void run() {
    try {
      for (Batch batch : batches) {
        try (OrtSession.Result result = session.run(batch.inputs)) {
          pool(batch, ((OnnxTensor) result.get(0)).getFloatBuffer());
        }
      }
    } catch (OrtException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private void pool(Batch batch, FloatBuffer hidden) {
    float[] states = new float[hidden.remaining()];
    hidden.get(states);
    int width = out.columns();
    for (int b = 0; b < batch.sentences.length; b++) {
      int sentence = batch.sentences[b];
      float[] mean = new float[width];
      for (int t = 0; t < length(sentence); t++) {
        int row = (b * batch.longest + t) * width;
        for (int c = 0; c < width; c++) {
          mean[c] += states[row + c];
        }
      }
      double squares = 0;
      for (float x : mean) {
        squares += (double) x * x;
      }
      float scale = (float) (1 / Math.sqrt(squares));
      for (int c = 0; c < width; c++) {
        mean[c] *= scale;
      }
      out.rowRange(sentence, 1).copyFrom(mean);
    }
  }

  @Override
  public void close() {
    batches.forEach(Batch::close);
    try {
      session.close();
    } catch (OrtException failed) {
      throw new IllegalStateException(failed);
    }
  }
}
