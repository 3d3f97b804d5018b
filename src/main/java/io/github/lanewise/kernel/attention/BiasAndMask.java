package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.LANES;

import io.github.lanewise.kernel.gemm.Transposition;

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

  /** Adds the biases that there are to the scores of {@code count} keys from {@code from} on. */
  void add(int from, int count) {
    add(sequence.bias, from, count);
    add(sequence.pairBias, from, count);
  }

  private void add(KeyGrid bias, int from, int count) {
    if (!bias.isGiven()) {
      return;
    }
    if (!bias.variesByQuery() && (!bias.variesByHead() || group == 1)) {
      long floats = bias.at(sequence.firstHead, 0, from);
      ScoreModifiers.addToAll(scores, row, count, floats, bias.key());
    } else if (bias.key() == Float.BYTES && count >= LANES) {
      addTransposed(bias, from, count);
    } else {
      for (int lane = 0; lane < lanes; lane++) {
        ScoreModifiers.addToLane(scores, row, count, lane, at(bias, lane, from), bias.key());
      }
    }
  }

  private void addTransposed(KeyGrid bias, int from, int count) {
    int whole = count / LANES * LANES;
    // The last vector of keys begins early, and lies behind the others.
    long last = spare + (long) (whole + LANES - count) * BYTES;
    for (int lane = 0; lane < lanes; lane += LANES) {
      for (int i = 0; i < LANES; i += 4) {
        lowBitsOfRows(
            at(bias, lane + i, from),
            at(bias, lane + i + 1, from),
            at(bias, lane + i + 2, from),
            at(bias, lane + i + 3, from),
            (long) count * Float.BYTES,
            spare + (long) i * BYTES);
      }
      Transposition.highBits((count + LANES - 1) / LANES, spare, BYTES);
      long at = scores + (long) lane * Float.BYTES;
      ScoreModifiers.addVectors(at, row, 0, whole, spare);
      ScoreModifiers.addVectors(at, row, whole, count, last);
    }
  }

  /** Hides from the lanes what the masks that there are say. */
  void hide(int from, int count) {
    hide(sequence.mask, from, count);
    hide(sequence.keyMask, from, count);
  }

  private void hide(KeyGrid mask, int from, int count) {
    if (!mask.isGiven()) {
      return;
    }
    if (!mask.variesByQuery()) {
      ScoreModifiers.hideByBytes(scores, row, count, 0, nr, mask.at(0, 0, from), mask.key());
    } else if (mask.key() == 1 && count >= BYTES) {
      hideTransposed(mask, from, count);
    } else {
      for (int lane = 0; lane < lanes; lane++) {
        long bytes = at(mask, lane, from);
        ScoreModifiers.hideByBytes(scores, row, count, lane, lane + 1, bytes, mask.key());
      }
    }
  }

  /** Four keys to an int, of which as many are transposed as if they were floats. */
  private void hideTransposed(KeyGrid mask, int from, int count) {
    for (int lane = 0; lane < lanes; lane += LANES) {
      for (int i = 0; i < LANES; i += 4) {
        lowBitsOfRows(
            at(mask, lane + i, from),
            at(mask, lane + i + 1, from),
            at(mask, lane + i + 2, from),
            at(mask, lane + i + 3, from),
            count,
            spare + (long) i * BYTES);
      }
      int vectors = (count + BYTES - 1) / BYTES;
      Transposition.highBits(vectors, spare, BYTES);
      for (int v = 0; v < vectors; v++) {
        int key = Math.min(v * BYTES, count - BYTES); // the last begins early
        ScoreModifiers.hideByVectors(
            scores + key * row + (long) lane * Float.BYTES,
            row,
            LANES,
            spare + (long) v * Transposition.SQUARE_BYTES);
      }
    }
  }

  /**
   * The first step of a transposition for four rows of {@code bytes} bytes, at least a vector: a
   * square for each vector of a row, the last of which begins early.
   *
   * @param target where the first of the four rows of the first square goes; the others follow at
   *     once, and the squares after as many bytes as one has
   */
  private static void lowBitsOfRows(
      long row0, long row1, long row2, long row3, long bytes, long target) {
    int whole = (int) (bytes / BYTES);
    Transposition.lowBits(whole, row0, row1, row2, row3, target, BYTES);
    if (bytes % BYTES != 0) {
      long last = bytes - BYTES;
      long to = target + (long) whole * Transposition.SQUARE_BYTES;
      Transposition.lowBits(1, row0 + last, row1 + last, row2 + last, row3 + last, to, BYTES);
    }
  }

  /** What is given to a lane for a key; lanes without a query get that of the last one. */
  private long at(KeyGrid given, int lane, int key) {
    int index = firstLane + Math.min(lane, lanes - 1);
    if (group == 1) { // two divisions a lane would show
      return given.at(sequence.firstHead, index, key);
    }
    return given.at(sequence.firstHead + index % group, index / group, key);
  }
}
