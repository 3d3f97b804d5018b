package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import io.github.lanewise.parallel.WorkerTeam;

/** Attention over one or more sequences; a task is one tile of queries of one key head. */
final class AttentionJob extends Job {
  private static final int WIDE = Tiles.WIDE.columns();
  private static final int NARROW = Tiles.NARROW.columns();
  private static final float LOG2_E = (float) (1 / Math.log(2));

  private final Attention.Spec spec;
  private final SequenceRanges ranges = new SequenceRanges();
  private final int group;
  private final long scratchBytes;
  private final Pool<AttentionTile> attentionTiles;

  private long q;
  private long ldq;
  private long k;
  private long ldk;
  private long v;
  private long ldv;
  private long out;
  private long ldo;

  /** Tasks before each sequence. */
  private int[] firstTask = new int[2];

  AttentionJob(Attention.Spec spec) {
    this.spec = spec;
    group = spec.numHeads() / spec.numKvHeads();
    scratchBytes = AttentionTile.scratchBytes(spec.headDim());
    float scale = spec.scale() * LOG2_E;
    attentionTiles = new Pool<>(() -> new AttentionTile(spec.headDim(), group, scale));
  }

  void set(Matrix newQ, Matrix newK, Matrix newV, Matrix newOut) {
    q = newQ.address();
    ldq = newQ.rowStride() * Float.BYTES;
    k = newK.address();
    ldk = newK.rowStride() * Float.BYTES;
    v = newV.address();
    ldv = newV.rowStride() * Float.BYTES;
    out = newOut.address();
    ldo = newOut.rowStride() * Float.BYTES;
  }

  SequenceRanges ranges() {
    return ranges;
  }

  void run(WorkerTeam team) {
    int sequences = ranges.count();
    if (firstTask.length <= sequences) {
      firstTask = new int[sequences + 1];
    }
    int tasks = 0;
    for (int s = 0; s < sequences; s++) {
      firstTask[s] = tasks;
      int lanes = Math.multiplyExact(ranges.queryCount(s), group);
      Checks.atMost("queries * heads of a group", lanes, Matrix.MAX_SIZE);
      tasks = Math.addExact(tasks, Math.multiplyExact(tiles(lanes), spec.numKvHeads()));
    }
    firstTask[sequences] = tasks;
    team.run(this, tasks);
  }

  /**
   * Lanes left over by whole wide panels that narrow tiles take, because they would fill less than
   * half of a panel.
   */
  private static int narrowLanes(int lanes) {
    int rest = lanes % WIDE;
    return 2 * rest <= WIDE ? rest : 0;
  }

  private static int wideTiles(int lanes) {
    return (lanes - narrowLanes(lanes) + AttentionTile.LANES - 1) / AttentionTile.LANES;
  }

  private static int tiles(int lanes) {
    return wideTiles(lanes) + (narrowLanes(lanes) + NARROW - 1) / NARROW;
  }

  @Override
  protected void task(int index, Scratch scratch) {
    int sequence = sequenceOf(index);
    int lanes = ranges.queryCount(sequence) * group;
    int tiles = tiles(lanes);
    int inSequence = index - firstTask[sequence];
    int kvHead = inSequence / tiles;
    // Last tiles first: under a causal mask they take longest, and a long task at the end would
    // keep everybody waiting.
    int tile = tiles - 1 - inSequence % tiles;
    AttentionTile attention = attentionTiles.take();
    describeKeys(attention, sequence, kvHead);
    int wide = wideTiles(lanes);
    int wideLanes = lanes - narrowLanes(lanes);
    boolean isWide = tile < wide;
    int first = isWide ? tile * AttentionTile.LANES : wideLanes + (tile - wide) * NARROW;
    int end = isWide ? Math.min(wideLanes, first + AttentionTile.LANES) : first + NARROW;
    long shift = (long) kvHead * group * spec.headDim() * Float.BYTES;
    attention.run(
        isWide ? Tiles.WIDE : Tiles.NARROW,
        scratch.require(scratchBytes),
        q + ranges.queryStart(sequence) * ldq + shift,
        ldq,
        out + ranges.queryStart(sequence) * ldo + shift,
        ldo,
        first,
        Math.min(lanes, end) - first);
    attentionTiles.give(attention);
  }

  private void describeKeys(AttentionTile attention, int sequence, int kvHead) {
    int count = ranges.keyCount(sequence);
    int beforeFirst = spec.causal() ? count - ranges.queryCount(sequence) : count;
    long shift = (long) kvHead * spec.headDim() * Float.BYTES;
    int start = ranges.keyStart(sequence);
    attention.keys(k + start * ldk + shift, ldk, v + start * ldv + shift, ldv, count, beforeFirst);
  }

  private int sequenceOf(int task) {
    int low = 0;
    int high = ranges.count() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (firstTask[middle] <= task) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
