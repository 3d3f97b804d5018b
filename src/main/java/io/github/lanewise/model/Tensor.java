package io.github.lanewise.model;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.PackedWeights;
import java.util.ArrayList;
import java.util.List;

/**
 * One weight of a model: what a checkpoint would hold, less its values.
 *
 * @param name unique in the model, the same with more or fewer layers
 * @param role what it does, and hence how it is stored
 * @param rows output features, ids, or 1 for a vector
 * @param columns input features, or the vector's length
 */
public record Tensor(String name, Role role, int rows, int columns) {
  /** What a tensor does. */
  public enum Role {
    /** Multiplied: a linear layer, also when tied embeddings are looked up in it. Stored packed. */
    LINEAR,
    /** Looked up by id. Stored row after row. */
    TABLE,
    /** Gain of a normalisation. */
    GAIN,
    /** Shift of a normalisation, or bias of a linear layer. */
    SHIFT,
    /** Sines and cosines of positions: computed, not learned. */
    SINUSOIDS
  }

  static final String TOKENS = "tokens";
  static final String POSITIONS = "positions";
  static final String TOKEN_TYPES = "tokenTypes";
  static final String EMBEDDING_NORM = "embeddingNorm";
  static final String ATTENTION_NORM = "attentionNorm";
  static final String FEED_FORWARD_NORM = "feedForwardNorm";
  static final String QUERY_NORM = "queryNorm";
  static final String KEY_NORM = "keyNorm";
  static final String FINAL_NORM = "finalNorm";
  static final String RELATIVE_BIAS = "relativeBias";
  static final String CROSS_NORM = "crossNorm";
  static final String CROSS_QUERY = "crossQuery";
  static final String CROSS_KEYS = "crossKeyValue";
  static final String CROSS_OUTPUT = "crossOutput";
  static final String LOGITS = "logits.weight";

  /** Names of the parts of layer {@code index}. */
  static String inLayer(int index, String part) {
    return "layers." + index + "." + part;
  }

  /** Name of the norm behind a branch, beside that of the norm before it. */
  static String after(String norm) {
    return norm + "After";
  }

  static String gain(String norm) {
    return norm + ".gain";
  }

  static String shift(String norm) {
    return norm + ".shift";
  }

  static String weight(String linear) {
    return linear + ".weight";
  }

  static String bias(String linear) {
    return linear + ".bias";
  }

  /** Whether it is stored for products. */
  public boolean isPacked() {
    return role == Role.LINEAR;
  }

  /** Learned numbers. */
  public long parameters() {
    return role == Role.SINUSOIDS ? 0 : (long) rows * columns;
  }

  /** Bytes as stored in f32. */
  public long bytes() {
    return bytes(Storage.F32);
  }

  /** Bytes as stored if linear layers are of {@code storage}; all else is f32. */
  public long bytes(Storage storage) {
    return isPacked()
        ? PackedWeights.bytesFor(storage, rows, columns)
        : (long) rows * columns * Float.BYTES;
  }

  /** All tensors outside the layers. */
  static List<Tensor> aroundLayers(ModelConfig config) {
    int width = config.dModel();
    List<Tensor> tensors = new ArrayList<>();
    Role tokens = config.tiedEmbeddings() ? Role.LINEAR : Role.TABLE;
    if (config.vocabulary() > 0) {
      tensors.add(new Tensor(TOKENS, tokens, config.vocabulary(), width));
    }
    switch (config.position()) {
      case Position.Learned learned ->
          tensors.add(new Tensor(POSITIONS, Role.TABLE, config.contextWindow(), width));
      case Position.Sinusoidal sinusoidal ->
          tensors.add(new Tensor(POSITIONS, Role.SINUSOIDS, config.contextWindow(), width));
      case Position.Relative relative ->
          tensors.add(new Tensor(RELATIVE_BIAS, Role.TABLE, relative.buckets(), config.heads()));
      case Position.Rotary rotary -> {}
      case Position.Alibi alibi -> {}
      case Position.None none -> {}
    }
    if (config.tokenTypes() > 0) {
      tensors.add(new Tensor(TOKEN_TYPES, Role.TABLE, config.tokenTypes(), width));
    }
    if (config.norm().embedding()) {
      addNorm(tensors, EMBEDDING_NORM, config);
    }
    if (config.norm().atEnd()) {
      addNorm(tensors, FINAL_NORM, config);
    }
    if (config.kind() == ModelConfig.Kind.DECODER && !config.tiedEmbeddings()) {
      tensors.add(new Tensor(LOGITS, Role.LINEAR, config.vocabulary(), width));
    }
    return tensors;
  }

  /**
   * The tensors of one layer. Queries, keys and values are one matrix, and so are gate and up, and
   * keys and values of an encoder's states, in this order.
   */
  static List<Tensor> ofLayer(ModelConfig config, int index) {
    int width = config.dModel();
    int qkv = config.queryWidth() + 2 * config.keyWidth();
    int hidden = config.feedForward();
    int up = config.activation().gated() ? 2 * hidden : hidden;
    ModelConfig.Bias bias = config.bias();
    List<Tensor> tensors = new ArrayList<>();
    addBranchNorms(tensors, inLayer(index, ATTENTION_NORM), config);
    addLinear(tensors, inLayer(index, "qkv"), qkv, width, bias.qkv());
    if (config.attention().queryKeyNorm()) {
      for (String norm : List.of(QUERY_NORM, KEY_NORM)) {
        tensors.add(new Tensor(gain(inLayer(index, norm)), Role.GAIN, 1, config.headDim()));
      }
    }
    addLinear(tensors, inLayer(index, "output"), width, config.queryWidth(), bias.output());
    if (config.attention().cross()) {
      addBranchNorms(tensors, inLayer(index, CROSS_NORM), config);
      addLinear(tensors, inLayer(index, CROSS_QUERY), config.queryWidth(), width, bias.qkv());
      addLinear(tensors, inLayer(index, CROSS_KEYS), 2 * config.keyWidth(), width, bias.qkv());
      addLinear(tensors, inLayer(index, CROSS_OUTPUT), width, config.queryWidth(), bias.output());
    }
    addBranchNorms(tensors, inLayer(index, FEED_FORWARD_NORM), config);
    addLinear(tensors, inLayer(index, "up"), up, width, bias.feedForward());
    addLinear(tensors, inLayer(index, "down"), width, hidden, bias.feedForward());
    return tensors;
  }

  private static void addBranchNorms(List<Tensor> tensors, String name, ModelConfig config) {
    addNorm(tensors, name, config);
    if (config.norm().placement() == ModelConfig.Placement.SANDWICH) {
      addNorm(tensors, after(name), config);
    }
  }

  private static void addNorm(List<Tensor> tensors, String name, ModelConfig config) {
    tensors.add(new Tensor(gain(name), Role.GAIN, 1, config.dModel()));
    if (config.norm().type() == ModelConfig.NormType.LAYER) {
      tensors.add(new Tensor(shift(name), Role.SHIFT, 1, config.dModel()));
    }
  }

  private static void addLinear(
      List<Tensor> tensors, String name, int out, int in, boolean hasBias) {
    tensors.add(new Tensor(weight(name), Role.LINEAR, out, in));
    if (hasBias) {
      tensors.add(new Tensor(bias(name), Role.SHIFT, 1, out));
    }
  }
}
