package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Exp;
import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Linear attention of one key head for a few tokens, one by one: the state is S = Σ φ(k)·vᵀ, one
 * row a dimension of the key, and after those one row z = Σ φ(k); a query reads φ(q)·S / φ(q)·z.
 * Rows are {@link #stride} bytes. Reusable, by one thread at a time.
 *
 * <p>Keys enter one after the other, as in {@link LinearAttentionChunk}: a state has the same bits
 * whichever of the two it comes from.
 */
public final class LinearAttentionHead {
  private final int headDim;
  private final int valueDim;
  private final long stride;

  private long state;
  private long features;
  private long value;

  /** A head whose memory is given by {@link #begin}. */
  public LinearAttentionHead(int headDim, int valueDim) {
    this.headDim = headDim;
    this.valueDim = valueDim;
    stride = stride(headDim, valueDim);
  }

  /**
   * Begins, or goes on with, a sequence.
   *
   * @param newState address of its {@code headDim + 1} rows
   * @param scratch address of {@link #scratchBytes} bytes
   */
  public void begin(long newState, long scratch) {
    state = newState;
    features = scratch;
    value = scratch + stride;
    // Lanes past a row stay 0.
    clear(scratch, scratchBytes(headDim, valueDim));
  }

  /** Bytes of a row of the state: of keys or values, in whole vectors. */
  public static long stride(int headDim, int valueDim) {
    return (long) Math.ceilDiv(Math.max(headDim, valueDim), LANES) * BYTES;
  }

  /** Bytes of the state of one head. */
  public static long stateBytes(int headDim, int valueDim) {
    return (headDim + 1) * stride(headDim, valueDim);
  }

  /** Bytes of scratch memory. */
  public static long scratchBytes(int headDim, int valueDim) {
    return 2 * stride(headDim, valueDim);
  }

  /** Sets a whole number of vectors to 0. */
  public static void clear(long address, long bytes) {
    ScoreLanes.fill(address, bytes, 0f);
  }

  /** Takes a key and its value into the state. */
  public void absorb(long k, long v) {
    feature(k, features, headDim);
    copy(v, value, valueDim);
    long sums = state + headDim * stride;
    for (long at = 0; at < headDim * (long) Float.BYTES; at += BYTES) {
      FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + at, ORDER)
          .add(FloatVector.fromMemorySegment(FLOATS, MEMORY, features + at, ORDER))
          .intoMemorySegment(MEMORY, sums + at, ORDER);
    }
    for (long at = 0; at < valueDim * (long) Float.BYTES; at += BYTES) {
      absorb(state + at, stride, headDim, features, value + at);
    }
  }

  /** Writes what a query reads; zeros where nothing was absorbed. */
  public void read(long q, long out) {
    feature(q, features, headDim);
    float all = dot(features, state + headDim * stride, headDim);
    float factor = all == 0 ? 0 : 1 / all;
    int d = 0;
    for (; d <= valueDim - 4 * LANES; d += 4 * LANES) {
      long at = (long) d * Float.BYTES;
      read4(state + at, stride, headDim, features, factor, out + at);
    }
    for (; d < valueDim; d += LANES) {
      long at = (long) d * Float.BYTES;
      read1(state + at, stride, headDim, features, factor, out + at, valueDim - d);
    }
  }

  /** φ(x) = elu(x) + 1 of {@code n} floats; {@code out} may be {@code x}. */
  static void feature(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      VectorMask<Float> inside = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, inside);
      FloatVector e = Exp.expOfNonPositive(v);
      e.blend(v.add(1f), v.compare(VectorOperators.GT, 0f))
          .intoMemorySegment(MEMORY, out + at, ORDER, inside);
    }
  }

  private static void copy(long x, long out, int n) {
    for (int i = 0; i < n; i++) {
      long at = (long) i * Float.BYTES;
      MEMORY.set(FLOAT, out + at, MEMORY.get(FLOAT, x + at));
    }
  }

  /** One vector of columns of S += φ·vᵀ. */
  private static void absorb(long state, long stride, int rows, long features, long value) {
    FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, value, ORDER);
    for (int i = 0; i < rows; i++) {
      long row = state + i * stride;
      float f = MEMORY.get(FLOAT, features + (long) i * Float.BYTES);
      v.fma(
              FloatVector.broadcast(FLOATS, f),
              FloatVector.fromMemorySegment(FLOATS, MEMORY, row, ORDER))
          .intoMemorySegment(MEMORY, row, ORDER);
    }
  }

  private static float dot(long x, long y, int n) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (long at = 0; at < n * (long) Float.BYTES; at += BYTES) {
      sum =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER)
              .fma(FloatVector.fromMemorySegment(FLOATS, MEMORY, y + at, ORDER), sum);
    }
    return Lanes.sum(sum);
  }

  private static void read4(
      long state, long stride, int rows, long features, float factor, long out) {
    FloatVector c0 = FloatVector.zero(FLOATS);
    FloatVector c1 = FloatVector.zero(FLOATS);
    FloatVector c2 = FloatVector.zero(FLOATS);
    FloatVector c3 = FloatVector.zero(FLOATS);
    for (int i = 0; i < rows; i++) {
      long at = state + i * stride;
      FloatVector f =
          FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, features + (long) i * Float.BYTES));
      c0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).fma(f, c0);
      c1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER).fma(f, c1);
      c2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 2L * BYTES, ORDER).fma(f, c2);
      c3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 3L * BYTES, ORDER).fma(f, c3);
    }
    c0.mul(factor).intoMemorySegment(MEMORY, out, ORDER);
    c1.mul(factor).intoMemorySegment(MEMORY, out + BYTES, ORDER);
    c2.mul(factor).intoMemorySegment(MEMORY, out + 2L * BYTES, ORDER);
    c3.mul(factor).intoMemorySegment(MEMORY, out + 3L * BYTES, ORDER);
  }

  private static void read1(
      long state, long stride, int rows, long features, float factor, long out, int columns) {
    FloatVector c = FloatVector.zero(FLOATS);
    for (int i = 0; i < rows; i++) {
      FloatVector f =
          FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, features + (long) i * Float.BYTES));
      c = FloatVector.fromMemorySegment(FLOATS, MEMORY, state + i * stride, ORDER).fma(f, c);
    }
    c.mul(factor).intoMemorySegment(MEMORY, out, ORDER, FLOATS.indexInRange(0, columns));
  }
}
