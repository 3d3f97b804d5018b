package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.DecodeChunk;
import io.github.lanewise.kernel.attention.DecodeMerge;
import io.github.lanewise.memory.Matrix;

/**
 * How decoding is divided: each sequence into parts (some heads, some lanes, all keys), each part
 * into chunks of keys; a task is one chunk of a part.
 *
 * <p>Bits depend on the chunks, which follow from the sequence's own numbers of queries and keys.
 * They do not depend on how many heads share a task: as many as the kernel takes, so that memory is
 * read in order, but fewer where otherwise threads would be idle.
 */
final class DecodeParts {
  /**
   * Keys of a chunk, twice as many of a {@link #LONG} sequence with enough heads to share out, and
   * doubled while that makes more partial results of a head than can be merged for one query: many
   * queries have fewer chunks each.
   */
  static final int CHUNK = 256;

  /**
   * Keys beyond which a sequence is long. Each chunk loads all queries and stores a partial result:
   * measured on Zen 3, 4,096 keys, 32 heads of 128 on 8 key heads, 1.02 times as fast with half as
   * many. But one or two key heads have nothing but their chunks to give to many threads.
   */
  static final int LONG = 8 * CHUNK;

  /** Key elements that are worth a task of their own. */
  private static final long WORTH_A_TASK = 1 << 14;

  private final AttentionSpec spec;
  private final int kvHeads;
  private final int group;

  private int first;
  private int end;
  private int[] firstTask = new int[2];
  private int[] firstGroup = new int[2];
  private long[] firstRow = new long[2];
  private int[] heads = new int[1];
  private int[] lanes = new int[1];
  private int[] chunks = new int[1];
  private int[] chunkKeys = new int[1];

  /** Key position of query 0: the last query stands at the last key. */
  private int[] positions = new int[1];

  private int[] keyCounts = new int[1];

  DecodeParts(AttentionSpec spec) {
    this.spec = spec;
    kvHeads = spec.numKvHeads();
    group = spec.numHeads() / kvHeads;
  }

  /**
   * Divides the sequences that {@link DecodeJob#takes} from {@code firstSequence} on, as many as
   * share {@code mostRows} partial results, but at least one; {@link #end} says where it stopped.
   *
   * @return the number of tasks
   */
  int plan(KvRanges ranges, int firstSequence, long mostRows, int threads) {
    reserve(ranges.count());
    first = firstSequence;
    long elements = 0;
    long rows = 0;
    for (end = first; end < ranges.count(); end++) {
      int queries = ranges.queryCount(end);
      keyCounts[end] = ranges.keyCount(end);
      positions[end] = keyCounts[end] - queries;
      chunks[end] = 0;
      if (queries == 0 || !DecodeJob.takes(spec, queries, keyCounts[end])) {
        continue;
      }
      split(end, queries);
      rows += rows(end, queries);
      if (rows > mostRows && end > first) {
        break;
      }
      elements += (long) keyCounts[end] * kvHeads * spec.headDim();
    }
    long wanted = Math.min(2L * threads, elements / WORTH_A_TASK);
    int tasks = number(ranges, 1);
    for (int divisor = 2; threads > 1 && tasks < wanted && divisor <= 2 * kvHeads; divisor *= 2) {
      tasks = number(ranges, divisor);
    }
    return tasks;
  }

  private void split(int s, int queries) {
    int seen = Math.max(0, end(s, queries - 1) - start(s, 0));
    boolean isLong = seen > LONG && kvHeads > DecodeJob.SHARED_HEADS;
    chunkKeys[s] = isLong ? 2 * CHUNK : CHUNK;
    while (Math.ceilDiv(seen, chunkKeys[s]) > DecodeMerge.MAX_CHUNKS / queries) {
      chunkKeys[s] *= 2;
    }
    chunks[s] = Math.max(1, Math.ceilDiv(seen, chunkKeys[s]));
  }

