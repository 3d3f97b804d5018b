package io.github.lanewise.model;

import io.github.lanewise.format.OnnxFile;
import io.github.lanewise.model.Landmarks.Kind;
import io.github.lanewise.model.Landmarks.Landmark;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the weights of a BERT encoder in an ONNX graph by what is done with them, since exporters
 * rename matrices: queries and keys meet under a softmax, values are what it weighs, and the rest
 * follows from there. Every layer must read what the one before it writes.
 */
final class BertGraph {
  /** A layer has 11; more than a few others mean another model, and searching would take long. */
  private static final int MOST_LANDMARKS_PER_LAYER = 32;

  private final OnnxFile file;
  private final ModelConfig config;
  private final Landmarks landmarks;
  private final Map<String, Checkpoint.Parameter> found = new HashMap<>();

  BertGraph(OnnxFile file, ModelConfig config) {
    this.file = file;
    this.config = config;
    landmarks = new Landmarks(file);
  }

  /** The weights under the names of {@link CheckpointNames#BERT}. */
  Checkpoint checkpoint() {
    List<Landmark> softmaxes = landmarks.all(Kind.SOFTMAX);
    if (softmaxes.size() != config.layers()) {
      return new Found(file.file(), Map.of(), softmaxes.size());
    }
    if (landmarks.count() > MOST_LANDMARKS_PER_LAYER * (config.layers() + 1)) {
      throw wrong(
          "the graph has %d products, norms and look-ups, must have at most %d for %d layers"
              .formatted(
                  landmarks.count(),
                  MOST_LANDMARKS_PER_LAYER * (config.layers() + 1),
                  config.layers()));
    }
    tables();
    Landmark below = one(Kind.NORM, "embedding norm", this::readsTablesOnly);
    putNorm("embeddings.LayerNorm", below);
    for (int i = 0; i < softmaxes.size(); i++) {
      below = layer(CheckpointNames.BERT.layerPrefix(i), softmaxes.get(i), below);
    }
    return new Found(file.file(), found, softmaxes.size());
  }

  private record Found(String file, Map<String, Checkpoint.Parameter> parameters, int layers)
      implements Checkpoint {
    @Override
    public @Nullable Parameter find(String name) {
      return parameters.get(name);
    }
  }

  /** Reads one layer upwards from its softmax; returns its last normalisation. */
  private Landmark layer(String prefix, Landmark softmax, Landmark below) {
    Landmark scores = origin(Kind.PRODUCT, softmax.input(0), prefix + "attention scores");
    String self = prefix + "attention.self.";
    for (int i = 0; i < 2; i++) {
      String name = self + (i == 0 ? "query" : "key");
      putLinear(name, reads(origin(Kind.LINEAR, scores.input(i), name), name, below));
    }
    Landmark heads =
        one(Kind.PRODUCT, prefix + "attention", p -> comesFrom(p.input(0), Set.of(softmax)));
    Landmark value = origin(Kind.LINEAR, heads.input(1), self + "value");
    putLinear(self + "value", reads(value, self + "value", below));

    Landmark output = after(Kind.LINEAR, prefix + "attention.output.dense", heads);
    putLinear(prefix + "attention.output.dense", output);
    Landmark attentionNorm = after(Kind.NORM, prefix + "attention.output.LayerNorm", output, below);
    putNorm(prefix + "attention.output.LayerNorm", attentionNorm);

    Landmark up = after(Kind.LINEAR, prefix + "intermediate.dense", attentionNorm);
    putLinear(prefix + "intermediate.dense", up);
    Landmark down = after(Kind.LINEAR, prefix + "output.dense", up);
    putLinear(prefix + "output.dense", down);
    Landmark norm = after(Kind.NORM, prefix + "output.LayerNorm", down, attentionNorm);
    putNorm(prefix + "output.LayerNorm", norm);
    return norm;
  }

  /**
   * Tables are told by the graph's input that picks their rows, else by how many rows they have.
   */
  private void tables() {
    for (Landmark table : landmarks.all(Kind.TABLE)) {
      String input = landmarks.graphInput(table.input(1));
      long rows = parameter(table).tensor().shape().getFirst();
      String name =
          "input_ids".equals(input)
              ? "word_embeddings"
              : "token_type_ids".equals(input) || rows == config.tokenTypes()
                  ? "token_type_embeddings"
                  : "position_embeddings";
      put("embeddings." + name + ".weight", table.weight());
    }
  }

  private boolean readsTablesOnly(Landmark norm) {
    return origins(norm).stream().allMatch(origin -> origin.kind() == Kind.TABLE);
  }

  /** What a normalisation or linear layer reads. */
  private Set<Landmark> origins(Landmark landmark) {
    if (landmark.kind() != Kind.NORM || landmark.node().is("LayerNormalization")) {
      return landmarks.origins(landmark.input(0));
    }
    Set<Landmark> first = landmarks.origins(landmark.input(0));
    return first.isEmpty() ? landmarks.origins(landmark.input(1)) : first;
  }

  private boolean comesFrom(String value, Set<Landmark> origins) {
    return landmarks.origins(value).equals(origins);
  }

  private Landmark reads(Landmark landmark, String name, Landmark below) {
    if (!origins(landmark).equals(Set.of(below))) {
      throw wrong(name + " reads " + origins(landmark) + ", must read " + below);
    }
    return landmark;
  }

  private Landmark after(Kind kind, String name, Landmark... below) {
    return one(kind, name, candidate -> origins(candidate).equals(Set.of(below)));
  }

  /** The only landmark of a kind that a value comes from. */
  private Landmark origin(Kind kind, String value, String name) {
    List<Landmark> origins =
        landmarks.origins(value).stream().filter(origin -> origin.kind() == kind).toList();
    return only(origins, kind, name);
  }

  private Landmark one(Kind kind, String name, java.util.function.Predicate<Landmark> condition) {
    return only(landmarks.all(kind).stream().filter(condition).toList(), kind, name);
  }

  private Landmark only(List<Landmark> candidates, Kind kind, String name) {
    if (candidates.size() != 1) {
      throw wrong(
          "the graph has %d operations that could be %s (%s), must have 1; it must be an encoder of BERT's form, not optimised"
              .formatted(candidates.size(), name, kind));
    }
    return candidates.getFirst();
  }

  private void putLinear(String name, Landmark linear) {
    put(name + ".weight", linear.weight());
    put(name + ".bias", linear.bias());
  }

  private void putNorm(String name, Landmark norm) {
    put(name + ".weight", norm.weight());
    put(name + ".bias", norm.bias());
  }

  private void put(String name, Checkpoint.@Nullable Parameter parameter) {
    if (parameter != null && found.putIfAbsent(name, parameter) != null) {
      throw wrong("the graph has two tensors that could be " + name + ", must have one");
    }
  }

  private static Checkpoint.Parameter parameter(Landmark landmark) {
    return java.util.Objects.requireNonNull(landmark.weight());
  }

  private WeightsException wrong(String problem) {
    return new WeightsException(file.file(), problem);
  }
}
