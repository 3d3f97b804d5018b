package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.rounded;

import io.github.lanewise.format.JsonLine;
import io.github.lanewise.tune.Confirmation;
import io.github.lanewise.tune.Confirmation.Outcome;
import io.github.lanewise.tune.Confirmation.Verdict;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Provenance.Measured;
import io.github.lanewise.tuning.Tuning.GemmTuning;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code tune} says. */
final class TuneReport {
  private final PrintWriter out;

  TuneReport(PrintWriter out) {
    this.out = out;
  }

  void begin(int threads, Duration budget, TuningTarget target) {
    out.println(
        format(
            "tuning gemm with %d %s for %d s; nothing else should run meanwhile",
            threads, threads == 1 ? "thread" : "threads", budget.toSeconds()));
    if (target.before() != null) {
      out.println("replaces " + target.name() + " at the end");
    }
    out.flush();
  }

  void end(
      GemmTuning defaults,
      GemmTuning found,
      Confirmation.Result result,
      TuningTarget target,
      int seconds) {
    out.println();
    out.println(format("%-8s %-30s %-30s %s", "class", "default", "found", "in fresh JVMs"));
    for (Verdict verdict : result.verdicts()) {
      Choice before = defaults.choice(verdict.shape());
      Choice after = found.choice(verdict.shape());
      out.println(
          format(
              "%-8s %-30s %-30s %s",
              verdict.shape().key(),
              before,
              after.equals(before) ? "the same" : after.toString(),
              describe(verdict, before, after, result.gemm().choice(verdict.shape()))));
    }
    out.println();
    out.println(format("%-16s %10s %10s GFLOP/s", "gemm", "default", "tuned"));
    for (Measured measured : result.measured()) {
      out.println(
          format(
              "%-16s %10.1f %10.1f",
              measured.shape(), measured.defaultGflops(), measured.gflops()));
    }
    out.println();
    out.println(
        format(
            "%s after %d s; medians of %d fresh %s of each kind",
            target.isStandardOutput() ? "done" : "wrote " + target.name(),
            seconds,
            result.pairs(),
            result.pairs() == 1 ? "JVM" : "JVMs"));
    if (!target.isStandardOutput() && !target.own()) {
      out.println("to use it: java -Dlanewise.tuning=" + target.name() + " ...");
    }
    out.flush();
  }

  private static String describe(Verdict verdict, Choice before, Choice after, Choice settled) {
    if (after.equals(before)) {
      return "default kept: nothing better was found";
    }
    String gain =
        Double.isFinite(verdict.noise())
            ? format("%+.1f %% (+- %.1f)", 100 * (verdict.ratio() - 1), 100 * verdict.noise())
            : format("%+.1f %% (too few JVMs to tell)", 100 * (verdict.ratio() - 1));
    if (settled.equals(after)) {
      return gain;
    }
    if (verdict.outcome() != Outcome.SLOWER) {
      return gain + ", default kept: no gain beyond noise";
    }
    return gain + ", default kept: slower" + (verdict.ratio() < 1 ? "" : " for some product");
  }

  static String json(
      GemmTuning defaults,
      Confirmation.Result result,
      TuningTarget target,
      int threads,
      long start) {
    List<Map<String, Object>> classes = new ArrayList<>();
    for (Verdict verdict : result.verdicts()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      Choice choice = result.gemm().choice(verdict.shape());
      entry.put("name", verdict.shape().key());
      entry.put("choice", choice.toString());
      entry.put("default", defaults.choice(verdict.shape()).toString());
      entry.put("outcome", verdict.outcome().name().toLowerCase(Locale.ROOT));
      entry.put("ratio", rounded(verdict.ratio()));
      if (Double.isFinite(verdict.noise())) {
        entry.put("noise", rounded(verdict.noise()));
      }
      classes.add(entry);
    }
    List<Map<String, Object>> measured = new ArrayList<>();
    for (Measured each : result.measured()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("shape", each.shape());
      entry.put("gflops", rounded(each.gflops()));
      entry.put("default", rounded(each.defaultGflops()));
      measured.add(entry);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("op", "gemm");
    json.put("threads", threads);
    json.put("file", target.name());
    json.put("seconds", rounded((System.nanoTime() - start) / 1e9));
    json.put("jvms", result.pairs());
    json.put("classes", classes);
    json.put("measured", measured);
    return JsonLine.of(json);
  }
}
