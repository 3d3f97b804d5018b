package io.github.lanewise.bench;

import java.util.List;
import java.util.OptionalLong;

/**
 * How to measure.
 *
 * @param threads of every contender
 * @param budgetNanos of a contender's warm-up, and again of its measurement; about
 * @param rotateBytes data to go through in a circle; empty: {@link Rotation#USUAL_BYTES} for what
 *     memory limits, else none
 * @param cacheBytes of the largest cache
 * @param availableBytes memory that may be used
 * @param peers to compare with
 */
public record Settings(
    int threads,
    long budgetNanos,
    OptionalLong rotateBytes,
    long cacheBytes,
    long availableBytes,
    List<Peer> peers) {
  /** Assumed where the system does not tell its caches: more than most have. */
  public static final long UNKNOWN_CACHE_BYTES = 64L << 20;

  /** Whether peers take part. */
  public boolean comparing() {
    return !peers.isEmpty();
  }
}