  /** Partial results of a sequence. */
  private long rows(int s, int queries) {
    return chunks[s] == 1 ? 0 : (long) queries * group * kvHeads * chunks[s];
  }

  /** Numbers the tasks, with a share of the heads in each that is {@code divisor} times smaller. */
  private int number(KvRanges ranges, int divisor) {
    long tasks = 0;
    long groups = 0;
    long rows = 0;
    for (int s = first; s < end; s++) {
      firstTask[s] = (int) tasks;
      firstGroup[s] = (int) groups;
      firstRow[s] = rows;
      if (chunks[s] == 0) {
        continue;
      }
      long all = (long) ranges.queryCount(s) * group;
      Checks.atMost("queries * heads of a group", all, Matrix.MAX_SIZE);
      lanes[s] = (int) Math.min(all, DecodeChunk.MAX_LANES);
      int most = Math.min(kvHeads, DecodeChunk.MAX_LANES / lanes[s]);
      heads[s] = Math.max(1, most / divisor);
      long parts = Math.ceilDiv(all, lanes[s]) * headParts(s);
      groups += parts;
      tasks += parts * chunks[s];
      Checks.atMost("chunks of all heads", tasks, Integer.MAX_VALUE);
      rows += rows(s, ranges.queryCount(s));
    }
    firstTask[end] = (int) tasks;
    firstGroup[end] = (int) groups;
    firstRow[end] = rows;
    return (int) tasks;
  }

  private void reserve(int count) {
    if (heads.length < count) {
      firstTask = new int[count + 1];
      firstGroup = new int[count + 1];
      firstRow = new long[count + 1];
      heads = new int[count];
      lanes = new int[count];
      chunks = new int[count];
      chunkKeys = new int[count];
      positions = new int[count];
      keyCounts = new int[count];
    }
  }

  /** The end of the sequences that are divided. */
  int end() {
    return end;
  }

  /** Parts of all these sequences. */
  int groups() {
    return firstGroup[end];
  }

  /** Partial results, of one lane and chunk each, of those sequences whose keys are split. */
  long splitRows() {
    return firstRow[end];
  }

  int sequenceOf(int task) {
    int low = first;
    int high = end - 1;
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

  int firstTask(int s) {
    return firstTask[s];
  }

  int firstGroup(int s) {
    return firstGroup[s];
  }

  int chunks(int s) {
    return chunks[s];
  }

  /** Key heads of a part; the last one may have fewer. */
  int heads(int s) {
    return heads[s];
  }

  /** Lanes of a part; the last one may have fewer. */
  int lanes(int s) {
    return lanes[s];
  }

  int firstHead(int s, int part) {
    return part % headParts(s) * heads[s];
  }

  int firstLane(int s, int part) {
    return part / headParts(s) * lanes[s];
  }

  /** The first partial result of a part that begins at these heads and has so many lanes. */
  long firstRow(int s, int part, int partLanes) {
    long before = (long) firstLane(s, part) * kvHeads + (long) partLanes * firstHead(s, part);
    return firstRow[s] + before * chunks[s];
  }

  /** The first key of a chunk: from the first one on that any of these lanes sees. */
  int from(int s, int chunk, int firstLane) {
    return chunks(s) == 1 ? start(s, firstLane / group) : start(s, 0) + chunk * chunkKeys[s];
  }

  /** The end of the keys of a chunk. */
  int to(int s, int chunk, int firstLane, int partLanes) {
    int end = end(s, (firstLane + partLanes - 1) / group);
    return chunks(s) == 1 ? end : Math.min(end, from(s, chunk, firstLane) + chunkKeys[s]);
  }

  private int start(int s, int query) {
    return Math.clamp((long) positions[s] + query - spec.left(), 0, keyCounts[s]);
  }

  private int end(int s, int query) {
    return Math.clamp((long) positions[s] + query + spec.right() + 1, 0, keyCounts[s]);
  }

  private int headParts(int s) {
    return Math.ceilDiv(kvHeads, heads[s]);
  }
}
