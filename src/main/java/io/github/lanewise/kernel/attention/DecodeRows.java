package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.HAS_32_REGISTERS;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;

/**
 * A block of rows of keys and values, swept in the order in which they lie in memory. With one
 * query a head, decoding is as fast as a core reads; with a group, computing takes nearly as long.
 *
 * <p>A tile takes four rows. They are not neighbours but a quarter of the block apart, so that a
 * sweep across all heads reads four long streams, each through consecutive memory, which the
 * prefetcher follows to the end. Measured on Zen 4, 32 heads of 128 floats, GB/s: four neighbouring
 * rows 27, four streams 34, as much as one; eight streams 20; half of the heads at a time, so that
 * each stream jumps after 8 KiB, 21. On Zen 3 four neighbouring rows are 0.91 times as fast as four
 * streams, and 0.75 times with 8 heads.
 */
final class DecodeRows {
  /** Rows of a block, at most. */
  static final int BLOCK = 256;

  private static final int ROWS = DecodeTile.ROWS;

  /** Parts of the scores of all lanes. */
  private static final long PRODUCT_BYTES = DecodeChunk.MAX_LANES * DecodeTile.PART_BYTES;

  /** A vector for each row of a tile. */
  private static final long SUM_BYTES = (long) ROWS * Simd.BYTES;

  private long keyBytes;
  private long valueBytes;

  private final TileRows keys = new TileRows();
  private final TileRows values = new TileRows();
  private final ScoreTiles scores = new ScoreTiles();

  private int heads;
  private int lanes;
  private boolean byFour;
  private int rows;
  private int tiles;

  private long queries;
  private long outputs;
  private long products;
  private long sums;

  DecodeRows(DecodeShape shape) {
    shape(shape);
  }

  /** Sets the shape of the heads. */
  void shape(DecodeShape shape) {
    keyBytes = shape.keyBytes();
    valueBytes = shape.valueBytes();
    keys.shape(shape.keyStorage(), shape.keyDim(), keyBytes);
    values.shape(shape.valueStorage(), shape.valueDim(), valueBytes);
  }

  /** Bytes of scratch memory beside queries, outputs and scores. */
  static long scratchBytes(DecodeShape shape) {
    return PRODUCT_BYTES
        + SUM_BYTES
        + TileRows.scratchBytes(shape.keyBytes())
        + TileRows.scratchBytes(shape.valueBytes());
  }

  /**
   * Where everything lies: rows of all lanes of a head, then those of the next head.
   *
   * @param newScores {@link ScoreTiles#bytes} for all lanes
   * @param scratch {@link #scratchBytes} for this alone, on a cache line
   */
  void place(
      int newHeads, int newLanes, long newQueries, long newOutputs, long newScores, long scratch) {
    heads = newHeads;
    lanes = newLanes;
    byFour = HAS_32_REGISTERS && lanes % DecodeTileOfFour.LANES == 0;
    queries = newQueries;
    outputs = newOutputs;
    scores.place(heads * lanes, newScores);
    products = scratch;
    sums = products + PRODUCT_BYTES;
    keys.place(sums + SUM_BYTES);
    values.place(sums + SUM_BYTES + TileRows.scratchBytes(keyBytes));
  }

  /** Takes up the rows {@code from} to {@code from + count - 1}, at most {@link #BLOCK}. */
  void locate(KeyRows source, int from, int count) {
    source.locate(from, count, keys.rows, values.rows);
    rows = count;
    scores.rows(rows);
    tiles = scores.tiles();
    keys.tiles(tiles);
    values.tiles(tiles);
    // Fills the last tiles up, with a key whose score will not count and a value that is 0.
    for (int j = count; j < tiles * ROWS; j++) {
      keys.rows[j] = keys.rows[count - 1];
      values.rows[j] = values.zeros();
    }
  }

  /** The scores of the block, or what has become of them. */
  ScoreTiles scores() {
    return scores;
  }

