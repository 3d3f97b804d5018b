package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.LinearAttentionHead;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;

/** Linear attention of one sequence; a task is one key head. */
final class LinearAttentionJob extends Job {
  private final LinearAttention.Spec spec;
  private final int group;
  private final long stateBytes;
  private final long scratchBytes;
  private final Pool<LinearAttentionHead> heads;

  private int queries;
  private int keys;
  private long q;
  private long ldq;
  private long k;
  private long ldk;
  private long v;
  private long ldv;
  private long out;
  private long ldo;
  private long state;

  LinearAttentionJob(LinearAttention.Spec spec) {
    this.spec = spec;
    group = spec.numHeads() / spec.numKvHeads();
    stateBytes = LinearAttentionHead.stateBytes(spec.headDim(), spec.valueDim());
    scratchBytes = scratchBytes(spec);
    heads = new Pool<>(() -> new LinearAttentionHead(spec.headDim(), spec.valueDim()));
  }

  static long scratchBytes(LinearAttention.Spec spec) {
    return LinearAttentionHead.stateBytes(spec.headDim(), spec.valueDim())
        + LinearAttentionHead.scratchBytes(spec.headDim(), spec.valueDim());
  }

  /** Sets the operands; {@code newState} is the address of the state, or 0 to begin with none. */
  void set(Matrix newQ, Matrix newK, Matrix newV, Matrix newOut, long newState) {
    queries = newQ.rows();
    keys = newK.rows();
    q = newQ.address();
    ldq = newQ.rowStride() * Float.BYTES;
    k = newK.address();
    ldk = newK.rowStride() * Float.BYTES;
    v = newV.address();
    ldv = newV.rowStride() * Float.BYTES;
    out = newOut.address();
    ldo = newOut.rowStride() * Float.BYTES;
    state = newState;
  }

  @Override
  protected void task(int kvHead, Scratch scratch) {
    long memory = scratch.require(scratchBytes);
    long sums = state == 0 ? memory : state + kvHead * stateBytes;
    if (state == 0) {
      LinearAttentionHead.clear(sums, stateBytes);
    }
    LinearAttentionHead head = heads.take();
    head.begin(sums, memory + stateBytes);
    compute(head, kvHead);
    heads.give(head);
  }

  private void compute(LinearAttentionHead head, int kvHead) {
    long keyHead = k + (long) kvHead * spec.headDim() * Float.BYTES;
    long valueHead = v + (long) kvHead * spec.valueDim() * Float.BYTES;
    int absorbed = 0;
    for (int i = 0; i < queries; i++) {
      int seen = spec.causal() ? Math.clamp(i + 1L + keys - queries, 0, keys) : keys;
      for (; absorbed < seen; absorbed++) {
        head.absorb(keyHead + absorbed * ldk, valueHead + absorbed * ldv);
      }
      read(head, kvHead, i);
    }
    // Without queries nothing was read, but the state goes on.
    for (; absorbed < keys; absorbed++) {
      head.absorb(keyHead + absorbed * ldk, valueHead + absorbed * ldv);
    }
  }

  private void read(LinearAttentionHead head, int kvHead, int query) {
    for (int h = kvHead * group; h < (kvHead + 1) * group; h++) {
      head.read(
          q + query * ldq + (long) h * spec.headDim() * Float.BYTES,
          out + query * ldo + (long) h * spec.valueDim() * Float.BYTES);
    }
  }
}
