package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionSequence;
import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The operands of one call as addresses, and the cut of its sequences into parts.
 *
 * <p>With a dilation of d, a query sees only keys whose distance is a multiple of d: a sequence
 * falls into d parts that know nothing of each other, each an ordinary sequence of every d-th
 * position. Those without queries are left out. Without a dilation, a part is a sequence.
 */
final class AttentionOperands {
  private final AttentionSpec spec;
  private final int group;
  private final int dilation;
  private final SequenceRanges ranges = new SequenceRanges();

  /** Parts before each sequence. */
  private int[] firstPart = new int[2];

  private long q;
  private long ldq;
  private long k;
  private long ldk;
  private long v;
  private long ldv;
  private long out;
  private long ldo;
  private long logSumExp;
  private long ldl;
  private long weights;
  private long ldw;
  private long weightsHead;

  private long bias;
  private long biasQuery;
  private long pairBias;
  private long pairBiasHead;
  private long pairBiasQuery;
  private long mask;
  private long maskQuery;
  private long keyMask;
  private long keyMaskSequence;

  AttentionOperands(AttentionSpec spec) {
    this.spec = spec;
    group = spec.numHeads() / spec.numKvHeads();
    dilation = spec.dilation();
  }

  SequenceRanges ranges() {
    return ranges;
  }

  void inputs(Matrix newQ, Matrix newK, Matrix newV) {
    q = newQ.address();
    ldq = stride(newQ);
    k = newK.address();
    ldk = stride(newK);
    v = newV.address();
    ldv = stride(newV);
  }

  /** Queries alone, if keys lie in caches. */
  void queries(Matrix newQ) {
    q = newQ.address();
    ldq = stride(newQ);
  }

  void output(Matrix newOut) {
    out = newOut.address();
    ldo = stride(newOut);
  }

  /** Asks for the weights of the heads from {@code firstHead} on, {@code queries} rows a head. */
  void weights(Matrix newWeights, int firstHead, int queries) {
    ldw = stride(newWeights);
    weightsHead = queries * ldw;
    weights = newWeights.address() - firstHead * weightsHead;
  }

  boolean wantsWeights() {
    return weights != 0;
  }

  void extras(AttentionExtras extras) {
    @Nullable Matrix all = extras.bias();
    bias = all == null ? 0 : all.address();
    biasQuery = all == null || all.rows() == 1 ? 0 : stride(all);
    @Nullable Matrix each = extras.pairBias();
    int rows = each == null ? 0 : each.rows() / spec.numHeads();
    pairBias = each == null ? 0 : each.address();
    pairBiasHead = each == null ? 0 : rows * stride(each);
    pairBiasQuery = each == null || rows == 1 ? 0 : stride(each);
    @Nullable ByteMatrix queries = extras.mask();
    mask = queries == null ? 0 : queries.address();
    maskQuery = queries == null ? 0 : queries.rowStride();
    @Nullable ByteMatrix keys = extras.keyMask();
    keyMask = keys == null ? 0 : keys.address();
    keyMaskSequence = keys == null ? 0 : keys.rowStride();
    @Nullable Matrix sums = extras.logSumExp();
    logSumExp = sums == null ? 0 : sums.address();
    ldl = sums == null ? 0 : stride(sums);
  }

  private static long stride(Matrix matrix) {
    return matrix.rowStride() * Float.BYTES;
  }

  /**
   * Divides the sequences of {@link #ranges} into parts: a part for each of a sequence's first d
   * queries, one for a sequence without.
   *
   * @return the number of parts
   */
  int divide() {
    int count = ranges.count();
    if (firstPart.length <= count) {
      firstPart = new int[count + 1];
    }
    long parts = 0;
    for (int s = 0; s < count; s++) {
      firstPart[s] = (int) parts;
      parts += Math.clamp(ranges.queryCount(s), 1, dilation);
      Checks.atMost("parts of the sequences", parts, Matrix.MAX_SIZE);
    }
    firstPart[count] = (int) parts;
    return (int) parts;
  }

