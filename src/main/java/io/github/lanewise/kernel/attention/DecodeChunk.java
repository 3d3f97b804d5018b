package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.simd.WideRows;

/**
 * Attention of a few queries over a range of keys, for one or more key heads, as a partial result
 * that {@link DecodeMerge} completes.
 *
 * <p>Here memory is the limit, so everything follows the order in which a cache lies in memory: a
 * block of keys is swept four rows at a time, across all heads, then its values likewise. One head
 * at a time would read pieces of 512 bytes, kilobytes apart, which no prefetcher follows. All
 * queries of a head use a row while it is in the nearest cache.
 *
 * <p>A lane is one query: position {@code lane / group}, head {@code lane % group} of its group.
 * Its arithmetic depends on its keys and on where the range begins, not on the lanes and heads
 * beside it. Reusable; one thread at a time.
 */
public final class DecodeChunk {
  /** Keys between two updates of the running maximum. Bits depend on it. */
  public static final int KEY_BLOCK = 64;

  /** Lanes of all heads of a call, at most: their queries and outputs are to stay in cache. */
  public static final int MAX_LANES = 64;

  /** A window without an end. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  private static final int ROWS = DecodeTile.ROWS;
  private static final long SCORE_BYTES = (long) (KEY_BLOCK + LANES) * Float.BYTES;

  private DecodeShape shape;
  private long keyBytes;
  private long valueBytes;
  private long keyHead;
  private long valueHead;
  private boolean keysInPlace;
  private boolean valuesInPlace;
  private boolean halfKeys;
  private boolean halfValues;

  private final long[] keys = new long[KEY_BLOCK];
  private final long[] values = new long[KEY_BLOCK];

  private int heads;
  private int firstLane;
  private int lanes;

  private int keyCount;
  private int firstPosition;
  private int left;
  private int right;

  private long queries;
  private long outputs;
  private long scores;
  private long states;
  private long staged;
  private long zeros;

  /** A kernel for heads of one shape, until another is set. */
  public DecodeChunk(DecodeShape shape) {
    shape(shape);
  }

  /** Sets the shape of the heads. */
  public void shape(DecodeShape newShape) {
    shape = newShape;
    keyBytes = shape.keyBytes();
    valueBytes = shape.valueBytes();
    keyHead = (long) shape.keyDim() * shape.keyStorage().bytes();
    valueHead = (long) shape.valueDim() * shape.valueStorage().bytes();
    keysInPlace = shape.keysInPlace();
    valuesInPlace = shape.valuesInPlace();
    halfKeys = shape.halfKeys();
    halfValues = shape.halfValues();
  }

  /** Bytes of scratch memory that {@link #run} needs. */
  public static long scratchBytes(DecodeShape shape) {
    long lane = shape.keyBytes() + shape.valueBytes() + SCORE_BYTES + DecodeSoftmax.STATE_BYTES;
    return MAX_LANES * lane + (ROWS + 1) * Math.max(shape.keyBytes(), shape.valueBytes());
  }

  /** Bytes of the partial result of one lane. */
  public static long partialBytes(DecodeShape shape) {
    return (long) shape.partialFloats() * Float.BYTES;
  }

  /**
   * Which lanes to compute.
   *
   * @param newHeads key heads
   * @param newLanes lanes of each of them, from {@code newFirstLane} on; {@code newHeads *
   *     newLanes} is at most {@link #MAX_LANES}
   */
  public void lanes(int newHeads, int newFirstLane, int newLanes) {
    heads = newHeads;
    firstLane = newFirstLane;
    lanes = newLanes;
  }

  /**
   * Which keys are seen: position p stands at key {@code newFirstPosition + p} and sees the keys
   * from {@code newLeft} before it to {@code newRight} after it, {@link #UNBOUNDED} for all.
   */
  public void window(int newKeyCount, int newFirstPosition, int newLeft, int newRight) {
    keyCount = newKeyCount;
    firstPosition = newFirstPosition;
    left = newLeft;
    right = newRight;
  }

  /**
   * Attends to the keys {@code from} to {@code to - 1}, at least one.
   *
   * @param rows where the first of the heads has its keys and values
   * @param q address of position 0 of the first head's group
   * @param ldq bytes from one position to the next
   * @param partial where lane i of head h goes: {@code (h * lanes + i) * partialBytes} behind it
   */
  public void run(long scratch, KeyRows rows, int from, int to, long q, long ldq, long partial) {
    divide(scratch);
    DecodeLanes.load(shape, q, ldq, heads, firstLane, lanes, queries);
    for (int first = from; first < to; first += KEY_BLOCK) {
      int count = Math.min(KEY_BLOCK, to - first);
      rows.locate(first, count, keys, values);
      fillUp(count);
      score(count);
      if (allLanesSee(first, count)) {
        attendOpen(count);
      } else {
        attendHidden(first, count);
      }
    }
    DecodeLanes.store(shape, outputs, states, heads * lanes, partial);
  }

