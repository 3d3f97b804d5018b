package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * {@code c[m,n] = a[m,k]·b[n,k]ᵀ}.
 *
 * @param shape as given
 * @param m rows of a and c
 * @param n rows of b, columns of c
 * @param k columns of a and b
 * @param plain whether b is packed in the call, not before
 * @param storage of the packed b
 */
record GemmWorkload(String shape, int m, int n, int k, boolean plain, Storage storage)
    implements Workload {
  /** Rows up to which b is read from memory about as fast as it is computed with, or slower. */
  private static final int FEW_ROWS = 16;

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

  static GemmWorkload parse(String shape, boolean plain, Storage storage) {
    String[] parts = shape.split("x", -1);
    if (parts.length != 3) {
      throw Sizes.wrong(shape, "must be MxNxK, such as 512x768x3072 (C[M,N] = A[M,K]·B[N,K]ᵀ)");
    }
    return new GemmWorkload(
        shape,
        Sizes.parse(shape, "M", parts[0]),
        Sizes.parse(shape, "N", parts[1]),
        Sizes.parse(shape, "K", parts[2]),
        plain,
        storage);
  }

  GemmWorkload {
    if (plain && storage != Storage.F32) {
      throw Sizes.wrong(shape, "packing in the call keeps F32, and cannot store " + storage);
    }
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
    return Sizes.sum(Sizes.matrix(m, k), (long) n * k * storage.bytes());
  }

  @Override
  public long writtenBytes() {
    return Sizes.matrix(m, n);
  }

  @Override
  public long bytesOfCopy(boolean comparing) {
    long b = plain || comparing ? Sizes.matrix(n, k) : 0;
    return Sizes.sum(b, plain ? 0 : PackedWeights.bytesFor(storage, n, k));
  }

  @Override
  public long bytesBeside(boolean comparing) {
    return Sizes.sum(
        Sizes.matrix(m, k),
        Sizes.matrix(m, n),
        comparing ? Sizes.matrix(m, n) : 0,
        plain || comparing ? 0 : Sizes.matrix(n, k),
        plain ? PackedWeights.bytesFor(storage, n, k) : 0);
  }

  @Override
  public boolean rotates() {
    return m <= FEW_ROWS;
  }

  /** Makes the data, and the calls on them. */
  Contest prepare(Setup setup) {
    Matrix a = setup.random(m, k, 1);
    Matrix b = setup.random(n, k, 2);
    Matrix c = setup.zero(m, n);
    if (!plain) {
      round(setup.arena(), b);
    }
    List<Matrix> everyB = plain || setup.comparing() ? setup.copiesOf(b) : List.of(b);
    Contest contest = plain ? plain(setup.runtime(), a, everyB, c) : prepacked(setup, a, b, c);
    if (!setup.comparing()) {
      return contest;
    }
    Matrix theirs = setup.zero(m, n);
    return contest.with(
        setup, (peer, i) -> peer.gemm(a, everyB.get(i), theirs, setup.threads()), theirs);
  }

  /** To what the storage holds: peers, who compute with f32, must get the same numbers. */
  private void round(Arena arena, Matrix b) {
    if (storage == Storage.F32) {
      return;
    }
    PackedWeights row = PackedWeights.allocate(arena, storage, 1, k);
    for (int i = 0; i < n; i++) {
      row.setRow(0, b, i);
      row.getRow(0, b, i);
    }
  }

  private Contest plain(Lanewise runtime, Matrix a, List<Matrix> everyB, Matrix c) {
    MatMul product = MatMul.prepare(runtime);
    List<Runnable> calls = everyB.stream().<Runnable>map(b -> () -> product.run(a, b, c)).toList();
    return new Contest(KernelNames.of(product.kernel(m)), calls, c);
  }

  private Contest prepacked(Setup setup, Matrix a, Matrix b, Matrix c) {
    List<Gemm> products =
        setup.each(
            i -> Gemm.prepare(setup.runtime(), PackedWeights.pack(setup.arena(), storage, b)));
    List<Runnable> calls = products.stream().<Runnable>map(p -> () -> p.run(a, c)).toList();
    return new Contest(KernelNames.of(products.getFirst().kernel(m)), calls, c);
  }
}
