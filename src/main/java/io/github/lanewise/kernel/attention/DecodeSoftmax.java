package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

/**
 * The online softmax of all lanes of a decode kernel, in base 2, and what it keeps of each: the
 * maximum that the weights are relative to, and their sum; see {@link ScoreLanes}.
 *
 * <p>As in {@link ScoreTiles}, the lanes of a vector are a few queries', each four times. Unless
 * scores are NaN the maximum is the same four times; a query's sum is that of its four.
 */
final class DecodeSoftmax {
  private static final int TOGETHER = ScoreTiles.TOGETHER;
  private static final long MAX = 0;
  private static final long SUM = BYTES;
  private static final long FACTOR = 2L * BYTES;
  private static final long STATE_BYTES = 3L * BYTES;

  private int lanes;
  private long states;

  /** Bytes that {@link #begin} needs for so many lanes. */
  static long bytes(int lanes) {
    return Math.ceilDiv(lanes, TOGETHER) * STATE_BYTES;
  }

  /** Nothing seen yet. */
  void begin(int newLanes, long memory) {
    lanes = newLanes;
    states = memory;
    for (int lane = 0; lane < lanes; lane += TOGETHER) {
      ScoreLanes.fill(state(lane) + MAX, BYTES, Float.NEGATIVE_INFINITY);
      ScoreLanes.fill(state(lane) + SUM, BYTES, 0f);
    }
  }

  private long state(int lane) {
    return states + lane / TOGETHER * STATE_BYTES;
  }

  /**
   * Replaces the scores of a block by their weights.
   *
   * @return whether the factor of any lane is not 1
   */
  boolean weigh(ScoreTiles scores) {
    boolean changed = false;
    for (int lane = 0; lane < lanes; lane += TOGETHER) {
      long state = state(lane);
      changed |=
          ScoreLanes.softmaxOfTiles(
              scores.score(0, lane, 0),
              scores.tileBytes(),
              scores.tiles(),
              state + MAX,
              state + SUM,
              state + FACTOR);
    }
    return changed;
  }

  /** What a lane's weights are relative to: 2 to this power. */
  float max(int lane) {
    return get(lane, MAX, 0);
  }

  /** What the lane's earlier outputs must be scaled by. */
  float factor(int lane) {
    return get(lane, FACTOR, 0);
  }

  /** The sum of the lane's weights. */
  float sum(int lane) {
    return get(lane, SUM, 0) + get(lane, SUM, 1) + (get(lane, SUM, 2) + get(lane, SUM, 3));
  }

  private float get(int lane, long kind, int row) {
    long at = (long) (lane % TOGETHER) * Float.BYTES + row * ScoreTiles.ROW;
    return MEMORY.get(FLOAT, state(lane) + kind + at);
  }
}
