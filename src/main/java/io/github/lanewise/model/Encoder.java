package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.parallel.Pool;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An encoder-only transformer: from tokens to one hidden state each. Blocks of the BERT form
 * (Devlin et al. 2019) and what the config makes of their parts.
 *
 * <p>Takes ragged batches: no padding is computed, and a sequence has the same bits alone or in a
 * batch, with any number of threads. Immutable; any number of threads may run forward passes at
 * once. A repeated pass allocates nothing on the heap.
 */
public final class Encoder {
  private final ModelConfig config;
  private final int maxTokens;
  private final Stack stack;
  private final @Nullable Normalization finalNorm;
  private final Pool<Workspace> workspaces;

  private final Weights weights;

  /** Whose token table inputs are looked up in: these weights, or those of a decoder. */
  private final Weights table;

  /** Whether the log has it that a sequence was longer than what the model was trained for. */
  private final AtomicBoolean warned = new AtomicBoolean();

  private Encoder(Lanewise runtime, Weights weights, Weights table, int maxTokens) {
    this.maxTokens = maxTokens;
    this.table = table;
    this.weights = weights;
    config = weights.config();
    stack = new Stack(runtime, weights, table);
    stack.ensurePositions(Math.min(maxTokens, TrainedLength.mostPositions(config)));
    finalNorm =
        config.norm().atEnd() ? Normalization.prepare(runtime, weights, Tensor.FINAL_NORM) : null;
    workspaces = new Pool<>(() -> new Workspace(config, maxTokens));
  }

  /**
   * Prepares forward passes.
   *
   * @param weights must stay open as long as the encoder is used
   * @param maxTokens most tokens of one pass, all sequences together
   * @throws IllegalArgumentException if the weights are not those of an encoder or {@code
   *     maxTokens} is not positive
   */
  public static Encoder prepare(Lanewise runtime, Weights weights, int maxTokens) {
    return prepare(runtime, weights, weights, maxTokens);
  }

  /**
   * Prepares the encoder of an encoder-decoder, which share a table of tokens.
   *
   * @param weights must stay open as long as the encoder is used
   * @param table the decoder's weights, whose token table inputs are looked up in; must stay open,
   *     too
   * @param maxTokens most tokens of one pass, all sequences together
   * @throws IllegalArgumentException if the weights are not those of an encoder or {@code
   *     maxTokens} is not positive
   */
  public static Encoder prepare(Lanewise runtime, Weights weights, Weights table, int maxTokens) {
    ModelConfig config = weights.config();
    Checks.require(
        config.kind() == ModelConfig.Kind.ENCODER,
        "weights are of kind \"" + ModelConfig.key(config.kind()) + "\", must be of an encoder");
    Checks.require(maxTokens >= 1, "maxTokens is " + maxTokens + ", must be at least 1");
    return new Encoder(runtime, weights, table, maxTokens);
  }

  /** The architecture. */
  public ModelConfig config() {
    return config;
  }

  /**
   * Has every operation compiled, so that the first forward pass takes no longer than the next; see
   * {@link io.github.lanewise.op}. Reads and writes nothing of the caller's.
   *
   * @return whether all of them came to run compiled
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public boolean warmUp() {
    weights.enter();
    try {
      return stack.warmUp() && (finalNorm == null || finalNorm.warmUp());
    } finally {
      weights.exit();
    }
  }

  /** As {@link #forward(int[], int[], int[], Matrix, PartTimes)} with token type 0 everywhere. */
  public void forward(int[] tokens, int[] offsets, Matrix hidden, PartTimes times) {
    pass(tokens, null, offsets, hidden, times, null);
  }

