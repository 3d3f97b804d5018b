package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.Blocking;
import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.kernel.gemm.Packing;
import io.github.lanewise.kernel.gemm.PanelProduct;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;

/**
 * A batch of products of one shape that packs as it goes: a task is a block of columns of some rows
 * or of some items, and packs those columns of B, a range of k at a time.
 */
final class MatMulJob extends Job {
  /**
   * Rows that use a packed piece of B at most: packing it costs as much as multiplying about 10 of
   * them.
   */
  private static final int MOST_ROWS = 1024;

  /** Columns of B that are packed at once: with {@link PanelProduct#K_BLOCK} of k, about an L2. */
  private static final int MOST_COLUMNS = 256;

  /** A is transposed for each block of columns anew: blocks are so many times wider then. */
  private static final int COLUMNS_OF_TRANSPOSED = 3;

  /** Multiply-adds below which products are put together into one task: about 5 µs. */
  private static final long SMALL_TASK = 1 << 18;

  private final Lanewise runtime;
  private final MatMul.Form form;
  private final float alpha;
  private final boolean readsC;
  private final Epilogue epilogue;
  private final Items a = new Items();
  private final Items b = new Items();
  private final Items c = new Items();

  private Blocking blocking;
  private int batch;
  private int m;
  private int n;
  private int k;
  private int itemsPerTask;
  private int rowBlocks;
  private int columnBlocks;

  MatMulJob(Lanewise runtime, MatMul.Spec spec) {
    this.runtime = runtime;
    form = spec.form();
    alpha = spec.alpha();
    readsC = spec.beta() != 0;
    epilogue =
        readsC ? Epilogue.none().scale(alpha).residual(spec.beta()) : Epilogue.none().scale(alpha);
    blocking = runtime.gemmPlan().matrix();
  }

  Items a() {
    return a;
  }

  Items b() {
    return b;
  }

  Items c() {
    return c;
  }

  /** Computes products of operands that have been set. */
  void run(int newBatch, int newM, int newN, int newK) {
    batch = newBatch;
    m = newM;
    n = newN;
    // Without a product there are no sums, and neither a nor b is read.
    k = alpha == 0 ? 0 : newK;
    blocking = blocking(runtime, m);
    int rows = MOST_ROWS;
    int columns = Math.min(blocking.nc(), MOST_COLUMNS);
    cutInto(rows, form.aByK ? COLUMNS_OF_TRANSPOSED * columns : columns);
    // Each task packs its columns of B, which costs more than to read weights from memory: so as
    // few blocks as with those.
    int least = blocking.rows(m, Long.MAX_VALUE, runtime.threads());
    while (runtime.threads() > 1 && tasks() < 2L * runtime.threads() && rows > least) {
      // Too few to keep all threads busy.
      rows /= 2;
      cutInto(rows, columns);
    }
    runtime.team().run(this, Math.toIntExact(tasks()));
    a.clear();
    b.clear();
    c.clear();
  }

  /** What products of {@code m} rows use: no tile that packs all of A, since sums may continue. */
  static Blocking blocking(Lanewise runtime, int m) {
    return m <= 1 ? runtime.gemmPlan().row() : runtime.gemmPlan().matrix();
  }

  /** Cuts the batch into tasks of so many rows and columns at most. */
  private void cutInto(int rows, int columns) {
    columnBlocks = blocks(n, columns);
    rowBlocks = blocks(m, rows);
    itemsPerTask = 1;
    if (rowBlocks == 1 && columnBlocks > 0) {
      long work = b.shared() ? m : (long) m * n * (k + 16L);
      long limit = b.shared() ? rows : SMALL_TASK;
      itemsPerTask = Math.clamp(limit / work, 1, batch);
    }
  }

  private long tasks() {
    return (long) blocks(batch, itemsPerTask) * columnBlocks * rowBlocks;
  }

