package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.percent;

import io.github.lanewise.op.MachineLimits;
import io.github.lanewise.tuning.Machine;
import io.github.lanewise.tuning.Tuning;
import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;

/** What {@code doctor} says to people. */
final class DoctorReport {
  private final PrintWriter out;

  DoctorReport(PrintWriter out) {
    this.out = out;
  }

  void machine(List<Machine.Cache> caches, int threads, Tuning tuning) {
    line("cpu", MachineInfo.cpu() + ", " + threads + (threads == 1 ? " thread" : " threads"));
    if (!caches.isEmpty()) {
      line(
          "caches",
          caches.stream()
              .map(cache -> cache.name() + " " + kibibytes(cache.bytes()))
              .collect(Collectors.joining(", ")));
    }
    line("jdk", MachineInfo.jdk());
    line("vectors", MachineLimits.vectorBits() + " bits");
    line("tuning", tuning.source());
    out.flush();
  }

  void limits(DoctorCommand.Limits limits, int threads) {
    line("", format("%12s %14s", "one thread", "all " + threads));
    line("FMA peak", format("%12.1f %14.1f GFLOP/s", limits.gflops(), limits.gflopsAll()));
    line("read", format("%12.1f %14.1f GB/s", limits.readGBs(), limits.readGBsAll()));
    out.flush();
  }

  void kernels(List<KernelCheck.Result> kernels) {
    if (kernels.isEmpty()) {
      return;
    }
    out.println();
    out.println(
        format(
            "%-34s %8s %8s   %-18s %s",
            "kernel, one thread", "GFLOP/s", "GB/s", "share of", "expected"));
    for (KernelCheck.Result kernel : kernels) {
      out.println(
          format(
              "%-34s %8.1f %8s   %7s %-10s %6s   %s",
              kernel.name(),
              kernel.gflops(),
              kernel.memoryBound() ? format("%.1f", kernel.gigabytesPerSecond()) : "",
              percent(kernel.share()),
              kernel.memoryBound() ? "read" : "FMA peak",
              "> " + Math.round(100 * kernel.expected()) + " %",
              kernel.ok() ? "ok" : "ON THE CLIFF"));
    }
    out.flush();
  }

  void advice(List<String> advice) {
    out.println();
    if (advice.isEmpty()) {
      out.println("ok: every kernel reaches its rate in this JVM");
    }
    advice.forEach(out::println);
    out.flush();
  }

  private static String kibibytes(long bytes) {
    return bytes < 1 << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
  }

  private void line(String name, String value) {
    out.println(format("%-9s %s", name, value));
  }
}
