package io.github.lanewise.cli;

import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.Origin;
import io.github.lanewise.op.Lanewise;
import java.util.Map;
import picocli.CommandLine;

/** {@code run} for a kind of model: plans, measures and reports; a subclass knows the model. */
abstract class ModelRun {
  private final RunOptions options;

  ModelRun(RunOptions options) {
    this.options = options;
  }

  /** What the config calls the model. */
  abstract String name();

  /** One line for people: name, kind and sizes. */
  abstract String title();

  /** Where its shape comes from, and what of it is assumed; nothing is, unless a kind says so. */
  Origin origin() {
    return Origin.UNKNOWN;
  }

  /** The memory that it takes. */
  abstract MemoryPlan plan(int threads);

  /** Runs it, over and over. */
  abstract Measurement measure(Lanewise runtime);

  /** Further keys of its JSON. */
  abstract Map<String, Object> json();

  /** Measures and shows what follows the report: nothing, unless a kind has more. */
  void compare() {}

  RunOptions options() {
    return options;
  }

  CommonOptions common() {
    return options.common();
  }

  /** All of it; the exit code. */
  final int run() {
    int threads = common().threads();
    MemoryPlan plan = plan(threads);
    RunReport report = new RunReport(common().text());
    report.begin(title(), threads, options.seed());
    report.assumption(origin());
    long available = MemoryPlan.availableBytes();
    report.memory(plan, available);
    if (!plan.fitsIn(available)) {
      throw new IllegalStateException(
          "%s needs %s (%s) but only %s are available: take a smaller size"
              .formatted(
                  name(),
                  Figures.bytes(plan.totalBytes()),
                  RunReport.describe(plan),
                  Figures.bytes(available)));
    }
    Measurement measured;
    try (Lanewise runtime = Lanewise.create(threads)) {
      measured = measure(runtime);
    }
    RunLimits limits = RunLimits.of(measured, threads);
    long peakBytes = MachineInfo.peakBytes(plan.totalBytes());
    report.end(measured, limits, peakBytes);
    compare();
    if (common().json()) {
      common()
          .out()
          .println(RunReport.json(name(), threads, plan, measured, limits, peakBytes, json()));
      common().out().flush();
    }
    return CommandLine.ExitCode.OK;
  }
}
