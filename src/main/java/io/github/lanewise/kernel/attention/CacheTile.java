package io.github.lanewise.kernel.attention;

import io.github.lanewise.memory.Storage;

/**
 * An {@link AttentionTile} whose keys and values lie in a cache of any form and storage: the same
 * panels of lanes and blocks of keys, and so the same bits, but each block is looked up before it
 * is used, and copied where it does not lie as panels read it.
 *
 * <p>Reusable: describe the {@link #sequence}, where its {@link #rows} lie, and then {@link #run}.
 * One thread at a time.
 */
public final class CacheTile extends AttentionTile {
  private final CacheBlock block;

  private KeyRows rows = (from, count, keys, values) -> {};
  private Storage keyStorage = Storage.F32;
  private Storage valueStorage = Storage.F32;

  /** A tile of heads, as {@link AttentionTile#AttentionTile}. */
  public CacheTile(int headDim, int valueDim, int group, ScoreRules rules) {
    super(headDim, valueDim, group, rules);
    block = new CacheBlock(headDim, valueDim);
  }

  /** Bytes of scratch memory of the tile and of its block: that of the tile comes first. */
  public static long scratchBytes(int headDim, int valueDim) {
    return AttentionTile.scratchBytes(headDim, valueDim) + CacheBlock.bytes(headDim, valueDim);
  }

  /**
   * Where the keys and values of the next run lie, and how they are stored.
   *
   * @param scratch of {@link #scratchBytes}, as it is given to {@link #run}
   */
  public void rows(KeyRows newRows, Storage k, Storage v, long scratch) {
    rows = newRows;
    keyStorage = k;
    valueStorage = v;
    block.moveTo(scratch);
  }

  @Override
  void find(int from, int count) {
    block.load(rows, keyStorage, valueStorage, from, count, sequence());
  }
}
