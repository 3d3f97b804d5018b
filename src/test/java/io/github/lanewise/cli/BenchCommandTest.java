package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.op.MachineLimits;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code bench} as its users meet it. */
class BenchCommandTest {
  private static final List<String> KEYS =
      List.of(
          "op",
          "shape",
          "threads",
          "medianNanos",
          "minNanos",
          "gflops",
          "gbps",
          "limit",
          "limitShare",
          "kernel");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          bench                                | must be one of gemm, softmax, attention, embed, growth
          bench gem                            | did you mean
          bench gemm 5x5x5                     | Unexpected argument '5x5x5'
          bench gemm --shape                   | --shape
          bench gemm --shape 5x5               | --shape '5x5': must be MxNxK
          bench gemm --shape 5x0x5             | --shape '5x0x5': N is 0, must be a whole number from 1 to
          bench gemm --shape 1x1x1 --shape q   | --shape 'q': must be MxNxK
          bench softmax --shape 5x-5           | C is -5, must be
          bench gemm --storage f8              | --storage
          bench gemm --plain --storage bf16    | packing in the call keeps F32
          bench softmax --plain                | Unknown option '--plain'
          bench attention --shape h2,q5,k5,d0  | d is 0, must be
          bench attention --callers -1         | --callers is -1, must be 0 to 1024
          bench gemm --callers 2               | Unknown option
          bench growth --max 1000              | --max is 1000, must be 1024 to 200000
          bench growth --shape q1              | Unknown option
          bench embed --shape 5                | --shape '5': must be BxT
          bench embed --shape 1x257            | T must be at most 256
          bench embed --shape natural          | N is ''
          bench gemm --threads 0               | --threads is 0
          bench gemm --rotate lots             | --rotate is lots, must be a number of bytes
          bench gemm --rotate -1               | --rotate is -1, must be
          bench gemm --latency -1              | --latency is -1, must be 0 to
          bench gemm --seconds 0               | --seconds is 0.0
          bench gemm --svg /no/such/folder/x   | there is no folder /no/such/folder
          bench gemm --svg src                 | a folder, must be a file
          """)
  void wrongUsageIsOneLineAndCodeTwo(String arguments, String message) {
    Outcome outcome = run(arguments.split(" "));
    assertEquals(2, outcome.code, outcome.err);
    assertEquals("", outcome.out);
    assertEquals(1, outcome.err.lines().count(), outcome.err);
    assertTrue(outcome.err.contains(message), outcome.err);
    assertTrue(outcome.err.contains("--help"), outcome.err);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bench --help",
        "bench gemm --help",
        "bench softmax --help",
        "bench attention --help",
        "bench growth --help"
      })
  void helpIsForEveryCommand(String arguments) {
    Outcome outcome = run(arguments.split(" "));
    assertEquals(0, outcome.code);
    assertTrue(outcome.out.startsWith("Usage: lanewise bench"), outcome.out);
    assertEquals("", outcome.err);
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeAnythingIsMeasured() {
    Outcome outcome =
        run("bench", "gemm", "--shape", "1x1x1", "--shape", "1000000000x1000000000x1000");
    assertEquals(1, outcome.code);
    assertEquals("", outcome.out);
    assertEquals(1, outcome.err.lines().count(), outcome.err);
    assertTrue(outcome.err.contains("needs 40000"), outcome.err);
    assertTrue(outcome.err.contains("are available"), outcome.err);
  }

  @Test
  void oneJsonLineAShape() {
    List<JsonNode> lines =
        json("gemm", "--shape", "3x5x7", "--shape", "03x5x7", "--threads", "2", "--rotate", "0");
    assertEquals(List.of("3x5x7", "03x5x7"), lines.stream().map(l -> text(l, "shape")).toList());
    for (JsonNode line : lines) {
      assertEquals(KEYS, new ArrayList<>(line.propertyNames()));
      assertEquals("gemm", text(line, "op"));
      assertEquals(2, line.get("threads").asInt());
      assertTrue(line.get("minNanos").asLong() > 0);
      assertTrue(line.get("medianNanos").asLong() >= line.get("minNanos").asLong());
      assertEquals("compute", text(line, "limit"));
      double share = line.get("limitShare").asDouble();
      assertTrue(share > 0 && share <= 1, line.toString());
      assertTrue(text(line, "kernel").contains(MachineLimits.vectorBits() + ""));
    }
  }

  @Test
  void otherOperationsReportAlike() {
    for (String[] arguments :
        List.of(
            new String[] {"softmax", "--shape", "3x50", "--rotate", "1k"},
            new String[] {"attention", "--shape", "b1,h2,q3,k4,d8,causal", "--rotate", "0"},
            new String[] {"gemm", "--storage", "bf16", "--shape", "1x9x40", "--rotate", "0"},
            new String[] {"gemm", "--plain", "--shape", "4x4x4", "--rotate", "0"})) {
      JsonNode line = json(arguments).getFirst();
      assertEquals(KEYS, new ArrayList<>(line.propertyNames()));
      assertEquals(arguments[0], text(line, "op"));
    }
  }

  @Test
  void latenciesAreReportedWhenAskedFor() {
    JsonNode latency =
        json("softmax", "--shape", "1x8", "--rotate", "0", "--latency", "1000")
            .getFirst()
            .get("latency");
    assertEquals(1000, latency.get("calls").asInt());
    assertTrue(latency.get("p50Nanos").asLong() <= latency.get("p99Nanos").asLong());
    assertTrue(latency.get("p99Nanos").asLong() <= latency.get("p999Nanos").asLong());
    assertTrue(latency.get("p999OverP50").asDouble() >= 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",causal,linear", ",bf16"})
  void callersAreReportedWhenAskedFor(String form) {
    String shape = "b2,h2,q3,k4,d8" + form;
    JsonNode callers =
        json("attention", "--shape", shape, "--rotate", "0", "--callers", "3")
            .getFirst()
            .get("callers");
    assertEquals(3, callers.get("callers").asInt());
    for (String rate : List.of("callsPerSecond", "oneCallsPerSecond", "ratio")) {
      assertTrue(callers.get(rate).asDouble() > 0, callers.toString());
    }
  }

  @Test
  void aTableForPeopleAndAPicture(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("bench.svg");
    Outcome outcome =
        run("bench", "gemm", "--shape", "9x9x9", "--seconds", "0.01", "--svg", file.toString());
    assertEquals(0, outcome.code, outcome.err);
    for (String expected : List.of("FMA peak", "9x9x9", "copies in turn", "GFLOP/s", "compute")) {
      assertTrue(outcome.out.contains(expected), expected + " is missing in " + outcome.out);
    }
    String svg = Files.readString(file);
    assertTrue(svg.startsWith("<svg") && svg.contains("9x9x9"), svg);
  }

  @Test
  void growthIsATableAndAPicture(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("growth.svg");
    Outcome outcome =
        run(
            "bench",
            "growth",
            "--max",
            "1024",
            "--threads",
            "1",
            "--json",
            "--svg",
            file.toString());
    assertEquals(0, outcome.code, outcome.err);
    assertTrue(outcome.err.contains("window 4096, causal"), outcome.err);
    List<JsonNode> points =
        outcome.out.lines().map(line -> JsonMapper.shared().readTree(line)).toList();
    assertEquals(8, points.size());
    assertEquals("b1,h1,q1024,k1024,d64,causal", text(points.getFirst(), "shape"));
    for (JsonNode point : points) {
      assertTrue(point.get("gflops").asDouble() > 0);
      assertTrue(point.get("scratchBytes").asLong() < 4 << 20);
    }
    assertTrue(Files.readString(file).contains("BigBird"));
  }

  @Test
  void withoutPeersItSaysHowToGetThem() {
    Outcome outcome =
        run("bench", "gemm", "--shape", "2x2x2", "--seconds", "0.01", "--rotate", "0", "--compare");
    assertEquals(0, outcome.code, outcome.err);
    assertTrue(outcome.err.contains("mvn -B -q -f jmh package"), outcome.err);
    assertFalse(outcome.out.contains("as fast"), outcome.out);
  }

  private static List<JsonNode> json(String... arguments) {
    List<String> all = new ArrayList<>(List.of("bench"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--json", "--seconds", "0.01"));
    Outcome outcome = run(all.toArray(String[]::new));
    assertEquals(0, outcome.code, outcome.err);
    return outcome.out.lines().map(line -> JsonMapper.shared().readTree(line)).toList();
  }

  private static String text(JsonNode object, String key) {
    return object.get(key).asString();
  }

  private static Outcome run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Outcome(code, out.toString(), err.toString());
  }

  private record Outcome(int code, String out, String err) {}
}
