package io.github.lanewise.cli;

import io.github.lanewise.format.JsonLine;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.tune.Probe;
import io.github.lanewise.tune.Product;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What {@code tune} runs in fresh JVMs: one JSON object, shapes to GFLOP/s. */
@Command(
    name = "tune-probe",
    hidden = true,
    description = "Rates of matrix products with the tuning in use, as one JSON object.")
final class ProbeCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();

  /** Made by picocli. */
  ProbeCommand() {}

  @Override
  public Integer call() {
    try (Lanewise runtime = Lanewise.create(common.threads())) {
      Map<String, Object> rates = new LinkedHashMap<>();
      for (Map.Entry<Product, Double> rate : Probe.gflops(runtime).entrySet()) {
        rates.put(rate.getKey().toString(), rate.getValue());
      }
      common.out().println(JsonLine.of(rates));
    }
    return CommandLine.ExitCode.OK;
  }
}
