package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.percent;
import static io.github.lanewise.cli.Figures.rounded;

import io.github.lanewise.format.JsonLine;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code doctor --jvms} says: a line of JSON for each JVM if asked for, then the summary. */
final class FreshJvmsReport {
  private final CommonOptions common;
  private final PrintWriter text;

  FreshJvmsReport(CommonOptions common) {
    this.common = common;
    text = common.text();
  }

  void begin(int count) {
    text.println(
        count + " fresh JVMs, all kernels in each, in another order, on one thread; best of ten");
    text.flush();
  }

  void jvm(int number, Map<String, Double> rates) {
    if (common.json()) {
      List<Map<String, Object>> kernels = new ArrayList<>();
      rates.forEach(
          (name, rate) -> {
            Map<String, Object> kernel = new LinkedHashMap<>();
            kernel.put("name", name);
            kernel.put("gflops", rounded(rate));
            kernels.add(kernel);
          });
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("jvm", number);
      json.put("kernels", kernels);
      common.out().println(JsonLine.of(json));
      common.out().flush();
    }
  }

  /** Returns whether all is well. */
  boolean end(int count, List<FreshJvms.Spread> spreads) {
    boolean ok = spreads.stream().allMatch(FreshJvms.Spread::ok);
    text.println();
    text.println(
        format("%-34s %8s %8s %17s", "kernel, GFLOP/s", "median", "slowest", "of the median"));
    for (FreshJvms.Spread spread : spreads) {
      text.println(
          format(
              "%-34s %8.1f %8.1f %17s   %s",
              spread.name(),
              spread.median(),
              spread.slowest(),
              percent(spread.share()),
              spread.ok() ? "ok" : "SLOW IN JVM " + spread.slowestJvm()));
    }
    text.println();
    text.println(
        ok
            ? "ok: no JVM is slow"
            : "a kernel was slow in some JVM: run it again without other load on the machine to be"
                + " sure");
    text.flush();
    if (common.json()) {
      common.out().println(json(count, spreads, ok));
    }
    return ok;
  }

  private static String json(int count, List<FreshJvms.Spread> spreads, boolean ok) {
    List<Map<String, Object>> kernels = new ArrayList<>();
    for (FreshJvms.Spread spread : spreads) {
      Map<String, Object> kernel = new LinkedHashMap<>();
      kernel.put("name", spread.name());
      kernel.put("median", rounded(spread.median()));
      kernel.put("slowest", rounded(spread.slowest()));
      kernel.put("share", rounded(spread.share()));
      kernel.put("slowestJvm", spread.slowestJvm());
      kernel.put("ok", spread.ok());
      kernels.add(kernel);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("jvms", count);
    json.put("kernels", kernels);
    json.put("ok", ok);
    return JsonLine.of(json);
  }
}
