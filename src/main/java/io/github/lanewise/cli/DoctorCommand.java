package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.rounded;

import io.github.lanewise.format.JsonLine;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.op.MachineLimits;
import io.github.lanewise.tuning.Machine;
import io.github.lanewise.tuning.Tuning;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code doctor}: what machine and JVM can do, and whether each kernel does it. */
@Command(
    name = "doctor",
    sortOptions = false,
    description =
        "Measure what this machine and JVM can do, and whether every kernel reaches its rate.")
final class DoctorCommand implements Callable<Integer> {
  private static final long MIB = 1 << 20;

  /**
   * Memory to read: far beyond a cache, and no more than this whatever a virtual machine claims.
   */
  private static final long LEAST_READ_BYTES = 256 * MIB;

  private static final long MOST_READ_BYTES = 1024 * MIB;

  private static final int MOST_JVMS = 10_000;

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--seconds",
      hidden = true,
      description = "Time for each kernel, and for each limit.")
  private double seconds = 0.6;

  @Option(
      names = "--jvms",
      paramLabel = "N",
      description = {
        "Start N fresh JVMs instead, each running all kernels in another order,",
        "and compare the slowest of them with the median."
      })
  private @Nullable Integer jvms;

  /** Made by picocli. */
  DoctorCommand() {}

  @Override
  public Integer call() {
    int threads = common.threads();
    if (jvms != null) {
      common.between("--jvms", jvms, 2, MOST_JVMS, "");
      return FreshJvms.prove(jvms, common)
          ? CommandLine.ExitCode.OK
          : CommandLine.ExitCode.SOFTWARE;
    }
    if (!(seconds > 0 && seconds <= 60)) {
      throw common.wrongUsage("--seconds is " + seconds + ", must be above 0, at most 60");
    }
    Duration budget = Duration.ofNanos((long) (seconds * 1e9));
    List<Machine.Cache> caches = MachineInfo.caches();
    DoctorReport report = new DoctorReport(common.text());
    Tuning tuning = Tuning.find();
    report.machine(caches, threads, tuning);
    long bytes = readBytes(caches);
    Limits limits =
        new Limits(
            MachineLimits.peakGflops(1, budget),
            MachineLimits.peakGflops(threads, budget),
            MachineLimits.readGBs(1, bytes, budget),
            MachineLimits.readGBs(threads, bytes, budget));
    List<KernelCheck.Result> kernels = new ArrayList<>();
    // Without it a single product would take minutes, and nothing would be learned.
    if (MachineLimits.hasHardwareFma()) {
      List<KernelCheck.Result> measured = KernelChecks.run(limits, bytes, budget);
      limits = limits.raisedTo(measured);
      for (KernelCheck.Result kernel : measured) {
        kernels.add(kernel.against(limits));
      }
    }
    report.limits(limits, threads);
    report.kernels(kernels);
    List<String> advice = Advice.of(kernels);
    report.advice(advice);
    boolean ok = advice.isEmpty();
    if (common.json()) {
      common.out().println(json(threads, tuning, limits, kernels, ok));
    }
    return ok ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  /** What the machine can do at most, with one thread and with all. */
  record Limits(double gflops, double gflopsAll, double readGBs, double readGBsAll) {
    /**
     * What a kernel did can be done: other load had lowered the limit, or a cache raised the rate.
     */
    Limits raisedTo(List<KernelCheck.Result> kernels) {
      double compute = gflops;
      double read = readGBs;
      for (KernelCheck.Result kernel : kernels) {
        compute = Math.max(compute, kernel.gflops());
        read = Math.max(read, kernel.gigabytesPerSecond());
      }
      return new Limits(compute, Math.max(compute, gflopsAll), read, Math.max(read, readGBsAll));
    }
  }

  private static long readBytes(List<Machine.Cache> caches) {
    long cache = caches.stream().mapToLong(Machine.Cache::bytes).max().orElse(0);
    long wanted = Math.clamp(4 * cache, LEAST_READ_BYTES, MOST_READ_BYTES);
    // A quarter of what is left, on the smallest machines, in whole MiB.
    return Math.clamp(MemoryPlan.availableBytes() / 4 / MIB * MIB, 64 * MIB, wanted);
  }

  private static String json(
      int threads, Tuning tuning, Limits limits, List<KernelCheck.Result> kernels, boolean ok) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("cpu", MachineInfo.cpu());
    json.put("jdk", MachineInfo.jdk());
    json.put("vectorBits", MachineLimits.vectorBits());
    json.put("threads", threads);
    json.put("tuning", tuning.source());
    json.put("peakGflops", rounded(limits.gflops()));
    json.put("peakGflopsAll", rounded(limits.gflopsAll()));
    json.put("readGBs", rounded(limits.readGBs()));
    json.put("readGBsAll", rounded(limits.readGBsAll()));
    List<Map<String, Object>> list = new ArrayList<>();
    for (KernelCheck.Result kernel : kernels) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", kernel.name());
      entry.put("gflops", rounded(kernel.gflops()));
      entry.put("share", rounded(kernel.share()));
      entry.put("ok", kernel.ok());
      list.add(entry);
    }
    json.put("kernels", list);
    json.put("ok", ok);
    return JsonLine.of(json);
  }
}
