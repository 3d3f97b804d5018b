package io.github.lanewise.cli;

import io.github.lanewise.bench.Bench;
import io.github.lanewise.bench.Callers;
import io.github.lanewise.bench.Limits;
import io.github.lanewise.bench.Operation;
import io.github.lanewise.bench.Peer;
import io.github.lanewise.bench.Peers;
import io.github.lanewise.bench.Picture;
import io.github.lanewise.bench.Result;
import io.github.lanewise.bench.Settings;
import io.github.lanewise.bench.Workload;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.tuning.Machine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code bench} does for every operation. */
abstract class BenchOperation implements Callable<Integer> {
  /** Explains the columns. */
  static final String FOOTER =
      "The limit of a shape is the FMA peak (compute) or, for data that no cache holds, reading or"
          + " copying memory, whichever bounds it lower; both are measured in the same run.";

  private static final String HOW_TO_GET_PEERS =
      "no peer is on the class path, so lanewise is measured alone. To get the peers: mvn -B -q"
          + " install -DskipTests && mvn -B -q -f jmh package (the launcher then finds"
          + " jmh/target/benchmarks.jar), or name jars in LANEWISE_CLASSPATH";

  private static final int MOST_CALLS = 100_000_000;

  private static final int MOST_CALLERS = 1024;

  private final Operation operation;

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private PictureFile picture = new PictureFile();

  @Option(
      names = "--shape",
      paramLabel = "S",
      description = "A shape to measure; may be repeated. Default: a list of usual shapes.")
  private List<String> shapes = new ArrayList<>();

  @Option(
      names = "--compare",
      description = "Also time the other libraries on the class path, on the same data, in turns.")
  private boolean compare;

  @Option(
      names = "--rotate",
      paramLabel = "BYTES",
      description =
          "Go through this much data in a circle, such as 512M, so that no cache holds it; 0: do"
              + " not. Default: 512M where memory is the limit (gemm of up to 16 rows, decode,"
              + " softmax), else 0.")
  private @Nullable String rotate;

  @Option(
      names = "--latency",
      paramLabel = "N",
      description = "Then time N single calls, and report p50, p99 and p99.9.")
  private int latencyCalls;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "Time for a shape's warm-up, and again to measure. Default: ${DEFAULT-VALUE}.")
  private double seconds = 1.5;

  BenchOperation(Operation operation) {
    this.operation = operation;
  }

  /** Whether a gemm packs in the call. */
  boolean plain() {
    return false;
  }

  /** Reads a shape. */
  Workload workload(String shape) {
    return operation.workload(shape, plain(), storage());
  }

  /** Callers that share a prepared operation; 0: they are not measured. */
  int callers() {
    return 0;
  }

  CommonOptions common() {
    return common;
  }

  /** How a gemm's packed weights are stored. */
  Storage storage() {
    return Storage.F32;
  }

  @Override
  public Integer call() {
    List<Workload> workloads = workloads();
    Settings settings = settings();
    Path file = picture.check(common);
    common.between("--latency", latencyCalls, 0, MOST_CALLS, "");
    common.between("--callers", callers(), 0, MOST_CALLERS, "");
    workloads.forEach(workload -> Bench.check(workload, settings));
    if (callers() > 0) {
      workloads.forEach(workload -> Callers.check(workload, settings, callers()));
    }
    Limits limits =
        Limits.measure(operation, settings, Duration.ofNanos(settings.budgetNanos() / 2));
    BenchReport report = new BenchReport(common.text(), operation, settings.threads());
    report.begin(limits, settings.peers());
    Bench bench = new Bench(settings, limits);
    List<Result> results = new ArrayList<>();
    for (Workload workload : workloads) {
      results.add(measure(bench, workload, settings, report));
    }
    report.end(limits);
    if (file != null) {
      PictureFile.write(file, Picture.of(results, limits));
    }
    boolean agree = results.stream().allMatch(Result::agrees);
    return agree ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private Result measure(Bench bench, Workload workload, Settings settings, BenchReport report) {
    LatencyHistogram latency = new LatencyHistogram();
    Result result;
    try (ProgressBars.Bar bar = ProgressBars.startPassing(workload.shape())) {
      result =
          bench.run(
              workload,
              new Bench.Latency(latencyCalls, latency),
              done -> bar.advanced((int) (100 * done), 100));
    }
    report.result(result, latency);
    Callers.Outcome together = together(workload, settings);
    if (together != null) {
      report.callers(together);
    }
    if (common.json()) {
      common.out().println(BenchReport.json(result, latency, together));
      common.out().flush();
    }
    return result;
  }

  private Callers.@Nullable Outcome together(Workload workload, Settings settings) {
    if (callers() == 0) {
      return null;
    }
    try (ProgressBars.Bar bar = ProgressBars.startPassing(callers() + " callers")) {
      return Callers.run(
          workload, settings, callers(), done -> bar.advanced((int) (100 * done), 100));
    }
  }

  private List<Workload> workloads() {
    List<String> wanted = shapes.isEmpty() ? operation.usualShapes(plain()) : shapes;
    try {
      return wanted.stream().map(this::workload).toList();
    } catch (IllegalArgumentException wrong) {
      throw common.wrongUsage("--" + wrong.getMessage());
    }
  }

  private Settings settings() {
    if (!(seconds > 0 && seconds <= 3600)) {
      throw common.wrongUsage("--seconds is " + seconds + ", must be above 0, at most 3600");
    }
    return new Settings(
        common.threads(),
        (long) (seconds * 1e9),
        rotateBytes(),
        MachineInfo.caches().stream()
            .mapToLong(Machine.Cache::bytes)
            .max()
            .orElse(Settings.UNKNOWN_CACHE_BYTES),
        MemoryPlan.availableBytes(),
        peers());
  }

  private OptionalLong rotateBytes() {
    if (rotate == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Figures.parseBytes(rotate));
    } catch (IllegalArgumentException wrong) {
      throw common.wrongUsage("--rotate " + wrong.getMessage());
    }
  }

  private List<Peer> peers() {
    if (!compare) {
      return List.of();
    }
    List<Peer> peers = Peers.find(problem -> common.err().println("bench: " + problem));
    if (peers.isEmpty()) {
      common.err().println("bench: " + HOW_TO_GET_PEERS);
    }
    common.err().flush();
    return peers;
  }
}
