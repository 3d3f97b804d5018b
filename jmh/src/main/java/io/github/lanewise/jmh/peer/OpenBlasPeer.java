package io.github.lanewise.jmh.peer;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemv;

import io.github.lanewise.bench.Peer;
import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * OpenBLAS as the Bytedeco project builds it. It has one number of threads in a process: that of
 * the task prepared last.
 */
public final class OpenBlasPeer implements Peer {
  /** Both make OpenBLAS choose kernels or blocks that are not the best for this CPU. */
  private static final List<String> HANDICAPS = List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE");

  private static final int LONGEST_TEXT = 1024;

  private final String version;

  /**
   * Loads the library.
   *
   * @throws IllegalStateException if the environment slows it down
   */
  public OpenBlasPeer() {
    for (String variable : HANDICAPS) {
      String value = System.getenv(variable);
      if (value != null) {
        throw new IllegalStateException(
            "environment variable "
                + variable
                + " is "
                + value
                + ", must be unset: it slows OpenBLAS down");
      }
    }
    Loader.load(openblas_nolapack.class);
    // "OpenBLAS 0.3.31 DYNAMIC_ARCH ..."
    String release = text("openblas_get_config").split(" ")[1];
    version = release + " (bytedeco, " + text("openblas_get_corename") + ")";
  }

  @Override
  public String name() {
    return "OpenBLAS";
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public Optional<Task> gemm(Matrix a, Matrix b, Matrix c, int threads) {
    blas_set_num_threads(threads);
    return Optional.of(a.rows() == 1 ? new Gemv(a, b, c) : new Gemm(a, b, c));
  }

  /** What a function of the library without arguments returns. */
  private static String text(String function) {
    MemorySegment entry = MemorySegment.ofAddress(Loader.addressof(function).address());
    try {
      MemorySegment text =
          (MemorySegment)
              Linker.nativeLinker()
                  .downcallHandle(entry, FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      return text.reinterpret(LONGEST_TEXT).getString(0);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible); // a C function does not throw
    }
  }

  /** One row: the product of a matrix and a vector, which reads b as it lies. */
  private static final class Gemv implements Task {
    private final int n;
    private final int k;
    private final FloatPointer a;
    private final FloatPointer b;
    private final FloatPointer c;

    Gemv(Matrix a, Matrix b, Matrix c) {
      n = b.rows();
      k = b.columns();
      this.a = new FloatPointer(DirectBuffers.of(a));
      this.b = new FloatPointer(DirectBuffers.of(b));
      this.c = new FloatPointer(DirectBuffers.of(c));
    }

    @Override
    public void run() {
      cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1, b, k, a, 1, 0, c, 1);
    }

    @Override
    public void close() {}
  }

  /** Several rows: OpenBLAS is faster where b is not transposed, so that is done beforehand. */
  private static final class Gemm implements Task {
    private final Arena arena = Arena.ofShared();
    private final int m;
    private final int n;
    private final int k;
    private final FloatPointer a;
    private final FloatPointer transposed;
    private final FloatPointer c;

    Gemm(Matrix a, Matrix b, Matrix c) {
      m = a.rows();
      n = b.rows();
      k = b.columns();
      this.a = new FloatPointer(DirectBuffers.of(a));
      this.transposed = new FloatPointer(DirectBuffers.of(transpose(b)));
      this.c = new FloatPointer(DirectBuffers.of(c));
    }

    private Matrix transpose(Matrix b) {
      Matrix result = Matrix.allocate(arena, k, n);
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < n; j++) {
          result.set(i, j, b.get(j, i));
        }
      }
      return result;
    }

    @Override
    public void run() {
      cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, transposed, n, 0, c, n);
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