  /** Computes the scores of all rows and lanes. */
  void score() {
    if (byFour) {
      for (int j = 0; j < 2 * tiles; j++) {
        for (int head = 0; head < heads; head++) {
          scoreTwoRows(j % tiles, j / tiles * 2, head);
        }
      }
    } else {
      boolean bf16 = inRegisters(keys, Storage.BF16);
      boolean f16 = inRegisters(keys, Storage.F16);
      int together = together(keys);
      for (int j = 0; j < tiles; j++) {
        for (int head = 0; head < heads; head += together) {
          int count = Math.min(together, heads - head);
          if (bf16) {
            multiplyBf16(j, head, count);
          } else if (!f16 || !multiplyF16(j, head)) {
            multiply(j, head, count);
          }
        }
        DecodeTile.scores(products, heads * lanes, scores.tile(j));
      }
    }
    scores.hideFilling();
  }

  /** Whether rows of {@code storage} are widened in registers: for the single lane of a head. */
  private boolean inRegisters(TileRows some, Storage storage) {
    return lanes == 1 && some.isHalf() && some.storage() == storage;
  }

  /** Heads that a tile takes in a call; one if a query is left over of each. */
  private int together(TileRows some) {
    if (inRegisters(some, Storage.BF16)) {
      return heads;
    }
    if (inRegisters(some, Storage.F16)) {
      return 1; // whose rows must be finite
    }
    return lanes == 1 || lanes % 2 == 0 ? some.together(heads) : 1;
  }

  /** Four keys and all lanes of some heads. */
  private void multiply(int j, int head, int count) {
    keys.take(j, head, count);
    long k0 = keys.row0();
    long k1 = keys.row1();
    long k2 = keys.row2();
    long k3 = keys.row3();
    long keyHead = keys.step();
    long q = queries + (long) head * lanes * keyBytes;
    long parts = parts(head);
    int even = lanes / 2 * 2;
    if (even > 0) {
      DecodeTile.partsOfTwo(k0, k1, k2, k3, keyHead, count, even, q, keyBytes, parts);
    }
    if (even < lanes) {
      long rest = parts + even * DecodeTile.PART_BYTES;
      DecodeTile.parts(k0, k1, k2, k3, keyHead, count, q + even * keyBytes, keyBytes, rest);
    }
  }

  /** The parts of the scores of a head's first lane. */
  private long parts(int head) {
    return products + (long) head * lanes * DecodeTile.PART_BYTES;
  }

  /** Rows {@code row} and {@code row + 1} of tile j, and all lanes of a head, four at a time. */
  private void scoreTwoRows(int j, int row, int head) {
    long k0 = keys.one(j, row, head);
    long k1 = keys.one(j, row + 1, head);
    for (int lane = head * lanes; lane < (head + 1) * lanes; lane += DecodeTileOfFour.LANES) {
      long q = queries + lane * keyBytes;
      DecodeTileOfFour.scores(k0, k1, q, keyBytes, products, scores.score(j, lane, row));
    }
  }

  /** Four bfloat16 keys and the single lane of some heads. */
  private void multiplyBf16(int j, int head, int count) {
    HalfTile.partsBf16(
        keys.stored(j, 0, head),
        keys.stored(j, 1, head),
        keys.stored(j, 2, head),
        keys.stored(j, 3, head),
        count,
        queries + head * keyBytes,
        keys.headBytes(),
        parts(head));
  }

  /** Four binary16 keys and a single lane; false if they must be widened with more care. */
  private boolean multiplyF16(int j, int head) {
    long k0 = keys.stored(j, 0, head);
    long k1 = keys.stored(j, 1, head);
    long k2 = keys.stored(j, 2, head);
    long k3 = keys.stored(j, 3, head);
    long length = keys.headBytes();
    if (!HalfTile.areFinite(k0, k1, k2, k3, length)) {
      return false;
    }
    long q = queries + head * keyBytes;
    HalfTile.productsF16(k0, k1, q, length, sums);
    HalfTile.productsF16(k2, k3, q, length, sums + 2L * Simd.BYTES);
    HalfTile.partsF16(sums, parts(head));
    return true;
  }

