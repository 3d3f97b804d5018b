package io.github.lanewise.op;

import io.github.lanewise.kernel.rope.RopeKernel;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import java.lang.foreign.Arena;
import java.lang.ref.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding (Su et al. 2021), in place: pair p of every head turns by {@code
 * position · theta^(-2p / headDim)}, or by what {@link RopeFrequencies} say, which may also leave
 * the last elements of a head as they are.
 *
 * <p>Cosines and sines of every position are computed once in double precision, multiplied by the
 * magnitude m (usually 1) and rounded. Error of an element at most 4u·m·(|a| + |b|) for the pair
 * (a, b), u = 2⁻²⁴. Safe for use by several threads at once; a run allocates nothing on the heap.
 */
public final class Rope {
  /** Which elements of a head form a pair. */
  public enum Pairing {
    /** i and i + headDim/2: Llama as Hugging Face stores it, GPT-NeoX. */
    HALVES,
    /** 2i and 2i + 1: the paper, Llama as Meta stores it, GPT-J. */
    INTERLEAVED
  }

  private final Lanewise runtime;
  private final int headDim;

  /** Elements of a head that turn: the first ones. */
  private final int rotaryDim;

  private final int maxPositions;
  private final Pairing pairing;
  private final Matrix cos;
  private final Matrix sin;
  private final Pool<RopeJob> jobs = new Pool<>(RopeJob::new);

  private Rope(
      Lanewise runtime,
      int headDim,
      int maxPositions,
      RopeFrequencies frequencies,
      Pairing pairing) {
    this.runtime = runtime;
    this.headDim = headDim;
    this.maxPositions = maxPositions;
    this.pairing = pairing;
    rotaryDim = frequencies.rotaryDim();
    int columns = tableColumns(rotaryDim, pairing);
    // Collected with this object: the tables are nobody else's.
    Arena arena = Arena.ofAuto();
    cos = Matrix.allocate(arena, maxPositions, columns);
    sin = Matrix.allocate(arena, maxPositions, columns);
    ParallelFor.run(runtime, maxPositions, position -> fillTables(position, frequencies));
  }

  /**
   * Prepares the rotation of heads of {@code headDim} elements, an even number, at positions 0 to
   * {@code maxPositions - 1}.
   *
   * @param theta base of the frequencies, usually 10,000
   * @throws IllegalArgumentException if headDim is odd or not positive, maxPositions not positive,
   *     theta not a positive number
   */
  public static Rope prepare(
      Lanewise runtime, int headDim, int maxPositions, double theta, Pairing pairing) {
    Checks.positive("headDim", headDim);
    if (headDim % 2 != 0) {
      throw new IllegalArgumentException("headDim is " + headDim + ", must be even");
    }
    return prepare(runtime, headDim, maxPositions, RopeFrequencies.of(headDim, theta), pairing);
  }

  /**
   * Prepares the rotation of heads of {@code headDim} elements at positions 0 to {@code
   * maxPositions - 1}. The first {@link RopeFrequencies#rotaryDim} elements of a head turn, pairs
   * among them; the others stay as they are.
   *
   * @throws IllegalArgumentException if a number is not positive, or more elements would turn than
   *     a head has
   */
  public static Rope prepare(
      Lanewise runtime,
      int headDim,
      int maxPositions,
      RopeFrequencies frequencies,
      Pairing pairing) {
    Checks.positive("headDim", headDim);
    Checks.positive("maxPositions", maxPositions);
    Checks.atMost("rotaryDim of frequencies", frequencies.rotaryDim(), headDim);
    return new Rope(runtime, headDim, maxPositions, frequencies, pairing);
  }

  /**
   * Bytes of the tables for {@code maxPositions} positions when {@code rotaryDim} elements turn.
   */
  public static long tableBytes(int rotaryDim, int maxPositions, Pairing pairing) {
    return 2L * maxPositions * tableColumns(rotaryDim, pairing) * Float.BYTES;
  }

  /** Positions that the tables hold. */
  public int maxPositions() {
    return maxPositions;
  }

  private static int tableColumns(int rotaryDim, Pairing pairing) {
    return pairing == Pairing.HALVES ? rotaryDim / 2 : rotaryDim;
  }

  private void fillTables(int position, RopeFrequencies frequencies) {
    for (int pair = 0; pair < rotaryDim / 2; pair++) {
      double angle = position * frequencies.radians(pair);
      float c = (float) (frequencies.magnitude() * StrictMath.cos(angle));
      float s = (float) (frequencies.magnitude() * StrictMath.sin(angle));
      if (pairing == Pairing.HALVES) {
        cos.set(position, pair, c);
        sin.set(position, pair, s);
      } else {
        cos.set(position, 2 * pair, c);
        cos.set(position, 2 * pair + 1, c);
        sin.set(position, 2 * pair, -s);
        sin.set(position, 2 * pair + 1, s);
      }
    }
  }

