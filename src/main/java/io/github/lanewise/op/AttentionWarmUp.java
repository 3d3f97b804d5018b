package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.HalfMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Attention of a given kind on small data, over every path; see {@link WarmUp}. */
final class AttentionWarmUp {
  private static final int MOST_QUERIES = 130;
  private static final int MOST_KEYS = 1_100;

  /** Of calls with extras: two kinds of tiles, and more than one block of keys. */
  private static final int EXTRA_QUERIES = 70;

  private static final int EXTRA_KEYS = AttentionTile.KEY_BLOCK + 12;

  /** Keys of caches of other forms and storage. */
  private static final int CACHE_KEYS = 300;

  /** Keys whose chunks are of more than a block, for as many key heads as that takes. */
  private static final int LONG_KEYS = DecodeParts.LONG + 1;

  private static final int LONG_HEADS = DecodeJob.SHARED_HEADS + 1;

  private static final int PAGE = 7;
  private static final int TILE_QUERIES = 20;

  private final WarmUp warmUp = new WarmUp();
  private final Attention attention;

  /**
   * The same for caches, of several key heads if there are as many: tiles of decoding share them.
   */
  private final Attention decoding;

  private final boolean isBlocked;
  private final int keyDim;
  private final int valueDim;
  private final int cacheHeads;
  private final Matrix cacheQ;
  private final Matrix cacheOut;
  private final Matrix q;
  private final Matrix flat;
  private final Matrix growing;
  private final Matrix out;
  private final AttentionExtras biased;
  private final AttentionExtras paired;
  private final AttentionExtras sameForAll;
  private final Matrix weights;

  AttentionWarmUp(Lanewise runtime, AttentionSpec spec) {
    int group = group(spec.numHeads() / spec.numKvHeads());
    isBlocked = spec.blockMask() != null;
    attention = Attention.prepare(runtime, small(spec, group, 1));
    cacheHeads = Math.min(LONG_HEADS, spec.numKvHeads());
    decoding = Attention.prepare(runtime, small(spec, cacheHeads * group, cacheHeads));
    cacheQ = warmUp.values(TILE_QUERIES, cacheHeads * group * spec.headDim());
    cacheOut = warmUp.output(TILE_QUERIES, cacheHeads * group * spec.valueDim());
    q = warmUp.values(MOST_QUERIES, group * spec.headDim());
    // Keys are also the values: rows of the longer of the two.
    int columns = Math.max(spec.headDim(), spec.valueDim());
    keyDim = spec.headDim();
    valueDim = spec.valueDim();
    flat = warmUp.values(MOST_KEYS, columns);
    growing = warmUp.values(MOST_KEYS, columns);
    for (int key = 0; key < MOST_KEYS; key++) {
      for (int i = 0; i < columns; i++) {
        growing.set(key, i, growing.get(key, i) * (key + 1) / MOST_KEYS);
      }
    }
    out = warmUp.output(MOST_QUERIES, group * spec.valueDim());
    Matrix sums = warmUp.output(EXTRA_QUERIES, group);
    biased =
        AttentionExtras.none()
            .bias(warmUp.values(EXTRA_QUERIES, EXTRA_KEYS))
            .mask(warmUp.mask(EXTRA_QUERIES, EXTRA_KEYS));
    paired =
        AttentionExtras.none()
            .pairBias(warmUp.values(group * EXTRA_QUERIES, EXTRA_KEYS))
            .keyMask(warmUp.mask(1, EXTRA_KEYS))
            .logSumExp(sums);
    sameForAll = AttentionExtras.none().bias(warmUp.values(1, EXTRA_KEYS));
    weights = warmUp.output(EXTRA_QUERIES, EXTRA_KEYS);
  }

  /** Query heads that share a key head, for the same tiles: more add nothing but time. */
  private static int group(int heads) {
    return heads <= 4 ? heads : heads % 4 == 0 ? 4 : 2 + heads % 2;
  }

  /** The same form with few heads, and a block mask that covers the keys here. */
  private static AttentionSpec small(AttentionSpec spec, int heads, int kvHeads) {
    BlockMask blocks =
        spec.blockMask() == null ? null : BlockMask.bigBird(64, MOST_KEYS, 1, 1, 1, 1);
    return new AttentionSpec(
        heads,
        kvHeads,
        spec.headDim(),
        spec.valueDim(),
        spec.scale(),
        spec.left(),
        spec.right(),
        spec.dilation(),
        spec.softcap(),
        spec.alibiSlopes().isEmpty() ? spec.alibiSlopes() : spec.alibiSlopes().subList(0, heads),
        spec.sinks().isEmpty() ? spec.sinks() : spec.sinks().subList(0, heads),
        blocks);
  }

  boolean run() {
    List<Runnable> small = new ArrayList<>(List.of(call(3, 12), call(17, 20)));
    // Keys, like rows of a product, may come in every height of a tile.
    for (int keys = 1; keys <= 9; keys++) {
      small.add(call(1, keys));
      // A block mask wants no more queries than keys.
      small.add(call(isBlocked ? keys : 64, keys));
    }
    return warmUp.run(
        WarmUp.all(small),
        WarmUp.all(
            List.of(
                call(1, 200),
                call(70, 110),
                call(110, AttentionTile.KEY_BLOCK + 2),
                ragged(),
                extras(),
                caches())),
        WarmUp.all(List.of(call(1, MOST_KEYS), call(MOST_QUERIES, 300))));
  }