  /** Adds the values, times what has become of the scores. */
  void addValues() {
    if (byFour) {
      for (int j = 0; j < 2 * tiles; j++) {
        for (int head = 0; head < heads; head++) {
          addTwoRows(j % tiles, j / tiles * 2, head);
        }
      }
      return;
    }
    boolean bf16 = inRegisters(values, Storage.BF16);
    boolean f16 = inRegisters(values, Storage.F16);
    int most = together(values);
    for (int j = 0; j < tiles; j++) {
      // Of the zeros that fill tiles up there is one row, for all heads.
      int together = j + (ROWS - 1) * tiles < rows ? most : 1;
      for (int head = 0; head < heads; head += together) {
        int count = Math.min(together, heads - head);
        if (bf16) {
          addBf16(j, head, count);
        } else if (!f16 || !addF16(j, head)) {
          addValues(j, head, count);
        }
      }
    }
  }

  /** Four values and all lanes of some heads. */
  private void addValues(int j, int head, int count) {
    values.take(j, head, count);
    long v0 = values.row0();
    long v1 = values.row1();
    long v2 = values.row2();
    long v3 = values.row3();
    long valueHead = values.step();
    int lane = head * lanes;
    long weights = scores.tile(j);
    long out = outputs + lane * valueBytes;
    int even = lanes / 2 * 2;
    if (even > 0) {
      DecodeTile.addValuesToTwo(
          v0, v1, v2, v3, valueHead, count, even, weights, lane, out, valueBytes);
    }
    if (even < lanes) {
      long rest = out + even * valueBytes;
      DecodeTile.addValues(
          v0, v1, v2, v3, valueHead, count, weights, lane + even, rest, valueBytes);
    }
  }

  private void addTwoRows(int j, int row, int head) {
    long v0 = values.one(j, row, head);
    long v1 = values.one(j, row + 1, head);
    for (int lane = head * lanes; lane < (head + 1) * lanes; lane += DecodeTileOfFour.LANES) {
      long p = scores.score(j, lane, row);
      DecodeTileOfFour.addValues(v0, v1, p, outputs + lane * valueBytes, valueBytes);
    }
  }

  /** Four bfloat16 values and the single lane of some heads. */
  private void addBf16(int j, int head, int count) {
    HalfTile.addValuesBf16(
        values.stored(j, 0, head),
        values.stored(j, 1, head),
        values.stored(j, 2, head),
        values.stored(j, 3, head),
        count,
        scores.tile(j),
        head,
        outputs + head * valueBytes,
        values.headBytes());
  }

  /** Four binary16 values and a single lane; false if they must be widened with more care. */
  private boolean addF16(int j, int head) {
    long v0 = values.stored(j, 0, head);
    long v1 = values.stored(j, 1, head);
    long v2 = values.stored(j, 2, head);
    long v3 = values.stored(j, 3, head);
    long length = values.headBytes();
    if (!HalfTile.areFinite(v0, v1, v2, v3, length)) {
      return false;
    }
    long o = outputs + head * valueBytes;
    HalfTile.addValuesF16(v0, v1, scores.score(j, head, 0), o, length);
    HalfTile.addValuesF16(v2, v3, scores.score(j, head, 2), o, length);
    return true;
  }

  /**
   * The same where a key may be hidden from a lane: 0 · NaN is NaN, so a value of weight 0 is
   * replaced by zeros.
   */
  void addSeenValues() {
    for (int j = 0; j < tiles; j++) {
      for (int head = 0; head < heads; head++) {
        addSeenValues(j, head);
      }
    }
  }

  private void addSeenValues(int j, int head) {
    values.take(j, head, 1);
    long v0 = values.row0();
    long v1 = values.row1();
    long v2 = values.row2();
    long v3 = values.row3();
    for (int lane = head * lanes; lane < (head + 1) * lanes; lane++) {
      DecodeTile.addValues(
          seen(v0, scores.score(j, lane, 0)),
          seen(v1, scores.score(j, lane, 1)),
          seen(v2, scores.score(j, lane, 2)),
          seen(v3, scores.score(j, lane, 3)),
          0,
          1,
          scores.tile(j),
          lane,
          outputs + lane * valueBytes,
          valueBytes);
    }
  }

  private long seen(long value, long weight) {
    return MEMORY.get(FLOAT, weight) == 0 ? values.zeros() : value;
  }
}