  private void divide(long scratch) {
    long total = (long) heads * lanes;
    queries = scratch;
    outputs = queries + total * keyBytes;
    scores = outputs + total * valueBytes;
    states = scores + total * SCORE_BYTES;
    staged = states + total * DecodeSoftmax.STATE_BYTES;
    staged = (staged + 63) / 64 * 64;
    zeros = staged + ROWS * Math.max(keyBytes, valueBytes);
    DecodeLanes.clear(zeros, valueBytes);
    DecodeLanes.clear(outputs, total * valueBytes);
    for (int i = 0; i < total; i++) {
      DecodeSoftmax.reset(states + i * DecodeSoftmax.STATE_BYTES);
    }
  }

  private boolean allLanesSee(int first, int count) {
    return low(position(firstLane + lanes - 1)) <= first
        && high(position(firstLane)) >= first + count;
  }

  /** The first key that a position sees. */
  private int low(int position) {
    return Math.clamp((long) firstPosition + position - left, 0, keyCount);
  }

  /** The end of the keys that a position sees. */
  private int high(int position) {
    return Math.clamp((long) firstPosition + position + right + 1, 0, keyCount);
  }

  private int position(int lane) {
    return lane / shape.group();
  }

  /** Fills the last tile up, with a key whose score will not count and a value that is 0. */
  private void fillUp(int count) {
    for (int j = count; j % ROWS != 0; j++) {
      keys[j] = keys[count - 1];
      values[j] = zeros;
    }
  }

  private void score(int count) {
    boolean half = halfKeys && lanes == 1;
    for (int j = 0; j < count; j += ROWS) {
      for (int head = 0; head < heads; head++) {
        if (!half || !scoreHalf(j, head)) {
          score(j, head);
        }
      }
    }
  }

  /** Four keys and all lanes of a head. */
  private void score(int j, int head) {
    long k0 = key(j, head, 0);
    long k1 = key(j, head, 1);
    long k2 = key(j, head, 2);
    long k3 = key(j, head, 3);
    long q = queries + (long) head * lanes * keyBytes;
    long s = scores + (long) head * lanes * SCORE_BYTES + (long) j * Float.BYTES;
    int lane = 0;
    for (; lane + 2 <= lanes; lane += 2) {
      DecodeTile.scoresOfTwo(
          k0, k1, k2, k3, q + lane * keyBytes, keyBytes, s + lane * SCORE_BYTES, SCORE_BYTES);
    }
    if (lane < lanes) {
      DecodeTile.scores(k0, k1, k2, k3, q + lane * keyBytes, keyBytes, s + lane * SCORE_BYTES);
    }
  }

  /** The same for 16-bit keys and a single lane; false if they must be widened with more care. */
  private boolean scoreHalf(int j, int head) {
    long shift = head * keyHead;
    long k0 = keys[j] + shift;
    long k1 = keys[j + 1] + shift;
    long k2 = keys[j + 2] + shift;
    long k3 = keys[j + 3] + shift;
    long q = queries + head * keyBytes;
    long s = scores + head * SCORE_BYTES + (long) j * Float.BYTES;
    if (shape.keyStorage() == Storage.BF16) {
      HalfTile.productsBf16(k0, k1, k2, k3, q, keyHead, staged);
      HalfTile.sums(staged, HalfTile.BF16_FACTOR, s);
      return true;
    }
    if (!HalfTile.areFinite(k0, k1, k2, k3, keyHead)) {
      return false;
    }
    HalfTile.productsF16(k0, k1, q, keyHead, staged);
    HalfTile.productsF16(k2, k3, q, keyHead, staged + 2L * Simd.BYTES);
    HalfTile.sums(staged, HalfTile.F16_FACTOR, s);
    return true;
  }

  /** The address of a key as floats in whole vectors, widened if need be. */
  private long key(int j, int head, int row) {
    long address = keys[j + row] + head * keyHead;
    if (keysInPlace) {
      return address;
    }
    long target = staged + row * keyBytes;
    widen(shape.keyStorage(), address, shape.keyDim(), target);
    return target;
  }

  private long value(long valueRow, int head, int row) {
    if (valueRow == zeros) {
      return zeros;
    }
    long address = valueRow + head * valueHead;
    if (valuesInPlace) {
      return address;
    }
    long target = staged + row * valueBytes;
    widen(shape.valueStorage(), address, shape.valueDim(), target);
    return target;
  }

