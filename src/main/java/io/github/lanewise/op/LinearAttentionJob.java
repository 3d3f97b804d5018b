package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.LinearAttentionChunk;
import io.github.lanewise.kernel.attention.LinearAttentionHead;
import io.github.lanewise.kernel.attention.LinearState;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.OffHeap;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import io.github.lanewise.parallel.WorkerTeam;
import io.github.lanewise.simd.Simd;

/**
 * Linear attention of one sequence. First come the keys that all queries see, then the queries that
 * see no others; what is left of a causal sequence are pairs of a query and a key, in chunks.
 *
 * <p>A task is a key head, if that keeps all threads busy. Otherwise they share the heads, in turns
 * of some chunks: first the states before each chunk, a task being some dimensions of a key head,
 * then what the queries of each chunk read. Either way each number is computed in the same order.
 */
final class LinearAttentionJob extends Job {
  private static final int TOKENS = LinearAttentionChunk.TOKENS;

  /** With fewer tokens than this, and no more queries, they are taken one by one. */
  private static final int FEW = 8;

  /** Memory for the states of a turn. */
  private static final long MOST_STATE_BYTES = 8L << 20;

  private enum Phase {
    ONE_BY_ONE,
    HEADS,
    STATES,
    READS
  }

  private final LinearAttention.Spec spec;
  private final int group;
  private final LinearState states;
  private final long stateBytes;
  private final long scratchBytes;
  private final int turn;
  private final Pool<LinearAttentionHead> heads;
  private final Pool<LinearAttentionChunk> chunks;
  private final Scratch shared = new Scratch();

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
  private long held;

  /** Keys and queries before the pairs. */
  private int firstKey;

  private int firstQuery;

  private Phase phase = Phase.HEADS;
  private long turnStates;
  private int firstChunk;
  private int endChunk;

  LinearAttentionJob(LinearAttention.Spec spec) {
    this.spec = spec;
    group = spec.numHeads() / spec.numKvHeads();
    states = new LinearState(spec.headDim(), spec.valueDim());
    stateBytes = aligned(states.bytes());
    scratchBytes = scratchBytes(spec);
    turn = turn(spec);
    heads = new Pool<>(() -> new LinearAttentionHead(spec.headDim(), spec.valueDim()));
    chunks = new Pool<>(() -> chunk(spec));
  }

  private static LinearAttentionChunk chunk(LinearAttention.Spec spec) {
    int group = spec.numHeads() / spec.numKvHeads();
    return new LinearAttentionChunk(spec.headDim(), spec.valueDim(), group);
  }

  private static long aligned(long bytes) {
    return (bytes + OffHeap.CACHE_LINE - 1) / OffHeap.CACHE_LINE * OffHeap.CACHE_LINE;
  }

  static long scratchBytes(LinearAttention.Spec spec) {
    LinearAttentionChunk chunk = chunk(spec);
    long few =
        LinearAttentionHead.stateBytes(spec.headDim(), spec.valueDim())
            + LinearAttentionHead.scratchBytes(spec.headDim(), spec.valueDim());
    return Math.max(few, aligned(chunk.states().bytes()) + chunk.scratchBytes());
  }

  /** Chunks of a turn. */
  private static int turn(LinearAttention.Spec spec) {
    long bytes = aligned(new LinearState(spec.headDim(), spec.valueDim()).bytes());
    return Math.clamp(MOST_STATE_BYTES / (bytes * spec.numKvHeads()) - 1, 1, 64);
  }

  /** Bytes of the states of a turn, which all threads share. */
  static long sharedBytes(LinearAttention.Spec spec) {
    long bytes = aligned(new LinearState(spec.headDim(), spec.valueDim()).bytes());
    return (turn(spec) + 1) * bytes * spec.numKvHeads();
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
    held = newState;
    int pairs = spec.causal() ? Math.min(queries, keys) : 0;
    firstKey = keys - pairs;
    firstQuery = queries - pairs;
  }

