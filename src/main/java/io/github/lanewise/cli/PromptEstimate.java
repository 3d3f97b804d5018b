package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.bytes;
import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.rounded;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.TimeEstimate;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Time and memory of a plan, and of others like it, as {@code run --estimate} predicts them. */
final class PromptEstimate {
  /** What a JVM holds beside what is planned: its heap, and kernels compiled. */
  private static final long JVM_BYTES = 900_000_000;

  private static final int[] LENGTHS = {128, 512, 2048, 8192, 32_768, 131_072};

  private final PromptPlan plan;
  private final TimeEstimate machine;

  private PromptEstimate(PromptPlan plan, TimeEstimate machine) {
    this.plan = plan;
    this.machine = machine;
  }

  /** Measures this machine's limits. */
  static PromptEstimate measure(PromptPlan plan) {
    int threads = plan.threads();
    RunLimits limits = RunLimits.all(threads);
    return new PromptEstimate(plan, new TimeEstimate(limits.peakGflops(), limits.readGBs()));
  }

  /** What is predicted of one plan. */
  private record Row(PromptPlan plan, double prefill, double token, long peakBytes) {}

  private Row row(PromptPlan of) {
    double prefill = machine.prefillSeconds(of.model(), of.storing(), of.chunk(), of.prompt());
    double token = machine.tokenSeconds(of.model(), of.storing(), of.prompt());
    return new Row(of, prefill, token, of.memory().totalBytes() + JVM_BYTES);
  }

  private List<Row> others() {
    TreeSet<Integer> lengths = new TreeSet<>(List.of(plan.prompt()));
    for (int length : LENGTHS) {
      if (length + plan.decode() <= plan.model().contextWindow()) {
        lengths.add(length);
      }
    }
    List<Row> rows = new ArrayList<>();
    for (Storage storage : Storage.values()) {
      for (int length : lengths) {
        rows.add(row(plan.with(storage, length)));
      }
    }
    return rows;
  }

  private boolean isDecoder() {
    return plan.model().kind() == ModelConfig.Kind.DECODER;
  }

  /** For people. */
  void print(PrintWriter out) {
    Row own = row(plan);
    out.println();
    out.println(
        format(
            "estimated from %.1f GFLOP/s and %.1f GB/s of this machine:",
            machine.peakGflops(), machine.readGBs()));
    out.println(
        format("prompt   %s, %.1f tokens/s", seconds(own.prefill), plan.prompt() / own.prefill));
    if (isDecoder()) {
      out.println(format("decode   %s a token, %.1f tokens/s", seconds(own.token), 1 / own.token));
    }
    out.println(format("memory   %s at most, JVM included", bytes(own.peakBytes)));
    out.println();
    String row = "%-8s %8s %12s %12s %12s  %s";
    out.println(
        format(row, "storage", "tokens", "prefill", "a token", "memory", "").stripTrailing());
    for (Row other : others()) {
      out.println(
          format(
                  row,
                  PlanOptions.key(other.plan.storing().weights()),
                  other.plan.prompt(),
                  seconds(other.prefill),
                  isDecoder() ? seconds(other.token) : "-",
                  bytes(other.peakBytes),
                  other.plan.fits() ? "" : "does not fit")
              .stripTrailing());
    }
    out.flush();
  }

  /** For programs. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("peakGflops", rounded(machine.peakGflops()));
    json.put("readGBs", rounded(machine.readGBs()));
    json.put("estimate", json(row(plan)));
    json.put("estimates", others().stream().map(this::json).toList());
    return json;
  }

  private Map<String, Object> json(Row row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("storage", PlanOptions.key(row.plan.storing().weights()));
    json.put("tokens", row.plan.prompt());
    json.put("prefillMillis", rounded(row.prefill * 1e3));
    if (isDecoder()) {
      json.put("tokenMillis", rounded(row.token * 1e3));
    }
    json.put("peakBytes", row.peakBytes);
    json.put("fits", row.plan.fits());
    return json;
  }

  private static String seconds(double seconds) {
    return seconds < 1 ? format("%.2f ms", seconds * 1e3) : format("%.2f s", seconds);
  }
}
