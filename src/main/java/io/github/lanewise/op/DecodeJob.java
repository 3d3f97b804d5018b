package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionSequence;
import io.github.lanewise.kernel.attention.DecodeChunk;
import io.github.lanewise.kernel.attention.DecodeMerge;
import io.github.lanewise.kernel.attention.DecodeShape;
import io.github.lanewise.kernel.attention.PerHead;
import io.github.lanewise.kernel.attention.ScoreRules;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.OffHeap;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import io.github.lanewise.parallel.WorkerTeam;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Attention of few queries over caches of any form. A task is one chunk of a sequence's keys for
 * some of its heads; whoever finishes the last chunk of these heads merges them, in the order of
 * the keys. Where chunks begin follows from the number of keys alone, so that a result has the same
 * bits with any number of threads.
 */
final class DecodeJob extends Job {
  private static final long OVERRUN = (long) DecodeMerge.overrun() * Float.BYTES;

  /** Partial results of several sequences at once: enough for any team of threads. */
  private static final long MOST_PARTIAL_BYTES = 8L << 20;

  /** Kinds of storage; asked once, since {@code values()} makes an array each time. */
  private static final int STORAGES = Storage.values().length;

  private final AttentionSpec spec;
  private final int group;
  private final DecodeShape[] shapes = new DecodeShape[STORAGES * STORAGES];
  private final long workBytes;
  private final long scratchBytes;
  private KvRanges ranges = new KvRanges();
  private final DecodeParts parts;

  /**
   * Some queries over a long cache of one or two key heads make one or two tiles, and no other
   * thread has anything to do; decoded, all threads share the keys. It costs a lone thread up to a
   * third.
   */
  private static final int SHARED_LANES = 16;

  static final int SHARED_HEADS = 2;
  private static final int SHARED_KEYS = 2048;

  private final PerHead sinks;

  /** Extras and outputs: keys are located by ranges. */
  private final AttentionOperands operands;

  private final Pool<Worker> workers;
  private final Scratch partials = new Scratch();
  private AtomicIntegerArray unfinished = new AtomicIntegerArray(0);

  private DecodeShape shape;
  private long partialBytes;
  private long partialsAt;
  private long q;
  private long ldq;

  DecodeJob(AttentionSpec spec) {
    this.spec = spec;
    group = spec.numHeads() / spec.numKvHeads();
    workBytes = workBytes(spec);
    scratchBytes = scratchBytesPerThread(spec);
    parts = new DecodeParts(spec);
    ScoreRules rules = spec.rules();
    for (Storage k : Storage.values()) {
      for (Storage v : Storage.values()) {
        shapes[index(k, v)] =
            new DecodeShape(group, spec.headDim(), spec.valueDim(), k, v, rules.scale());
      }
    }
    shape = shapes[0];
    sinks = rules.sinks();
    operands = new AttentionOperands(spec);
    workers = new Pool<>(() -> new Worker(new DecodeChunk(shapes[0], rules)));
  }

  /**
   * Whether a sequence is computed here rather than on tiles, which follows from its own numbers
   * alone. Not with a dilation: the keys between would be read, too, which tiles pass over.
   */
  static boolean takes(AttentionSpec spec, int queries, int keys) {
    long lanes = (long) queries * (spec.numHeads() / spec.numKvHeads());
    return spec.dilation() == 1
        && (lanes <= mostLanes(keys)
            || (queries == 1 && keys > DecodeParts.CHUNK)
            || (lanes <= SHARED_LANES && spec.numKvHeads() <= SHARED_HEADS && keys > SHARED_KEYS));
  }

  /**
   * Lanes of a head up to which decoding is faster. A tile does the work of all its lanes whether
   * they hold a query or not, but no other work a query, which shows with few keys. A single query
   * beyond that is worth decoding where threads share its keys.
   *
   * <p>Measured on Zen 4, time of decoding over that of a tile, heads of 128 and of 64: 2 lanes and
   * 4 keys 0.65 and 0.73, 3 lanes 1.0 and 1.1; 4 lanes and 16 keys 0.7 and 0.9, 6 lanes 1.0 and
   * 1.2; 8 lanes and 64 keys 0.9 and 1.2, 256 keys 0.8 and 1.1, 1024 keys 0.7 and 1.0; 12 lanes and
   * 256 keys 1.2 and 1.6, 1024 keys 0.9 and 1.3.
   */
  private static int mostLanes(int keys) {
    return keys <= 8 ? 2 : keys <= 32 ? 5 : 8;
  }

  /** Scratch of a thread, in bytes, whatever the storage of keys and values. */
  static long scratchBytesPerThread(AttentionSpec spec) {
    long partials = DecodeChunk.MAX_LANES * DecodeChunk.partialBytes(widest(spec)) + OVERRUN;
    return workBytes(spec) + aligned(partials);
  }

  private static long workBytes(AttentionSpec spec) {
    return aligned(
        Math.max(
            DecodeChunk.scratchBytes(widest(spec)), DecodeMerge.scratchBytes(spec.valueDim())));
  }

  /** 16-bit rows are padded to two vectors when they are widened. */
  private static DecodeShape widest(AttentionSpec spec) {
    int group = spec.numHeads() / spec.numKvHeads();
    return new DecodeShape(group, spec.headDim(), spec.valueDim(), Storage.F16, Storage.F16, 1);
  }

  private static long aligned(long bytes) {
    return (bytes + OffHeap.CACHE_LINE - 1) / OffHeap.CACHE_LINE * OffHeap.CACHE_LINE;
  }

