package io.github.lanewise.bench;

import java.util.Locale;

/**
 * How many copies of its data a workload goes through in a circle, so that no cache holds what a
 * call reads.
 *
 * @param copies at least one
 * @param bytes that our operation goes through in all copies; peers may need theirs besides
 * @param outOfCache whether a copy has left every cache when its turn comes again
 */
public record Rotation(int copies, long bytes, boolean outOfCache) {
  /** What shapes that memory limits go through unless told otherwise. */
  public static final long USUAL_BYTES = 512L << 20;

  private static final int MOST_COPIES = 16_384;

  /** Of the memory there is, what copies may take. */
  private static final double SHARE_OF_MEMORY = 0.5;

  /** A cache may keep some of what is read in a circle; of four times its size, next to nothing. */
  private static final int CACHES = 4;

  /**
   * The copies for a workload.
   *
   * @throws IllegalStateException if not even one fits into memory
   */
  static Rotation of(Workload workload, Settings settings) {
    long own = workload.bytesOfCopy(false);
    long whole = workload.bytesOfCopy(settings.comparing());
    long beside = workload.bytesBeside(settings.comparing());
    long available = settings.availableBytes();
    if (Sizes.sum(whole, beside) > available) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s %s needs %.2f GB but only %.2f GB are available: take a smaller shape",
              workload.op().key(),
              workload.shape(),
              Sizes.sum(whole, beside) / 1e9,
              available / 1e9));
    }
    long wanted = settings.rotateBytes().orElse(workload.rotates() ? USUAL_BYTES : 0);
    long room = (long) (SHARE_OF_MEMORY * available) - beside;
    long copies = Math.clamp(Math.min(Math.ceilDiv(wanted, own), room / whole), 1, MOST_COPIES);
    long bytes = copies * own;
    // What does not rotate leaves the caches, too, when a single call reads that much.
    double moved = Math.max((double) bytes, workload.boundBytes());
    return new Rotation((int) copies, bytes, moved >= CACHES * (double) settings.cacheBytes());
  }
}
