package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;

/**
 * The layout of a packed weight matrix W[n][k]: panels of {@link Simd#LANES} rows of W, k-major
 * inside (a vector for each k). What lies past row n in the last one is never used. {@link Packing}
 * fills whole panels at once. Weights of 16 bits lie in panels of twice as many rows, see {@link
 * HalfPanels}.
 */
public final class PackedPanels {
  private static final int NR = Simd.LANES;

  private PackedPanels() {}

  /** Rows of W in a panel: nr. */
  public static int columns() {
    return NR;
  }

  /** Vectors of floats that a panel's weights of one k make. */
  static int vectors(Storage storage) {
    return storage == Storage.F32 ? 1 : 2;
  }

  /** Rows of W in a panel. */
  public static int columns(Storage storage) {
    return vectors(storage) * NR;
  }

  /** Panels that {@code n} rows need. */
  public static int count(Storage storage, int n) {
    return (int) ((n + columns(storage) - 1L) / columns(storage));
  }

  /** Bytes of all panels; one panel has {@link #panelBytes} in any storage. */
  public static long bytes(Storage storage, int n, int k) {
    return Math.multiplyExact(panelBytes(k), (long) count(storage, n));
  }

  /** Panels that {@code n} rows need. */
  public static int count(int n) {
    return (int) ((n + NR - 1L) / NR);
  }

  /** Bytes of one panel. */
  public static long panelBytes(int k) {
    return (long) NR * k * Float.BYTES;
  }

  /** Bytes of all panels. */
  public static long bytes(int n, int k) {
    return Math.multiplyExact(panelBytes(k), (long) count(n));
  }

  /** Address of W[row][0]; W[row][j] follows {@code j *} {@link #stride()} bytes later. */
  public static long rowAddress(long packed, int row, int k) {
    return packed + row / NR * panelBytes(k) + row % NR * (long) Float.BYTES;
  }

  /** Bytes between two elements of a row. */
  public static long stride() {
    return (long) NR * Float.BYTES;
  }

  /** Writes row {@code row} of W, {@code k} contiguous floats at {@code source}. */
  public static void setRow(long packed, int row, int k, long source) {
    long target = rowAddress(packed, row, k);
    long stride = stride();
    for (int j = 0; j < k; j++) {
      MEMORY.set(FLOAT, target + j * stride, MEMORY.get(FLOAT, source + (long) j * Float.BYTES));
    }
  }

  /** Reads row {@code row} of W into {@code k} contiguous floats at {@code target}. */
  public static void getRow(long packed, int row, int k, long target) {
    long source = rowAddress(packed, row, k);
    long stride = stride();
    for (int j = 0; j < k; j++) {
      MEMORY.set(FLOAT, target + (long) j * Float.BYTES, MEMORY.get(FLOAT, source + j * stride));
    }
  }
}
