package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.bytes;
import static io.github.lanewise.cli.Figures.counted;
import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.percent;
import static io.github.lanewise.cli.Figures.rounded;

import io.github.lanewise.bench.Growth;
import io.github.lanewise.bench.Growth.Point;
import io.github.lanewise.bench.GrowthPicture;
import io.github.lanewise.format.JsonLine;
import io.github.lanewise.op.MachineLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench growth}: what long sequences cost. */
@Command(
    name = "growth",
    sortOptions = false,
    description = {
      "Measure how attention's time and memory grow from 1,024 to 200,000 tokens: full, in a window"
          + " of 4,096, in BigBird's blocks, and linear; with one head and with eight, 64 floats a"
          + " head.",
      "All lengths with both take a quarter of an hour on one fast core; what it will take is said"
          + " at the start. On one thread times are processor time, which other load disturbs least."
    })
final class GrowthCommand implements Callable<Integer> {
  private static final Duration LIMIT_BUDGET = Duration.ofMillis(500);

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private PictureFile picture = new PictureFile();

  @Option(
      names = "--max",
      paramLabel = "N",
      description = "Tokens of the longest sequence. Default: ${DEFAULT-VALUE}.")
  private int most = Growth.MOST_TOKENS;

  /** Made by picocli. */
  GrowthCommand() {}

  @Override
  public Integer call() {
    common.between("--max", most, Growth.LEAST_TOKENS, Growth.MOST_TOKENS, "");
    Path file = picture.check(common);
    int threads = common.threads();
    long began = System.nanoTime();
    double peak = MachineLimits.peakGflops(threads, LIMIT_BUDGET);
    List<Growth.Task> tasks = Growth.tasks(most);
    begin(threads, peak, Growth.guessSeconds(tasks, peak));
    Growth growth =
        new Growth(
            threads,
            threads == 1 ? ThreadClock::nanos : System::nanoTime,
            () -> MachineInfo.residentBytes(0));
    List<Point> points = new ArrayList<>();
    for (Growth.Task task : tasks) {
      points.add(measure(growth, task, peak));
    }
    common.text().println();
    common.text().println("measured in " + duration((System.nanoTime() - began) / 1e9));
    common.text().flush();
    if (file != null) {
      PictureFile.write(file, GrowthPicture.of(points, threads, peak));
    }
    return CommandLine.ExitCode.OK;
  }

  private void begin(int threads, double peak, double seconds) {
    common
        .text()
        .println(
            format(
                "bench growth, %s; FMA peak %.1f GFLOP/s; takes about %s",
                counted(threads, "thread"), peak, duration(seconds)));
    common.text().println();
    common
        .text()
        .println(
            format(
                "%-22s %5s %8s %12s %10s %9s %10s %10s %10s",
                "form",
                "heads",
                "tokens",
                "time",
                "GFLOP/s",
                "of peak",
                "data",
                "resident",
                "scratch"));
    common.text().flush();
  }

  private Point measure(Growth growth, Growth.Task task, double peak) {
    Point point;
    try (ProgressBars.Bar bar = ProgressBars.startPassing(task.shape())) {
      bar.advanced(0, 100);
      point = growth.run(task, done -> bar.advanced((int) (100 * done), 100));
    }
    common
        .text()
        .println(
            format(
                "%-22s %5d %8d %9.4f ms %10.1f %9s %10s %10s %10s",
                task.form().title(),
                task.heads(),
                task.tokens(),
                point.nanos() / 1e6,
                point.gflops(),
                percent(point.gflops() / peak),
                bytes(point.dataBytes()),
                bytes(point.residentBytes()),
                bytes(point.scratchBytes())));
    common.text().flush();
    if (common.json()) {
      common.out().println(json(point, peak));
      common.out().flush();
    }
    return point;
  }

  private static String json(Point point, double peak) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("shape", point.task().shape());
    json.put("tokens", point.task().tokens());
    json.put("minNanos", Math.round(point.nanos()));
    json.put("calls", point.calls());
    json.put("gflops", rounded(point.gflops()));
    json.put("limitShare", rounded(point.gflops() / peak));
    json.put("dataBytes", point.dataBytes());
    json.put("residentBytes", point.residentBytes());
    json.put("scratchBytes", point.scratchBytes());
    return JsonLine.of(json);
  }

  private static String duration(double seconds) {
    return seconds < 100 ? format("%.0f s", seconds) : format("%.0f min", seconds / 60);
  }
}
