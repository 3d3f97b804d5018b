package io.github.lanewise.bench;

/** One operation on one shape: what a call costs at least, and how it is set up. */
public sealed interface Workload
    permits GemmWorkload, SoftmaxWorkload, AttentionWorkload, EmbedWorkload {
  /** Twice to four times what CPUs need to hide their memory. */
  double FEW_FLOPS_A_BYTE = 8;

  /** What is done. */
  Operation op();

  /** The shape as the user wrote it. */
  String shape();

  /** Floating point operations of a call, a multiply-add counting as two. */
  double flops();

  /** Bytes that a call must read, each once. */
  long readBytes();

  /** Bytes that a call must write, each once. */
  long writtenBytes();

  /** Bytes that count against the memory's limit: that of copying, or that of reading. */
  default double boundBytes() {
    return op().copies() ? (double) readBytes() + writtenBytes() : readBytes();
  }

  /**
   * Whether copies of the data take turns by default, since memory limits the operation wherever it
   * matters.
   */
  default boolean rotates() {
    return flops() <= FEW_FLOPS_A_BYTE * ((double) readBytes() + writtenBytes());
  }

  /**
   * Memory of what is there once for every copy of the rotated data.
   *
   * @param comparing whether peers take part, which may need data in a form of their own
   */
  long bytesOfCopy(boolean comparing);

  /** Memory of everything else, the operation's own working memory included. */
  long bytesBeside(boolean comparing);
}
