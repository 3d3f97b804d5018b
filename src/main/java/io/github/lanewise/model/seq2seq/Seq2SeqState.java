package io.github.lanewise.model.seq2seq;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Decoder;
import io.github.lanewise.model.KvCache;
import io.github.lanewise.model.ModelConfig;
import java.lang.foreign.Arena;

/**
 * What an encoder-decoder remembers of one source and of the target so far: the encoder's states,
 * their keys and values in every layer of the decoder, and those of the target's tokens. Off-heap.
 * For one forward pass at a time; closing frees the memory.
 */
public final class Seq2SeqState implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final KvCache cache;
  private final Matrix allHidden;
  private final Matrix logits;
  private final int[] offsets = new int[2];
  private final int[] token = new int[1];
  private Matrix hidden;

  Seq2SeqState(Decoder decoder, int source, int capacity) {
    ModelConfig config = decoder.config();
    cache = decoder.newCacheWithSource(source, capacity);
    allHidden = Matrix.allocate(arena, source, config.dModel());
    logits = Matrix.allocate(arena, 1, config.vocabulary());
    hidden = allHidden;
  }

  /** Most rows of a source. */
  public int source() {
    return allHidden.rows();
  }

  /** Most tokens of a target. */
  public int capacity() {
    return cache.capacity();
  }

  /** Tokens of the target so far. */
  public int length() {
    return cache.length(0);
  }

  /** Keeps the source and the first {@code length} tokens of the target. */
  public void truncate(int length) {
    cache.truncate(0, length);
  }

  /** The encoder's states of the source at hand, [rows, dModel]. */
  public Matrix hidden() {
    return hidden;
  }

  /** Where the states of a source of so many rows go. */
  Matrix hidden(int rows) {
    if (rows < 1 || rows > allHidden.rows()) {
      throw new IllegalArgumentException(
          "the source has %d rows, must have 1 to the state's source = %d"
              .formatted(rows, allHidden.rows()));
    }
    if (rows != hidden.rows()) {
      hidden = allHidden.rowRange(0, rows);
    }
    return hidden;
  }

  /** The offsets of one sequence. */
  int[] offsets(int rows) {
    offsets[1] = rows;
    return offsets;
  }

  /** One token, as a pass takes it. */
  int[] token(int id) {
    token[0] = id;
    return token;
  }

  KvCache cache() {
    return cache;
  }

  Matrix logits() {
    return logits;
  }

  /**
   * Frees the memory. Closing twice is harmless.
   *
   * @throws IllegalStateException if a forward pass is running on it
   */
  @Override
  public void close() {
    cache.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
