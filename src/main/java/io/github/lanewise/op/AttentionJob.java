package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.kernel.attention.CacheTile;
import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import io.github.lanewise.parallel.WorkerTeam;

/**
 * Attention over one or more sequences; a task is one tile of queries of the heads that share a key
 * head, in one part of a sequence.
 */
final class AttentionJob extends Job {
  private static final int WIDE = Tiles.WIDE.columns();
  private static final int NARROW = Tiles.NARROW.columns();

  /** Lanes below which tiles are not cut for more threads: packing keys would cost too much. */
  private static final int LEAST_LANES = Tiles.WIDE.packs() ? 4 * WIDE : WIDE;

  /** Tiles are halved, down to a panel, until there are as many for each thread: or some wait. */
  private static final int TASKS_A_THREAD = 4;

  private final AttentionSpec spec;
  private final AttentionOperands operands;
  private final KvRanges caches = new KvRanges();
  private final int tileHeads;
  private final long scratchBytes;
  private final long cacheScratchBytes;
  private final Pool<AttentionTile> attentionTiles;
  private final Pool<CacheWorker> cacheWorkers;

  /** Whether keys and values lie in {@link #caches}, and how they are stored there. */
  private boolean inCaches;

  private Storage keyStorage = Storage.F32;
  private Storage valueStorage = Storage.F32;

  private int firstHead;
  private int headGroups;

  /** Lanes of a wide tile. */
  private int tileLanes;

  private int parts;

  /** Whether sequences of few queries are left out, and whether there are any. */
  private boolean leavesFew;

  private boolean leftAny;

  /** Tasks before each part. */
  private int[] firstTask = new int[2];

  AttentionJob(AttentionSpec spec) {
    this(spec, spec.numHeads() / spec.numKvHeads());
  }

  /**
   * A job whose tiles take {@code tileHeads} query heads at a time, which must divide those that
   * share a key head.
   */
  AttentionJob(AttentionSpec spec, int tileHeads) {
    this.spec = spec;
    this.tileHeads = tileHeads;
    operands = new AttentionOperands(spec);
    scratchBytes = AttentionTile.scratchBytes(spec.headDim(), spec.valueDim());
    attentionTiles =
        new Pool<>(
            () -> new AttentionTile(spec.headDim(), spec.valueDim(), tileHeads, spec.rules()));
    cacheScratchBytes = CacheTile.scratchBytes(spec.headDim(), spec.valueDim());
    cacheWorkers =
        new Pool<>(
            () ->
                new CacheWorker(
                    new CacheTile(spec.headDim(), spec.valueDim(), tileHeads, spec.rules()),
                    new CacheRows()));
  }

  AttentionOperands operands() {
    return operands;
  }

  /** Where the keys of each sequence lie, if they lie in caches. */
  KvRanges caches() {
    return caches;
  }

  /** Has the next run read its keys and values as {@link #operands} say. */
  void fromMatrices() {
    inCaches = false;
  }

  /** Has the next run read its keys and values as {@link #caches} say. */
  void fromCaches(Storage k, Storage v) {
    inCaches = true;
    keyStorage = k;
    valueStorage = v;
  }

  /**
   * Runs all heads of the sequences that are not decoded.
   *
   * @return whether any sequence is left to {@link DecodeJob}
   */
  boolean run(WorkerTeam team) {
    leavesFew = true;
    run(team, 0, spec.numHeads());
    leavesFew = false;
    return leftAny;
  }

  /** Runs {@code heads} query heads from {@code newFirstHead} on of all sequences. */
  void run(WorkerTeam team, int newFirstHead, int heads) {
    firstHead = newFirstHead;
    headGroups = heads / tileHeads;
    tileLanes = AttentionTile.lanes(spec.headDim(), spec.valueDim());
    parts = operands.divide();
    boolean alone = team.threads() == 1;
    while (!alone && tileLanes > LEAST_LANES && countTasks() < team.threads() * TASKS_A_THREAD) {
      tileLanes = Math.max(1, tileLanes / WIDE / 2) * WIDE;
    }
    team.run(this, countTasks());
  }

  private int countTasks() {
    if (firstTask.length <= parts) {
      firstTask = new int[parts + 1];
    }
    long tasks = 0;
    leftAny = false;
    for (int p = 0; p < parts; p++) {
      firstTask[p] = (int) tasks;
      if (leavesFew && DecodeJob.takes(spec, operands.queryCount(p), operands.sequenceKeys(p))) {
        leftAny = true; // few queries are decoded, not tiled
        continue;
      }
      long lanes = (long) operands.queryCount(p) * tileHeads;
      Checks.atMost("queries * heads of a group", lanes, Matrix.MAX_SIZE);
      tasks += (long) tiles((int) lanes) * headGroups;
      Checks.atMost("tiles of all heads", tasks, Integer.MAX_VALUE);
    }
    firstTask[parts] = (int) tasks;
    return (int) tasks;
  }

  /**
   * Lanes left over by whole wide panels that narrow tiles take, because they would fill less than
   * half of a panel.
   */
  private static int narrowLanes(int lanes) {
    int rest = lanes % WIDE;
    return NARROW < WIDE && 2 * rest <= WIDE ? rest : 0;
  }

  private int wideTiles(int lanes) {
    return (lanes - narrowLanes(lanes) + tileLanes - 1) / tileLanes;
  }

  private int tiles(int lanes) {
    return wideTiles(lanes) + (narrowLanes(lanes) + NARROW - 1) / NARROW;
  }

  @Override
  protected void task(int index, Scratch scratch) {
    int part = partOf(index);
    int lanes = operands.queryCount(part) * tileHeads;
    int tiles = tiles(lanes);
    int inPart = index - firstTask[part];
    int head = firstHead + inPart / tiles * tileHeads;
    // Last tiles first: under a causal mask they take longest, and a long task at the end would
    // keep everybody waiting.
    int tile = tiles - 1 - inPart % tiles;
    int wide = wideTiles(lanes);
    int wideLanes = lanes - narrowLanes(lanes);
    boolean isWide = tile < wide;
    int first = isWide ? tile * tileLanes : wideLanes + (tile - wide) * NARROW;
    int end = isWide ? Math.min(wideLanes, first + tileLanes) : first + NARROW;
    int count = Math.min(lanes, end) - first;
    if (inCaches) {
      attendToCaches(part, head, isWide, scratch, first, count);
      return;
    }
    AttentionTile attention = attentionTiles.take();
    operands.describe(part, head, attention.sequence());
    if (operands.wantsWeights()) {
      attention.weights(isWide, scratch.require(scratchBytes), first, count);
    } else {
      attention.run(isWide, scratch.require(scratchBytes), first, count);
    }
    attentionTiles.give(attention);
  }

  private void attendToCaches(
      int part, int head, boolean isWide, Scratch scratch, int first, int count) {
    CacheWorker worker = cacheWorkers.take();
    operands.describe(part, head, worker.tile.sequence());
    operands.locate(part, caches, worker.rows);
    long kvHead = head / (spec.numHeads() / spec.numKvHeads());
    worker.rows.head(
        kvHead * spec.headDim() * keyStorage.bytes(),
        kvHead * spec.valueDim() * valueStorage.bytes());
    long memory = scratch.require(cacheScratchBytes);
    worker.tile.rows(worker.rows, keyStorage, valueStorage, memory);
    worker.tile.run(isWide, memory, first, count);
    cacheWorkers.give(worker);
  }

  private int partOf(int task) {
    int low = 0;
    int high = parts - 1;
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

  /** A tile over caches, and where its keys lie. */
  private record CacheWorker(CacheTile tile, CacheRows rows) {}
}
