package io.github.lanewise.model;

import io.github.lanewise.fetch.MavenWeights;
import io.github.lanewise.op.Activation;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The architecture of a transformer: everything that shapes its weights and its forward pass. Read
 * from JSON by {@link #load}; {@code models/schema.json} describes the file.
 *
 * @param name what to call the model
 * @param kind decoder (generates text) or encoder (makes hidden states)
 * @param layers blocks of attention and feed-forward
 * @param heads query heads
 * @param kvHeads key and value heads, a divisor of {@code heads}: equal in multi-head attention,
 *     fewer in grouped-query attention (Ainslie et al. 2023)
 * @param dModel width of the residual stream
 * @param headDim floats of one head; usually but not always {@code dModel / heads}
 * @param feedForward width of the feed-forward network's hidden layer
 * @param vocabulary number of token ids; 0 for an encoder that has no table of them, as its inputs
 *     are looked up in its decoder's table or come as vectors
 * @param contextWindow positions that the model was trained for
 * @param pastContext what happens to a longer sequence
 * @param position how positions enter
 * @param norm which normalisation, and where
 * @param activation the feed-forward network's activation, gated or not
 * @param attention which keys a query sees in each layer, and what becomes of its scores
 * @param bias which linear layers add a bias
 * @param scaling factor of the embeddings, bound of the logits
 * @param tiedEmbeddings whether the logits use the token embedding as their weights (decoders)
 * @param tokenTypes rows of the token type embedding, 0 for none (encoders)
 * @param sentences how an encoder's hidden states become one embedding a sentence
 * @param maxTokens tokens at which a text is truncated: {@code contextWindow}, or fewer if the
 *     model was trained on shorter texts
 * @param weights where published weights are, or null
 * @param origin where the shape was published, and what of it is assumed, for people
 */
public record ModelConfig(
    String name,
    Kind kind,
    int layers,
    int heads,
    int kvHeads,
    int dModel,
    int headDim,
    int feedForward,
    int vocabulary,
    int contextWindow,
    PastContext pastContext,
    Position position,
    Norm norm,
    FeedForwardActivation activation,
    AttentionConfig attention,
    Bias bias,
    Scaling scaling,
    boolean tiedEmbeddings,
    int tokenTypes,
    Sentences sentences,
    int maxTokens,
    @Nullable MavenWeights weights,
    Origin origin) {

  /** Which of the two stacks of "Attention Is All You Need" a model is. */
  public enum Kind {
    /** Generates text, one token after the other. */
    DECODER,
    /** Turns a text into one hidden state a token. */
    ENCODER
  }

  /** What happens to a sequence of more positions than the model was trained for. */
  public enum PastContext {
    /** It is refused. */
    ERROR,
    /** It is run as far as attention goes, and the log says that it is too long. */
    WARN
  }

  /**
   * Normalisation.
   *
   * @param type LayerNorm or RMSNorm
   * @param placement before each sublayer, after its residual sum, or before and after it
   * @param epsilon added to the variance
   * @param embedding whether the embeddings are normalised before the first layer (BERT)
   */
  public record Norm(NormType type, Placement placement, double epsilon, boolean embedding) {
    /** Checks the values. */
    public Norm {
      Checks.between("norm.epsilon", epsilon, 1e-20, 1);
    }

    /** Whether the last layer's output is normalised once more. */
    boolean atEnd() {
      return placement != Placement.POST;
    }
  }

  /** Which normalisation. */
  public enum NormType {
    /** Mean 0, variance 1, gain and shift (Ba et al. 2016). */
    LAYER,
    /** Root mean square 1, gain (Zhang and Sennrich 2019). */
    RMS
  }

  /** Where a normalisation stands. */
  public enum Placement {
    /** x + f(norm(x)), and one more norm at the end (GPT-2, Llama). */
    PRE,
    /** norm(x + f(x)) (the original paper, BERT). */
    POST,
    /** x + norm(f(norm(x))), and one more at the end (Ding et al. 2021, Gemma 2 and 3). */
    SANDWICH
  }

  /** Activation of the feed-forward network; the gated forms are those of Shazeer 2020. */
  public enum FeedForwardActivation {
    /** x·Φ(x), exact. */
    GELU(Activation.GELU, false),
    /** GELU's tanh approximation (GPT-2). */
    GELU_TANH(Activation.GELU_TANH, false),
    /** x·sigmoid(x), also called swish. */
    SILU(Activation.SILU, false),
    /** max(x, 0). */
    RELU(Activation.RELU, false),
    /** silu(gate)·up (Llama). */
    SWIGLU(Activation.SILU, true),
    /** gelu(gate)·up. */
    GEGLU(Activation.GELU, true),
    /** gelu_tanh(gate)·up (Gemma, T5 1.1). */
    GEGLU_TANH(Activation.GELU_TANH, true),
    /** relu(gate)·up. */
    REGLU(Activation.RELU, true);

    private final Activation function;
    private final boolean gated;

    FeedForwardActivation(Activation function, boolean gated) {
      this.function = function;
      this.gated = gated;
    }

    /** The function that is applied to the hidden layer, or to the gate. */
    public Activation function() {
      return function;
    }

    /** Whether a second projection of the input is multiplied by the activated one. */
    public boolean gated() {
      return gated;
    }
  }

  /**
   * Which linear layers add a bias.
   *
   * @param qkv the projections to queries, keys and values
   * @param output the projection of the heads' outputs
   * @param feedForward the feed-forward network's layers
   */
  public record Bias(boolean qkv, boolean output, boolean feedForward) {
    /** No biases (Llama). */
    public static final Bias NONE = new Bias(false, false, false);
  }

  /**
   * What becomes of the hidden states of a sentence's tokens (Reimers and Gurevych 2019).
   *
   * @param pooling which vector stands for the sentence
   * @param normalize whether it is brought to unit length
   */
  public record Sentences(SentencePooling pooling, boolean normalize) {
    /** The hidden states are all there is. */
    public static final Sentences NONE = new Sentences(SentencePooling.NONE, false);

    /** The mean, brought to unit length: what most published models of sentences do. */
    public static final Sentences USUAL = new Sentences(SentencePooling.MEAN, true);

    /** Checks the values. */
    public Sentences {
      Checks.require(
          !(normalize && pooling == SentencePooling.NONE),
          "normalize is true, must be false with pooling \"none\"");
    }
  }

  /** Which vector stands for a sentence. */
  public enum SentencePooling {
    /** None: every token keeps its own. */
    NONE,
    /** The mean of its tokens' hidden states. */
    MEAN,
    /** The hidden state of its first token, [CLS]. */
    CLS
  }

  /**
   * Checks the values and their agreement.
   *
   * @throws IllegalArgumentException naming the JSON key, its value and what is allowed
   */
  public ModelConfig {
    Size.LAYERS.check(layers);
    Size.HEADS.check(heads);
    Size.KV_HEADS.check(kvHeads);
    Size.D_MODEL.check(dModel);
    Size.HEAD_DIM.check(headDim);
    Size.FEED_FORWARD.check(feedForward);
    if (vocabulary != 0 || kind != Kind.ENCODER) {
      Size.VOCABULARY.check(vocabulary);
    }
    Size.CONTEXT_WINDOW.check(contextWindow);
    Size.TOKEN_TYPES.check(tokenTypes);
    Checks.require(
        maxTokens >= 1 && maxTokens <= contextWindow,
        "maxTokens is " + maxTokens + ", must be 1 to contextWindow = " + contextWindow);
    Checks.require(
        heads % kvHeads == 0, "kvHeads is " + kvHeads + ", must divide heads = " + heads);
    position.check(headDim, attention, pastContext);
    Checks.require(
        !attention.cross() || kind == Kind.DECODER,
        "attention.cross is true, must be false for kind \"" + key(kind) + "\"");
    if (kind == Kind.DECODER) {
      String mask = key(attention.mask());
      Checks.require(
          attention.causal(),
          "attention.type is \"" + mask + "\", must be \"causal\" for kind \"decoder\"");
      Checks.require(
          sentences.pooling() == SentencePooling.NONE,
          "pooling is \"" + key(sentences.pooling()) + "\", must be \"none\" for kind \"decoder\"");
      Checks.require(
          tokenTypes == 0, "tokenTypes is " + tokenTypes + ", must be 0 for kind \"decoder\"");
      Checks.require(
          attention.cross() || !(position instanceof Position.Relative),
          "position.type is \"relative\", must be another for kind \"decoder\"");
    } else {
      Checks.require(!tiedEmbeddings, "tiedEmbeddings is true, must be false for kind \"encoder\"");
      Checks.require(
          scaling.logitSoftcap() == 0,
          "logitSoftcap is " + scaling.logitSoftcap() + ", must be left out for kind \"encoder\"");
      Checks.require(
          scaling.logits() == 1,
          "logitScale is " + scaling.logits() + ", must be left out for kind \"encoder\"");
    }
  }

  /**
   * Reads an architecture config, or a Hugging Face folder's {@code config.json} (of the families
   * "bert", "gpt2", "llama", "mistral", "qwen3", "gemma3_text") and what sentence-transformers
   * wrote beside it: {@code sentence_bert_config.json} says where texts are cut, {@code
   * modules.json} and {@code 1_Pooling/config.json} name pooling and normalisation. With pooling
   * but without {@code modules.json}, vectors have unit length.
   *
   * @param file the file, or the folder
   * @throws ConfigException if there is no such file, it is not JSON, or a key or value is not
   *     allowed
   */
  public static ModelConfig load(Path file) {
    return ConfigLoader.load(file);
  }

  /**
   * Reads an architecture config from memory.
   *
   * @param file what messages call it
   * @param json the file's bytes, UTF-8
   * @throws ConfigException if it is not JSON, or a key or value is not allowed
   */
  public static ModelConfig parse(String file, byte[] json) {
    return ConfigLoader.parse(file, json);
  }

  /**
   * This architecture with its first {@code fewer} layers only.
   *
   * @throws IllegalArgumentException unless {@code fewer} is 1 to {@link #layers()}
   */
  public ModelConfig withLayers(int fewer) {
    Checks.require(
        fewer >= 1 && fewer <= layers,
        "layers is " + fewer + ", must be 1 to " + layers + ", the layers of " + name);
    return with(fewer, sentences);
  }

  /** This architecture with another pooling. */
  public ModelConfig withSentences(Sentences other) {
    return with(layers, other);
  }

  private ModelConfig with(int itsLayers, Sentences itsSentences) {
    return new ModelConfig(
        name,
        kind,
        itsLayers,
        heads,
        kvHeads,
        dModel,
        headDim,
        feedForward,
        vocabulary,
        contextWindow,
        pastContext,
        position,
        norm,
        activation,
        attention,
        bias,
        scaling,
        tiedEmbeddings,
        tokenTypes,
        itsSentences,
        maxTokens,
        weights,
        origin);
  }

  /** Most positions of a sequence: the context window, or more if the config says so. */
  public int mostPositions() {
    return TrainedLength.mostPositions(this);
  }

  /** Columns of all query heads: {@code heads * headDim}. */
  public int queryWidth() {
    return heads * headDim;
  }

  /** Columns of all key heads, and of all value heads: {@code kvHeads * headDim}. */
  public int keyWidth() {
    return kvHeads * headDim;
  }

  /** How a constant is spelled in JSON. */
  static String key(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
