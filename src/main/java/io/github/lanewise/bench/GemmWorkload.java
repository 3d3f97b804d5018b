package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.PackedWeights;
import java.util.List;

/**
 * {@code c[m,n] = a[m,k]·b[n,k]ᵀ}.
 *
 * @param shape as given
 * @param m rows of a and c
 * @param n rows of b, columns of c
 * @param k columns of a and b
 * @param plain whether b is packed in the call, not before
 */
record GemmWorkload(String shape, int m, int n, int k, boolean plain) implements Workload {
  static final List<String> SHAPES =
      List.of(
          "1024x1024x1024",
          "2048x2048x2048",
          "512x768x3072",
          "512x3072x768",
          "128x384x384",
          "256x256x256",
          "64x64x64",
          "16x4096x4096",
          "8x4096x4096",
          "4x4096x4096",
          "1x4096x4096",
          "1x11008x4096");

  static final List<String> PLAIN_SHAPES =
      List.of("64x64x64", "256x256x256", "1024x1024x1024", "2048x2048x2048");

  static GemmWorkload parse(String shape, boolean plain) {
    String[] parts = shape.split("x", -1);
    if (parts.length != 3) {
      throw Sizes.wrong(shape, "must be MxNxK, such as 512x768x3072 (C[M,N] = A[M,K]·B[N,K]ᵀ)");
    }
    return new GemmWorkload(
        shape,
        Sizes.parse(shape, "M", parts[0]),
        Sizes.parse(shape, "N", parts[1]),
        Sizes.parse(shape, "K", parts[2]),
        plain);
  }

  @Override
  public Operation op() {
    return Operation.GEMM;
  }

  @Override
  public double flops() {
    return 2.0 * m * n * k;
  }

  @Override
  public long readBytes() {
    return Sizes.sum(Sizes.matrix(m, k), Sizes.matrix(n, k));
  }

  @Override
  public long writtenBytes() {
    return Sizes.matrix(m, n);
  }

  @Override
  public long bytesOfCopy(boolean comparing) {
    long b = plain || comparing ? Sizes.matrix(n, k) : 0;
    return Sizes.sum(b, plain ? 0 : PackedWeights.bytesFor(n, k));
  }

  @Override
  public long bytesBeside(boolean comparing) {
    return Sizes.sum(
        Sizes.matrix(m, k),
        Sizes.matrix(m, n),
        comparing ? Sizes.matrix(m, n) : 0,
        plain || comparing ? 0 : Sizes.matrix(n, k),
        plain ? PackedWeights.bytesFor(n, k) : 0);
  }

  /** Makes the data, and the calls on them. */
  Contest prepare(Setup setup) {
    Matrix a = setup.random(m, k, 1);
    Matrix firstB = setup.random(n, k, 2);
    Matrix c = setup.zero(m, n);
    boolean everyB = plain || setup.comparing();
    List<Matrix> b = everyB ? setup.copiesOf(firstB) : List.of(firstB);
    Contest contest = plain ? plain(setup.runtime(), a, b, c) : prepacked(setup, a, firstB, c);
    if (!setup.comparing()) {
      return contest;
    }
    Matrix theirs = setup.zero(m, n);
    return contest.with(
        setup, (peer, i) -> peer.gemm(a, b.get(i), theirs, setup.threads()), theirs);
  }

  private Contest plain(Lanewise runtime, Matrix a, List<Matrix> everyB, Matrix c) {
    MatMul product = MatMul.prepare(runtime);
    List<Runnable> calls = everyB.stream().<Runnable>map(b -> () -> product.run(a, b, c)).toList();
    return new Contest(KernelNames.gemm(true), calls, c);
  }

  private Contest prepacked(Setup setup, Matrix a, Matrix b, Matrix c) {
    List<Runnable> calls =
        setup.each(
            i -> {
              Gemm gemm = Gemm.prepare(setup.runtime(), PackedWeights.pack(setup.arena(), b));
              return () -> gemm.run(a, c);
            });
    return new Contest(KernelNames.gemm(false), calls, c);
  }
}