  /** Bytes of partial results of a sequence, at most, whatever its numbers of queries and keys. */
  static long partialBytesPerSequence(AttentionSpec spec) {
    return (long) DecodeMerge.MAX_CHUNKS * spec.numHeads() * (2 + spec.valueDim()) * Float.BYTES;
  }

  /** Bytes of partial results of a call, at most, whatever the number of sequences. */
  static long partialBytes(AttentionSpec spec) {
    return Math.max(MOST_PARTIAL_BYTES, partialBytesPerSequence(spec));
  }

  private static int index(Storage k, Storage v) {
    return k.ordinal() * STORAGES + v.ordinal();
  }

  void set(
      KvRanges newRanges, Matrix newQ, Storage k, Storage v, Matrix out, AttentionExtras extras) {
    ranges = newRanges;
    operands.ranges().like(ranges);
    operands.output(out);
    operands.extras(extras);
    shape = shapes[index(k, v)];
    partialBytes = DecodeChunk.partialBytes(shape);
    q = newQ.address();
    ldq = newQ.rowBytes();
  }

  /**
   * Computes the sequences that this {@link #takes}; the others are left alone. Those of a large
   * batch go in turns, so that their partial results never take more than {@link #partialBytes}.
   */
  void run(WorkerTeam team) {
    long mostRows = partialBytes(spec) / partialBytes;
    for (int first = 0; first < ranges.count(); first = parts.end()) {
      int tasks = parts.plan(ranges, first, mostRows, team.threads());
      if (tasks > 0) {
        run(team, parts.groups(), tasks);
      }
    }
  }

  private void run(WorkerTeam team, int groups, int tasks) {
    long floats = parts.splitRows() * shape.partialFloats() + DecodeMerge.overrun();
    partialsAt = partials.require(floats * Float.BYTES);
    if (unfinished.length() < groups) {
      unfinished = new AtomicIntegerArray(groups);
    }
    for (int g = 0; g < groups; g++) {
      unfinished.setPlain(g, 0);
    }
    team.run(this, tasks);
  }

  @Override
  protected void task(int index, Scratch scratch) {
    int s = parts.sequenceOf(index);
    int chunks = parts.chunks(s);
    int inSequence = index - parts.firstTask(s);
    int chunk = inSequence % chunks;
    int part = inSequence / chunks;
    Worker worker = workers.take();
    worker.sequence = s;
    worker.firstHead = parts.firstHead(s, part);
    worker.heads = Math.min(parts.heads(s), spec.numKvHeads() - worker.firstHead);
    worker.firstLane = parts.firstLane(s, part);
    worker.lanes = Math.min(parts.lanes(s), ranges.queryCount(s) * group - worker.firstLane);

    long local = scratch.require(scratchBytes);
    long partial =
        chunks == 1
            ? local + workBytes
            : partialsAt + parts.firstRow(s, part, worker.lanes) * partialBytes;
    attend(worker, chunk, local, partial);
    if (chunks == 1 || unfinished.incrementAndGet(parts.firstGroup(s) + part) == chunks) {
      merge(worker, chunks, local, partial);
    }
    workers.give(worker);
  }

  /** Computes the partial results of one chunk; those of chunk c lie behind all of chunk c - 1. */
  private void attend(Worker worker, int chunk, long scratch, long partial) {
    int s = worker.sequence;
    worker.rows.keys(ranges, s, 0, 1);
    worker.rows.head(
        (long) worker.firstHead * shape.keyDim() * shape.keyStorage().bytes(),
        (long) worker.firstHead * shape.valueDim() * shape.valueStorage().bytes());
    DecodeChunk kernel = worker.kernel;
    kernel.shape(shape);
    kernel.lanes(worker.heads, worker.firstLane, worker.lanes);
    operands.describe(s, worker.firstHead * group, kernel.sequence());
    long queryShift = (long) worker.firstHead * group * shape.keyDim() * Float.BYTES;
    long queries = q + ranges.queryStart(s) * ldq + queryShift;
    int from = parts.from(s, chunk, worker.firstLane);
    int to = parts.to(s, chunk, worker.firstLane, worker.lanes);
    kernel.run(scratch, worker.rows, from, to, queries, ldq, partial + chunk * worker.bytes(shape));
  }

  private void merge(Worker worker, int chunks, long scratch, long partial) {
    AttentionSequence target = worker.kernel.sequence();
    operands.describe(worker.sequence, worker.firstHead * group, target);
    for (int i = 0; i < worker.heads * worker.lanes; i++) {
      int lane = worker.firstLane + i % worker.lanes;
      int head = i / worker.lanes * group + lane % group;
      DecodeMerge.run(
          scratch,
          partial + i * partialBytes,
          chunks,
          worker.bytes(shape),
          shape.valueDim(),
          sinks.get(worker.firstHead * group + head, Float.NEGATIVE_INFINITY),
          target.output(lane / group, head, shape.valueDim()),
          target.logSumExp(lane / group, head));
    }
  }

  /** A kernel, and the part that it works on. */
  private static final class Worker {
    final DecodeChunk kernel;
    final CacheRows rows = new CacheRows();
    int sequence;
    int firstHead;
    int heads;
    int firstLane;
    int lanes;

    Worker(DecodeChunk kernel) {
      this.kernel = kernel;
    }

    /** Bytes of the partial results of a chunk. */
    long bytes(DecodeShape shape) {
      return (long) heads * lanes * DecodeChunk.partialBytes(shape);
    }
  }
}