  void run(WorkerTeam team) {
    if (queries < FEW && keys < FEW) {
      run(team, Phase.ONE_BY_ONE, spec.numKvHeads());
    } else if (spec.numKvHeads() % team.threads() == 0 || spec.numKvHeads() >= 4 * team.threads()) {
      run(team, Phase.HEADS, spec.numKvHeads());
    } else {
      share(team);
    }
  }

  private void run(WorkerTeam team, Phase newPhase, int tasks) {
    phase = newPhase;
    team.run(this, tasks);
  }

  private void share(WorkerTeam team) {
    turnStates = shared.require((turn + 1) * stateBytes * spec.numKvHeads());
    int blocks = Math.ceilDiv(spec.headDim(), Simd.LANES);
    int all = chunksOf(keys - firstKey);
    firstChunk = 0;
    do {
      endChunk = Math.min(all, firstChunk + turn);
      run(team, Phase.STATES, spec.numKvHeads() * blocks);
      run(team, Phase.READS, spec.numKvHeads() * readsOfTurn());
      firstChunk = endChunk;
    } while (firstChunk < all);
  }

  private static int chunksOf(int tokens) {
    return Math.ceilDiv(tokens, TOKENS);
  }

  /** Chunks of queries of a turn: in the first one, also those before the pairs. */
  private int readsOfTurn() {
    return endChunk - firstChunk + (firstChunk == 0 ? chunksOf(firstQuery) : 0);
  }

  @Override
  protected void task(int index, Scratch scratch) {
    long memory = scratch.require(scratchBytes);
    if (phase == Phase.ONE_BY_ONE) {
      LinearAttentionHead head = heads.take();
      oneByOne(head, index, memory);
      heads.give(head);
      return;
    }
    LinearAttentionChunk chunk = chunks.take();
    switch (phase) {
      case HEADS -> head(chunk, index, memory);
      case STATES -> statesOfTurn(chunk, index, memory);
      default -> reads(chunk, index, memory);
    }
    chunks.give(chunk);
  }

  private void oneByOne(LinearAttentionHead head, int kvHead, long memory) {
    long bytes = LinearAttentionHead.stateBytes(spec.headDim(), spec.valueDim());
    long state = held == 0 ? memory : held + kvHead * bytes;
    if (held == 0) {
      LinearAttentionHead.clear(state, bytes);
    }
    head.begin(state, memory + bytes);
    int absorbed = 0;
    for (int i = 0; i < queries; i++) {
      int seen = Math.max(firstKey, i - firstQuery + 1 + firstKey);
      for (; absorbed < Math.min(keys, seen); absorbed++) {
        head.absorb(key(kvHead, absorbed), value(kvHead, absorbed));
      }
      for (int h = 0; h < group; h++) {
        long queryShift = (long) h * spec.headDim() * Float.BYTES;
        long outShift = (long) h * spec.valueDim() * Float.BYTES;
        head.read(query(kvHead, i) + queryShift, output(kvHead, i) + outShift);
      }
    }
    for (; absorbed < keys; absorbed++) { // without queries nothing was read
      head.absorb(key(kvHead, absorbed), value(kvHead, absorbed));
    }
  }

  /** All of a key head. */
  private void head(LinearAttentionChunk chunk, int kvHead, long memory) {
    long state = memory;
    chunk.moveTo(memory + stateBytes);
    begin(chunk, kvHead, state, 0, spec.headDim());
    for (int i = 0; i < firstQuery; i += TOKENS) {
      read(chunk, state, kvHead, i);
    }
    for (int i = 0; i < keys - firstKey; i += TOKENS) {
      take(chunk, kvHead, firstKey + i, 0, spec.headDim());
      readCausal(chunk, state, kvHead, i);
      chunk.absorb(state, 0, spec.headDim());
    }
    end(kvHead, state, 0, spec.headDim());
  }

