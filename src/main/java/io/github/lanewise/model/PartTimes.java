package io.github.lanewise.model;

import java.util.Arrays;

/**
 * Where the time of forward passes goes. Times add up over calls until {@link #reset}; taking them
 * allocates nothing. For one thread at a time.
 */
public final class PartTimes {
  /** Parts of a forward pass, in the order of their first use. */
  public enum Part {
    /** Token, position and type embeddings. */
    EMBEDDING("embedding"),
    /** LayerNorm or RMSNorm. */
    NORMS("norms"),
    /** Projection to queries, keys and values. */
    QKV("qkv"),
    /** Rotary positions. */
    ROPE("rope"),
    /** Appending to the cache, and attention. */
    ATTENTION("attention"),
    /** Projection of the heads' outputs, residual sum included. */
    OUTPUT("output"),
    /** Both or all three layers of the feed-forward network, residual sum included. */
    FEED_FORWARD("feed-forward"),
    /** Projection to the vocabulary. */
    LOGITS("logits"),
    /** From the tokens of a sentence to one vector. */
    POOLING("pooling");

    private final String label;

    Part(String label) {
      this.label = label;
    }

    /** What to call it in a report. */
    public String label() {
      return label;
    }
  }

  private static final int PARTS = Part.values().length;

  private final long[] nanos = new long[PARTS];
  private final Progress layers;
  private long lapStart;

  /** All zero. */
  public PartTimes() {
    this(Progress.NONE);
  }

  /** All zero; {@code layers} is told after each layer of each forward pass. */
  public PartTimes(Progress layers) {
    this.layers = layers;
  }

  /** Nanoseconds spent in {@code part}. */
  public long nanos(Part part) {
    return nanos[part.ordinal()];
  }

  /** Nanoseconds spent in all parts. */
  public long totalNanos() {
    long total = 0;
    for (long part : nanos) {
      total += part;
    }
    return total;
  }

  /** Sets all to zero. */
  public void reset() {
    Arrays.fill(nanos, 0);
  }

  void start() {
    lapStart = System.nanoTime();
  }

  /** Adds the time since the last lap, or since the start, to {@code part}. */
  void lap(Part part) {
    long now = System.nanoTime();
    nanos[part.ordinal()] += now - lapStart;
    lapStart = now;
  }

  void layerDone(int done, int total) {
    layers.advanced(done, total);
    // What the listener does is nobody's part.
    lapStart = System.nanoTime();
  }
}
