package io.github.lanewise.model.seq2seq;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.AttentionTrace;
import io.github.lanewise.model.Cost;
import io.github.lanewise.model.Decoder;
import io.github.lanewise.model.Encoder;
import io.github.lanewise.model.KvCache;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.seq2seq.Seq2SeqConfig.Inputs;
import io.github.lanewise.op.Lanewise;

/**
 * An encoder-decoder (Vaswani et al. 2017): the encoder reads the source once, every layer of the
 * decoder keeps the keys and values of its states, and the decoder writes the target token by
 * token, each of which looks at the target so far and at the source.
 *
 * <p>Immutable; any number of threads may run passes at once, each with a state of its own. The
 * same bits with any number of threads; a target in one pass, in chunks or token by token agrees
 * within 1e-5 of the largest logit. Repeated passes and steps allocate nothing on the heap.
 */
public final class Seq2Seq {
  private final Seq2SeqConfig config;
  private final Encoder encoder;
  private final Decoder decoder;

  private Seq2Seq(Lanewise runtime, Seq2SeqWeights weights, int maxSource, int maxTokens) {
    config = weights.config();
    encoder = Encoder.prepare(runtime, weights.encoder(), weights.decoder(), maxSource);
    decoder = Decoder.prepare(runtime, weights.decoder(), maxTokens);
  }

  /**
   * Prepares forward passes.
   *
   * @param weights must stay open as long as the model is used
   * @param maxSource most rows of a source
   * @param maxTokens most tokens of one pass of the decoder; 1 is enough for {@link #greedy}
   * @throws IllegalArgumentException if a number is not positive
   */
  public static Seq2Seq prepare(
      Lanewise runtime, Seq2SeqWeights weights, int maxSource, int maxTokens) {
    return new Seq2Seq(runtime, weights, maxSource, maxTokens);
  }

  /** The architecture. */
  public Seq2SeqConfig config() {
    return config;
  }

  /**
   * Room for one source of up to {@code source} rows and a target of up to {@code capacity} tokens.
   *
   * @throws IllegalArgumentException if a number is not positive, or {@code capacity} is more than
   *     the decoder has positions
   */
  public Seq2SeqState newState(int source, int capacity) {
    return new Seq2SeqState(decoder, source, capacity);
  }

  /**
   * Has every operation compiled, so that the first forward pass takes no longer than the next; see
   * {@link io.github.lanewise.op}.
   *
   * @return whether all of them came to run compiled
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public boolean warmUp() {
    return encoder.warmUp() && decoder.warmUp();
  }

  /**
   * Reads a source of tokens. The target is empty then.
   *
   * @param tokens 1 to maxSource token ids
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if the model's inputs are none, or a token or their number is
   *     wrong
   * @throws IllegalStateException if the weights, the state or the runtime are closed
   */
  public void encode(int[] tokens, Seq2SeqState state, PartTimes times) {
    require(Inputs.TOKENS, "encodeFeatures");
    Matrix hidden = state.hidden(tokens.length);
    encoder.forward(tokens, state.offsets(tokens.length), hidden, times);
    decoder.keepSource(hidden, state.cache(), times);
  }

  /**
   * Reads a source of features. The target is empty then.
   *
   * @param features [1 to maxSource, dModel]
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if the model's inputs are none, or a shape is wrong
   * @throws IllegalStateException if the weights, the state or the runtime are closed
   */
  public void encodeFeatures(Matrix features, Seq2SeqState state, PartTimes times) {
    require(Inputs.FEATURES, "encode");
    Matrix hidden = state.hidden(features.rows());
    encoder.forwardFeatures(features, hidden, times);
    decoder.keepSource(hidden, state.cache(), times);
  }

  private void require(Inputs inputs, String other) {
    if (config.inputs() != inputs) {
      throw new IllegalArgumentException(
          "%s takes %s: use %s"
              .formatted(config.name(), inputs == Inputs.TOKENS ? "features" : "tokens", other));
    }
  }

  /**
   * Appends tokens to the target.
   *
   * @param tokens 1 to maxTokens token ids
   * @param logits output, [1, vocabulary]: those of what follows the last token
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if there is no source yet, or a token, a shape or the room
   *     left is wrong
   * @throws IllegalStateException if the weights, the state or the runtime are closed
   */
  public void forward(int[] tokens, Seq2SeqState state, Matrix logits, PartTimes times) {
    decoder.forward(tokens, state.cache(), logits, times);
  }

