package io.github.lanewise.model;

import java.util.List;

/**
 * How long a decoder or an encoder takes, from its config and two figures of a machine, without
 * running it. Each operation is as long as its arithmetic at a share of the peak of multiply-adds,
 * and its bytes at the bandwidth of reading: the roofline of Williams et al. 2009, with the shares
 * that these kernels reach on 512 tokens with two threads of a Zen 4.
 *
 * @param peakGflops multiply-adds of all threads, two operations each
 * @param readGBs bytes that all threads read from memory
 */
public record TimeEstimate(double peakGflops, double readGBs) {
  /** Of the peak, by products that write their output alone. */
  private static final double PLAIN = 0.92;

  /** Of the peak, by those with activations, gates and residual sums, these included. */
  private static final double BLENDED = 0.83;

  /** Of the peak, by attention. */
  private static final double ATTENTION = 0.8;

  /** Keys that a query's tile computes beside those that a causal mask shows, on average. */
  private static final long DIAGONAL_KEYS = 64;

  /** Times that a layer reads or writes a token's row of the residual stream outside products. */
  private static final int ROW_PASSES = 6;

  /** Of the bandwidth, by products with one row and by attention of one query. */
  private static final double STREAMED = 0.93;

  /** What a layer takes besides, however few tokens: its dozen operations start one by one. */
  private static final double LAYER_SECONDS = 200e-6;

  /**
   * Seconds of a prompt.
   *
   * @param chunk tokens that a forward pass takes, at most {@code tokens}
   */
  public double prefillSeconds(ModelConfig config, Storing storing, int chunk, int tokens) {
    double seconds = 0;
    for (int past = 0; past < tokens; past += chunk) {
      seconds += passSeconds(config, storing, past, Math.min(chunk, tokens - past));
    }
    return seconds + readSeconds(Cost.logitBytes(config, storing));
  }

  /** Seconds of one generated token, after {@code past} others. */
  public double tokenSeconds(ModelConfig config, Storing storing, int past) {
    return readSeconds(Cost.tokenBytes(config, storing, past)) / STREAMED
        + config.layers() * LAYER_SECONDS;
  }

  private double passSeconds(ModelConfig config, Storing storing, int past, int tokens) {
    List<Tensor> layer = Tensor.ofLayer(config, 0);
    String qkv = Tensor.weight(Tensor.inLayer(0, "qkv"));
    double seconds = 0;
    for (Tensor tensor : layer) {
      if (tensor.isPacked()) {
        double share = tensor.name().equals(qkv) ? PLAIN : BLENDED;
        seconds += computeSeconds(2.0 * tensor.parameters() * tokens, share);
        seconds += readSeconds(tensor.bytes(storing.weights()));
      }
    }
    seconds += readSeconds((long) tokens * config.dModel() * ROW_PASSES * Float.BYTES);
    seconds += LAYER_SECONDS;
    long pairs = Cost.pairs(config, past, tokens);
    if (config.attention().causal()) {
      pairs += config.layers() * DIAGONAL_KEYS * tokens;
    }
    return config.layers() * seconds + computeSeconds(4.0 * pairs * config.queryWidth(), ATTENTION);
  }

  private double computeSeconds(double flops, double share) {
    return flops / (share * peakGflops * 1e9);
  }

  private double readSeconds(long bytes) {
    return bytes / (readGBs * 1e9);
  }
}
