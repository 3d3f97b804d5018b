package io.github.lanewise.jmh.peer;

import dev.ludovic.netlib.blas.JavaBLAS;
import io.github.lanewise.bench.Peer;
import io.github.lanewise.memory.Matrix;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The fastest in Java that we know of: the BLAS of dev.ludovic.netlib on the Vector API. It works
 * on arrays, in one thread.
 */
public final class NetlibPeer implements Peer {
  /** BLAS counts in columns: what is the rows of b to us is its columns, transposed. */
  private static final String TRANSPOSED = "T";

  private static final String PLAIN = "N";

  /** Of the library; kept, since loggers that nobody holds forget their level. */
  private static final Logger LOGGER = Logger.getLogger("dev.ludovic.netlib.blas.InstanceBuilder");

  private final JavaBLAS blas;

  /** Loads the library. */
  public NetlibPeer() {
    LOGGER.setLevel(Level.SEVERE); // it warns of a missing native BLAS, which we do not ask for
    blas = JavaBLAS.getInstance();
  }

  @Override
  public String name() {
    return "netlib";
  }

  @Override
  public String version() {
    return "3.0.4 (" + blas.getClass().getSimpleName() + ")";
  }

  @Override
  public Optional<Task> gemm(Matrix a, Matrix b, Matrix c, int threads) {
    return threads == 1 ? Optional.of(new Gemm(blas, a, b, c)) : Optional.empty();
  }

  /** Takes its copy of a and b when prepared. */
  private static final class Gemm implements Task {
    private final JavaBLAS blas;
    private final int m;
    private final int n;
    private final int k;
    private final float[] a;
    private final float[] b;
    private final float[] product;
    private final Matrix c;

    Gemm(JavaBLAS blas, Matrix a, Matrix b, Matrix c) {
      this.blas = blas;
      m = a.rows();
      n = b.rows();
      k = b.columns();
      this.a = a.toArray();
      this.b = b.toArray();
      product = new float[m * n];
      this.c = c;
    }

    @Override
    public void run() {
      if (m == 1) {
        blas.sgemv(TRANSPOSED, k, n, 1, b, k, a, 1, 0, product, 1);
      } else {
        blas.sgemm(TRANSPOSED, PLAIN, n, m, k, 1, b, k, a, k, 0, product, n);
      }
      c.copyFrom(product);
    }

    @Override
    public void close() {}
  }
}
