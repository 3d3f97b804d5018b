package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.HAS_32_REGISTERS;
import static io.github.lanewise.simd.Simd.LANES;
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

  /** Bytes of the scores of a lane: whole tiles, the last of which writes a whole vector. */
  static final long SCORE_BYTES = (long) (BLOCK + LANES) * Float.BYTES;

  private static final int ROWS = DecodeTile.ROWS;

  /** Parts of the scores of all lanes, or a few vectors of products of one. */
  private static final long PRODUCT_BYTES = DecodeChunk.MAX_LANES * DecodeTile.PART_BYTES;

  private long keyBytes;
  private long valueBytes;

  private final TileRows keys = new TileRows();
  private final TileRows values = new TileRows();

  private int heads;
  private int lanes;
  private boolean byFour;
  private int rows;
  private int tiles;
  private long step;

  private long queries;
  private long outputs;
  private long scores;
  private long products;

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
        + TileRows.scratchBytes(shape.keyBytes())
        + TileRows.scratchBytes(shape.valueBytes());
  }

  /**
   * Where everything lies: rows of all lanes of a head, then those of the next head.
   *
   * @param newScores {@link #SCORE_BYTES} for each lane and for one more, see {@link #tileScores}
   * @param scratch {@link #scratchBytes} for this alone, on a cache line
   */
  void place(
      int newHeads, int newLanes, long newQueries, long newOutputs, long newScores, long scratch) {
    heads = newHeads;
    lanes = newLanes;
    byFour = HAS_32_REGISTERS && lanes % DecodeTileOfFour.LANES == 0;
    queries = newQueries;
    outputs = newOutputs;
    scores = newScores;
    products = scratch;
    keys.place(products + PRODUCT_BYTES);
    values.place(products + PRODUCT_BYTES + TileRows.scratchBytes(keyBytes));
  }

  /** Takes up the rows {@code from} to {@code from + count - 1}, at most {@link #BLOCK}. */
  void locate(KeyRows source, int from, int count) {
    source.locate(from, count, keys.rows, values.rows);
    rows = count;
    tiles = (count + ROWS - 1) / ROWS;
    step = (long) tiles * Float.BYTES;
    keys.tiles(tiles);
    values.tiles(tiles);
    // Fills the last tiles up, with a key whose score will not count and a value that is 0.
    for (int j = count; j < tiles * ROWS; j++) {
      keys.rows[j] = keys.rows[count - 1];
      values.rows[j] = values.zeros();
    }
  }

  /** Writes the scores of all rows and lanes, in the order of the rows. */
  void score() {
    if (byFour) {
      for (int j = 0; j < 2 * tiles; j++) {
        for (int head = 0; head < heads; head++) {
          scoreTwoRows(j % tiles, j / tiles * 2, head);
        }
      }
      return;
    }
    boolean bf16 = inRegisters(keys, Storage.BF16);
    boolean f16 = inRegisters(keys, Storage.F16);
    int together = together(keys);
    for (int j = 0; j < tiles; j++) {
      for (int head = 0; head < heads; head += together) {
        int count = Math.min(together, heads - head);
        if (bf16) {
          scoreBf16(j, head, count);
        } else if (!f16 || !scoreF16(j, head)) {
          score(j, head, count);
        }
      }
    }
    for (int lane = 0; lane < heads * lanes; lane++) {
      long at = scores + lane * SCORE_BYTES;
      DecodeTileOrder.restore(at + SCORE_BYTES, tiles, at);
    }
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
  private void score(int j, int head, int count) {
    keys.take(j, head, count);
    long k0 = keys.row0();
    long k1 = keys.row1();
    long k2 = keys.row2();
    long k3 = keys.row3();
    long keyHead = keys.step();
    long q = queries + (long) head * lanes * keyBytes;
    int even = lanes / 2 * 2;
    if (even > 0) {
      DecodeTile.partsOfTwo(k0, k1, k2, k3, keyHead, count, even, q, keyBytes, products);
    }
    if (even < lanes) {
      long rest = products + even * DecodeTile.PART_BYTES;
      DecodeTile.parts(k0, k1, k2, k3, keyHead, count, q + even * keyBytes, keyBytes, rest);
    }
    DecodeTile.scores(products, count * lanes, tileScores(j, head), SCORE_BYTES);
  }

  /**
   * Where a tile writes the scores of a head's first lane: a lane further than they belong, so that
   * each lane's go into order where those of the last one were.
   */
  private long tileScores(int j, int head) {
    return scores + (head * lanes + 1) * SCORE_BYTES + (long) j * ROWS * Float.BYTES;
  }

  /** Rows {@code row} and {@code row + 1} of tile j, and all lanes of a head, four at a time. */
  private void scoreTwoRows(int j, int row, int head) {
    long k0 = keys.one(j, row, head);
    long k1 = keys.one(j, row + 1, head);
    long q = queries + (long) head * lanes * keyBytes;
    long s = scores + (long) head * lanes * SCORE_BYTES + j * (long) Float.BYTES + row * step;
    for (int lane = 0; lane < lanes; lane += DecodeTileOfFour.LANES) {
      long at = s + lane * SCORE_BYTES;
      long itsQ = q + lane * keyBytes;
      DecodeTileOfFour.scores(k0, k1, itsQ, keyBytes, products, at, step, SCORE_BYTES);
    }
  }

  /** Four bfloat16 keys and the single lane of some heads. */
  private void scoreBf16(int j, int head, int count) {
    HalfTile.partsBf16(
        keys.stored(j, 0, head),
        keys.stored(j, 1, head),
        keys.stored(j, 2, head),
        keys.stored(j, 3, head),
        count,
        queries + head * keyBytes,
        keys.headBytes(),
        products);
    DecodeTile.scores(products, count, tileScores(j, head), SCORE_BYTES);
  }

  /** Four binary16 keys and a single lane; false if they must be widened with more care. */
  private boolean scoreF16(int j, int head) {
    long k0 = keys.stored(j, 0, head);
    long k1 = keys.stored(j, 1, head);
    long k2 = keys.stored(j, 2, head);
    long k3 = keys.stored(j, 3, head);
    long length = keys.headBytes();
    if (!HalfTile.areFinite(k0, k1, k2, k3, length)) {
      return false;
    }
    long q = queries + head * keyBytes;
    HalfTile.productsF16(k0, k1, q, length, products);
    HalfTile.productsF16(k2, k3, q, length, products + 2L * Simd.BYTES);
    HalfTile.scoresF16(products, tileScores(j, head));
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
    long o = outputs + (long) head * lanes * valueBytes;
    long p = scores + (long) head * lanes * SCORE_BYTES + (long) j * Float.BYTES;
    int even = lanes / 2 * 2;
    if (even > 0) {
      DecodeTile.addValuesToTwo(
          v0, v1, v2, v3, valueHead, count, even, p, step, SCORE_BYTES, o, valueBytes);
    }
    if (even < lanes) {
      long at = p + even * SCORE_BYTES;
      long out = o + even * valueBytes;
      DecodeTile.addValues(
          v0, v1, v2, v3, valueHead, count, at, step, SCORE_BYTES, out, valueBytes);
    }
  }

  private void addTwoRows(int j, int row, int head) {
    long v0 = values.one(j, row, head);
    long v1 = values.one(j, row + 1, head);
    long o = outputs + (long) head * lanes * valueBytes;
    long p = scores + (long) head * lanes * SCORE_BYTES + j * (long) Float.BYTES + row * step;
    for (int lane = 0; lane < lanes; lane += DecodeTileOfFour.LANES) {
      long at = p + lane * SCORE_BYTES;
      long out = o + lane * valueBytes;
      DecodeTileOfFour.addValues(v0, v1, at, step, SCORE_BYTES, out, valueBytes);
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
        scores + head * SCORE_BYTES + (long) j * Float.BYTES,
        step,
        SCORE_BYTES,
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
    long p = scores + head * SCORE_BYTES + (long) j * Float.BYTES;
    long o = outputs + head * valueBytes;
    HalfTile.addValuesF16(v0, v1, p, step, o, length);
    HalfTile.addValuesF16(v2, v3, p + 2 * step, step, o, length);
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
    for (int lane = 0; lane < lanes; lane++) {
      long i = (long) head * lanes + lane;
      long p = scores + i * SCORE_BYTES + (long) j * Float.BYTES;
      DecodeTile.addValues(
          seen(v0, p),
          seen(v1, p + step),
          seen(v2, p + 2 * step),
          seen(v3, p + 3 * step),
          0,
          1,
          p,
          step,
          0,
          outputs + i * valueBytes,
          valueBytes);
    }
  }

  private long seen(long value, long weight) {
    return MEMORY.get(FLOAT, weight) == 0 ? values.zeros() : value;
  }
}
