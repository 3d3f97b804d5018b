package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;

/**
 * Whether two results are the same but for the order of f32 sums.
 *
 * @param difference the largest of any element
 * @param largest value of ours
 */
record Agreement(double difference, double largest) {
  /**
   * Of the largest value. Far above what another order of f32 sums makes of thousands of terms,
   * below what a format with fewer bits does.
   */
  private static final double TOLERANCE = 0x1p-13;

  static Agreement of(Matrix ours, Matrix theirs) {
    double difference = 0;
    double largest = 0;
    for (int r = 0; r < ours.rows(); r++) {
      for (int c = 0; c < ours.columns(); c++) {
        double apart = Math.abs((double) ours.get(r, c) - theirs.get(r, c));
        // A NaN stays: it agrees with nothing.
        difference =
            apart <= difference ? difference : Double.isNaN(difference) ? difference : apart;
        largest = Math.max(largest, Math.abs(ours.get(r, c)));
      }
    }
    return new Agreement(difference, largest);
  }

  boolean holds() {
    return difference <= TOLERANCE * largest;
  }
}
