package io.github.lanewise.kernel.attention;

import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.simd.Simd;

/**
 * Attention of one tile of queries over the keys that they see; lanes are queries, see the package
 * description. A tile is one or more panels of {@code nr} lanes that share each block of keys while
 * it is in cache.
 *
 * <p>Reusable: describe the {@link #sequence}, then {@link #run}. One thread at a time.
 */
public sealed class AttentionTile permits CacheTile {
  /**
   * Keys in a block, a whole number of tiles of {@link Tiles#WIDE}. The scores of a panel, in the
   * same place for all panels (12 KiB at 16 lanes and 192 keys, 32 KiB at 64 lanes and 128), and
   * the block's values stay in L1 and L2. Longer blocks spare loads and stores of sums, and 128 are
   * no whole number of tiles of 6: measured on Zen 3, 192 are 2 to 4 % faster. Bits depend on it,
   * so nothing tunes it.
   */
  public static final int KEY_BLOCK = Simd.HAS_32_REGISTERS ? 128 : 192;

  /** The largest head dimension: a row of queries in scratch must be short enough for L2. */
  public static final int MAX_HEAD_DIM = 256;

  /**
   * Most lanes of a full tile, see {@link #lanes}. Each block of keys and values is fetched, packed
   * and copied once for all of them: the rows of one head lie so far apart that the prefetcher does
   * not follow them, and beyond L2 a fetch costs as much as the arithmetic of a hundred lanes.
   */
  private static final int MOST_LANES = 1024;

  /**
   * Queries and outputs of a tile at most, in bytes. They need not stay in L2: a panel of them
   * comes back from L3 in a few percent of the time that its arithmetic takes. Twice 256 KiB
   * measured, on Zen 3 (L2 of 512 KiB), 2 to 3 % faster for heads of 64 and 5 % for heads of 128;
   * on Zen 4 (1 MiB) 0.98 to 1.01 of the time for heads of 128.
   */
  private static final int TILE_BYTES = 512 << 10;

  private final AttentionSequence sequence = new AttentionSequence();
  private final ReadAhead ahead = new ReadAhead();
  private final int group;

  /** Of the queries at a position, all heads of a group. */
  private final int positionBytes;

  private final AttentionPanel[] wide;
  private final AttentionPanel[] narrow = new AttentionPanel[1];

  private AttentionPanel[] panels;
  private int used;

  /** Keys of the current block that any panel sees. */
  private int seen;

  private final KeyBlock wideKeys;
  private final KeyBlock narrowKeys;
  private KeyBlock keys;
  private final ValueBlock values;

  /**
   * A tile of heads.
   *
   * @param headDim floats of a query and a key
   * @param valueDim floats of a value
   * @param group query heads that share a key head
   */
  public AttentionTile(int headDim, int valueDim, int group, ScoreRules rules) {
    this.group = group;
    positionBytes = group * headDim * Float.BYTES;
    wideKeys = new KeyBlock(Tiles.WIDE, headDim);
    narrowKeys = new KeyBlock(Tiles.NARROW, headDim);
    keys = wideKeys;
    values = new ValueBlock(valueDim, KEY_BLOCK, Tiles.VALUES);
    wide = new AttentionPanel[lanes(headDim, valueDim) / Tiles.WIDE.columns()];
    panels = wide;
    for (int p = 0; p < wide.length; p++) {
      wide[p] = new AttentionPanel(Tiles.WIDE, headDim, valueDim, group, rules, sequence);
    }
    narrow[0] = new AttentionPanel(Tiles.NARROW, headDim, valueDim, group, rules, sequence);
  }

  /** Lanes of a full tile: a whole number of panels. Bits do not depend on it. */
  public static int lanes(int headDim, int valueDim) {
    int fitting = TILE_BYTES / Float.BYTES / (headDim + valueDim);
    int nr = Tiles.WIDE.columns();
    return Math.max(1, Math.min(MOST_LANES, fitting) / nr) * nr;
  }

  /** Bytes of scratch memory that {@link #run} needs. */
  public static long scratchBytes(int headDim, int valueDim) {
    TileLayout layout = TileLayout.of(Tiles.WIDE, headDim, valueDim);
    int panels = lanes(headDim, valueDim) / Tiles.WIDE.columns();
    return panels * layout.bytes()
        + layout.scoreBytes()
        + ValueBlock.bytes(valueDim, KEY_BLOCK)
        + KeyBlock.bytes(Tiles.WIDE, headDim);
  }

  /** What the next run works on, to be described by the caller. */
  public final AttentionSequence sequence() {
    return sequence;
  }

