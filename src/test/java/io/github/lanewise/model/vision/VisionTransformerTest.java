package io.github.lanewise.model.vision;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Deviation;
import io.github.lanewise.model.Encoder;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.Progress;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.PlainMath;
import io.github.lanewise.testing.Seeds;
import io.github.lanewise.testing.TorchFixture;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class VisionTransformerTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** The published model, with fewer of everything. */
  static VisionConfig small() {
    return parse(
        "\"imageSize\": 224", "\"imageSize\": 24",
        "\"patchSize\": 16", "\"patchSize\": 4",
        "\"layers\": 12", "\"layers\": 2",
        "\"heads\": 12", "\"heads\": 3",
        "\"dModel\": 768", "\"dModel\": 42",
        "\"feedForward\": 3072", "\"feedForward\": 95",
        "\"classes\": 1000", "\"classes\": 13");
  }

  static VisionConfig parse(String... piecesAndReplacements) {
    try {
      String json = Files.readString(Path.of("models/vit-b-16.json"));
      for (int i = 0; i < piecesAndReplacements.length; i += 2) {
        assertTrue(json.contains(piecesAndReplacements[i]), piecesAndReplacements[i]);
        json = json.replace(piecesAndReplacements[i], piecesAndReplacements[i + 1]);
      }
      return VisionConfig.parse("small", json.getBytes(StandardCharsets.UTF_8));
    } catch (IOException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void agreesWithTheDefinition() {
    VisionConfig config = small();
    try (VisionWeights weights = VisionWeights.random(runtime, config, 5, Progress.NONE)) {
      Matrix patches = Seeds.matrix(1, config.patches(), config.patchWidth());
      double[][] x = PlainMath.of(patches);
      Deviation.assertAsGoodAsPlainFloat(
          new VisionReference(weights, PlainMath.inDouble()).scores(x),
          new VisionReference(weights, PlainMath.inFloat()).scores(x),
          scores(runtime, weights, patches),
          "scores");
    }
  }

  @Test
  void hasTheSameBitsWithAnyNumberOfThreads() {
    VisionConfig config = small();
    try (VisionWeights weights = VisionWeights.random(runtime, config, 5, Progress.NONE)) {
      Matrix patches = Seeds.matrix(1, config.patches(), config.patchWidth());
      Matrix expected = scores(runtime, weights, patches);
      for (int threads : new int[] {1, 3}) {
        try (Lanewise other = Lanewise.create(threads)) {
          assertSameBits(expected, scores(other, weights, patches));
        }
      }
    }
  }

  @Test
  void allocatesNothingOnTheHeap() {
    VisionConfig config = small();
    try (VisionWeights weights = VisionWeights.random(runtime, config, 5, Progress.NONE)) {
      VisionTransformer model = VisionTransformer.prepare(runtime, weights);
      Matrix patches = Seeds.matrix(1, config.patches(), config.patchWidth());
      Matrix scores = Matrix.allocate(Arena.ofAuto(), 1, config.classes());
      PartTimes times = new PartTimes();
      assertEquals(0, Allocation.ofCompiled(() -> model.forward(patches, scores, times)));
    }
  }

  @Test
  void refusesWrongShapesAndClosedWeights() {
    VisionConfig config = small();
    try (VisionWeights weights = VisionWeights.random(runtime, config, 5, Progress.NONE)) {
      VisionTransformer model = VisionTransformer.prepare(runtime, weights);
      Matrix patches = Seeds.matrix(1, config.patches(), config.patchWidth());
      Matrix scores = Matrix.allocate(Arena.ofAuto(), 1, config.classes());
      refuse(model, patches.rowRange(0, 35), scores);
      refuse(model, patches.columnRange(0, 47), scores);
      refuse(model, patches, scores.columnRange(0, 12));
    }
    VisionWeights closed = VisionWeights.random(runtime, config, 5, Progress.NONE);
    VisionTransformer model = VisionTransformer.prepare(runtime, closed);
    closed.close();
    Matrix patches = Matrix.allocate(Arena.ofAuto(), config.patches(), config.patchWidth());
    Matrix scores = Matrix.allocate(Arena.ofAuto(), 1, config.classes());
    assertThrows(
        IllegalStateException.class, () -> model.forward(patches, scores, new PartTimes()));
  }

  /** A block of a vision transformer, and the norm after the last. */
  @Test
  void layersAgreeWithPyTorch() {
    TorchFixture torch = TorchFixture.of(VisionTransformerTest.class, "torch-vit-block.json");
    ModelConfig config =
        parse(
                "\"imageSize\": 224",
                "\"imageSize\": 3",
                "\"patchSize\": 16",
                "\"patchSize\": 1",
                "\"layers\": 12",
                "\"layers\": 1",
                "\"heads\": 12",
                "\"heads\": " + torch.size("heads"),
                "\"dModel\": 768",
                "\"dModel\": " + torch.size("width"),
                "\"feedForward\": 3072",
                "\"feedForward\": " + torch.size("feedForward"))
            .encoder();
    try (Weights weights = Weights.random(runtime, config, 1)) {
      String ours = "layers.0.";
      torch.linear(ours + "self_attn.in_proj_weight", weights.linear(ours + "qkv.weight"));
      torch.vector(ours + "self_attn.in_proj_bias", weights.matrix(ours + "qkv.bias"));
      torch.linear(ours + "self_attn.out_proj.weight", weights.linear(ours + "output.weight"));
      torch.vector(ours + "self_attn.out_proj.bias", weights.matrix(ours + "output.bias"));
      torch.linear(ours + "linear1.weight", weights.linear(ours + "up.weight"));
      torch.vector(ours + "linear1.bias", weights.matrix(ours + "up.bias"));
      torch.linear(ours + "linear2.weight", weights.linear(ours + "down.weight"));
      torch.vector(ours + "linear2.bias", weights.matrix(ours + "down.bias"));
      norm(torch, ours + "norm1", weights, ours + "attentionNorm");
      norm(torch, ours + "norm2", weights, ours + "feedForwardNorm");
      norm(torch, "norm", weights, "finalNorm");
      Matrix x = torch.tensor("x", torch.size("width"));
      Encoder.prepare(runtime, weights, x.rows()).forward(x, x, new PartTimes());
      torch.assertAgrees("out", x, 1e-5);
    }
  }

  private static void norm(TorchFixture torch, String theirs, Weights weights, String ours) {
    torch.vector(theirs + ".weight", weights.matrix(ours + ".gain"));
    torch.vector(theirs + ".bias", weights.matrix(ours + ".shift"));
  }

  private static void refuse(VisionTransformer model, Matrix patches, Matrix scores) {
    assertThrows(
        IllegalArgumentException.class, () -> model.forward(patches, scores, new PartTimes()));
  }

  private static Matrix scores(Lanewise on, VisionWeights weights, Matrix patches) {
    Matrix scores = Matrix.allocate(Arena.ofAuto(), 1, weights.config().classes());
    VisionTransformer.prepare(on, weights).forward(patches, scores, new PartTimes());
    return scores;
  }
}