  /**
   * As {@link #forward}, with what follows each token.
   *
   * @param logits output, [tokens, vocabulary]
   */
  public void forwardAll(int[] tokens, Seq2SeqState state, Matrix logits, PartTimes times) {
    decoder.forwardAll(tokens, state.cache(), logits, times);
  }

  /**
   * Writes a target to the source at hand: from {@code startToken} on, always the likeliest token,
   * up to {@code endToken} or as many as there is room for.
   *
   * @param target receives the tokens, {@code endToken} included and {@code startToken} not; at
   *     most the state's capacity
   * @param times where the time of each part is added
   * @return how many there are
   * @throws IllegalArgumentException if there is no source yet, or {@code target} is longer than
   *     the capacity
   * @throws IllegalStateException if the weights, the state or the runtime are closed
   */
  public int greedy(Seq2SeqState state, int[] target, PartTimes times) {
    if (target.length > state.capacity()) {
      throw new IllegalArgumentException(
          "target has length %d, must be at most the state's capacity = %d"
              .formatted(target.length, state.capacity()));
    }
    state.truncate(0);
    int token = config.startToken();
    for (int i = 0; i < target.length; i++) {
      token = step(token, state, times);
      target[i] = token;
      if (token == config.endToken()) {
        return i + 1;
      }
    }
    return target.length;
  }

  /**
   * One step of it: appends a token to the target.
   *
   * @return the likeliest next one
   */
  public int step(int token, Seq2SeqState state, PartTimes times) {
    decoder.forward(state.token(token), state.cache(), state.logits(), times);
    return Decoder.argmax(state.logits(), 0);
  }

  /**
   * The attention weights of all layers and heads.
   *
   * @param encoder what the source's tokens give to each other
   * @param decoder what the target's tokens give to each other; its {@code cross()} is what they
   *     give to the source
   */
  public record Trace(AttentionTrace encoder, AttentionTrace decoder) {}

  /**
   * Reads a source and a target, and gives the attention weights.
   *
   * @param source 1 to maxSource token ids
   * @param target 1 to maxTokens token ids
   * @throws IllegalArgumentException if the model's inputs are no tokens, or as for {@link #encode}
   *     and {@link #forward}
   * @throws IllegalStateException if the weights, the state or the runtime are closed
   */
  public Trace trace(int[] source, int[] target, Seq2SeqState state) {
    require(Inputs.TOKENS, "encodeFeatures");
    Matrix hidden = state.hidden(source.length);
    AttentionTrace reading = encoder.trace(source, hidden);
    decoder.keepSource(hidden, state.cache(), new PartTimes());
    return new Trace(reading, decoder.trace(target, state.cache(), state.logits()));
  }

  /**
   * Floating point operations of reading a source of so many rows, keys and values for the decoder
   * included; a multiply-add counts as two.
   */
  public static long encodeFlops(Seq2SeqConfig config, int source) {
    return Cost.flops(config.encoder(), 0, source) + Cost.sourceFlops(config.decoder(), source);
  }

  /** Operations of one step behind {@code past} tokens. */
  public static long stepFlops(Seq2SeqConfig config, int source, int past) {
    return Cost.flops(config.decoder(), past, 1, source);
  }

  /**
   * The memory that one source and one target take.
   *
   * @param threads threads of the runtime
   * @param source rows of the source
   * @param capacity tokens of the target
   */
  public static MemoryPlan plan(Seq2SeqConfig config, int threads, int source, int capacity) {
    MemoryPlan first = MemoryPlan.of(config.encoder(), threads, source, 1);
    MemoryPlan second = MemoryPlan.of(config.decoder(), threads, 1, capacity);
    long hidden = (long) source * config.encoder().dModel() * Float.BYTES;
    return new MemoryPlan(
        first.parameters() + second.parameters(),
        first.weightsBytes() + second.weightsBytes(),
        second.cacheBytes() + KvCache.bytesFor(config.decoder(), 1, source),
        first.activationBytes() + second.activationBytes() + hidden,
        Math.max(first.scratchBytes(), second.scratchBytes()));
  }
}
