package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.model.protein.Evoformer;
import io.github.lanewise.model.protein.EvoformerConfig;
import io.github.lanewise.model.protein.EvoformerState;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** {@code run} of an Evoformer on a random alignment. */
final class ProteinRun extends ModelRun {
  private final EvoformerConfig config;

  ProteinRun(Path file, RunOptions options) {
    super(options);
    EvoformerConfig whole = EvoformerConfig.load(file);
    options.refuse("--tokens", options.tokens(), EvoformerConfig.KIND);
    options.refuse("--decode", options.decode(), EvoformerConfig.KIND);
    options.more().allow(common(), whole.name(), "--msa", "--residues");
    config =
        whole
            .withLayers(options.layersOf(whole.layers(), whole.name()))
            .withSizes(
                options.more().msa(common(), whole.msa(), EvoformerConfig.MOST_MSA),
                options.more().residues(common(), whole.residues(), EvoformerConfig.MOST_RESIDUES));
  }

  @Override
  String name() {
    return config.name();
  }

  @Override
  String title() {
    return format(
        "%s: protein, %d block%s, %d sequences of %d residues",
        config.name(),
        config.layers(),
        config.layers() == 1 ? "" : "s",
        config.msa(),
        config.residues());
  }

  @Override
  MemoryPlan plan(int threads) {
    return Evoformer.plan(config, threads);
  }

  @Override
  Measurement measure(Lanewise runtime) {
    try (TensorStore weights = weights(runtime);
        Arena arena = Arena.ofShared()) {
      Evoformer evoformer = Evoformer.prepare(runtime, config, weights);
      // What did not come to run compiled shows in the figures.
      boolean unused = evoformer.warmUp();
      EvoformerState state = EvoformerState.allocate(arena, config);
      SplittableRandom random = new SplittableRandom(options().seed());
      // Each pass goes on from the last: norms keep what is added to the sums in bounds.
      fill(state.msa(), random);
      fill(state.pair(), random);
      PassTimer.Result passes =
          new PassTimer(options().nanos()).time("blocks", times -> evoformer.forward(state, times));
      return Measurement.of(
          "pass",
          passes,
          config.residues(),
          new Measurement.Units(config.residues(), "residues"),
          Evoformer.flops(config));
    }
  }

  private TensorStore weights(Lanewise runtime) {
    try (ProgressBars.Bar bar = ProgressBars.start("weights")) {
      return Evoformer.randomWeights(runtime, config, options().seed(), bar);
    }
  }

  private static void fill(Matrix x, SplittableRandom random) {
    float[] row = new float[x.columns()];
    for (int r = 0; r < x.rows(); r++) {
      for (int c = 0; c < row.length; c++) {
        row[c] = (float) random.nextDouble(-1, 1);
      }
      x.rowRange(r, 1).copyFrom(row);
    }
  }

  @Override
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("msa", config.msa());
    json.put("residues", config.residues());
    return json;
  }
}
