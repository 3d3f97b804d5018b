package io.github.lanewise.model;

import io.github.lanewise.format.OnnxFile;
import io.github.lanewise.format.OnnxNode;
import io.github.lanewise.format.StoredTensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The operations of an ONNX graph that a transformer is told by: linear layers, normalisations,
 * products of activations, softmaxes and look-ups; and which of them a value comes from, past
 * everything between (reshapes, transposes, scales, masks, activations, residual sums).
 */
final class Landmarks {
  /** What a landmark does. */
  enum Kind {
    /** A product with a weight. */
    LINEAR,
    /** A product of two activations. */
    PRODUCT,
    /** A softmax. */
    SOFTMAX,
    /** A layer normalisation, decomposed or not: its last operation. */
    NORM,
    /** Rows of a table. */
    TABLE
  }

  /**
   * One of them.
   *
   * @param weight matrix, table or gain
   * @param bias bias or shift
   */
  record Landmark(
      Kind kind,
      OnnxNode node,
      Checkpoint.@Nullable Parameter weight,
      Checkpoint.@Nullable Parameter bias) {
    /** What comes in at an index. */
    String input(int index) {
      return node.input(index);
    }

    @Override
    public String toString() {
      return node.op() + " " + node.name();
    }
  }

  /** Copies and transpositions between a weight and its use. */
  private static final int MOST_HOPS = 4;

  private final OnnxFile file;
  private final Map<String, OnnxNode> producers = new HashMap<>();
  private final Map<String, List<OnnxNode>> consumers = new HashMap<>();
  private final IdentityHashMap<OnnxNode, Landmark> byNode = new IdentityHashMap<>();
  private final Map<String, Set<Landmark>> originsOf = new HashMap<>();
  private final List<Landmark> inOrder = new ArrayList<>();

  Landmarks(OnnxFile file) {
    this.file = file;
    for (OnnxNode node : file.nodes()) {
      // An empty name stands for an input or output that is left out: no value.
      node.outputs().stream()
          .filter(output -> !output.isEmpty())
          .forEach(output -> producers.put(output, node));
      Set<String> inputs = new HashSet<>(node.inputs());
      inputs.remove("");
      for (String input : inputs) {
        consumers.computeIfAbsent(input, key -> new ArrayList<>(1)).add(node);
      }
    }
    for (OnnxNode node : file.nodes()) {
      Landmark landmark = landmark(node);
      if (landmark != null) {
        byNode.put(node, landmark);
        inOrder.add(landmark);
      }
    }
  }

  /** How many there are. */
  int count() {
    return inOrder.size();
  }

  /** All of a kind, in the order of the file. */
  List<Landmark> all(Kind kind) {
    return inOrder.stream().filter(landmark -> landmark.kind() == kind).toList();
  }

  /** The nearest landmarks that a value is computed from. */
  Set<Landmark> origins(String value) {
    return originsOf.computeIfAbsent(value, this::walk);
  }

  private Set<Landmark> walk(String value) {
    Set<Landmark> origins = new LinkedHashSet<>();
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(value));
    while (!open.isEmpty()) {
      String next = open.pop();
      OnnxNode node = producers.get(next);
      if (node == null || !seen.add(next)) {
        continue;
      }
      Landmark landmark = byNode.get(node);
      if (landmark != null) {
        origins.add(landmark);
      } else if (!node.is("Shape")) { // a shape carries no activations
        node.inputs().forEach(open::push);
      }
    }
    return origins;
  }

  /** The graph's input that indices are, or null if they are computed otherwise. */
  @Nullable String graphInput(String value) {
    String current = value;
    for (OnnxNode node = producers.get(current); node != null; node = producers.get(current)) {
      if (node.is("Shape")) {
        return null;
      }
      current = node.input(0);
    }
    return file.inputs().contains(current) && file.find(current) == null ? current : null;
  }

  private @Nullable Landmark landmark(OnnxNode node) {
    if (node.is("MatMul")) {
      Checkpoint.Parameter weight = matrix(node.input(1), true);
      return weight == null
          ? new Landmark(Kind.PRODUCT, node, null, null)
          : new Landmark(Kind.LINEAR, node, weight, addend(node));
    }
    if (node.is("Gemm")) {
      return gemm(node);
    }
    if (node.is("Softmax")) {
      return new Landmark(Kind.SOFTMAX, node, null, null);
    }
    if (node.is("Gather")) {
      Checkpoint.Parameter table = matrix(node.input(0), false);
      return table == null ? null : new Landmark(Kind.TABLE, node, table, null);
    }
    if (node.is("LayerNormalization")) {
      return new Landmark(Kind.NORM, node, vector(node.input(1)), vector(node.input(2)));
    }
    return node.is("Add") ? decomposedNorm(node) : null;
  }

  private @Nullable Landmark gemm(OnnxNode node) {
    boolean plain =
        node.whole("transA", 0) == 0 && node.number("alpha", 1) == 1 && node.number("beta", 1) == 1;
    Checkpoint.Parameter weight = matrix(node.input(1), node.whole("transB", 0) == 0);
    return weight == null || !plain
        ? null
        : new Landmark(Kind.LINEAR, node, weight, vector(node.input(2)));
  }

  /** (x - mean) / deviation · gain + shift, of which this is the sum. */
  private @Nullable Landmark decomposedNorm(OnnxNode sum) {
    for (int i = 0; i < 2; i++) {
      Checkpoint.Parameter shift = vector(sum.input(i));
      OnnxNode scaled = producers.get(sum.input(1 - i));
      if (shift != null && scaled != null && scaled.is("Mul")) {
        for (int j = 0; j < 2; j++) {
          Checkpoint.Parameter gain = vector(scaled.input(j));
          OnnxNode normed = producers.get(scaled.input(1 - j));
          if (gain != null && normed != null && (normed.is("Div") || normed.is("Mul"))) {
            return new Landmark(Kind.NORM, sum, gain, shift);
          }
        }
      }
    }
    return null;
  }

  /** The vector that is added to a product next. */
  private Checkpoint.@Nullable Parameter addend(OnnxNode product) {
    List<OnnxNode> next =
        product.outputs().isEmpty()
            ? List.of()
            : consumers.getOrDefault(product.outputs().getFirst(), List.of());
    if (next.size() != 1 || !next.getFirst().is("Add")) {
      return null;
    }
    OnnxNode sum = next.getFirst();
    Checkpoint.Parameter first = vector(sum.input(0));
    return first != null ? first : vector(sum.input(1));
  }

  /** A matrix of floats, perhaps behind a few transpositions. */
  private Checkpoint.@Nullable Parameter matrix(String value, boolean transposed) {
    String current = value;
    boolean turned = transposed;
    for (int hop = 0; hop < MOST_HOPS; hop++) {
      OnnxNode node = producers.get(current);
      if (node == null || !(node.is("Transpose") || node.is("Identity"))) {
        break;
      }
      turned ^= node.is("Transpose") && !node.wholes("perm").equals(List.of(0L, 1L));
      current = node.input(0);
    }
    return parameter(current, 2, turned);
  }

  private Checkpoint.@Nullable Parameter vector(String value) {
    OnnxNode node = producers.get(value);
    return parameter(node != null && node.is("Identity") ? node.input(0) : value, 1, false);
  }

  private Checkpoint.@Nullable Parameter parameter(String name, int dimensions, boolean turned) {
    StoredTensor tensor = file.find(name);
    boolean fits =
        tensor != null && tensor.shape().size() == dimensions && tensor.type().storage() != null;
    return fits ? new Checkpoint.Parameter(tensor, turned) : null;
  }
}
