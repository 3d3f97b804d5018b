package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Softmax;
import java.util.List;

/**
 * {@code out[r] = softmax(x[r])}.
 *
 * @param shape as given
 */
record SoftmaxWorkload(String shape, int rows, int columns) implements Workload {
  /** Beyond any second-level cache; copies in turn take them beyond the last one. */
  static final List<String> SHAPES = List.of("32768x128", "1024x4096", "256x32000");

  /**
   * Operations an element of a straightforward vector implementation: maximum, difference, e^x as a
   * polynomial, sum, product.
   */
  private static final double FLOPS = 18;

  static SoftmaxWorkload parse(String shape) {
    String[] parts = shape.split("x", -1);
    if (parts.length != 2) {
      throw Sizes.wrong(shape, "must be RxC, rows and columns, such as 1024x4096");
    }
    return new SoftmaxWorkload(
        shape, Sizes.parse(shape, "R", parts[0]), Sizes.parse(shape, "C", parts[1]));
  }

  @Override
  public Operation op() {
    return Operation.SOFTMAX;
  }

  @Override
  public double flops() {
    return FLOPS * rows * columns;
  }

  @Override
  public long readBytes() {
    return Sizes.matrix(rows, columns);
  }

  @Override
  public long writtenBytes() {
    return Sizes.matrix(rows, columns);
  }

  @Override
  public long bytesOfCopy(boolean comparing) {
    long one = Sizes.matrix(rows, columns);
    return Sizes.sum(one, one, comparing ? one : 0);
  }

  @Override
  public long bytesBeside(boolean comparing) {
    return 0;
  }

  /** Makes the data, and the calls on them. */
  Contest prepare(Setup setup) {
    Softmax softmax = Softmax.prepare(setup.runtime());
    List<Matrix> x = setup.copiesOf(setup.random(rows, columns, 1));
    List<Matrix> out = setup.each(i -> setup.zero(rows, columns));
    List<Runnable> calls = setup.each(i -> () -> softmax.run(x.get(i), out.get(i)));
    Contest contest = new Contest(KernelNames.softmax(), calls, out.getFirst());
    if (!setup.comparing()) {
      return contest;
    }
    List<Matrix> theirs = setup.each(i -> setup.zero(rows, columns));
    return contest.with(
        setup,
        (peer, i) -> peer.softmax(x.get(i), theirs.get(i), setup.threads()),
        theirs.getFirst());
  }
}
