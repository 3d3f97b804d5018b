package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.GemmBlock;
import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.WorkerTeam;
import io.github.lanewise.simd.RowMath;

/** C = residual + activation(A·Wᵀ + bias), one block of C a task, each written once. */
final class GemmJob extends Job {
  private final Scratch packing = new Scratch();

  private Epilogue epilogue = Epilogue.none();
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

  /** Sets everything but the residual. {@code panels} is the address of the packed W. */
  void set(Epilogue newEpilogue, long newPanels, Matrix newA, Matrix newC) {
    epilogue = newEpilogue;
    panels = newPanels;
    m = newA.rows();
    k = newA.columns();
    n = newC.columns();
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
    team.run(this, Math.multiplyExact(GemmBlock.rowBlocks(m), GemmBlock.columnBlocks(n)));
  }

  @Override
  protected void task(int index, Scratch scratch) {
    // Row blocks run fastest: neighbours in time share the panels of W, the larger operand as a
    // rule.
    int rowBlocks = GemmBlock.rowBlocks(m);
    int i = GemmBlock.firstRow(m, index % rowBlocks);
    int rows = GemmBlock.firstRow(m, index % rowBlocks + 1) - i;
    int j = GemmBlock.firstColumn(n, index / rowBlocks);
    int columns = GemmBlock.firstColumn(n, index / rowBlocks + 1) - j;
    long block = scratch.require(GemmBlock.blockBytes(m));
    GemmBlock.compute(
        rows, columns, k, a + i * lda, lda, PackedPanels.rowAddress(panels, j, k), block);
    for (int r = 0; r < rows; r++) {
      finishRow(block + r * GemmBlock.blockStride(), i + r, j, columns);
    }
  }

  private void finishRow(long x, int row, int column, int count) {
    long shift = (long) column * Float.BYTES;
    if (epilogue.hasBias()) {
      RowMath.add(x, epilogue.biasAddress() + shift, x, count);
    }
    epilogue.activate(x, count);
    long out = c + row * ldc + shift;
    if (residual != 0) {
      RowMath.add(x, residual + row * ldr + shift, out, count);
    } else {
      RowMath.copy(x, out, count);
    }
  }
}
