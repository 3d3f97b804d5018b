package io.github.lanewise.jmh.peer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.github.lanewise.bench.Peer;
import io.github.lanewise.memory.Matrix;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Microsoft's ONNX Runtime: a model of one operator each, with prepacked weights, and outputs
 * written where we want them.
 */
public final class OnnxRuntimePeer implements Peer {
  private static final String STANDARD = "";
  private static final String MICROSOFT = "com.microsoft";
  private static final String OUT = "out";

  /** Of all sequences together; 1.24.1 on AMD Zen 4. */
  private static final int MANY_QUERIES = 512;

  private final OrtEnvironment environment =
      OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);

  /** Loads the library. */
  public OnnxRuntimePeer() {}

  @Override
  public String name() {
    return "ONNX Runtime";
  }

  @Override
  public String version() {
    return environment.getVersion();
  }

  @Override
  public Optional<Task> gemm(Matrix a, Matrix b, Matrix c, int threads) {
    OnnxModel model =
        new OnnxModel(STANDARD, 17, "Gemm")
            .input("a")
            .constant("b", b.rows(), b.columns())
            .attribute("transB", 1)
            .output(OUT);
    return task(
        model, threads, call -> call.constant("b", b).input("a", a, shape(a)).output(c, shape(c)));
  }

  @Override
  public Optional<Task> softmax(Matrix x, Matrix out, int threads) {
    OnnxModel model =
        new OnnxModel(STANDARD, 17, "Softmax").input("x").attribute("axis", -1).output(OUT);
    return task(model, threads, call -> call.input("x", x, shape(x)).output(out, shape(out)));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Whichever of its two operators measured faster: MultiHeadAttention for many queries, the
   * standard's Attention for few and for grouped heads, which only the latter has. Causal only for
   * as many queries as keys: ONNX Runtime aligns the mask top-left.
   */
  @Override
  public Optional<Task> attention(
      int batch,
      int heads,
      int kvHeads,
      int headDim,
      boolean causal,
      Matrix q,
      Matrix k,
      Matrix v,
      Matrix out,
      int threads) {
    if (causal && q.rows() != k.rows()) {
      return Optional.empty();
    }
    OnnxModel model =
        heads == kvHeads && q.rows() >= MANY_QUERIES
            ? new OnnxModel(MICROSOFT, 1, "MultiHeadAttention")
                .attribute("num_heads", heads)
                .attribute("unidirectional", causal ? 1 : 0)
            : new OnnxModel(STANDARD, 23, "Attention")
                .attribute("q_num_heads", heads)
                .attribute("kv_num_heads", kvHeads)
                .attribute("is_causal", causal ? 1 : 0);
    model.input("q").input("k").input("v").output(OUT);
    return task(
        model,
        threads,
        call ->
            call.input("q", q, shape(batch, q))
                .input("k", k, shape(batch, k))
                .input("v", v, shape(batch, v))
                .output(out, shape(batch, out)));
  }

  @Override
  public Optional<Task> embed(Path model, int[] tokens, int[] offsets, Matrix out, int threads) {
    try {
      return Optional.of(new OnnxEmbedding(environment, model, tokens, offsets, out, threads));
    } catch (OrtException wrong) {
      throw new IllegalStateException("ONNX Runtime refuses the model", wrong);
    }
  }

  private static long[] shape(Matrix matrix) {
    return new long[] {matrix.rows(), matrix.columns()};
  }

  private static long[] shape(int batch, Matrix matrix) {
    return new long[] {batch, matrix.rows() / batch, matrix.columns()};
  }

  static OrtSession.SessionOptions options(int threads) throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(threads);
    options.setInterOpNumThreads(1);
    options.setOptimizationLevel(OptLevel.ALL_OPT);
    // Else the threads of this session spin on while the next contender is at work.
    options.addConfigEntry("session.force_spinning_stop", "1");
    return options;
  }

  /** Gives a call its tensors. */
  private interface Filling {
    void fill(Call call) throws OrtException;
  }

  private Optional<Task> task(OnnxModel model, int threads, Filling filling) {
    Call call = new Call(environment);
    try {
      filling.fill(call);
      call.open(model, threads);
    } catch (OrtException wrong) {
      call.close();
      throw new IllegalStateException("ONNX Runtime refuses the model", wrong);
    }
    return Optional.of(call);
  }

  /** A session and the memory that it works on. */
  private static final class Call implements Task {
    private final OrtEnvironment environment;
    private final Map<String, OnnxTensorLike> constants = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    private OrtSession session;

    Call(OrtEnvironment environment) {
      this.environment = environment;
    }

    Call constant(String name, Matrix matrix) throws OrtException {
      constants.put(name, tensor(matrix, shape(matrix)));
      return this;
    }

    Call input(String name, Matrix matrix, long... shape) throws OrtException {
      inputs.put(name, tensor(matrix, shape));
      return this;
    }

    Call output(Matrix matrix, long... shape) throws OrtException {
      outputs.put(OUT, tensor(matrix, shape));
      return this;
    }

    private OnnxTensor tensor(Matrix matrix, long... shape) throws OrtException {
      return OnnxTensor.createTensor(environment, DirectBuffers.of(matrix), shape);
    }

    void open(OnnxModel model, int threads) throws OrtException {
      try (OrtSession.SessionOptions options = options(threads)) {
        if (!constants.isEmpty()) {
          options.addExternalInitializers(constants);
        }
        session = environment.createSession(model.toBytes(), options);
      }
    }

    @Override
    public void run() {
      try {
        session.run(inputs, outputs).close();
      } catch (OrtException failed) {
        throw new IllegalStateException(failed);
      }
    }

    @Override
    public void close() {
      try {
        if (session != null) {
          session.close();
        }
      } catch (OrtException failed) {
        throw new IllegalStateException(failed);
      } finally {
        constants.values().forEach(OnnxTensorLike::close);
        inputs.values().forEach(OnnxTensor::close);
        outputs.values().forEach(OnnxTensor::close);
      }
    }
  }
}