  /**
   * Keys whose scores grow make the softmax rescale what it has summed, the others do not; both are
   * paths.
   */
  private Runnable call(int queries, int keys) {
    Matrix someQ = q.rowRange(0, queries);
    Matrix flatK = keys(flat, keys);
    Matrix flatV = values(flat, keys);
    Matrix growingK = keys(growing, keys);
    Matrix growingV = values(growing, keys);
    Matrix someOut = out.rowRange(0, queries);
    return () -> {
      attention.run(someQ, flatK, growingV, someOut);
      attention.run(someQ, growingK, flatV, someOut);
    };
  }

  /** Biases, masks, sums and weights. */
  private Runnable extras() {
    Matrix someQ = q.rowRange(0, EXTRA_QUERIES);
    Matrix someK = keys(flat, EXTRA_KEYS);
    Matrix someV = values(growing, EXTRA_KEYS);
    Matrix someOut = out.rowRange(0, EXTRA_QUERIES);
    return () -> {
      attention.run(someQ, someK, someV, someOut, biased);
      attention.run(someQ, someK, someV, someOut, paired);
      attention.run(someQ, someK, someV, someOut, sameForAll);
      attention.weights(someQ, someK, 0, weights, paired);
    };
  }

  /** One query and two, and a tile of them, over caches of every form and storage. */
  private Runnable caches() {
    List<Runnable> calls = new ArrayList<>();
    for (Storage storage : List.of(Storage.F16, Storage.BF16)) {
      HalfMatrix k = warmUp.halfValues(storage, CACHE_KEYS, cacheHeads * keyDim);
      HalfMatrix v = warmUp.halfValues(storage, CACHE_KEYS, cacheHeads * valueDim);
      addCalls(calls, KvView.contiguous(k, v), CACHE_KEYS);
      addCalls(calls, KvView.contiguous(k.rowRange(0, PAGE), v.rowRange(0, PAGE)), PAGE);
    }
    Matrix k = warmUp.values(CACHE_KEYS, cacheHeads * keyDim);
    Matrix v = warmUp.values(CACHE_KEYS, cacheHeads * valueDim);
    int[] count = {CACHE_KEYS - 1};
    int[] start = {CACHE_KEYS / 2};
    addCalls(calls, KvView.rings(k, v, CACHE_KEYS, start, count), count[0]);
    int[] table = IntStream.rangeClosed(0, CACHE_KEYS / PAGE).map(i -> i % 5).toArray();
    addCalls(calls, KvView.pages(k, v, PAGE, new int[][] {table}, count), count[0]);
    if (!isBlocked) {
      calls.add(longCache(k, v));
    }
    return WarmUp.all(calls);
  }

  /** Where later blocks make the softmax rescale what it has summed, and where they do not. */
  private Runnable longCache(Matrix k, Matrix v) {
    int last = CACHE_KEYS / PAGE - 1;
    for (int row = last * PAGE; row < (last + 1) * PAGE; row++) {
      for (int i = 0; i < k.columns(); i++) {
        k.set(row, i, 100 * k.get(row, i));
      }
    }
    int pages = Math.ceilDiv(LONG_KEYS, PAGE);
    int rising = DecodeParts.CHUNK * 3 / 2 / PAGE; // in the second block of the first chunk
    int[] table = IntStream.range(0, pages).map(i -> i == rising ? last : i % last).toArray();
    int[] count = {LONG_KEYS};
    KvView view = KvView.pages(k, v, PAGE, new int[][] {table}, count);
    Matrix someQ = cacheQ.rowRange(0, 1);
    Matrix someOut = cacheOut.rowRange(0, 1);
    int[] offsets = {0, 1};
    return () -> decoding.run(someQ, view, someOut, offsets);
  }

  private void addCalls(List<Runnable> calls, KvView view, int keys) {
    for (int queries : new int[] {1, 2, isBlocked ? Math.min(keys, TILE_QUERIES) : TILE_QUERIES}) {
      Matrix someQ = cacheQ.rowRange(0, queries);
      Matrix someOut = cacheOut.rowRange(0, queries);
      int[] offsets = {0, queries};
      calls.add(
          view.counts() == null
              ? () -> decoding.run(someQ, view, someOut)
              : () -> decoding.run(someQ, view, someOut, offsets));
    }
  }

  private Runnable ragged() {
    int[] offsets = {0, 1, 1, 20};
    int[] starts = {0, 100, 200};
    int[] counts = {1, 0, 120};
    Matrix someQ = q.rowRange(0, 20);
    Matrix someK = keys(flat, 20);
    Matrix someV = values(flat, 20);
    Matrix allK = keys(growing, MOST_KEYS);
    Matrix allV = values(flat, MOST_KEYS);
    Matrix someOut = out.rowRange(0, 20);
    return () -> {
      attention.run(someQ, someK, someV, someOut, offsets, offsets);
      attention.run(someQ, allK, allV, someOut, offsets, starts, counts);
    };
  }

  private Matrix keys(Matrix matrix, int count) {
    return matrix.rowRange(0, count).columnRange(0, keyDim);
  }

  private Matrix values(Matrix matrix, int count) {
    return matrix.rowRange(0, count).columnRange(0, valueDim);
  }
}
