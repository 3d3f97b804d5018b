package io.github.lanewise.tune;

import io.github.lanewise.tuning.Shape;
import java.util.List;

/**
 * A matrix product that stands for its class: C [m, n] = A [m, k] · Wᵀ.
 *
 * @param shape its class
 * @param m rows of A and C
 * @param n rows of W
 * @param k columns of A and W
 */
public record Product(Shape shape, int m, int n, int k) {
  /**
   * The shapes that tuning looks at: one layer of a 7B model for one token and for small batches,
   * whose weights no L2 holds, and prompts of models from MiniLM to GPT-2 and beyond.
   */
  public static final List<Product> ALL =
      List.of(
          new Product(Shape.ROW, 1, 4096, 4096),
          new Product(Shape.SKINNY, 4, 4096, 4096),
          new Product(Shape.SKINNY, 8, 4096, 4096),
          new Product(Shape.SKINNY, 16, 4096, 4096),
          new Product(Shape.MATRIX, 128, 384, 384),
          new Product(Shape.MATRIX, 512, 768, 3072),
          new Product(Shape.MATRIX, 1024, 1024, 1024));

  /** Those of a class. */
  public static List<Product> of(Shape shape) {
    return ALL.stream().filter(product -> product.shape == shape).toList();
  }

  /** Floating point operations; a multiply-add counts as two. */
  public double flops() {
    return 2.0 * m * n * k;
  }

  /** "8x4096x4096": MxNxK. */
  @Override
  public String toString() {
    return m + "x" + n + "x" + k;
  }
}
