package io.github.lanewise.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.BertOnnx.Product;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.OnnxWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Graphs that were rewired at random: refused by name, or read; nothing else. */
class HostileGraphTest {
  private static final int COUNT = 600;
  private static final Pattern REFERENCE = Pattern.compile("(onnx::MatMul|MatMul|Add|Mul)_\\d+");

  @TempDir private Path folder;

  @Test
  void rewiredGraphsAreRefusedOrRead() throws IOException {
    ModelConfig config = small();
    SplittableRandom random = new SplittableRandom(63);
    int accepted = 0;
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, 1)) {
      Map<String, Matrix> tensors = BertFiles.tensors(weights);
      for (int i = 0; i < COUNT; i++) {
        Product product = Product.values()[i % 3];
        byte[] good = new BertOnnx(tensors, product, i % 2 == 0, true).bytes(2, false);
        accepted += loads(runtime, config, rewired(good, random)) ? 1 : 0;
      }
    }
    int count = accepted;
    // Many changes concern a scale or an activation, which are the config's to say.
    assertTrue(count > 0 && count < COUNT - 100, () -> count + " accepted");
  }

  /** Nothing but transpositions of transpositions, and landmarks that all lead far back. */
  @Test
  void largeGraphsAreRefusedSoon() throws IOException {
    OnnxWriter onnx = new OnnxWriter();
    String x = "input_ids";
    for (int i = 0; i < 20_000; i++) {
      x = onnx.node("Transpose", x);
    }
    for (int i = 0; i < 20_000; i++) {
      onnx.node("MatMul", x, x);
    }
    onnx.node("Softmax", x);
    onnx.node("Softmax", x);
    try (Lanewise runtime = Lanewise.create(1)) {
      assertTrue(!loads(runtime, small(), onnx.bytes()));
    }
  }

  /** Values without a name: they must not lead from one node to another. */
  @Test
  void namelessValuesLeadNowhere() throws IOException {
    for (boolean product : new boolean[] {false, true}) {
      OnnxWriter onnx =
          new OnnxWriter().tensor("table", OnnxWriter.F32, new byte[4 * 16], 4, 4).input("x");
      onnx.node("Softmax", "a");
      onnx.node("Softmax", "b");
      if (product) {
        onnx.inGraph(1, node -> node.text(1, "x").text(1, "table").text(4, "MatMul"));
      } else {
        onnx.node("Foo", List.of(), "indices", node -> node.text(2, ""));
        onnx.node("Gather", "table", "indices");
      }
      try (Lanewise runtime = Lanewise.create(1)) {
        assertTrue(!loads(runtime, small(), onnx.bytes()));
      }
    }
  }

  /** One or two names of values replaced by others of the same length. */
  private static byte[] rewired(byte[] good, SplittableRandom random) {
    String text = new String(good, ISO_8859_1);
    Matcher matcher = REFERENCE.matcher(text);
    List<int[]> places = new ArrayList<>();
    while (matcher.find()) {
      places.add(new int[] {matcher.start(), matcher.end()});
    }
    byte[] bad = good.clone();
    for (int changes = random.nextInt(1, 3); changes > 0; changes--) {
      int[] from = places.get(random.nextInt(places.size()));
      int[] to = places.get(random.nextInt(places.size()));
      if (from[1] - from[0] == to[1] - to[0]) {
        System.arraycopy(good, from[0], bad, to[0], to[1] - to[0]);
      }
    }
    return bad;
  }

  private boolean loads(Lanewise runtime, ModelConfig config, byte[] file) throws IOException {
    Path path = Files.write(folder.resolve("model.onnx"), file);
    try {
      Weights.load(runtime, config, path).close();
      return true;
    } catch (WeightsException refused) {
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.startsWith(path + ": ") && message.length() < 1_000, message);
      return false;
    }
  }

  private static ModelConfig small() {
    String json =
        Models.json("tiny-encoder")
            .replace("\"heads\": 5", "\"heads\": 1")
            .replace("\"dModel\": 65", "\"dModel\": 8")
            .replace("\"headDim\": 13", "\"headDim\": 8")
            .replace("\"feedForward\": 131", "\"feedForward\": 11")
            .replace("\"vocabulary\": 193", "\"vocabulary\": 9");
    return ModelConfig.parse("small", json.getBytes(UTF_8));
  }
}
