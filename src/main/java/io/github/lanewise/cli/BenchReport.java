package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.bytes;
import static io.github.lanewise.cli.Figures.counted;
import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.percent;
import static io.github.lanewise.cli.Figures.rounded;

import io.github.lanewise.bench.Callers;
import io.github.lanewise.bench.Limits;
import io.github.lanewise.bench.Operation;
import io.github.lanewise.bench.Peer;
import io.github.lanewise.bench.Result;
import io.github.lanewise.bench.Rotation;
import io.github.lanewise.bench.Timing;
import io.github.lanewise.format.JsonLine;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What {@code bench} says, for people and for programs. */
final class BenchReport {
  /** More between the quartiles means that other load took part. */
  private static final double MOST_SPREAD = 0.1;

  private final PrintWriter out;
  private final Operation operation;
  private final int threads;
  private double widestSpread;

  BenchReport(PrintWriter out, Operation operation, int threads) {
    this.out = out;
    this.operation = operation;
    this.threads = threads;
  }

  /** What the machine can do, as far as seen, and the head of the table. */
  void begin(Limits limits, List<Peer> peers) {
    out.println(format("bench %s, %s", operation.key(), counted(threads, "thread")));
    limits(limits);
    if (!peers.isEmpty()) {
      out.println(
          peers.stream()
              .map(peer -> peer.name() + " " + peer.version())
              .collect(Collectors.joining(", ", "peers:  ", "")));
    }
    out.println();
    out.println(
        format(
            "%-32s %10s %10s %8s %8s %7s  %-16s %s",
            "shape",
            "median",
            "fastest",
            "spread",
            isSoftmax() ? "Gelem/s" : "GFLOP/s",
            "GB/s",
            "share of limit",
            "kernel; data"));
    out.flush();
  }

  /** A row, its peers, and what must be known of them. */
  void result(Result result, LatencyHistogram latency) {
    widestSpread = Math.max(widestSpread, result.ours().spread());
    double rate = isSoftmax() ? elements(result.bytes(), result.ours()) : result.gflops();
    out.println(
        format(
            "%s %8.2f %7.1f  %s %s; %s",
            times(result.shape(), result.ours()),
            rate,
            result.gigabytesPerSecond(),
            share(result, result.ours()),
            result.kernel(),
            data(result.rotation())));
    for (Result.PeerResult peer : result.peers()) {
      double itsRate =
          isSoftmax()
              ? elements(result.bytes(), peer.timing())
              : result.flops() / peer.timing().medianNanos();
      out.println(
          format(
              "%s %8.2f %7.1f  %s lanewise is %.2fx as fast (fastest: %.2fx)",
              times("  " + peer.name(), peer.timing()),
              itsRate,
              result.bytes() / peer.timing().medianNanos(),
              share(result, peer.timing()),
              result.ratio(peer),
              result.fastestRatio(peer)));
    }
    if (latency.calls() > 0) {
      out.println(
          format(
              "  %d single calls: p50 %s, p99 %s, p99.9 %s, p99.9/p50 %.3f",
              latency.calls(),
              time((double) latency.percentile(50)),
              time((double) latency.percentile(99)),
              time((double) latency.percentile(99.9)),
              tail(latency)));
    }
    result.notes().forEach(note -> out.println("  " + note));
    out.flush();
  }

  /** What several callers got done together. */
  void callers(Callers.Outcome outcome) {
    out.println(
        format(
            "  %d callers together: %.1f calls a second, one alone %.1f: %.2fx",
            outcome.callers(), outcome.togetherRate(), outcome.oneRate(), outcome.ratio()));
    out.flush();
  }

  /** The limits that the shares refer to, the best that was seen. */
  void end(Limits limits) {
    out.println();
    limits(limits);
    if (widestSpread > MOST_SPREAD) {
      out.println(
          format(
              "The spread reaches ± %s: other load took part. Measure again on an idle machine.",
              percent(widestSpread)));
    }
    out.flush();
  }

  /** A result as one JSON object. */
  static String json(Result result, LatencyHistogram latency, Callers.@Nullable Outcome together) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("op", result.op().key());
    json.put("shape", result.shape());
    json.put("threads", result.threads());
    json.put("medianNanos", Math.round(result.ours().medianNanos()));
    json.put("minNanos", Math.round(result.ours().minNanos()));
    json.put("gflops", rounded(result.gflops()));
    json.put("gbps", rounded(result.gigabytesPerSecond()));
    json.put("limit", result.limit());
    json.put("limitShare", rounded(result.limitShare(result.ours())));
    json.put("kernel", result.kernel());
    if (!result.peers().isEmpty()) {
      json.put("peers", peers(result));
    }
    if (latency.calls() > 0) {
      json.put("latency", latency(latency));
    }
    if (together != null) {
      json.put("callers", callersJson(together));
    }
    return JsonLine.of(json);
  }

  private static Map<String, Object> callersJson(Callers.Outcome together) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("callers", together.callers());
    json.put("callsPerSecond", rounded(together.togetherRate()));
    json.put("oneCallsPerSecond", rounded(together.oneRate()));
    json.put("ratio", rounded(together.ratio()));
    return json;
  }

  private static List<Map<String, Object>> peers(Result result) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (Result.PeerResult peer : result.peers()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", peer.name());
      json.put("version", peer.version());
      json.put("medianNanos", Math.round(peer.timing().medianNanos()));
      json.put("minNanos", Math.round(peer.timing().minNanos()));
      json.put("limitShare", rounded(result.limitShare(peer.timing())));
      json.put("ratio", rounded(result.ratio(peer)));
      json.put("fastestRatio", rounded(result.fastestRatio(peer)));
      json.put("agrees", peer.agrees());
      list.add(json);
    }
    return list;
  }

  private static Map<String, Object> latency(LatencyHistogram latency) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("calls", latency.calls());
    json.put("p50Nanos", latency.percentile(50));
    json.put("p99Nanos", latency.percentile(99));
    json.put("p999Nanos", latency.percentile(99.9));
    json.put("p999OverP50", rounded(tail(latency)));
    return json;
  }

  private static double tail(LatencyHistogram latency) {
    return (double) latency.percentile(99.9) / Math.max(1, latency.percentile(50));
  }

  private void limits(Limits limits) {
    out.println(
        format(
            "limits: FMA peak %.1f GFLOP/s, %s %.1f GB/s",
            limits.peakGflops(), limits.memoryUse(), limits.memoryGBs()));
  }

  private static String times(String name, Timing timing) {
    return format(
        "%-32s %10s %10s %8s",
        name, time(timing.medianNanos()), time(timing.minNanos()), "± " + percent(timing.spread()));
  }

  private static String share(Result result, Timing timing) {
    return format("%7s %-8s", percent(result.limitShare(timing)), result.limit());
  }

  private static String data(Rotation rotation) {
    if (rotation.copies() > 1) {
      return format("%d copies in turn, %s", rotation.copies(), bytes(rotation.bytes()));
    }
    return "one copy";
  }

  /** 10^9 elements a second, each read and written once. */
  private static double elements(double bytes, Timing timing) {
    return bytes / (2 * Float.BYTES) / timing.medianNanos();
  }

  private boolean isSoftmax() {
    return operation == Operation.SOFTMAX;
  }

  private static String time(double nanos) {
    if (nanos < 1e6) {
      return format("%.2f us", nanos / 1e3);
    }
    return nanos < 1e9 ? format("%.3f ms", nanos / 1e6) : format("%.3f s", nanos / 1e9);
  }
}
