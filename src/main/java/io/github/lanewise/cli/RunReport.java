package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.bytes;
import static io.github.lanewise.cli.Figures.count;
import static io.github.lanewise.cli.Figures.counted;
import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.percent;
import static io.github.lanewise.cli.Figures.rounded;

import io.github.lanewise.format.JsonLine;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Origin;
import io.github.lanewise.model.PassPart;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code run} says, for people and for programs. */
final class RunReport {
  private final PrintWriter out;

  RunReport(PrintWriter out) {
    this.out = out;
  }

  /** What will be run. */
  void begin(ModelConfig model, int tokens, int decode, int threads, long seed) {
    String what =
        format(
            "%s: %s, %s, %s",
            model.name(),
            key(model.kind()),
            counted(model.layers(), "layer"),
            counted(tokens, "token"));
    begin(decode == 0 ? what : what + " + " + decode + " decoded", threads, seed);
    assumption(model.origin());
  }

  /** What of it is assumed, if anything is. */
  void assumption(Origin origin) {
    if (origin.assumption() != null) {
      out.println("assumed: " + origin.assumption());
    }
  }

  /** What will be run, of whatever kind. */
  void begin(String what, int threads, long seed) {
    out.println(what + format(", %s, seed %d", counted(threads, "thread"), seed));
  }

  /** What will be run: sentences, with weights that someone has trained. */
  void beginSentences(ModelConfig model, int tokens, int threads) {
    out.println(
        format(
            "%s: %s, %s, %s, %s",
            model.name(),
            key(model.kind()),
            counted(model.layers(), "layer"),
            counted(tokens, "token"),
            counted(threads, "thread")));
  }

  /** What it needs and what there is. */
  void memory(MemoryPlan plan, long available) {
    out.println(
        format(
            "%s parameters; needs %s (%s) of %s available",
            count(plan.parameters()), bytes(plan.totalBytes()), describe(plan), bytes(available)));
    out.flush();
  }

  static String describe(MemoryPlan plan) {
    return format(
        "weights %s, cache %s, activations %s, scratch %s",
        bytes(plan.weightsBytes()),
        bytes(plan.cacheBytes()),
        bytes(plan.activationBytes()),
        bytes(plan.scratchBytes()));
  }

  /** What came of it. */
  void end(Measurement measured, RunLimits limits, long peakBytes) {
    table("part", measured.prompt(), 1);
    Measurement.Decoding decode = measured.decode();
    if (decode != null) {
      table("part of a token", decode.runs(), decode.tokens());
    }
    out.println();
    out.println(
        format(
            "%-8s %.1f %s/s, %.1f GFLOP/s, %s of this machine's %.1f (median of %d passes after %d)",
            measured.of(),
            measured.unitsPerSecond(),
            measured.unit(),
            measured.gflops(),
            percent(measured.gflops() / limits.peakGflops()),
            limits.peakGflops(),
            measured.prompt().passes(),
            measured.prompt().warmUps()));
    if (decode != null) {
      decode(decode, limits);
    }
    out.println(format("memory   %s at most, JVM included", bytes(peakBytes)));
  }

  private void decode(Measurement.Decoding decode, RunLimits limits) {
    String share =
        decode.bytes() == 0
            ? ""
            : format(
                ", %.1f GB/s, %s of this machine's %.1f",
                decode.readGBs(), percent(decode.readGBs() / limits.readGBs()), limits.readGBs());
    out.println(
        format(
            "decode   %.1f tokens/s, %.3f ms a token%s (median of %d runs after %d)",
            decode.tokensPerSecond(),
            1e3 / decode.tokensPerSecond(),
            share,
            decode.runs().passes(),
            decode.runs().warmUps()));
  }

  /** Where the time of one of {@code count} equal pieces of a pass goes. */
  void table(String heading, PassTimer.Result pass, int count) {
    out.println();
    int width = 14;
    for (PassPart part : pass.parts().keySet()) {
      width = Math.max(width, part.label().length());
    }
    String row = "%-" + width + "s %10.3f %8s";
    out.println(format("%-" + width + "s %10s %8s", heading, "millis", "share"));
    long total = sum(pass.parts());
    pass.parts()
        .forEach(
            (part, nanos) ->
                out.println(
                    format(
                        row, part.label(), nanos / 1e6 / count, percent((double) nanos / total))));
    out.println(format(row, "total", pass.nanos() / 1e6 / count, percent(1)));
    out.flush();
  }

  /** The same as one JSON object. */
  static String json(
      String config,
      int threads,
      MemoryPlan plan,
      Measurement measured,
      RunLimits limits,
      long peakBytes,
      Map<String, Object> more) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("config", config);
    json.put("tokens", measured.tokens());
    json.put("threads", threads);
    json.put("parameters", plan.parameters());
    json.put("weightsBytes", plan.weightsBytes());
    json.put("peakBytes", peakBytes);
    json.put("prefillMillis", rounded(measured.millis()));
    json.put("prefillTokensPerSecond", rounded(measured.tokensPerSecond()));
    Measurement.Decoding decode = measured.decode();
    if (decode != null) {
      json.put("decodeTokensPerSecond", rounded(decode.tokensPerSecond()));
    }
    if (decode != null && decode.bytes() > 0) {
      json.put("decodeGBs", rounded(decode.readGBs()));
      json.put("decodeLimitShare", rounded(decode.readGBs() / limits.readGBs()));
    }
    json.put("gflops", rounded(measured.gflops()));
    json.put("limitShare", rounded(measured.gflops() / limits.peakGflops()));
    json.put("parts", parts(measured.prompt(), 1));
    if (decode != null) {
      json.put("decodeParts", parts(decode.runs(), decode.tokens()));
    }
    json.putAll(more);
    return JsonLine.of(json);
  }

  /** The parts of one of {@code count} equal pieces of a pass. */
  static List<Map<String, Object>> parts(PassTimer.Result pass, int count) {
    long total = sum(pass.parts());
    List<Map<String, Object>> list = new ArrayList<>();
    pass.parts()
        .forEach(
            (part, nanos) -> {
              Map<String, Object> json = new LinkedHashMap<>();
              json.put("name", part.label());
              json.put("millis", rounded(nanos / 1e6 / count));
              json.put("share", rounded((double) nanos / total));
              list.add(json);
            });
    return list;
  }

  private static long sum(Map<PassPart, Long> parts) {
    return parts.values().stream().mapToLong(Long::longValue).sum();
  }

  private static String key(ModelConfig.Kind kind) {
    return kind == ModelConfig.Kind.DECODER ? "decoder" : "encoder";
  }
}
