package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.Lanewise;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention of {@code batch} sequences of one length.
 *
 * @param shape as given
 * @param batch sequences
 * @param heads query heads
 * @param kvHeads heads of keys and values
 * @param queries of a sequence
 * @param keys of a sequence
 * @param headDim floats of a head
 * @param causal whether later keys are hidden, aligned bottom-right
 */
record AttentionWorkload(
    String shape,
    int batch,
    int heads,
    int kvHeads,
    int queries,
    int keys,
    int headDim,
    boolean causal)
    implements Workload {
  static final List<String> SHAPES =
      List.of(
          "b1,h12,q2048,k2048,d64",
          "b1,h8,q2048,k2048,d128",
          "b1,h12,q2048,k2048,d64,causal",
          "b1,h8,q2048,k2048,d128,causal",
          "b1,h12,q128,k128,d64",
          "b8,h12,q128,k128,d32",
          "b1,h32,q1,k4096,d128",
          "b1,h32,kv8,q1,k4096,d128");

  AttentionWorkload {
    requireFits(shape, "b*q", (long) batch * queries, Matrix.MAX_SIZE);
    requireFits(shape, "b*k", (long) batch * keys, Attention.MAX_KEYS);
    requireFits(shape, "h*d", (long) heads * headDim, Matrix.MAX_SIZE);
    try {
      AttentionSpec.of(heads, kvHeads, headDim, causal);
    } catch (IllegalArgumentException wrong) {
      throw Sizes.wrong(shape, String.valueOf(wrong.getMessage()));
    }
  }

  static AttentionWorkload parse(String shape) {
    return new AttentionShape(shape).read();
  }

  private static void requireFits(String shape, String name, long value, int most) {
    if (value > most) {
      throw Sizes.wrong(shape, name + " is " + value + ", must be at most " + most);
    }
  }

  @Override
  public Operation op() {
    return Operation.ATTENTION;
  }

  @Override
  public double flops() {
    return 4 * pairs() * batch * heads * headDim;
  }

  /** Query-key pairs of a sequence that are not masked. */
  private double pairs() {
    if (!causal) {
      return (double) queries * keys;
    }
    // Query i sees i + 1 + keys - queries keys, if any.
    double last = Math.min(queries, keys);
    double first = keys - last + 1;
    return last * (first + keys) / 2;
  }

  @Override
  public long readBytes() {
    return Sizes.sum(queryBytes(), keyBytes(), keyBytes());
  }

  @Override
  public long writtenBytes() {
    return queryBytes();
  }

  @Override
  public long bytesOfCopy(boolean comparing) {
    return Sizes.sum(keyBytes(), keyBytes());
  }

  @Override
  public long bytesBeside(boolean comparing) {
    return Sizes.sum(queryBytes(), queryBytes(), comparing ? queryBytes() : 0);
  }

  /** Makes the data, and the calls on them. */
  Contest prepare(Setup setup) {
    Matrix q = setup.random(batch * queries, heads * headDim, 1);
    List<Matrix> k = setup.copiesOf(setup.random(batch * keys, kvHeads * headDim, 2));
    List<Matrix> v = setup.copiesOf(setup.random(batch * keys, kvHeads * headDim, 3));
    Matrix out = setup.zero(q.rows(), q.columns());
    Contest contest = ours(setup.runtime(), q, k, v, out);
    if (!setup.comparing()) {
      return contest;
    }
    Matrix theirs = setup.zero(q.rows(), q.columns());
    return contest.with(
        setup,
        (peer, i) ->
            peer.attention(
                batch,
                heads,
                kvHeads,
                headDim,
                causal,
                q,
                k.get(i),
                v.get(i),
                theirs,
                setup.threads()),
        theirs);
  }

  private Contest ours(Lanewise runtime, Matrix q, List<Matrix> k, List<Matrix> v, Matrix out) {
    Attention attention =
        Attention.prepare(runtime, AttentionSpec.of(heads, kvHeads, headDim, causal));
    int[] queryOffsets = offsets(queries);
    int[] keyOffsets = offsets(keys);
    List<Runnable> calls = new ArrayList<>();
    for (int i = 0; i < k.size(); i++) {
      Matrix itsK = k.get(i);
      Matrix itsV = v.get(i);
      calls.add(() -> attention.run(q, itsK, itsV, out, queryOffsets, keyOffsets));
    }
    return new Contest(KernelNames.attention(), calls, out);
  }

  private int[] offsets(int length) {
    int[] offsets = new int[batch + 1];
    for (int i = 0; i <= batch; i++) {
      offsets[i] = i * length;
    }
    return offsets;
  }

  private long queryBytes() {
    return Sizes.matrix(batch * queries, heads * headDim);
  }

  private long keyBytes() {
    return Sizes.matrix(batch * keys, kvHeads * headDim);
  }
}
