package io.github.lanewise.model;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the time of forward passes goes. Times add up over calls until {@link #reset}; taking them
 * allocates nothing. For one thread at a time, and for the parts of one architecture.
 */
public final class PartTimes {
  /** Parts of a transformer's forward pass, in the order of their first use. */
  public enum Part implements PassPart {
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
    /** Keys and values of an encoder's states, computed once for all tokens. */
    CROSS_KEYS("cross-keys"),
    /** Queries to an encoder's states, attention, and the projection of its outputs. */
    CROSS_ATTENTION("cross-attention"),
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

    @Override
    public String label() {
      return label;
    }
  }

  private final long[] nanos = new long[PassPart.MOST];
  private final @Nullable PassPart[] parts = new PassPart[PassPart.MOST];
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
  public long nanos(PassPart part) {
    return nanos[part.ordinal()];
  }

  /** Nanoseconds of the parts that took any, in their order. */
  public Map<PassPart, Long> byPart() {
    Map<PassPart, Long> times = new LinkedHashMap<>();
    for (int i = 0; i < nanos.length; i++) {
      PassPart part = parts[i];
      if (part != null && nanos[i] > 0) {
        times.put(part, nanos[i]);
      }
    }
    return times;
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

  /** Begins a forward pass. */
  public void start() {
    lapStart = System.nanoTime();
  }

  /** Adds the time since the last lap, or since the start, to {@code part}. */
  public void lap(PassPart part) {
    long now = System.nanoTime();
    parts[part.ordinal()] = part;
    nanos[part.ordinal()] += now - lapStart;
    lapStart = now;
  }

  /** Tells whoever follows the progress. */
  public void layerDone(int done, int total) {
    layers.advanced(done, total);
    // What the listener does is nobody's part.
    lapStart = System.nanoTime();
  }
}
