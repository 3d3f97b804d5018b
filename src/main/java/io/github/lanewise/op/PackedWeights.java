package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * A weight matrix {@code [outFeatures, inFeatures]}, as checkpoints store it, laid out for {@link
 * Gemm}: packed once when a model is loaded, streamed in order ever after.
 *
 * <p>Different rows may be set by different threads at once. Rows can be read back exactly, so that
 * a tied embedding table needs no second copy.
 */
public final class PackedWeights {
  private final MemorySegment segment;
  private final int outFeatures;
  private final int inFeatures;

  private PackedWeights(MemorySegment segment, int outFeatures, int inFeatures) {
    this.segment = segment;
    this.outFeatures = outFeatures;
    this.inFeatures = inFeatures;
  }

  /**
   * Zero weights, to be filled row by row with {@link #setRow}.
   *
   * @throws IllegalArgumentException if a size is not positive
   */
  public static PackedWeights allocate(Arena arena, int outFeatures, int inFeatures) {
    long bytes = bytesFor(outFeatures, inFeatures);
    return new PackedWeights(OffHeap.allocate(arena, bytes), outFeatures, inFeatures);
  }

  /** A packed copy of {@code weights [outFeatures, inFeatures]}. */
  public static PackedWeights pack(Arena arena, Matrix weights) {
    PackedWeights packed = allocate(arena, weights.rows(), weights.columns());
    for (int row = 0; row < weights.rows(); row++) {
      packed.setRow(row, weights, row);
    }
    return packed;
  }

  /** Bytes that weights of this shape occupy, padding of the last panel included. */
  public static long bytesFor(int outFeatures, int inFeatures) {
    Checks.positive("outFeatures", outFeatures);
    Checks.positive("inFeatures", inFeatures);
    return PackedPanels.bytes(outFeatures, inFeatures);
  }

  /**
   * Copies row {@code sourceRow} of {@code source [_, inFeatures]} to row {@code row} of the
   * weights.
   */
  public void setRow(int row, Matrix source, int sourceRow) {
    Checks.index("row", row, outFeatures);
    Checks.index("sourceRow", sourceRow, source.rows());
    Checks.input("source", source, inFeatures);
    try {
      PackedPanels.setRow(
          address(),
          row,
          inFeatures,
          source.address() + sourceRow * source.rowStride() * Float.BYTES);
    } finally {
      // The loop knows addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(source);
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Copies row {@code row} of the weights to row {@code targetRow} of {@code target [_,
   * inFeatures]}.
   */
  public void getRow(int row, Matrix target, int targetRow) {
    Checks.index("row", row, outFeatures);
    Checks.index("targetRow", targetRow, target.rows());
    Checks.output("target", target, target.rows(), inFeatures);
    try {
      PackedPanels.getRow(
          address(),
          row,
          inFeatures,
          target.address() + targetRow * target.rowStride() * Float.BYTES);
    } finally {
      Reference.reachabilityFence(target);
      Reference.reachabilityFence(this);
    }
  }

  /** Rows: the width of a product's output. */
  public int outFeatures() {
    return outFeatures;
  }

  /** Columns: the width of a product's input. */
  public int inFeatures() {
    return inFeatures;
  }

  /** Bytes occupied, padding included. */
  public long bytes() {
    return segment.byteSize();
  }

  long address() {
    Checks.usable("weights", segment);
    return segment.address();
  }
}