  /** Some dimensions of the states before each chunk of a turn, and after its last. */
  private void statesOfTurn(LinearAttentionChunk chunk, int index, long memory) {
    int blocks = Math.ceilDiv(spec.headDim(), Simd.LANES);
    int kvHead = index / blocks;
    int firstDim = index % blocks * Simd.LANES;
    int endDim = Math.min(spec.headDim(), firstDim + Simd.LANES);
    chunk.moveTo(memory + stateBytes);
    if (firstChunk == 0) {
      begin(chunk, kvHead, state(kvHead, 0), firstDim, endDim);
    } else {
      states.copy(state(kvHead, turn), state(kvHead, 0), firstDim, endDim);
    }
    for (int c = 0; c < endChunk - firstChunk; c++) {
      states.copy(state(kvHead, c), state(kvHead, c + 1), firstDim, endDim);
      take(chunk, kvHead, firstKey + (firstChunk + c) * TOKENS, firstDim, endDim);
      chunk.absorb(state(kvHead, c + 1), firstDim, endDim);
    }
    end(kvHead, state(kvHead, endChunk - firstChunk), firstDim, endDim);
  }

  /** The queries of one chunk. */
  private void reads(LinearAttentionChunk chunk, int index, long memory) {
    int kvHead = index / readsOfTurn();
    int inTurn = index % readsOfTurn() - (firstChunk == 0 ? chunksOf(firstQuery) : 0);
    chunk.moveTo(memory + stateBytes);
    if (inTurn < 0) {
      read(chunk, state(kvHead, 0), kvHead, (inTurn + chunksOf(firstQuery)) * TOKENS);
      return;
    }
    int pair = (firstChunk + inTurn) * TOKENS;
    take(chunk, kvHead, firstKey + pair, 0, spec.headDim());
    readCausal(chunk, state(kvHead, inTurn), kvHead, pair);
  }

  private long state(int kvHead, int slot) {
    return turnStates + ((long) kvHead * (turn + 1) + slot) * stateBytes;
  }

  /** A state with the keys before the pairs in it. */
  private void begin(LinearAttentionChunk chunk, int kvHead, long state, int firstDim, int endDim) {
    states.clear(state, firstDim, endDim);
    if (held != 0) {
      states.load(held(kvHead), state, firstDim, endDim);
    }
    for (int i = 0; i < firstKey; i += TOKENS) {
      int count = Math.min(TOKENS, firstKey - i);
      chunk.keys(key(kvHead, i), ldk, value(kvHead, i), ldv, count, firstDim, endDim);
      chunk.absorb(state, firstDim, endDim);
    }
  }

  private void end(int kvHead, long state, int firstDim, int endDim) {
    if (held != 0) {
      states.store(state, held(kvHead), firstDim, endDim);
    }
  }

  /** Takes up the chunk that begins with a key of a pair. */
  private void take(LinearAttentionChunk chunk, int kvHead, int first, int firstDim, int endDim) {
    int count = Math.min(TOKENS, keys - first);
    chunk.keys(key(kvHead, first), ldk, value(kvHead, first), ldv, count, firstDim, endDim);
  }

  /** Queries before the pairs, from {@code first} on. */
  private void read(LinearAttentionChunk chunk, long state, int kvHead, int first) {
    int count = Math.min(TOKENS, firstQuery - first);
    chunk.read(state, query(kvHead, first), ldq, output(kvHead, first), ldo, count);
  }

  private void readCausal(LinearAttentionChunk chunk, long state, int kvHead, int pair) {
    int first = firstQuery + pair;
    chunk.readCausal(state, query(kvHead, first), ldq, output(kvHead, first), ldo);
  }

  private long held(int kvHead) {
    return held + kvHead * LinearAttentionHead.stateBytes(spec.headDim(), spec.valueDim());
  }

  private long key(int kvHead, int i) {
    return k + i * ldk + (long) kvHead * spec.headDim() * Float.BYTES;
  }

  private long value(int kvHead, int i) {
    return v + i * ldv + (long) kvHead * spec.valueDim() * Float.BYTES;
  }

  private long query(int kvHead, int i) {
    return q + i * ldq + (long) kvHead * group * spec.headDim() * Float.BYTES;
  }

  private long output(int kvHead, int i) {
    return out + i * ldo + (long) kvHead * group * spec.valueDim() * Float.BYTES;
  }
}