  /** Queries of a part, once {@link #divide divided}. */
  int queryCount(int part) {
    int sequence = sequenceOf(part);
    int count = ranges.queryCount(sequence);
    return count == 0 ? 0 : (count - firstQuery(sequence, part) - 1) / dilation + 1;
  }

  /** Keys of the part's sequence. */
  int sequenceKeys(int part) {
    return ranges.keyCount(sequenceOf(part));
  }

  private int sequenceOf(int part) {
    if (dilation == 1) {
      return part;
    }
    int at = Arrays.binarySearch(firstPart, 0, ranges.count(), part);
    return at >= 0 ? at : -at - 2;
  }

  private int firstQuery(int sequence, int part) {
    return dilation == 1 ? 0 : part - firstPart[sequence];
  }

  /** The first key of a part, whose keys are those at its queries' positions, modulo d. */
  private int firstKey(int sequence, int query) {
    return Math.floorMod(query + shift(sequence), dilation);
  }

  /** Has {@code target} find the keys of a part in caches. */
  void locate(int part, KvRanges caches, CacheRows target) {
    int sequence = sequenceOf(part);
    int query = firstQuery(sequence, part);
    target.keys(caches, sequence, firstKey(sequence, query), dilation);
  }

  /** Key position of query 0 of the sequence: the last query stands at the last key. */
  private int shift(int sequence) {
    return ranges.keyCount(sequence) - ranges.queryCount(sequence);
  }

  /**
   * Describes a part to a tile.
   *
   * @param firstHead the first of the query heads that the tile computes; all share a key head
   */
  void describe(int part, int firstHead, AttentionSequence target) {
    int sequence = sequenceOf(part);
    int query = firstQuery(sequence, part);
    int firstKey = firstKey(sequence, query);
    int keys = ranges.keyCount(sequence);
    long row = (long) ranges.queryStart(sequence) + query;
    long keyRow = (long) ranges.keyStart(sequence) + firstKey;
    long head = (long) firstHead * Float.BYTES;
    long kvHead = (long) (firstHead / group) * Float.BYTES;
    target.queries(q + row * ldq + head * spec.headDim(), ldq * dilation, firstHead);
    target.keys(
        k + keyRow * ldk + kvHead * spec.headDim(),
        ldk * dilation,
        v + keyRow * ldv + kvHead * spec.valueDim(),
        ldv * dilation,
        firstKey >= keys ? 0 : (keys - firstKey - 1) / dilation + 1);
    target.window(
        (query + shift(sequence) - firstKey) / dilation, steps(spec.left()), steps(spec.right()));
    target.places(firstKey, dilation);
    describeExtras(sequence, query, firstKey, row, target);
    target.outputs(
        out + row * ldo + head * spec.valueDim(),
        ldo * dilation,
        logSumExp == 0 ? 0 : logSumExp + row * ldl + head,
        ldl * dilation);
    target.weights(
        weights + firstHead * weightsHead + query * ldw + (long) firstKey * Float.BYTES,
        ldw * dilation,
        (long) dilation * Float.BYTES);
  }

  private void describeExtras(
      int sequence, int query, int firstKey, long row, AttentionSequence target) {
    long keyShift = (long) firstKey * Float.BYTES;
    long keyStep = (long) dilation * Float.BYTES;
    target.bias(bias == 0 ? 0 : bias + row * biasQuery + keyShift, biasQuery * dilation, keyStep);
    target.pairBias(
        pairBias == 0 ? 0 : pairBias + query * pairBiasQuery + keyShift,
        pairBiasHead,
        pairBiasQuery * dilation,
        keyStep);
    target.mask(mask == 0 ? 0 : mask + row * maskQuery + firstKey, maskQuery * dilation, dilation);
    target.keyMask(keyMask == 0 ? 0 : keyMask + sequence * keyMaskSequence + firstKey, dilation);
  }

  private int steps(int distance) {
    return distance == Attention.UNBOUNDED ? distance : distance / dilation;
  }
}
