package io.github.lanewise.kernel.attention;

import io.github.lanewise.simd.RowMath;

/**
 * Attention of a few queries over a range of keys, for one or more key heads, as a partial result
 * that {@link DecodeMerge} completes.
 *
 * <p>Reading memory is the limit, or close to it, so everything follows the order in which a cache
 * lies there: the keys of a block are swept across all heads, then its values likewise, see {@link
 * DecodeRows}. All queries of a head use a row while it is in the nearest cache.
 *
 * <p>A lane is one query: position {@code lane / group}, head {@code lane % group} of its group.
 * Its arithmetic depends on its keys, on the range, and on the number of lanes of its head (of
 * which four share a tile where they can), not on what these lanes and other heads hold. Reusable;
 * one thread at a time.
 */
public final class DecodeChunk {
  /** Lanes of all heads of a call, at most: their queries and outputs are to stay in cache. */
  public static final int MAX_LANES = 64;

  private static final long LINE = 64;

  private DecodeShape shape;
  private final DecodeRows block;
  private long valueBytes;

  private int heads;
  private int firstLane;
  private int lanes;

  private final DecodeSoftmax softmax = new DecodeSoftmax();
  private final DecodeScores modifiers;
  private final AttentionSequence sequence = new AttentionSequence();

  /** Whether the outputs hold anything yet. */
  private boolean started;

  private long queries;
  private long outputs;

  /**
   * A kernel for heads of one shape, until another is set.
   *
   * @param rules what makes scores of products; their scale is the shape's
   */
  public DecodeChunk(DecodeShape shape, ScoreRules rules) {
    this.shape = shape;
    modifiers = new DecodeScores(rules, sequence);
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
    return MAX_LANES * (shape.keyBytes() + shape.valueBytes())
        + ScoreTiles.bytes(MAX_LANES)
        + DecodeSoftmax.bytes(MAX_LANES)
        + 2 * LINE
        + DecodeRows.scratchBytes(shape);
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

  /** The sequence, to be described: its window, bias and mask, and the first head. */
  public AttentionSequence sequence() {
    return sequence;
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
    int first = nextSeen(from, to);
    while (first < to) {
      int end = endOfSeen(first, Math.min(to, first + DecodeRows.BLOCK));
      attend(rows, first, end - first);
      first = nextSeen(end, to);
    }
    DecodeLanes.store(shape, outputs, softmax, heads * lanes, partial);
  }

  private void attend(KeyRows rows, int first, int count) {
    block.locate(rows, first, count);
    block.score();
    boolean open = allLanesSee(first, count);
    if (!open || !modifiers.arePlain()) {
      modifiers.change(block.scores(), first, open);
    }
    if (softmax.weigh(block.scores()) && started) {
      scaleOutputs();
    }
    started = true;
    if (open && !modifiers.hide()) {
      block.addValues();
    } else {
      block.addSeenValues();
    }
  }

  /** The first key from {@code from} on that the block pattern shows to any lane. */
  private int nextSeen(int from, int to) {
    return modifiers.blocks().first(firstQuery(), lastQuery(), from, to);
  }

  /** The end of the keys without a gap from {@code first} on, which is seen. */
  private int endOfSeen(int first, int to) {
    int end = first;
    while (end < to && nextSeen(end, to) == end) {
      end = Math.min(to, modifiers.blocks().endOfBlock(end));
    }
    return end;
  }

  private int firstQuery() {
    return position(firstLane);
  }

  private int lastQuery() {
    return position(firstLane + lanes - 1);
  }

  private void divide(long scratch) {
    int total = heads * lanes;
    queries = scratch;
    outputs = queries + total * shape.keyBytes();
    long states = outputs + total * valueBytes;
    long scores = line(states + DecodeSoftmax.bytes(total));
    softmax.begin(total, states);
    modifiers.lanes(shape.group(), firstLane, lanes);
    block.place(heads, lanes, queries, outputs, scores, line(scores + ScoreTiles.bytes(total)));
    ScoreLanes.fill(outputs, total * valueBytes, 0f);
    started = false;
  }

  private static long line(long address) {
    return (address + LINE - 1) / LINE * LINE;
  }

  private boolean allLanesSee(int first, int count) {
    return sequence.low(lastQuery()) <= first && sequence.high(firstQuery()) >= first + count;
  }

  private int position(int lane) {
    return lane / shape.group();
  }

  private void scaleOutputs() {
    for (int lane = 0; lane < heads * lanes; lane++) {
      long output = outputs + lane * valueBytes;
      RowMath.scale(softmax.factor(lane), output, output, (int) (valueBytes / Float.BYTES));
    }
  }
}
