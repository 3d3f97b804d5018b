package io.github.lanewise.bench;

import io.github.lanewise.memory.HalfMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.KvView;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.LinearAttention;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Attention of {@code batch} sequences of one length.
 *
 * @param shape as given
 * @param batch sequences
 * @param queries of a sequence
 * @param keys of a sequence
 * @param spec what is computed
 * @param linear whether it is linear attention, of which {@code spec} gives the heads and causal
 * @param storage of keys and values
 */
record AttentionWorkload(
    String shape,
    int batch,
    int queries,
    int keys,
    AttentionSpec spec,
    boolean linear,
    Storage storage)
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

  static AttentionWorkload parse(String shape) {
    return new AttentionShape(shape).read();
  }

  @Override
  public Operation op() {
    return Operation.ATTENTION;
  }

  /** A product for each visible pair and another for its value; a state in place of pairs. */
  @Override
  public double flops() {
    if (linear) {
      double heads = (double) queries * spec.numHeads() + (double) keys * spec.numKvHeads();
      return 2 * heads * batch * spec.headDim() * spec.valueDim();
    }
    double pairs = new VisiblePairs(spec, queries, keys).count();
    return 4 * pairs * batch * spec.numHeads() * spec.headDim();
  }

  @Override
  public long readBytes() {
    int read = linear ? keys : new VisiblePairs(spec, queries, keys).keysInReach();
    return Sizes.sum(queryBytes(), keyBytes(read), keyBytes(read));
  }

  @Override
  public long writtenBytes() {
    return queryBytes();
  }

  @Override
  public long bytesOfCopy(boolean comparing) {
    return Sizes.sum(keyBytes(keys), keyBytes(keys));
  }

  @Override
  public long bytesBeside(boolean comparing) {
    long widened = storage == Storage.F32 ? 0 : Sizes.matrix(batch * keys, keyColumns());
    return Sizes.sum(queryBytes(), queryBytes(), comparing ? queryBytes() : 0, widened, widened);
  }

  /** Bytes that each thread uses beside the data. */
  long scratchBytesPerThread() {
    return linear
        ? LinearAttention.scratchBytesPerThread(linearSpec())
        : Attention.scratchBytesPerThread(spec);
  }

  /**
   * Returns when the kernels run compiled.
   *
   * @return whether they do
   */
  boolean warmUp(Lanewise runtime) {
    return linear
        ? LinearAttention.prepare(runtime, linearSpec()).warmUp()
        : Attention.prepare(runtime, spec).warmUp();
  }

  /** Makes the data, and the calls on them. */
  Contest prepare(Setup setup) {
    Matrix q = setup.random(batch * queries, spec.numHeads() * spec.headDim(), 1);
    List<Matrix> k = copies(setup, setup.random(batch * keys, keyColumns(), 2));
    List<Matrix> v = copies(setup, setup.random(batch * keys, keyColumns(), 3));
    Matrix out = setup.zero(q.rows(), q.columns());
    Prepared prepared = prepared(setup);
    Contest contest =
        new Contest(kernelName(), setup.each(i -> prepared.call(q, k.get(i), v.get(i), out)), out);
    if (!setup.comparing()) {
      return contest;
    }
    Matrix theirs = setup.zero(q.rows(), q.columns());
    return contest.with(
        setup, (peer, i) -> task(peer, q, k.get(i), v.get(i), theirs, setup.threads()), theirs);
  }

  private String kernelName() {
    if (linear) {
      return KernelNames.linearAttention();
    }
    return Attention.decodes(spec, queries, keys)
        ? KernelNames.decoding()
        : KernelNames.attention();
  }

  /** 16-bit copies are made of one matrix, later. */
  private List<Matrix> copies(Setup setup, Matrix first) {
    return storage == Storage.F32 ? setup.copiesOf(first) : setup.each(i -> first);
  }

  /** Calls of one prepared operation, one a copy, each with data and an output of its own. */
  List<Runnable> callers(Setup setup) {
    Prepared prepared = prepared(setup);
    int columns = spec.numHeads() * spec.headDim();
    return setup.each(
        i ->
            prepared.call(
                setup.random(batch * queries, columns, 3L * i),
                setup.random(batch * keys, keyColumns(), 3L * i + 1),
                setup.random(batch * keys, keyColumns(), 3L * i + 2),
                setup.zero(batch * queries, columns)));
  }

  /** A prepared operation, to be called on any data of the shape. */
  private interface Prepared {
    Runnable call(Matrix q, Matrix k, Matrix v, Matrix out);
  }

  /** Peers have the plain forms. */
  private Optional<Peer.Task> task(
      Peer peer, Matrix q, Matrix k, Matrix v, Matrix out, int threads) {
    boolean isPlain =
        !linear
            && storage == Storage.F32
            && spec.equals(
                AttentionSpec.of(
                    spec.numHeads(), spec.numKvHeads(), spec.headDim(), spec.causal()));
    return isPlain
        ? peer.attention(
            batch,
            spec.numHeads(),
            spec.numKvHeads(),
            spec.headDim(),
            spec.causal(),
            q,
            k,
            v,
            out,
            threads)
        : Optional.empty();
  }

  private Prepared prepared(Setup setup) {
    Lanewise runtime = setup.runtime();
    if (linear) {
      LinearAttention attention = LinearAttention.prepare(runtime, linearSpec());
      return (q, k, v, out) -> linearCall(attention, q, k, v, out);
    }
    Attention attention = Attention.prepare(runtime, spec);
    return (q, k, v, out) -> call(setup, attention, q, k, v, out);
  }

  private Runnable call(
      Setup setup, Attention attention, Matrix q, Matrix k, Matrix v, Matrix out) {
    int[] queryOffsets = offsets(queries);
    int[] keyOffsets = offsets(keys);
    if (storage == Storage.F32) {
      return () -> attention.run(q, k, v, out, queryOffsets, keyOffsets);
    }
    int[] counts = new int[batch];
    Arrays.fill(counts, keys);
    int[] starts = Arrays.copyOf(keyOffsets, batch);
    KvView cache = KvView.contiguous(half(setup, k), half(setup, v), starts, counts);
    return () -> attention.run(q, cache, out, queryOffsets);
  }

  private Runnable linearCall(LinearAttention attention, Matrix q, Matrix k, Matrix v, Matrix out) {
    Runnable[] sequences = new Runnable[batch];
    for (int s = 0; s < batch; s++) {
      Matrix itsQ = q.rowRange(s * queries, queries);
      Matrix itsK = k.rowRange(s * keys, keys);
      Matrix itsV = v.rowRange(s * keys, keys);
      Matrix itsOut = out.rowRange(s * queries, queries);
      sequences[s] = () -> attention.run(itsQ, itsK, itsV, itsOut);
    }
    return () -> {
      for (Runnable sequence : sequences) {
        sequence.run();
      }
    };
  }

  private LinearAttention.Spec linearSpec() {
    return LinearAttention.Spec.of(
        spec.numHeads(), spec.numKvHeads(), spec.headDim(), spec.causal());
  }

  private HalfMatrix half(Setup setup, Matrix matrix) {
    HalfMatrix half = HalfMatrix.allocate(setup.arena(), storage, matrix.rows(), matrix.columns());
    half.copyFrom(matrix);
    return half;
  }

  private int[] offsets(int length) {
    int[] offsets = new int[batch + 1];
    for (int i = 0; i <= batch; i++) {
      offsets[i] = i * length;
    }
    return offsets;
  }

  private int keyColumns() {
    return spec.numKvHeads() * spec.headDim();
  }

  private long queryBytes() {
    return Sizes.matrix(batch * queries, spec.numHeads() * spec.headDim());
  }

  private long keyBytes(int rows) {
    return Sizes.matrix(batch * rows, keyColumns()) / Float.BYTES * storage.bytes();
  }
}