  private static void widen(Storage storage, long source, int n, long target) {
    switch (storage) {
      case F32 -> WideRows.f32(source, n, target);
      case BF16 -> WideRows.bf16(source, n, target);
      case F16 -> WideRows.f16(source, n, target);
    }
  }

  /** Softmax and values of a block that all lanes see. */
  private void attendOpen(int count) {
    for (int i = 0; i < heads * lanes; i++) {
      softmax(i, count);
    }
    boolean half = halfValues && lanes == 1;
    for (int j = 0; j < count; j += ROWS) {
      for (int head = 0; head < heads; head++) {
        if (!half || !addHalfValues(j, head)) {
          addValues(j, head);
        }
      }
    }
  }

  private void softmax(int i, int count) {
    long state = states + i * DecodeSoftmax.STATE_BYTES;
    if (DecodeSoftmax.block(scores + i * SCORE_BYTES, count, state)) {
      float factor = MEMORY.get(FLOAT, state + DecodeSoftmax.FACTOR);
      DecodeSoftmax.scale(outputs + i * valueBytes, valueBytes, factor);
    }
  }

  private void addValues(int j, int head) {
    long v0 = value(values[j], head, 0);
    long v1 = value(values[j + 1], head, 1);
    long v2 = value(values[j + 2], head, 2);
    long v3 = value(values[j + 3], head, 3);
    long o = outputs + (long) head * lanes * valueBytes;
    long p = scores + (long) head * lanes * SCORE_BYTES + (long) j * Float.BYTES;
    int lane = 0;
    for (; lane + 2 <= lanes; lane += 2) {
      DecodeTile.addValuesToTwo(
          v0, v1, v2, v3, p + lane * SCORE_BYTES, SCORE_BYTES, o + lane * valueBytes, valueBytes);
    }
    if (lane < lanes) {
      DecodeTile.addValues(
          v0, v1, v2, v3, p + lane * SCORE_BYTES, o + lane * valueBytes, valueBytes);
    }
  }

  /** The same for 16-bit values and a single lane; false if they must be widened with more care. */
  private boolean addHalfValues(int j, int head) {
    long v0 = halfValue(values[j], head);
    long v1 = halfValue(values[j + 1], head);
    long v2 = halfValue(values[j + 2], head);
    long v3 = halfValue(values[j + 3], head);
    long p = scores + head * SCORE_BYTES + (long) j * Float.BYTES;
    long o = outputs + head * valueBytes;
    if (shape.valueStorage() == Storage.BF16) {
      HalfTile.addValuesBf16(v0, v1, v2, v3, p, o, valueHead);
      return true;
    }
    if (!HalfTile.areFinite(v0, v1, v2, v3, valueHead)) {
      return false;
    }
    HalfTile.addValuesF16(v0, v1, p, o, valueHead);
    HalfTile.addValuesF16(v2, v3, p + 2L * Float.BYTES, o, valueHead);
    return true;
  }

  private long halfValue(long valueRow, int head) {
    return valueRow == zeros ? zeros : valueRow + head * valueHead;
  }

  /**
   * Softmax and values of a block of which some lane does not see all, lane by lane. 0 · NaN is
   * NaN, so a hidden value is replaced by zeros, whatever its weight.
   */
  private void attendHidden(int first, int count) {
    for (int i = 0; i < heads * lanes; i++) {
      int position = position(firstLane + i % lanes);
      int low = Math.clamp((long) low(position) - first, 0, count);
      int high = Math.clamp((long) high(position) - first, low, count);
      long s = scores + i * SCORE_BYTES;
      for (int j = 0; j < count; j++) {
        if (j < low || j >= high) {
          MEMORY.set(FLOAT, s + (long) j * Float.BYTES, Float.NEGATIVE_INFINITY);
        }
      }
      if (low == high) {
        continue;
      }
      softmax(i, count);
      addSeenValues(i, low, high, count);
    }
  }

  private void addSeenValues(int i, int low, int high, int count) {
    int head = i / lanes;
    for (int j = 0; j < count; j += ROWS) {
      if (j + ROWS <= low || j >= high) {
        continue;
      }
      DecodeTile.addValues(
          seenValue(j, low, high, head, 0),
          seenValue(j, low, high, head, 1),
          seenValue(j, low, high, head, 2),
          seenValue(j, low, high, head, 3),
          scores + i * SCORE_BYTES + (long) j * Float.BYTES,
          outputs + i * valueBytes,
          valueBytes);
    }
  }

  private long seenValue(int j, int low, int high, int head, int row) {
    int key = j + row;
    return value(key < low || key >= high ? zeros : values[key], head, row);
  }
}
