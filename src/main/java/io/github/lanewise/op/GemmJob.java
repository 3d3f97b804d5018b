package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.Blocking;
import io.github.lanewise.kernel.gemm.GemmPlan;
import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.WorkerTeam;
import io.github.lanewise.simd.RowMath;

/** C = residual + activation(A·Wᵀ + bias), one block of C a task. */
final class GemmJob extends Job {
  private final GemmPlan plan;
  private final Scratch packing = new Scratch();

  private Epilogue epilogue = Epilogue.none();
  private Blocking blocking;
  private long panels;
  private int m;
  private int n;
  private int k;
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

  /** Sets everything but the residual. {@code panels} is the address of the packed W. */
  void set(Epilogue newEpilogue, long newPanels, Matrix newA, Matrix newC) {
    epilogue = newEpilogue;
    panels = newPanels;
    m = newA.rows();
    k = newA.columns();
    n = newC.columns();
    blocking = plan.forRows(m);
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

  /** Memory of this job for a W that is packed in the call. */
  long packing(long bytes) {
    return packing.require(bytes);
  }

  void run(WorkerTeam team) {
    team.run(this, Math.multiplyExact(blocking.rowBlocks(m), blocking.columnBlocks(n)));
  }

  @Override
  protected void task(int index, Scratch scratch) {
    // Row blocks run fastest: neighbours in time share the panels of W, the larger operand as a
    // rule.
    int rowBlocks = blocking.rowBlocks(m);
    int i = blocking.firstRow(m, index % rowBlocks);
    int rows = blocking.firstRow(m, index % rowBlocks + 1) - i;
    int j = blocking.firstColumn(n, index / rowBlocks);
    int columns = blocking.firstColumn(n, index / rowBlocks + 1) - j;
    // Tiles write whole panels, straight to C where it has room for them. A residual may be C
    // itself: then the sums must not replace it.
    int direct = residual == 0 ? columns / PackedPanels.columns() * PackedPanels.columns() : 0;
    if (direct > 0) {
      compute(i, rows, j, direct, c + i * ldc + (long) j * Float.BYTES, ldc);
    }
    if (direct < columns) {
      long stride = (long) PackedPanels.count(columns - direct) * PackedPanels.stride();
      long block = scratch.require(rows * stride);
      compute(i, rows, j + direct, columns - direct, block, stride);
    }
  }

  /** Computes a block at an address and finishes it into C, the same address or another. */
  private void compute(int i, int rows, int j, int columns, long block, long stride) {
    long shift = (long) j * Float.BYTES;
    blocking.compute(
        rows, columns, k, a + i * lda, lda, PackedPanels.rowAddress(panels, j, k), block, stride);
    for (int r = 0; r < rows; r++) {
      finishRow(block + r * stride, i + r, shift, columns);
    }
  }

  private void finishRow(long x, int row, long shift, int count) {
    if (epilogue.hasBias()) {
      RowMath.add(x, epilogue.biasAddress() + shift, x, count);
    }
    epilogue.activate(x, count);
    long out = c + row * ldc + shift;
    if (residual != 0) {
      RowMath.add(x, residual + row * ldr + shift, out, count);
    } else if (out != x) {
      RowMath.copy(x, out, count);
    }
  }
}
