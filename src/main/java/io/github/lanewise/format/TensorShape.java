package io.github.lanewise.format;

import java.util.List;

/** Sizes that a file claims, which may be anything. */
final class TensorShape {
  /** Dimensions of a tensor: more than any model has. */
  static final int MOST_DIMENSIONS = 8;

  private TensorShape() {}

  /** Bytes of a tensor, or -1 if a dimension is negative or there are more than a long counts. */
  static long bytes(ElementType type, List<Long> shape) {
    long bytes = type.bytes();
    boolean empty = false;
    for (long size : shape) {
      if (size < 0) {
        return -1;
      }
      if (size == 0) {
        empty = true; // and the others may be anything
      } else if (bytes > Long.MAX_VALUE / size) {
        bytes = Long.MAX_VALUE;
      } else {
        bytes *= size;
      }
    }
    if (empty) {
      return 0;
    }
    return bytes == Long.MAX_VALUE ? -1 : bytes;
  }
}