  /**
   * Encodes a ragged batch.
   *
   * @param tokens token ids of all sequences, one after the other, 1 to maxTokens
   * @param tokenTypes the type of each token
   * @param offsets where each sequence begins in {@code tokens}, and the number of tokens; every
   *     sequence has a token
   * @param hidden output, [tokens, dModel]
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if an id, an offset, a length or a shape is wrong
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public void forward(
      int[] tokens, int[] tokenTypes, int[] offsets, Matrix hidden, PartTimes times) {
    TokenChecks.types(tokenTypes, tokens.length, config);
    pass(tokens, tokenTypes, offsets, hidden, times, null);
  }

  /**
   * Encodes one sequence of embeddings that come from elsewhere, such as the patches of an image.
   * The config's own embeddings are not used, nor is a norm of them.
   *
   * @param embeddings [rows, dModel], positions included; 1 to maxTokens rows
   * @param hidden output, [rows, dModel]; may be {@code embeddings}
   * @param times where the time of each part is added; to be started by the caller
   * @throws IllegalArgumentException if a shape is wrong
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public void forward(Matrix embeddings, Matrix hidden, PartTimes times) {
    check("embeddings", embeddings, hidden);
    pass(embeddings, hidden, false, times);
  }

  /**
   * Encodes one sequence of vectors that are no tokens, such as the features of a sound. They get
   * their positions here, and are not scaled.
   *
   * @param features [rows, dModel], 1 to maxTokens rows
   * @param hidden output, [rows, dModel]; may be {@code features}
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if a shape is wrong
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public void forwardFeatures(Matrix features, Matrix hidden, PartTimes times) {
    check("features", features, hidden);
    times.start();
    pass(features, hidden, true, times);
  }

  private void check(String name, Matrix vectors, Matrix hidden) {
    int rows = vectors.rows();
    if (rows < 1 || rows > maxTokens || vectors.columns() != config.dModel()) {
      throw new IllegalArgumentException(
          "%s is [%d, %d], must be [1 to %d, %d]"
              .formatted(name, rows, vectors.columns(), maxTokens, config.dModel()));
    }
    TokenChecks.length(0, rows, config);
    TokenChecks.output("hidden", hidden, rows, config.dModel());
  }

  private void pass(Matrix vectors, Matrix hidden, boolean unplaced, PartTimes times) {
    enter();
    try {
      Workspace workspace = workspaces.take();
      try {
        Activations a = workspace.activations(vectors.rows());
        copyRows(vectors, a.x());
        countPositions(a.oneSequence(), a.positions());
        if (unplaced) {
          stack.place(a, times);
        }
        stack.layers(a.oneSequence(), null, a, times, null);
        finish(a, times);
        copyRows(a.x(), hidden);
      } finally {
        workspaces.give(workspace);
      }
    } finally {
      exit();
    }
  }

  private static void copyRows(Matrix from, Matrix to) {
    for (int row = 0; row < from.rows(); row++) {
      Rows.copy(from, row, to, row);
    }
  }

  /**
   * Encodes one sequence, and gives the attention weights of all layers and heads.
   *
   * @param hidden output, [tokens, dModel]
   */
  public AttentionTrace trace(int[] tokens, Matrix hidden) {
    AttentionTrace trace = new AttentionTrace(config, tokens.length);
    pass(tokens, null, new int[] {0, tokens.length}, hidden, new PartTimes(), trace);
    return trace;
  }

  /** Keeps both tables and layers for a forward pass. */
  private void enter() {
    weights.enter();
    if (table == weights) {
      return;
    }
    try {
      table.enter();
    } catch (IllegalStateException closed) {
      weights.exit();
      throw closed;
    }
  }

  private void exit() {
    if (table != weights) {
      table.exit();
    }
    weights.exit();
  }

  private void pass(
      int[] tokens,
      int @Nullable [] types,
      int[] offsets,
      Matrix hidden,
      PartTimes times,
      @Nullable AttentionTrace trace) {
    if (table.config().vocabulary() == 0) {
      throw new IllegalArgumentException(
          config.name() + " has no table of tokens: forwardFeatures takes what it encodes");
    }
    TokenChecks.tokens(tokens, maxTokens, table.config());
    TokenChecks.offsets(offsets, tokens.length);
    checkLengths(offsets);
    TokenChecks.output("hidden", hidden, tokens.length, config.dModel());
    enter();
    try {
      Workspace workspace = workspaces.take();
      try {
        Activations a = workspace.activations(tokens.length);
        hidden(tokens, types, offsets, a, times, trace);
        copyRows(a.x(), hidden);
      } finally {
        workspaces.give(workspace);
      }
    } finally {
      exit();
    }
  }

  /**
   * Computes the hidden states of a ragged batch in {@code a.x()}. Arguments are checked already.
   *
   * @param tokens ids, of which the first {@code a.x().rows()} count
   */
  void hidden(int[] tokens, int @Nullable [] types, int[] offsets, Activations a, PartTimes times) {
    hidden(tokens, types, offsets, a, times, null);
  }

  private void hidden(
      int[] tokens,
      int @Nullable [] types,
      int[] offsets,
      Activations a,
      PartTimes times,
      @Nullable AttentionTrace trace) {
    countPositions(offsets, a.positions());
    stack.forward(tokens, types, offsets, null, a, times, trace);
    finish(a, times);
  }

  private void finish(Activations a, PartTimes times) {
    if (finalNorm != null) {
      finalNorm.run(a.x(), a.x());
      times.lap(PartTimes.Part.NORMS);
    }
  }

  private static void countPositions(int[] offsets, int[] positions) {
    for (int s = 0; s < offsets.length - 1; s++) {
      for (int t = offsets[s]; t < offsets[s + 1]; t++) {
        positions[t] = t - offsets[s];
      }
    }
  }

  /** For passes of {@link #hidden}. */
  Pool<Workspace> workspaces() {
    return workspaces;
  }

  private void checkLengths(int[] offsets) {
    int longest = 0;
    for (int s = 0; s < offsets.length - 1; s++) {
      int length = offsets[s + 1] - offsets[s];
      TokenChecks.length(s, length, config);
      longest = Math.max(longest, length);
    }
    if (longest > config.contextWindow() && !warned.getAndSet(true)) {
      TrainedLength.warn(config, longest);
    }
  }
}