  /**
   * Rotates {@code x [tokens, heads * headDim]} in place; token i is at position {@code
   * firstPosition + i}.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong, or a position lies outside 0
   *     to maxPositions - 1
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, int firstPosition) {
    check(x);
    if (firstPosition < 0 || firstPosition > maxPositions - x.rows()) {
      throw new IllegalArgumentException(
          "firstPosition is "
              + firstPosition
              + ", must be 0 to "
              + (maxPositions - x.rows())
              + " for "
              + x.rows()
              + " tokens");
    }
    execute(x, firstPosition, null);
  }

  /**
   * Rotates {@code x [tokens, heads * headDim]} in place; token i is at {@code positions[i]}.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong, or a position lies outside 0
   *     to maxPositions - 1
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, int[] positions) {
    check(x);
    if (positions.length != x.rows()) {
      throw new IllegalArgumentException(
          "positions has length "
              + positions.length
              + ", must be the number of tokens, "
              + x.rows());
    }
    execute(x, 0, positions);
  }

  /**
   * Runs this operation on small data of its own until it runs compiled, see {@link
   * io.github.lanewise.op}.
   *
   * @return whether it came to that within ten seconds of processor time
   * @throws IllegalStateException if the runtime is closed
   */
  public boolean warmUp() {
    WarmUp warmUp = new WarmUp();
    RopeFrequencies frequencies = RopeFrequencies.of(rotaryDim, 10_000);
    Rope rope = new Rope(runtime, headDim, WarmUp.POSITIONS, frequencies, pairing);
    return warmUp.run(
        WarmUp.all(List.of(rope.calls(warmUp, 32, WarmUp.POSITIONS), rope.calls(warmUp, 1, 3))));
  }

  private Runnable calls(WarmUp warmUp, int heads, int tokens) {
    Matrix x = warmUp.values(tokens, heads * headDim);
    int[] positions = new int[tokens];
    return () -> {
      run(x, 0);
      run(x, positions);
    };
  }

  private void check(Matrix x) {
    if (x.columns() % headDim != 0) {
      throw new IllegalArgumentException(
          "x has " + x.columns() + " columns, must have a multiple of headDim = " + headDim);
    }
    Checks.output("x", x, x.rows(), x.columns());
  }

  private void execute(Matrix x, int firstPosition, int @Nullable [] positions) {
    RopeJob job = jobs.take();
    job.x = x.address();
    job.ldx = x.rowStride() * Float.BYTES;
    job.tokens = x.rows();
    job.heads = x.columns() / headDim;
    job.firstPosition = firstPosition;
    job.positions = positions == null ? null : job.copyChecked(positions, maxPositions);
    job.tokensPerTask = RowOperation.rowsPerTask((long) x.columns() * Float.BYTES);
    try {
      runtime.team().run(job, (job.tokens + job.tokensPerTask - 1) / job.tokensPerTask);
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(x);
    }
    job.positions = null;
    jobs.give(job);
  }

  private final class RopeJob extends Job {
    private long x;
    private long ldx;
    private int tokens;
    private int heads;
    private int firstPosition;
    private int @Nullable [] positions;
    private int[] buffer = new int[0];
    private int tokensPerTask;

    /** A copy, since workers turn positions into addresses and the caller may reuse its array. */
    int[] copyChecked(int[] source, int limit) {
      if (buffer.length < source.length) {
        buffer = new int[source.length];
      }
      for (int i = 0; i < source.length; i++) {
        buffer[i] = source[i];
        Checks.index("a position", buffer[i], limit);
      }
      return buffer;
    }

    @Override
    protected void task(int index, Scratch scratch) {
      int end = Math.min(tokens, (index + 1) * tokensPerTask);
      for (int token = index * tokensPerTask; token < end; token++) {
        rotate(x + token * ldx, positions == null ? firstPosition + token : positions[token]);
      }
    }

    private void rotate(long row, int position) {
      long table = position * cos.rowStride() * Float.BYTES;
      long headBytes = (long) headDim * Float.BYTES;
      for (int head = 0; head < heads; head++) {
        long at = row + head * headBytes;
        if (pairing == Pairing.HALVES) {
          RopeKernel.halves(at, cos.address() + table, sin.address() + table, rotaryDim / 2);
        } else {
          RopeKernel.interleaved(at, cos.address() + table, sin.address() + table, rotaryDim);
        }
      }
    }
  }
}
