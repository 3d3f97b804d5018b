package io.github.lanewise.kernel.attention;

import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.memory.Storage;

/**
 * An {@link AttentionTile} whose keys and values lie in a cache of any form and storage: the same
 * panels of lanes and blocks of keys, and so the same bits, but each block is looked up before it
 * is used, and copied where it does not lie as panels read it.
 *
 * <p>Reusable: describe the {@link #sequence} and {@link #rows}, then {@link #run}. One thread at a
 * time.
 */
public final class CacheTile {
  private static final int KEY_BLOCK = AttentionTile.KEY_BLOCK;

  private final AttentionSequence sequence = new AttentionSequence();
  private final AttentionPanel[] wide =
      new AttentionPanel[AttentionTile.LANES / Tiles.WIDE.columns()];
  private final AttentionPanel[] narrow = new AttentionPanel[1];
  private final ValueBlock values;
  private final CacheBlock block;
  private final long tileBytes;

  private AttentionPanel[] panels = wide;
  private int used;
  private KeyRows rows = (from, count, keys, values) -> {};
  private Storage keyStorage = Storage.F32;
  private Storage valueStorage = Storage.F32;

  /** A tile of heads, as {@link AttentionTile#AttentionTile}. */
  public CacheTile(int headDim, int valueDim, int group, ScoreRules rules) {
    values = new ValueBlock(valueDim);
    block = new CacheBlock(headDim, valueDim);
    tileBytes = AttentionTile.scratchBytes(headDim, valueDim);
    for (int p = 0; p < wide.length; p++) {
      wide[p] = new AttentionPanel(Tiles.WIDE, headDim, valueDim, group, rules);
    }
    narrow[0] = new AttentionPanel(Tiles.NARROW, headDim, valueDim, group, rules);
  }

  /** Bytes of scratch memory that {@link #run} needs. */
  public static long scratchBytes(int headDim, int valueDim) {
    return CacheBlock.bytes(headDim, valueDim) + AttentionTile.scratchBytes(headDim, valueDim);
  }

  /** What the next run works on, to be described by the caller, but for where keys lie. */
  public AttentionSequence sequence() {
    return sequence;
  }

  /** Where the keys and values of the next run lie, and how they are stored. */
  public void rows(KeyRows newRows, Storage k, Storage v) {
    rows = newRows;
    keyStorage = k;
    valueStorage = v;
  }

  /** Computes the output of lanes, as {@link AttentionTile#run}. */
  public void run(boolean isWide, long scratch, int firstLane, int count) {
    begin(isWide, scratch, firstLane, count);
    int end = panels[used - 1].highest();
    for (int first = next(panels[0].lowest(), end); first < end; ) {
      attend(first);
      first = next(first + KEY_BLOCK, end);
    }
    for (int p = 0; p < used; p++) {
      panels[p].finish();
    }
  }

  private void begin(boolean isWide, long scratch, int firstLane, int count) {
    panels = isWide ? wide : narrow;
    int nr = panels[0].capacity();
    used = (count + nr - 1) / nr;
    long scores = scratch + used * panels[0].bytes();
    values.moveTo(scores + panels[0].scoreBytes());
    for (int p = 0; p < used; p++) {
      int lanes = Math.min(nr, count - p * nr);
      panels[p].begin(sequence, scratch + p * panels[p].bytes(), scores, firstLane + p * nr, lanes);
    }
    block.moveTo(scratch + tileBytes);
  }

  /** The first block with or after key {@code first} that the pattern shows to any panel. */
  private int next(int first, int end) {
    int seen = end;
    for (int p = 0; p < used && seen > first; p++) {
      seen = Math.min(seen, panels[p].nextSeen(first, end));
    }
    return seen < end ? seen / KEY_BLOCK * KEY_BLOCK : end;
  }

  /** One block of keys, beginning with key {@code first}, for those panels that see any of it. */
  private void attend(int first) {
    int from = Integer.MAX_VALUE;
    int to = 0;
    for (int p = 0; p < used; p++) {
      if (panels[p].range(first, first + KEY_BLOCK)) {
        from = Math.min(from, panels[p].from());
        to = Math.max(to, panels[p].to());
      }
    }
    if (from >= to) {
      return;
    }
    block.load(rows, keyStorage, valueStorage, from, to - from, sequence);
    values.copy(sequence.v + from * sequence.ldv, sequence.ldv, 0, to - from);
    for (int p = 0; p < used; p++) {
      AttentionPanel panel = panels[p];
      if (panel.from() < panel.to()) {
        panel.scores();
        panel.addValues(values, panel.from() - from);
      }
    }
  }
}
