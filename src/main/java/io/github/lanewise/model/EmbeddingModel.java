package io.github.lanewise.model;

import io.github.lanewise.fetch.MavenWeights;
import io.github.lanewise.fetch.WeightCache;
import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.ParallelFor;
import io.github.lanewise.text.Tokenizer;
import io.github.lanewise.text.Tokens;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * From texts to vectors: a {@link Tokenizer} and a {@link SentenceEncoder}.
 *
 * <pre>{@code
 * try (var runtime = Lanewise.create();
 *     var model = EmbeddingModel.load(runtime, Path.of("models/minilm-l6.json"))) {
 *   float[] vector = model.embed("The cat sat on the mat.");
 * }
 * }</pre>
 *
 * <p>A text's vector has the same bits alone or in a list, with any number of threads. To be shared
 * by any number of threads, which may all embed at once. Texts that are too long for the model are
 * embedded without their end; {@link #tokenize} tells.
 */
public final class EmbeddingModel implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(EmbeddingModel.class.getName());

  private final Lanewise runtime;
  private final Weights weights;
  private final SentenceEncoder encoder;
  private final Tokenizer tokenizer;

  private EmbeddingModel(Lanewise runtime, Weights weights, Tokenizer tokenizer) {
    this.runtime = runtime;
    this.weights = weights;
    this.tokenizer = tokenizer;
    encoder = SentenceEncoder.prepare(runtime, weights);
  }

  /**
   * Loads a model with its published weights.
   *
   * @param model a config that names its weights, which are taken from the user's cache and fetched
   *     into it with Maven if they are not there yet (the log says so, at level INFO); or a folder
   *     as Hugging Face publishes it, see {@link ModelConfig#load}: if it says nothing of pooling,
   *     vectors are means of unit length
   * @throws ConfigException if the config cannot be used
   * @throws io.github.lanewise.fetch.FetchException if the files cannot be had
   * @throws WeightsException if the weights cannot be used
   * @throws io.github.lanewise.text.TokenizerException if the tokenizer cannot be used
   * @throws IllegalArgumentException if the config has no pooling or names no weights
   */
  public static EmbeddingModel load(Lanewise runtime, Path model) {
    ModelConfig config = ModelConfig.load(model);
    if (Files.isDirectory(model)) {
      boolean says = config.sentences().pooling() != ModelConfig.SentencePooling.NONE;
      return load(
          runtime,
          says ? config : config.withSentences(ModelConfig.Sentences.USUAL),
          WeightFiles.inFolder(model));
    }
    MavenWeights weights = config.weights();
    if (weights == null) {
      throw new IllegalArgumentException(
          config.name() + " names no weights, must be a config that does, or a model's folder");
    }
    WeightCache cache = WeightCache.ofUser(news -> LOG.log(System.Logger.Level.INFO, news));
    return load(runtime, config, cache.get(weights, WeightCache.Access.FETCH, false));
  }

  /**
   * Loads a model from files.
   *
   * @param files its weights and its tokenizer on this machine
   * @throws WeightsException if the weights cannot be used
   * @throws io.github.lanewise.text.TokenizerException if the tokenizer cannot be used
   * @throws IllegalArgumentException if the config has no pooling
   */
  public static EmbeddingModel load(Lanewise runtime, ModelConfig config, WeightFiles files) {
    // Beside each other: neither keeps all cores busy.
    CompletableFuture<Tokenizer> tokenizer =
        CompletableFuture.supplyAsync(
            () -> Tokenizer.load(files.tokenizer(), config.vocabulary(), config.maxTokens()),
            task -> Thread.ofPlatform().daemon().name("lanewise-tokenizer").start(task));
    Weights weights = Weights.load(runtime, config, files.tensors());
    try {
      return of(runtime, weights, result(tokenizer));
    } catch (Throwable failed) {
      weights.close();
      throw failed;
    }
  }

  private static Tokenizer result(CompletableFuture<Tokenizer> tokenizer) {
    try {
      return tokenizer.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw failed;
    }
  }

  /**
   * A model of parts that are there already.
   *
   * @param weights closed together with the model
   * @param tokenizer made for the weights' vocabulary and context window
   * @throws IllegalArgumentException if the weights' config has no pooling, or the tokenizer cuts
   *     texts into more tokens than the model takes
   */
  public static EmbeddingModel of(Lanewise runtime, Weights weights, Tokenizer tokenizer) {
    int most = weights.config().contextWindow();
    Checks.require(
        tokenizer.maxTokens() <= most,
        "maxTokens of the tokenizer is "
            + tokenizer.maxTokens()
            + ", must be at most contextWindow = "
            + most);
    return new EmbeddingModel(runtime, weights, tokenizer);
  }

  /** The architecture. */
  public ModelConfig config() {
    return encoder.config();
  }

  /** Floats of a vector. */
  public int dimensions() {
    return encoder.dimensions();
  }

  /** Most tokens that are read of a text. */
  public int maxTokens() {
    return tokenizer.maxTokens();
  }

  /** For callers that have tokens. */
  public SentenceEncoder encoder() {
    return encoder;
  }

  /**
   * Has every operation compiled, so that the first text takes no longer than the next.
   *
   * @return whether all of them came to run compiled
   * @throws IllegalStateException if the model or the runtime is closed
   */
  public boolean warmUp() {
    return encoder.warmUp();
  }

  /**
   * The vector of a text.
   *
   * @throws IllegalArgumentException if the text is longer than {@link Tokenizer#MOST_CHARS}
   * @throws IllegalStateException if the model or the runtime is closed
   */
  public float[] embed(String text) {
    return embed(List.of(text))[0];
  }

  /** The vectors of texts, in their order; as {@link #embed(String)}. */
  public float[][] embed(List<String> texts) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix vectors = Matrix.allocate(arena, texts.size(), dimensions());
      embed(texts, vectors);
      float[][] copies = new float[texts.size()][];
      for (int i = 0; i < copies.length; i++) {
        copies[i] = vectors.rowRange(i, 1).toArray();
      }
      return copies;
    }
  }

  /**
   * Writes the vectors of texts where the caller wants them.
   *
   * @param vectors output, [texts, dimensions], off-heap
   * @throws IllegalArgumentException if a text is longer than {@link Tokenizer#MOST_CHARS}, or the
   *     shape is wrong; nothing is written then
   * @throws IllegalStateException if the model or the runtime is closed
   */
  public void embed(List<String> texts, Matrix vectors) {
    TokenChecks.output("vectors", vectors, texts.size(), dimensions());
    encode(tokenize(texts), vectors);
  }

  /** The tokens of texts, in their order, cut by all threads of the runtime. */
  public List<Tokens> tokenize(List<String> texts) {
    Tokens[] tokens = new Tokens[texts.size()];
    ParallelFor.run(runtime, tokens.length, i -> tokens[i] = tokenizer.encode(texts.get(i)));
    return List.of(tokens);
  }

  /**
   * Writes the vectors of texts that {@link #tokenize} has cut.
   *
   * @param vectors output, [texts, dimensions], off-heap
   */
  public void encode(List<Tokens> texts, Matrix vectors) {
    TokenChecks.output("vectors", vectors, texts.size(), dimensions());
    if (texts.isEmpty()) {
      return;
    }
    int[] offsets = new int[texts.size() + 1];
    for (int i = 0; i < texts.size(); i++) {
      offsets[i + 1] = Math.addExact(offsets[i], texts.get(i).ids().length);
    }
    int[] ids = new int[offsets[texts.size()]];
    for (int i = 0; i < texts.size(); i++) {
      int[] its = texts.get(i).ids();
      System.arraycopy(its, 0, ids, offsets[i], its.length);
    }
    encoder.encode(ids, offsets, vectors);
  }

  /** Frees the weights. */
  @Override
  public void close() {
    weights.close();
  }
}
