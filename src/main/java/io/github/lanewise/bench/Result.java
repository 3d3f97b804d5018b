package io.github.lanewise.bench;

import java.util.List;

/**
 * What one workload came to.
 *
 * @param op what was done
 * @param shape as given
 * @param threads of every contender
 * @param flops operations of a call
 * @param bytes that a call must read and write
 * @param boundBytes those of them that memory must move, by its limit: what is copied, or read
 * @param limit what bounds a call: "compute" or "memory"
 * @param boundNanos the least time of a call by that limit
 * @param kernel what our operation ran
 * @param rotation copies of the data
 * @param ours our times
 * @param peers the others' times
 * @param notes what readers of the figures must know
 */
public record Result(
    Operation op,
    String shape,
    int threads,
    double flops,
    double bytes,
    double boundBytes,
    String limit,
    double boundNanos,
    String kernel,
    Rotation rotation,
    Timing ours,
    List<PeerResult> peers,
    List<String> notes) {

  /**
   * A peer's part.
   *
   * @param agrees whether it computed what we did
   */
  public record PeerResult(String name, String version, Timing timing, boolean agrees) {}

  /** Operations a second of the median call, in 10^9. */
  public double gflops() {
    return flops / ours.medianNanos();
  }

  /** Bytes a second of the median call, in 10^9, each counted once. */
  public double gigabytesPerSecond() {
    return bytes / ours.medianNanos();
  }

  /** Share of the limit that a contender's median call reaches. */
  public double limitShare(Timing timing) {
    return boundNanos / timing.medianNanos();
  }

  /** How many times as fast as a peer we are, by the medians. */
  public double ratio(PeerResult peer) {
    return peer.timing().medianNanos() / ours.medianNanos();
  }

  /** The same by the fastest samples, which other load disturbs least. */
  public double fastestRatio(PeerResult peer) {
    return peer.timing().minNanos() / ours.minNanos();
  }

  /** Operations for each byte that memory must move. */
  double intensity() {
    return flops / boundBytes;
  }

  /** Whether all peers computed what we did. */
  public boolean agrees() {
    return peers.stream().allMatch(PeerResult::agrees);
  }
}
