package io.github.lanewise.model.seq2seq;

import io.github.lanewise.model.Progress;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;

/** The weights of an encoder-decoder, off-heap: those of its two stacks. */
public final class Seq2SeqWeights implements AutoCloseable {
  private final Seq2SeqConfig config;
  private final Weights encoder;
  private final Weights decoder;

  private Seq2SeqWeights(Seq2SeqConfig config, Weights encoder, Weights decoder) {
    this.config = config;
    this.encoder = encoder;
    this.decoder = decoder;
  }

  /** Random weights: the same seed gives the same bits on every machine. */
  public static Seq2SeqWeights random(
      Lanewise runtime, Seq2SeqConfig config, long seed, Progress progress) {
    int before = config.encoder().layers() + 1;
    int all = before + config.decoder().layers() + 1;
    // Layers of both stacks have the same names, and must not have the same values.
    Weights encoder =
        Weights.random(
            runtime, config.encoder(), ~seed, (done, total) -> progress.advanced(done, all));
    try {
      Weights decoder =
          Weights.random(
              runtime,
              config.decoder(),
              seed,
              (done, total) -> progress.advanced(before + done, all));
      return new Seq2SeqWeights(config, encoder, decoder);
    } catch (Throwable failed) {
      encoder.close();
      throw failed;
    }
  }

  /** The architecture that these are the weights of. */
  public Seq2SeqConfig config() {
    return config;
  }

  /** Those of the encoder's layers and positions. */
  public Weights encoder() {
    return encoder;
  }

  /** Those of the decoder, and the table of tokens. */
  public Weights decoder() {
    return decoder;
  }

  /** Bytes held, padding included. */
  public long bytes() {
    return encoder.bytes() + decoder.bytes();
  }

  /**
   * Frees the memory. Closing twice is harmless.
   *
   * @throws IllegalStateException if a forward pass is running on these weights
   */
  @Override
  public void close() {
    encoder.close();
    decoder.close();
  }
}