  /**
   * Computes the output of lanes {@code firstLane} to {@code firstLane + count - 1}.
   *
   * @param isWide whether to use {@link Tiles#WIDE}, for up to {@link #lanes} of them, or {@link
   *     Tiles#NARROW}, for up to its columns
   */
  public final void run(boolean isWide, long scratch, int firstLane, int count) {
    begin(isWide, scratch, firstLane, count);
    for (int first = next(0, used, firstBlock()); first < end(); ) {
      attend(first);
      first = next(0, used, first + KEY_BLOCK);
    }
    for (int p = 0; p < used; p++) {
      panels[p].finish();
    }
  }

  /**
   * Computes the weights of the same lanes, for the keys that they see; elsewhere nothing is
   * written. For groups of one head. The logarithms of the sums are written, too, if wanted.
   */
  public final void weights(boolean isWide, long scratch, int firstLane, int count) {
    begin(isWide, scratch, firstLane, count);
    weigh(false);
    for (int p = 0; p < used; p++) {
      panels[p].storeLogSumExp();
    }
    weigh(true);
  }

  /** Takes all scores into maxima and sums or, once these are final, stores their weights. */
  private void weigh(boolean isFinal) {
    for (int first = next(0, used, firstBlock()); first < end(); ) {
      loadKeys(first);
      for (int p = 0; p < used; p++) {
        AttentionPanel panel = panels[p];
        if (panel.scores().count() > 0) {
          panel.scores().compute(keys);
          if (isFinal) {
            panel.storeWeights();
          } else {
            panel.weigh();
          }
        }
      }
      first = next(0, used, first + KEY_BLOCK);
    }
  }

  /** Has the sequence say where keys {@code from} to {@code from + count - 1} lie. */
  void find(int from, int count) {
    // It says so of all keys from the start.
  }

  private void begin(boolean isWide, long scratch, int firstLane, int count) {
    panels = isWide ? wide : narrow;
    keys = isWide ? wideKeys : narrowKeys;
    int nr = panels[0].capacity();
    used = (count + nr - 1) / nr;
    long scores = scratch + used * panels[0].bytes();
    long block = scores + panels[0].scoreBytes();
    values.moveTo(block);
    keys.moveTo(block + values.bytes());
    int first = firstLane / group;
    int positions = (firstLane + count - 1) / group - first + 1;
    ahead.rows(sequence.q + first * sequence.ldq, sequence.ldq, positions, positionBytes);
    for (int p = 0; p < used; p++) {
      int lanes = Math.min(nr, count - p * nr);
      panels[p].begin(scratch + p * panels[p].bytes(), scores, firstLane + p * nr, lanes);
    }
  }

  /** Blocks begin at multiples of their length, wherever the first visible key lies. */
  private int firstBlock() {
    return panels[0].scores().lowest() / KEY_BLOCK * KEY_BLOCK;
  }

  /**
   * The first block from {@code first} on that the pattern lets any of some panels see, or {@link
   * #end}: stepping through all of a long sequence's would cost more than the few that are seen.
   */
  private int next(int firstPanel, int endPanel, int first) {
    int end = end();
    int seen = end;
    for (int p = firstPanel; p < endPanel && seen > first; p++) {
      seen = Math.min(seen, panels[p].scores().nextSeen(first, end));
    }
    return seen < end ? seen / KEY_BLOCK * KEY_BLOCK : end;
  }

  private int end() {
    return panels[used - 1].scores().highest();
  }

  /**
   * Looks up the block of keys that begins with key {@code first}: the range of each panel, and the
   * keys that any of them sees.
   *
   * @return the first of these, or the end of the block if there are none
   */
  private int loadKeys(int first) {
    int from = first + KEY_BLOCK;
    int to = 0;
    for (int p = 0; p < used; p++) {
      PanelScores scores = panels[p].scores();
      if (scores.range(first, first + KEY_BLOCK)) {
        from = Math.min(from, scores.from());
        to = Math.max(to, scores.to());
      }
    }
    seen = Math.max(0, to - from);
    if (seen > 0) {
      find(from, seen);
      keys.load(sequence, from, seen);
    }
    return from;
  }

  /** One block of keys for those panels that see any of it. */
  private void attend(int first) {
    int from = loadKeys(first);
    if (seen == 0) {
      return;
    }
    values.load(sequence.v + from * sequence.ldv, sequence.ldv, seen);
    for (int p = 0; p < used; p++) {
      PanelScores scores = panels[p].scores();
      if (scores.count() > 0) {
        scores.compute(keys);
        panels[p].addValues(values, scores.from() - from);
      }
    }
  }
}