  @Override
  protected void task(int index, Scratch scratch) {
    int tile = blocking.tile().rows();
    int row = cut(m, tile, rowBlocks, index % rowBlocks);
    int rows = cut(m, tile, rowBlocks, index % rowBlocks + 1) - row;
    int width = blocking.tile().vectors() * PackedPanels.columns();
    int block = index / rowBlocks % columnBlocks;
    int column = cut(n, width, columnBlocks, block);
    int columns = cut(n, width, columnBlocks, block + 1) - column;
    int item = index / rowBlocks / columnBlocks * itemsPerTask;
    int end = Math.min(batch, item + itemsPerTask);
    int step = b.shared() ? end - item : 1;
    for (; item < end; item += step) {
      // Tiles write whole panels, straight to C where it has room for them.
      int direct =
          readsC ? 0 : columns % PackedPanels.columns() == 0 ? columns : columns / width * width;
      if (direct > 0) {
        compute(scratch, item, step, row, rows, column, direct, true);
      }
      if (direct < columns) {
        compute(scratch, item, step, row, rows, column + direct, columns - direct, false);
      }
    }
  }

  /** One block of {@code items} products that share B, by way of scratch memory or directly. */
  private void compute(
      Scratch scratch,
      int item,
      int items,
      int row,
      int rows,
      int column,
      int columns,
      boolean direct) {
    int panels = PackedPanels.count(columns);
    int most = Math.min(k, PanelProduct.K_BLOCK);
    long panelBytes = PackedPanels.panelBytes(most);
    int rowsOfA = Math.min(rows, blocking.mc());
    long bytesOfA = form.aByK ? Packing.transposedBytes(rowsOfA, most) : 0;
    long bytesOfPackedA = blocking.tile().packedBytes(rowsOfA, most);
    long stride = panels * PackedPanels.stride();
    long bytesOfC = direct ? 0 : rows * stride;
    long bytes = panels * panelBytes + bytesOfA + bytesOfPackedA + items * bytesOfC;
    long packed = scratch.require(bytes);
    long transposed = packed + panels * panelBytes;
    long packedA = transposed + bytesOfA;
    long sums = packedA + bytesOfPackedA;
    int k0 = 0;
    do {
      int count = Math.min(most, k - k0);
      pack(packed, panelBytes, item, column, columns, k0, count);
      for (int i = 0; i < items; i++) {
        long lda = a.rowBytes(item + i);
        PanelProduct.compute(
            blocking,
            rows,
            panels,
            count,
            a.address(item + i) + at(form.aByK, row, k0, lda),
            lda,
            form.aByK ? transposed : 0,
            packedA,
            packed,
            panelBytes,
            k0 > 0,
            direct ? addressOfC(item + i, row, column) : sums + i * bytesOfC,
            direct ? c.rowBytes(item + i) : stride);
      }
      k0 += count;
    } while (k0 < k);
    for (int i = 0; i < items; i++) {
      long to = addressOfC(item + i, row, column);
      long ldc = c.rowBytes(item + i);
      long x = direct ? to : sums + i * bytesOfC;
      epilogue.finish(
          rows, columns, column, x, direct ? ldc : stride, readsC ? to : 0, ldc, to, ldc);
    }
  }

  private void pack(
      long packed, long panelBytes, int item, int column, int columns, int k0, int count) {
    long ldb = b.rowBytes(item);
    long source = b.address(item) + at(form.bByK, column, k0, ldb);
    if (form.bByK) {
      Packing.columns(packed, panelBytes, columns, count, source, ldb);
    } else {
      Packing.rows(packed, panelBytes, columns, count, source, ldb);
    }
  }

  /** Bytes from an operand's start to where a row or column and k meet. */
  private static long at(boolean byK, int index, int k0, long rowBytes) {
    return byK
        ? k0 * rowBytes + (long) index * Float.BYTES
        : index * rowBytes + (long) k0 * Float.BYTES;
  }

  private long addressOfC(int item, int row, int column) {
    return c.address(item) + row * c.rowBytes(item) + (long) column * Float.BYTES;
  }

  private static int blocks(int size, int most) {
    return (int) ((size + (long) most - 1) / most);
  }

  /** Where part {@code index} of {@code parts} begins: of equal size up to a {@code unit}. */
  private static int cut(int size, int unit, int parts, int index) {
    long units = (size + unit - 1L) / unit;
    return (int) Math.min(size, units * index / parts * unit);
  }
}
