package io.github.lanewise.tune;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;

/** Operands of products, shared by all candidates: the packing does not depend on the tuning. */
final class ProductData implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Map<Size, PackedWeights> weights = new HashMap<>();
  private final Map<Size, Matrix> inputs = new HashMap<>();
  private final Map<Size, Matrix> outputs = new HashMap<>();

  private record Size(int rows, int columns) {}

  /** Weights {@code [n, k]} of ordinary numbers. */
  PackedWeights weights(int n, int k) {
    return weights.computeIfAbsent(
        new Size(n, k),
        key -> {
          PackedWeights packed = PackedWeights.allocate(arena, n, k);
          Matrix row = input(1, k);
          for (int i = 0; i < n; i++) {
            packed.setRow(i, row, 0);
          }
          return packed;
        });
  }

  /** A matrix {@code [m, k]} of ordinary numbers. */
  Matrix input(int m, int k) {
    return inputs.computeIfAbsent(new Size(m, k), key -> random(m, k));
  }

  /** A matrix {@code [m, n]} to write to. */
  Matrix output(int m, int n) {
    return outputs.computeIfAbsent(new Size(m, n), key -> Matrix.allocate(arena, m, n));
  }

  /** Small numbers of both signs: none becomes subnormal or infinite. */
  private Matrix random(int m, int k) {
    Matrix matrix = Matrix.allocate(arena, m, k);
    long state = 1;
    for (int r = 0; r < m; r++) {
      for (int c = 0; c < k; c++) {
        state = state * 6364136223846793005L + 1442695040888963407L;
        matrix.set(r, c, (state >> 40) * 0x1p-24f);
      }
    }
    return matrix;
  }

  @Override
  public void close() {
    arena.close();
  }
}
