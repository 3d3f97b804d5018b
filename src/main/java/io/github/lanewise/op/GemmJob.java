package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.Blocking;
import io.github.lanewise.kernel.gemm.GemmPlan;
import io.github.lanewise.kernel.gemm.GemmTile;
import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.WorkerTeam;

/** C = β·residual + activation(α·A·Wᵀ + bias), one block of C a task. */
final class GemmJob extends Job {
  private final GemmPlan plan;
  private final Scratch rowsOfA = new Scratch();

  private Epilogue epilogue = Epilogue.none();
  private Storage storage = Storage.F32;
  private Blocking blocking;
  private long panels;
  private int m;
  private int n;
  private int k;
  private int mc;
  private int nc;
  private long a;
  private long lda;
  private long c;
  private long ldc;
  private long residual;
  private long ldr;

  GemmJob(GemmPlan plan) {
    this.plan = plan;
    blocking = plan.matrix();
  }

  /** Sets everything but the residual. {@code newPanels} is the address of the packed W. */
  void set(Epilogue newEpilogue, Storage newStorage, long newPanels, Matrix newA, Matrix newC) {
    epilogue = newEpilogue;
    storage = newStorage;
    panels = newPanels;
    m = newA.rows();
    k = newA.columns();
    n = newC.columns();
    blocking = plan.choose(m, n, storage);
    a = newA.address();
    lda = newA.rowStride() * Float.BYTES;
    c = newC.address();
    ldc = newC.rowStride() * Float.BYTES;
    residual = 0;
  }

  void setResidual(Matrix newResidual) {
    residual = newResidual.address();
    ldr = newResidual.rowStride() * Float.BYTES;
  }

  /** Few rows: packed by the caller, since every task reads them all. */
  private void packRows() {
    GemmTile tile = blocking.tile();
    long packed = rowsOfA.require(tile.packedBytes(m, k));
    tile.packRows(m, k, a, lda, packed);
    a = packed;
    lda = tile.packedStride(k);
  }

  void run(WorkerTeam team) {
    if (blocking.packsAllRows()) {
      packRows();
    }
    long bytesOfW = (long) n * k * storage.bytes();
    // Each block of rows would widen the weights again.
    mc = widens() ? blocking.mc() : blocking.rows(m, bytesOfW, team.threads());
    nc = blocking.columns(m, mc, n, team.threads());
    int columnBlocks = blocking.columnBlocks(n, nc);
    team.run(this, Math.multiplyExact(blocking.rowBlocks(m, mc), columnBlocks));
  }

  @Override
  protected void task(int index, Scratch scratch) {
    // Row blocks run fastest: neighbours in time share the panels of W, the larger operand as a
    // rule.
    int rowBlocks = blocking.rowBlocks(m, mc);
    int i = blocking.firstRow(m, mc, index % rowBlocks);
    int rows = blocking.firstRow(m, mc, index % rowBlocks + 1) - i;
    int j = blocking.firstColumn(n, nc, index / rowBlocks);
    int columns = blocking.firstColumn(n, nc, index / rowBlocks + 1) - j;
    // Tiles write whole panels, straight to C where it has room for them. A residual may be C
    // itself: then the sums must not replace it.
    int panel = PackedPanels.columns(storage);
    int direct = residual == 0 ? columns / panel * panel : 0;
    long packedBytes = packedBytes(rows);
    long packed = scratch.require(packedBytes + blockBytes(rows, columns - direct));
    if (direct > 0) {
      compute(i, rows, j, direct, packed, c + i * ldc + (long) j * Float.BYTES, ldc);
    }
    if (direct < columns) {
      long block = packed + packedBytes;
      compute(i, rows, j + direct, columns - direct, packed, block, stride(columns - direct));
    }
  }

  /** Whether weights of 16 bits are converted for all rows of a block at once. */
  private boolean widens() {
    return blocking.tile().storage() != storage;
  }

  /** Bytes for operands as the tile reads them. */
  private long packedBytes(int rows) {
    return widens() ? blocking.widenedBytes(rows, k) : blocking.packedBytes(rows, k);
  }

  private long blockBytes(int rows, int columns) {
    return rows * stride(columns);
  }

  /** Bytes between the rows of a block in scratch memory. */
  private long stride(int columns) {
    int panels = PackedPanels.count(storage, columns);
    return (long) panels * PackedPanels.columns(storage) * Float.BYTES;
  }

  /** Computes a block at an address and finishes it into C, the same address or another. */
  private void compute(int i, int rows, int j, int columns, long packed, long block, long ldBlock) {
    long shift = (long) j * Float.BYTES;
    long pa = a + i * lda; // all rows, where they are packed at once: then i is 0
    long b = panels + j / PackedPanels.columns(storage) * PackedPanels.panelBytes(k);
    if (widens()) {
      blocking.computeWidened(storage, rows, columns, k, pa, lda, b, packed, block, ldBlock);
    } else {
      blocking.compute(rows, columns, k, pa, lda, packed, b, block, ldBlock);
    }
    long from = residual == 0 ? 0 : residual + i * ldr + shift;
    epilogue.finish(rows, columns, j, block, ldBlock, from, ldr, c + i * ldc + shift, ldc);
  }
}
