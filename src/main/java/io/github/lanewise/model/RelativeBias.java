package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.AttentionExtras;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The bias of T5 (Raffel et al. 2020, section 2.1): a learned number for each head and each range
 * of distances between query and key, the same in all layers.
 *
 * <p>Kept as one line a head: the numbers of all distances from the farthest earlier key to the
 * farthest later one. What a query adds to its scores is a piece of it, so that a step of decoding
 * copies nothing.
 */
final class RelativeBias {
  private final Position.Relative position;
  private final boolean bothWays;
  private final Matrix table;
  private volatile Lines lines;

  /**
   * @param positions that queries and keys may have
   * @param matrix [heads, 2 positions - 1]: column positions - 1 is that of distance 0
   * @param steps what the only query of a pass adds, by its position; made when first asked for
   */
  private record Lines(int positions, Matrix matrix, @Nullable AttentionExtras[] steps) {
    /** The pieces of all heads for a query at {@code position} and keys 0 to {@code position}. */
    AttentionExtras step(int position) {
      AttentionExtras known = steps[position];
      if (known == null) {
        Matrix piece = matrix.columnRange(positions - 1 - position, position + 1);
        known = AttentionExtras.none().pairBias(piece);
        steps[position] = known;
      }
      return known;
    }
  }

  private RelativeBias(Position.Relative position, boolean bothWays, Matrix table) {
    this.position = position;
    this.bothWays = bothWays;
    this.table = table;
    lines = lines(1);
  }

  /** Null for an architecture without. */
  static @Nullable RelativeBias of(Weights weights) {
    ModelConfig config = weights.config();
    return config.position() instanceof Position.Relative relative
        ? new RelativeBias(
            relative, !config.attention().causal(), weights.matrix(Tensor.RELATIVE_BIAS))
        : null;
  }

  /** Bytes for passes of up to {@code tokens} tokens over up to {@code positions} positions. */
  static long bytes(ModelConfig config, int tokens, int positions) {
    long floats = 2L * positions - 1 + (long) tokens * positions;
    return config.position() instanceof Position.Relative
        ? config.heads() * floats * Float.BYTES
        : 0;
  }

  /** Has lines for so many positions; those that passes are using stay as they are. */
  void ensure(int positions) {
    if (lines.positions < positions) {
      grow(positions);
    }
  }

  private synchronized void grow(int positions) {
    if (lines.positions < positions) {
      lines = lines(positions);
    }
  }

  private Lines lines(int positions) {
    Matrix matrix = Matrix.allocate(Arena.ofAuto(), table.columns(), 2 * positions - 1);
    for (int column = 0; column < matrix.columns(); column++) {
      int bucket = position.bucket(column - (positions - 1), bothWays);
      for (int head = 0; head < matrix.rows(); head++) {
        matrix.set(head, column, table.get(bucket, head));
      }
    }
    return new Lines(positions, matrix, new AttentionExtras[positions]);
  }

  /**
   * Sets {@code a.bias()} for a pass whose sequences all have as many earlier tokens: none, or one
   * sequence.
   *
   * @param offsets of the sequences among the tokens, at {@code a.positions()}
   */
  void set(int[] offsets, Activations a) {
    int longest = 0;
    for (int s = 0; s < offsets.length - 1; s++) {
      longest = Math.max(longest, offsets[s + 1] - offsets[s]);
    }
    Lines now = lines;
    int past = a.positions()[0];
    if (longest == 1) {
      a.bias().use(now.step(past));
      return;
    }
    int keys = past + longest;
    Matrix bias = a.bias().fill(now.matrix.rows(), past, longest, keys);
    if (bias != null) {
      for (int head = 0; head < now.matrix.rows(); head++) {
        for (int i = 0; i < longest; i++) {
          int first = now.positions - 1 - (past + i);
          Rows.copy(now.matrix, head, first, keys, bias, head * longest + i);
        }
      }
    }
  }
}
