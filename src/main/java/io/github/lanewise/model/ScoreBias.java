package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.AttentionExtras;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * What a forward pass adds to the scores of attention in all layers: nothing, or numbers by head,
 * query and key. These are kept between passes, as the next one often adds the same.
 */
final class ScoreBias {
  private AttentionExtras extras = AttentionExtras.none();
  private AttentionExtras kept = AttentionExtras.none();
  private int past;
  private int queries;
  private int keys;

  /** For calls of {@link io.github.lanewise.op.Attention}. */
  AttentionExtras extras() {
    return extras;
  }

  /** Adds what was made before. */
  void use(AttentionExtras made) {
    extras = made;
  }

  /**
   * Adds numbers for {@code itsQueries} queries behind {@code itsPast} other tokens, and {@code
   * itsKeys} keys: those at hand if they are these and maybe more, else a new matrix.
   *
   * @return the matrix [heads * queries, keys] to be filled; null if it is
   */
  @Nullable Matrix fill(int heads, int itsPast, int itsQueries, int itsKeys) {
    boolean atHand = past == itsPast && queries >= itsQueries && keys >= itsKeys;
    Matrix made = atHand ? null : Matrix.allocate(Arena.ofAuto(), heads * itsQueries, itsKeys);
    if (made != null) {
      past = itsPast;
      queries = itsQueries;
      keys = itsKeys;
      kept = AttentionExtras.none().pairBias(made);
    }
    extras = kept;
    return made;
  }
}
