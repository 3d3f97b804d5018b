package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixStack;
import org.jspecify.annotations.Nullable;

/** Where the matrices of one operand of a batched product lie. */
final class Items {
  private long address;
  private long rowBytes;
  private long itemBytes;
  private Matrix @Nullable [] views;

  void set(Matrix matrix) {
    address = matrix.address();
    rowBytes = matrix.rowStride() * Float.BYTES;
    itemBytes = 0;
    views = null;
  }

  void set(MatrixStack stack) {
    set(stack.matrix());
    itemBytes = stack.itemStride() * rowBytes;
  }

  void set(Matrix[] newViews) {
    itemBytes = -1;
    views = newViews;
  }

  /** Lets go of the caller's objects. */
  void clear() {
    views = null;
  }

  /** Whether all items are one matrix. */
  boolean shared() {
    return itemBytes == 0;
  }

  long address(int item) {
    return views == null ? address + item * itemBytes : views[item].address();
  }

  long rowBytes(int item) {
    return views == null ? rowBytes : views[item].rowStride() * Float.BYTES;
  }
}
