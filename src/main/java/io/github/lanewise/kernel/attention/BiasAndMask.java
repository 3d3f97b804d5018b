package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.LANES;

/**
 * What a caller gives for each query and key, applied to the transposed scores of one panel: floats
 * to add, and bytes of which 0 hides the key.
 *
 * <p>They lie in rows of keys, a row a query, and scores in rows of queries. So they are transposed
 * first, a vector of lanes at a time; lane by lane, each float of a block would be a load and a
 * store in another row. Where keys do not lie side by side (dilated) or do not fill a vector, it is
 * done lane by lane all the same.
 *
 * <p>Reusable: {@link #begin}, then for each block {@link #add} and {@link #hide}.
 */
final class BiasAndMask {
  private final int group;
  private final int nr;
  private final long row;

  private final AttentionSequence sequence;
  private long scores;
  private long spare;
  private int firstLane;
  private int lanes;

  /**
   * For panels of {@code nr} lanes.
   *
   * @param group query heads that share a key head
   * @param sequence what biases and masks there are
   */
  BiasAndMask(int group, int nr, AttentionSequence sequence) {
    this.sequence = sequence;
    this.group = group;
    this.nr = nr;
    row = (long) nr * Float.BYTES;
  }

  /**
   * A panel of lanes {@code newFirstLane} to {@code newFirstLane + count - 1} of a sequence.
   *
   * @param newSpare room for {@link AttentionTile#KEY_BLOCK} vectors
   */
  void begin(long newScores, long newSpare, int newFirstLane, int count) {
    scores = newScores;
    spare = newSpare;
    firstLane = newFirstLane;
    lanes = count;
  }

  /** Adds the bias, if there is one, to the scores of {@code count} keys from {@code from} on. */
  void add(int from, int count) {
    if (sequence.bias == 0) {
      return;
    }
    long bias = sequence.bias + from * sequence.biasKey;
    if (sequence.biasQuery == 0 && (sequence.biasHead == 0 || group == 1)) {
      long head = sequence.firstHead * sequence.biasHead;
      ScoreModifiers.addToAll(scores, row, count, bias + head, sequence.biasKey);
    } else if (sequence.biasKey == Float.BYTES && count >= LANES) {
      addTransposed(bias, count);
    } else {
      for (int lane = 0; lane < lanes; lane++) {
        ScoreModifiers.addToLane(scores, row, count, lane, biasRow(bias, lane), sequence.biasKey);
      }
    }
  }

  private void addTransposed(long bias, int count) {
    int whole = count / LANES * LANES;
    // The last vector of keys begins early, and lies behind the others.
    long last = spare + (long) (whole + LANES - count) * BYTES;
    for (int lane = 0; lane < lanes; lane += LANES) {
      for (int i = 0; i < LANES; i += 4) {
        LaneTranspose.near(
            biasRow(bias, lane + i),
            biasRow(bias, lane + i + 1),
            biasRow(bias, lane + i + 2),
            biasRow(bias, lane + i + 3),
            (long) count * Float.BYTES,
            spare + (long) i * BYTES);
      }
      LaneTranspose.far(spare, (count + LANES - 1) / LANES * LANES, spare, BYTES);
      long at = scores + (long) lane * Float.BYTES;
      ScoreModifiers.addVectors(at, row, 0, whole, spare);
      ScoreModifiers.addVectors(at, row, whole, count, last);
    }
  }

  /** Hides from the lanes what the mask, if there is one, says. */
  void hide(int from, int count) {
    if (sequence.mask == 0) {
      return;
    }
    long mask = sequence.mask + from * sequence.maskKey;
    if (sequence.maskQuery == 0) {
      ScoreModifiers.hideByBytes(scores, row, count, 0, nr, mask, sequence.maskKey);
    } else if (sequence.maskKey == 1 && count >= BYTES) {
      hideTransposed(mask, count);
    } else {
      for (int lane = 0; lane < lanes; lane++) {
        long bytes = maskRow(mask, lane);
        ScoreModifiers.hideByBytes(scores, row, count, lane, lane + 1, bytes, sequence.maskKey);
      }
    }
  }

  /** Four keys to an int, of which as many are transposed as if they were floats. */
  private void hideTransposed(long mask, int count) {
    for (int lane = 0; lane < lanes; lane += LANES) {
      for (int i = 0; i < LANES; i += 4) {
        LaneTranspose.near(
            maskRow(mask, lane + i),
            maskRow(mask, lane + i + 1),
            maskRow(mask, lane + i + 2),
            maskRow(mask, lane + i + 3),
            count,
            spare + (long) i * BYTES);
      }
      int vectors = (count + BYTES - 1) / BYTES;
      LaneTranspose.far(spare, vectors * LANES, spare, BYTES);
      for (int v = 0; v < vectors; v++) {
        int key = Math.min(v * BYTES, count - BYTES); // the last begins early
        ScoreModifiers.hideByVectors(
            scores + key * row + (long) lane * Float.BYTES,
            row,
            LANES,
            spare + (long) v * LaneTranspose.BLOCK_BYTES);
      }
    }
  }

  /** Where a lane's row begins; lanes without a query have that of the last one. */
  private long biasRow(long bias, int lane) {
    int index = firstLane + Math.min(lane, lanes - 1);
    if (group == 1) { // two divisions a lane would show
      return bias + sequence.firstHead * sequence.biasHead + index * sequence.biasQuery;
    }
    long head = (sequence.firstHead + index % group) * sequence.biasHead;
    return bias + head + index / group * sequence.biasQuery;
  }

  private long maskRow(long mask, int lane) {
    int index = firstLane + Math.min(lane, lanes - 1);
    return mask + (group == 1 ? index : index / group) * sequence.maskQuery;
  }
}
