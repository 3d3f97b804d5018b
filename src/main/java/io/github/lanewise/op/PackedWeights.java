package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.HalfPanels;
import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.kernel.gemm.Packing;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.OffHeap;
import io.github.lanewise.memory.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
  private final Storage storage;
  private final int outFeatures;
  private final int inFeatures;

  private PackedWeights(MemorySegment segment, Storage storage, int outFeatures, int inFeatures) {
    this.storage = storage;
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
    return allocate(arena, Storage.F32, outFeatures, inFeatures);
  }

  /**
   * Zero weights in a storage, to be filled row by row with {@link #setRow}. Products convert them
   * exactly and sum in f32.
   *
   * @throws IllegalArgumentException if a size is not positive
   */
  public static PackedWeights allocate(
      Arena arena, Storage storage, int outFeatures, int inFeatures) {
    long bytes = bytesFor(storage, outFeatures, inFeatures);
    return new PackedWeights(OffHeap.allocate(arena, bytes), storage, outFeatures, inFeatures);
  }

  /** A packed copy of {@code weights [outFeatures, inFeatures]}. */
  public static PackedWeights pack(Arena arena, Matrix weights) {
    return pack(arena, Storage.F32, weights);
  }

  /**
   * A packed copy of {@code weights [outFeatures, inFeatures]}, rounded to the nearest value that
   * the storage holds.
   *
   * @throws IllegalArgumentException if {@link Storage#F16} cannot hold a weight: it is not finite,
   *     or larger than 65504
   */
  public static PackedWeights pack(Arena arena, Storage storage, Matrix weights) {
    PackedWeights packed = allocate(arena, storage, weights.rows(), weights.columns());
    packed.setRows(0, weights);
    return packed;
  }

  /**
   * A packed copy of {@code weights [inFeatures, outFeatures]}: of a checkpoint that stores them
   * the other way round, as GPT-2's does.
   */
  public static PackedWeights packTransposed(Arena arena, Matrix weights) {
    return packTransposed(arena, Storage.F32, weights);
  }

  /**
   * The same, rounded to the nearest value that the storage holds.
   *
   * @throws IllegalArgumentException if {@link Storage#F16} cannot hold a weight: it is not finite,
   *     or larger than 65504
   */
  public static PackedWeights packTransposed(Arena arena, Storage storage, Matrix weights) {
    PackedWeights packed = allocate(arena, storage, weights.columns(), weights.rows());
    Checks.input("weights", weights, packed.outFeatures);
    packed.setColumns(0, weights);
    return packed;
  }

  /**
   * Copies all columns of {@code source [inFeatures, _]} to rows {@code row}, {@code row + 1} and
   * so on of the weights: of a checkpoint that stores them the other way round. Floats are copied
   * fastest from a multiple of {@link #rowGroup} on.
   *
   * @throws IllegalArgumentException as {@link #setRow}
   */
  public void setColumns(int row, Matrix source) {
    int count = source.columns();
    if (row < 0 || row > outFeatures - count) {
      throw new IllegalArgumentException(
          "row is %d, must be 0 to %d for %d columns of source"
              .formatted(row, outFeatures - count, count));
    }
    Checks.rows("source", source, inFeatures);
    Checks.input("source", source, count);
    // The last panel is written whole: other rows of it would be lost.
    boolean panels =
        row % rowGroup() == 0 && (count % rowGroup() == 0 || row + count == outFeatures);
    if (storage == Storage.F32 && panels) {
      setPanelColumns(row, source);
    } else {
      setTransposed(row, source);
    }
  }

  private void setPanelColumns(int row, Matrix source) {
    try {
      Packing.columns(
          PackedPanels.rowAddress(address(), row, inFeatures),
          PackedPanels.panelBytes(inFeatures),
          source.columns(),
          inFeatures,
          source.address(),
          source.rowBytes());
    } finally {
      Reference.reachabilityFence(source);
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Copies {@code rows} rows from the heap, one after the other in {@code values}, to rows {@code
   * row}, {@code row + 1} and so on of the weights. What the others do with vectors, this does with
   * plain loops: slower once they are compiled, but not before, which is when a model is loaded.
   *
   * @param values at least {@code rows * inFeatures} of them
   * @throws IllegalArgumentException as {@link #setRow}
   */
  public void setRows(int row, int rows, float[] values) {
    set(row, rows, values, inFeatures, 1);
  }

  /**
   * The same for columns of a matrix {@code [inFeatures, columns]} on the heap, which become rows.
   *
   * @param values at least {@code inFeatures * columns} of them
   * @throws IllegalArgumentException as {@link #setRow}
   */
  public void setColumns(int row, int columns, float[] values) {
    set(row, columns, values, 1, columns);
  }

  /** Element k of the i-th row to set is {@code values[i * rowStep + k * step]}. */
  private void set(int row, int rows, float[] values, int rowStep, int step) {
    if (row < 0 || rows < 0 || row > outFeatures - rows) {
      throw new IllegalArgumentException(
          "row is %d, must be 0 to %d for %d rows".formatted(row, outFeatures - rows, rows));
    }
    if (values.length < (long) rows * inFeatures) {
      throw new IllegalArgumentException(
          "values has length %d, must be at least %d x %d"
              .formatted(values.length, rows, inFeatures));
    }
    Checks.usable("weights", segment);
    float[] panel = new float[inFeatures * rowGroup()];
    for (int done = 0; done < rows; ) {
      int count = Math.min(rowGroup() - (row + done) % rowGroup(), rows - done);
      if (count == rowGroup() && storage == Storage.F32) {
        gather(panel, values, done * rowStep, rowStep, step);
        long offset = (row + done) / rowGroup() * PackedPanels.panelBytes(inFeatures);
        MemorySegment.copy(panel, 0, segment, ValueLayout.JAVA_FLOAT, offset, panel.length);
      } else {
        setEach(row + done, count, values, done * rowStep, rowStep, step);
      }
      done += count;
    }
  }

  private void gather(float[] panel, float[] values, int first, int rowStep, int step) {
    int group = rowGroup();
    for (int k = 0; k < inFeatures; k++) {
      int from = first + k * step;
      for (int i = 0; i < group; i++) {
        panel[k * group + i] = values[from + i * rowStep];
      }
    }
  }

  /** Rows of a panel whose others must stay as they are. */
  private void setEach(int row, int rows, float[] values, int first, int rowStep, int step) {
    try (Arena scratch = Arena.ofConfined()) {
      Matrix one = Matrix.allocate(scratch, 1, inFeatures);
      for (int i = 0; i < rows; i++) {
        for (int k = 0; k < inFeatures; k++) {
          one.set(0, k, values[first + i * rowStep + k * step]);
        }
        setRow(row + i, one, 0);
      }
    }
  }

  /** Transposes some columns at a time into rows of their own. */
  private void setTransposed(int row, Matrix source) {
    int most = Math.min(source.columns(), rowGroup());
    long rowBytes = Packing.transposedStride(inFeatures);
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment rows = OffHeap.allocate(scratch, most * rowBytes);
      for (int column = 0; column < source.columns(); column += most) {
        int count = Math.min(most, source.columns() - column);
        Packing.transpose(
            rows.address(),
            count,
            inFeatures,
            source.address() + (long) column * Float.BYTES,
            source.rowBytes());
        setRows(row + column, Matrix.of(rows, 0, count, inFeatures, rowBytes / Float.BYTES));
      }
    } finally {
      Reference.reachabilityFence(source);
    }
  }

  /** Bytes that weights of this shape occupy, padding of the last panel included. */
  public static long bytesFor(int outFeatures, int inFeatures) {
    return bytesFor(Storage.F32, outFeatures, inFeatures);
  }

  /** Bytes that weights of this shape occupy in a storage, padding of the last panel included. */
  public static long bytesFor(Storage storage, int outFeatures, int inFeatures) {
    Checks.positive("outFeatures", outFeatures);
    Checks.positive("inFeatures", inFeatures);
    return PackedPanels.bytes(storage, outFeatures, inFeatures);
  }

  /**
   * Copies row {@code sourceRow} of {@code source [_, inFeatures]} to row {@code row} of the
   * weights, rounded to the nearest value that the storage holds.
   *
   * @throws IllegalArgumentException if a shape is wrong, or if {@link Storage#F16} cannot hold a
   *     value: it is not finite, or larger than 65504
   */
  public void setRow(int row, Matrix source, int sourceRow) {
    Checks.index("row", row, outFeatures);
    Checks.index("sourceRow", sourceRow, source.rows());
    Checks.input("source", source, inFeatures);
    if (storage == Storage.F16) {
      checkF16(source, sourceRow);
    }
    try {
      long from = source.address() + sourceRow * source.rowStride() * Float.BYTES;
      if (storage == Storage.F32) {
        PackedPanels.setRow(address(), row, inFeatures, from);
      } else {
        HalfPanels.setRow(storage, address(), row, inFeatures, from);
      }
    } finally {
      // The loop knows addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(source);
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Copies all rows of {@code source [_, inFeatures]} to rows {@code row}, {@code row + 1} and so
   * on of the weights. Floats are copied fastest from a multiple of {@link #rowGroup} on, in
   * multiples of it or up to the last row.
   *
   * @throws IllegalArgumentException as {@link #setRow}
   */
  public void setRows(int row, Matrix source) {
    if (row < 0 || row > outFeatures - source.rows()) {
      throw new IllegalArgumentException(
          "row is %d, must be 0 to %d for %d rows of source"
              .formatted(row, outFeatures - source.rows(), source.rows()));
    }
    Checks.input("source", source, inFeatures);
    int end = row + source.rows();
    int first = end;
    int last = end;
    if (storage == Storage.F32) {
      first = Math.min(end, (row + rowGroup() - 1) / rowGroup() * rowGroup());
      last = end == outFeatures ? end : Math.max(first, end / rowGroup() * rowGroup());
      setPanels(first, last - first, source, first - row);
    }
    for (int r = row; r < first; r++) {
      setRow(r, source, r - row);
    }
    for (int r = last; r < end; r++) {
      setRow(r, source, r - row);
    }
  }

  private void setPanels(int row, int rows, Matrix source, int sourceRow) {
    long rowBytes = source.rowStride() * Float.BYTES;
    try {
      Packing.rows(
          PackedPanels.rowAddress(address(), row, inFeatures),
          PackedPanels.panelBytes(inFeatures),
          rows,
          inFeatures,
          source.address() + sourceRow * rowBytes,
          rowBytes);
    } finally {
      Reference.reachabilityFence(source);
      Reference.reachabilityFence(this);
    }
  }

  /** Rows that lie together: as many as a vector has lanes. */
  public static int rowGroup() {
    return PackedPanels.columns();
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
      long to = target.address() + targetRow * target.rowStride() * Float.BYTES;
      if (storage == Storage.F32) {
        PackedPanels.getRow(address(), row, inFeatures, to);
      } else {
        HalfPanels.getRow(storage, address(), row, inFeatures, to);
      }
    } finally {
      Reference.reachabilityFence(target);
      Reference.reachabilityFence(this);
    }
  }

  /** Products convert binary16 without looking for infinity and NaN, so there must be none. */
  private static void checkF16(Matrix source, int row) {
    for (int column = 0; column < source.columns(); column++) {
      float x = source.get(row, column);
      if (Float.isInfinite(Float.float16ToFloat(Float.floatToFloat16(x))) || Float.isNaN(x)) {
        throw new IllegalArgumentException(
            "source (%d, %d) is %s, must be a number that F16 holds: at most 65504"
                .formatted(row, column, x));
      }
    }
  }

  /** How the weights are stored. */
  public Storage storage() {
    return storage;
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
