package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

/**
 * Attention of a few queries over a range of keys, for one or more key heads, as a partial result
 * that {@link DecodeMerge} completes.
 *
 * <p>Here memory is the limit, so everything follows the order in which a cache lies in memory: the
 * keys of a block are swept across all heads, then its values likewise, see {@link DecodeRows}. All
 * queries of a head use a row while it is in the nearest cache.
 *
 * <p>A lane is one query: position {@code lane / group}, head {@code lane % group} of its group.
 * Its arithmetic depends on its keys and on the range, not on the lanes and heads beside it.
 * Reusable; one thread at a time.
 */
public final class DecodeChunk {
  /** Lanes of all heads of a call, at most: their queries and outputs are to stay in cache. */
  public static final int MAX_LANES = 64;

  /** A window without an end. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  private static final long SCORE_BYTES = DecodeRows.SCORE_BYTES;
  private static final long LINE = 64;

  private DecodeShape shape;
  private final DecodeRows block;
  private long valueBytes;

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

  /** A kernel for heads of one shape, until another is set. */
  public DecodeChunk(DecodeShape shape) {
    this.shape = shape;
    block = new DecodeRows(shape);
    valueBytes = shape.valueBytes();
  }

  /** Sets the shape of the heads. */
  public void shape(DecodeShape newShape) {
    shape = newShape;
    block.shape(newShape);
    valueBytes = newShape.valueBytes();
  }

  /** Bytes of scratch memory that {@link #run} needs. */
  public static long scratchBytes(DecodeShape shape) {
    long lane = shape.keyBytes() + shape.valueBytes() + SCORE_BYTES + DecodeSoftmax.STATE_BYTES;
    return MAX_LANES * lane + LINE + DecodeRows.scratchBytes(shape);
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
    for (int first = from; first < to; first += DecodeRows.BLOCK) {
      int count = Math.min(DecodeRows.BLOCK, to - first);
      block.locate(rows, first, count);
      block.score();
      if (allLanesSee(first, count)) {
        softmax(count);
        block.addValues();
      } else {
        hide(first, count);
        softmax(count);
        block.addSeenValues();
      }
    }
    DecodeLanes.store(shape, outputs, states, heads * lanes, partial);
  }

  private void divide(long scratch) {
    long total = (long) heads * lanes;
    queries = scratch;
    outputs = queries + total * shape.keyBytes();
    scores = outputs + total * valueBytes;
    states = scores + total * SCORE_BYTES;
    long rest = states + total * DecodeSoftmax.STATE_BYTES;
    block.place(heads, lanes, queries, outputs, scores, (rest + LINE - 1) / LINE * LINE);
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

  private void softmax(int count) {
    for (int i = 0; i < heads * lanes; i++) {
      long state = states + i * DecodeSoftmax.STATE_BYTES;
      if (DecodeSoftmax.block(scores + i * SCORE_BYTES, count, state)) {
        float factor = MEMORY.get(FLOAT, state + DecodeSoftmax.FACTOR);
        DecodeSoftmax.scale(outputs + i * valueBytes, valueBytes, factor);
      }
    }
  }

  /** Hides from each lane what its window hides. */
  private void hide(int first, int count) {
    for (int i = 0; i < heads * lanes; i++) {
      int position = position(firstLane + i % lanes);
      int low = Math.clamp((long) low(position) - first, 0, count);
      int high = Math.clamp((long) high(position) - first, low, count);
      long s = scores + i * SCORE_BYTES;
      ScoreModifiers.hide(s, Float.BYTES, 0, low, 0, 1);
      ScoreModifiers.hide(s, Float.BYTES, high, count, 0, 1);
    }
  }
}
