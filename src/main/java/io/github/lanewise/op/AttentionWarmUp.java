package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import java.util.ArrayList;
import java.util.List;

/** Attention of a given kind on small data, over every path; see {@link WarmUp}. */
final class AttentionWarmUp {
  private static final int MOST_QUERIES = 130;
  private static final int MOST_KEYS = 1_100;

  /** Query heads that share a key head: more add nothing but time. */
  private static final int MOST_GROUP = 4;

  private final WarmUp warmUp = new WarmUp();
  private final Attention attention;
  private final Matrix q;
  private final Matrix flat;
  private final Matrix growing;
  private final Matrix out;

  AttentionWarmUp(Lanewise runtime, Attention.Spec spec) {
    int group = Math.min(MOST_GROUP, spec.numHeads() / spec.numKvHeads());
    Attention.Spec small =
        new Attention.Spec(group, 1, spec.headDim(), spec.causal(), spec.scale());
    attention = Attention.prepare(runtime, small);
    q = warmUp.values(MOST_QUERIES, group * spec.headDim());
    flat = warmUp.values(MOST_KEYS, spec.headDim());
    growing = warmUp.values(MOST_KEYS, spec.headDim());
    for (int key = 0; key < MOST_KEYS; key++) {
      for (int i = 0; i < spec.headDim(); i++) {
        growing.set(key, i, growing.get(key, i) * (key + 1) / MOST_KEYS);
      }
    }
    out = warmUp.output(MOST_QUERIES, group * spec.headDim());
  }

  boolean run() {
    List<Runnable> small = new ArrayList<>(List.of(call(3, 12), call(17, 20)));
    // Keys, like rows of a product, come in every height of a tile.
    for (int keys = 1; keys <= 9; keys++) {
      small.add(call(1, keys));
      small.add(call(64, keys));
    }
    return warmUp.run(
        WarmUp.all(small),
        WarmUp.all(List.of(call(1, 200), call(70, 110), call(110, 130), ragged())),
        WarmUp.all(List.of(call(1, MOST_KEYS), call(MOST_QUERIES, 300))));
  }

  /**
   * Keys whose scores grow make the softmax rescale what it has summed, the others do not; both are
   * paths.
   */
  private Runnable call(int queries, int keys) {
    Matrix someQ = q.rowRange(0, queries);
    Matrix someFlat = flat.rowRange(0, keys);
    Matrix someGrowing = growing.rowRange(0, keys);
    Matrix someOut = out.rowRange(0, queries);
    return () -> {
      attention.run(someQ, someFlat, someGrowing, someOut);
      attention.run(someQ, someGrowing, someFlat, someOut);
    };
  }

  private Runnable ragged() {
    int[] offsets = {0, 1, 1, 20};
    int[] starts = {0, 100, 200};
    int[] counts = {1, 0, 120};
    Matrix someQ = q.rowRange(0, 20);
    Matrix someKeys = flat.rowRange(0, 20);
    Matrix someOut = out.rowRange(0, 20);
    return () -> {
      attention.run(someQ, someKeys, someKeys, someOut, offsets, offsets);
      attention.run(someQ, growing, flat, someOut, offsets, starts, counts);
    };
  }
}
