package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.vision.ImageException;
import io.github.lanewise.model.vision.ImageFile;
import io.github.lanewise.model.vision.Patches;
import io.github.lanewise.model.vision.RgbImage;
import io.github.lanewise.model.vision.VisionConfig;
import io.github.lanewise.model.vision.VisionTransformer;
import io.github.lanewise.model.vision.VisionWeights;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code run} of a vision transformer on one image. */
final class VisionRun extends ModelRun {
  private final VisionConfig config;
  private final @Nullable Path file;
  private final RgbImage image;

  VisionRun(Path configFile, RunOptions options) {
    super(options);
    VisionConfig whole = VisionConfig.load(configFile);
    config = whole.withLayers(options.layersOf(whole.encoder().layers(), whole.name()));
    options.refuse("--tokens", options.tokens(), VisionConfig.KIND);
    options.refuse("--decode", options.decode(), VisionConfig.KIND);
    options.more().allow(options.common(), config.name(), "--image");
    file = options.more().image(common());
    image = file == null ? RgbImage.rings(config.imageSize()) : read(file);
  }

  private RgbImage read(Path path) {
    try {
      return ImageFile.read(path);
    } catch (ImageException wrong) {
      throw common().wrongUsage(wrong.getMessage());
    }
  }

  @Override
  String name() {
    return config.name();
  }

  @Override
  String title() {
    return format(
        "%s: vision, %d layers, %d patches of %d x %d from %s of %d x %d",
        config.name(),
        config.encoder().layers(),
        config.patches(),
        config.patchSize(),
        config.patchSize(),
        file == null ? "a test image" : "an image",
        image.width(),
        image.height());
  }

  @Override
  MemoryPlan plan(int threads) {
    return VisionTransformer.plan(config, threads);
  }

  @Override
  Measurement measure(Lanewise runtime) {
    try (VisionWeights weights = weights(runtime);
        Arena arena = Arena.ofShared()) {
      VisionTransformer model = VisionTransformer.prepare(runtime, weights);
      // What did not come to run compiled shows in the figures.
      boolean unused = model.warmUp();
      Matrix patches = Matrix.allocate(arena, config.patches(), config.patchWidth());
      new Patches(config).of(image, patches);
      Matrix scores = Matrix.allocate(arena, 1, config.classes());
      PassTimer.Result passes =
          new PassTimer(options().nanos())
              .time("layers", times -> model.forward(patches, scores, times));
      return Measurement.of(
          "image",
          passes,
          1 + config.patches(),
          new Measurement.Units(1, "images"),
          VisionTransformer.flops(config));
    }
  }

  private VisionWeights weights(Lanewise runtime) {
    try (ProgressBars.Bar bar = ProgressBars.start("weights")) {
      return VisionWeights.random(runtime, config, options().seed(), bar);
    }
  }

  @Override
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("imageWidth", image.width());
    json.put("imageHeight", image.height());
    return json;
  }
}
