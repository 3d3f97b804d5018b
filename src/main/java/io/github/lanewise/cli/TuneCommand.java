package io.github.lanewise.cli;

import io.github.lanewise.op.GemmKernel;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.MachineLimits;
import io.github.lanewise.tune.Confirmation;
import io.github.lanewise.tune.GemmSearch;
import io.github.lanewise.tune.GemmStopwatch;
import io.github.lanewise.tuning.Machine;
import io.github.lanewise.tuning.Provenance;
import io.github.lanewise.tuning.Tuning;
import io.github.lanewise.tuning.Tuning.GemmTuning;
import java.io.IOException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tune}: searches kernels and blocks, proves them in fresh JVMs, writes a tuning file. */
@Command(
    name = "tune",
    sortOptions = false,
    description =
        "Find the kernels and block sizes that are fastest here, and write a tuning file.",
    footer = {
      "",
      "Candidates take turns, and the winner has to beat the default in fresh JVMs; where it does",
      "not, the default stays. A tuning file changes speed, never a bit of a result."
    })
final class TuneCommand implements Callable<Integer> {
  /** Share of the budget for the search; the rest is for fresh JVMs. */
  private static final double SEARCH = 0.55;

  private static final String GEMM = "gemm";

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--op",
      paramLabel = "OP",
      defaultValue = GEMM,
      description = "Operation to tune: gemm, the only one so far. Default: ${DEFAULT-VALUE}.")
  private String op = GEMM;

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      defaultValue = "120s",
      description = "How long it may take, such as 90s or 5m. Default: ${DEFAULT-VALUE}.")
  private String budget = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where to write it; - for standard output. Default: your own file, which every Lanewise"
              + " of yours then uses.")
  private @Nullable String out;

  @Option(
      names = "--seed",
      hidden = true,
      paramLabel = "S",
      description = "Seed of the order in which candidates take turns.")
  private long seed = 1;

  /** Made by picocli. */
  TuneCommand() {}

  @Override
  public Integer call() throws IOException {
    int threads = common.threads();
    if (!op.equals(GEMM)) {
      throw common.wrongUsage("--op is " + op + ", must be " + GEMM);
    }
    Duration time = Budgets.parse(budget, common);
    TuningTarget target = TuningTarget.of(out, common);
    if (!MachineLimits.hasHardwareFma()) {
      throw new IllegalStateException(
          "this JVM has no hardware multiply-add (fma), so that there is nothing to tune:"
              + " 'lanewise doctor' says what to do");
    }
    TuneReport report = new TuneReport(target.isStandardOutput() ? common.err() : common.text());
    report.begin(threads, time, target);
    long start = System.nanoTime();
    Tuning defaults = Tuning.defaults();
    Confirmation.Result result;
    GemmTuning found;
    try (ProgressBars.Bar bar = ProgressBars.start("tune")) {
      Runnable progress = () -> bar.advanced(seconds(start), Math.toIntExact(time.toSeconds()));
      found = search(defaults, target, threads, (long) (SEARCH * time.toNanos()), progress);
      long left = time.toNanos() - (System.nanoTime() - start);
      result = confirm(defaults, defaults.withGemm(found), threads, left, progress);
    }
    Tuning tuned =
        defaults.withGemm(result.gemm()).from(target.name(), provenance(threads, result));
    target.write(tuned, common.out());
    report.end(defaults.gemm(), found, result, target, seconds(start));
    if (common.json()) {
      common.out().println(TuneReport.json(defaults.gemm(), result, target, threads, start));
    }
    return CommandLine.ExitCode.OK;
  }

  private GemmTuning search(
      Tuning defaults, TuningTarget target, int threads, long nanos, Runnable progress) {
    List<GemmTuning> seeds = new ArrayList<>();
    try (Lanewise inUse = Lanewise.create(1)) {
      seeds.add(inUse.tuning().gemm());
    }
    Tuning before = target.before();
    if (before != null) {
      seeds.add(before.gemm());
    }
    try (GemmStopwatch stopwatch = new GemmStopwatch(threads)) {
      return new GemmSearch(
              GemmKernel.all(),
              MachineLimits.vectorBits() / Float.SIZE,
              Machine.here().has32Registers() ? 32 : 16,
              setting -> {
                progress.run();
                return stopwatch.nanos(setting);
              },
              System::nanoTime,
              seed)
          .search(defaults.gemm(), seeds, nanos);
    }
  }

  private static Confirmation.Result confirm(
      Tuning defaults, Tuning tuned, int threads, long nanos, Runnable progress)
      throws IOException {
    try (TuningJvms jvms = new TuningJvms(threads)) {
      return new Confirmation(
              tuning -> {
                progress.run();
                return jvms.gflops(tuning);
              },
              System::nanoTime)
          .run(defaults, tuned, nanos);
    }
  }

  private Provenance provenance(int threads, Confirmation.Result result) {
    Machine machine = Machine.here();
    return new Provenance(
        machine.cpu(),
        machine.arch(),
        MachineInfo.jdk(),
        threads,
        LocalDate.now(ZoneId.systemDefault()).toString(),
        MachineInfo.jvmOptions() + "./lanewise tune --budget " + budget + " --threads " + threads,
        result.measured());
  }

  private static int seconds(long start) {
    return (int) ((System.nanoTime() - start) / 1_000_000_000);
  }

  /** Reads the time that a user gives. */
  static final class Budgets {
    private static final long LEAST_SECONDS = 10;
    private static final long MOST_SECONDS = 24 * 3600;

    private Budgets() {}

    static Duration parse(String text, CommonOptions common) {
      String digits = text.strip();
      long unit = digits.endsWith("m") ? 60 : 1;
      if (digits.endsWith("s") || digits.endsWith("m")) {
        digits = digits.substring(0, digits.length() - 1);
      }
      long seconds = digits.matches("[0-9]{1,6}") ? Long.parseLong(digits) * unit : -1;
      if (seconds < LEAST_SECONDS || seconds > MOST_SECONDS) {
        throw common.wrongUsage(
            "--budget is " + text + ", must be 10s to 1440m: seconds (120s) or minutes (2m)");
      }
      return Duration.ofSeconds(seconds);
    }
  }
}
