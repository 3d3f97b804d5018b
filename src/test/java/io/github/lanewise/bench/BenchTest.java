package io.github.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole measurements, far too short to mean anything. */
class BenchTest {
  @ParameterizedTest
  @CsvSource({
    "gemm, 5x7x9, false",
    "gemm, 5x7x9, true",
    "gemm, 1x65x64, false",
    "softmax, 3x17, false",
    "attention, 'b2,h2,kv1,q3,k5,d8,causal', false",
    "attention, 'b2,h2,kv1,q3,k5,d8,bf16', false"
  })
  void everyOperationIsMeasured(String operation, String shape, boolean plain) {
    Operation op = Operation.valueOf(operation.toUpperCase(Locale.ROOT));
    Result result = run(op.workload(shape, plain, Storage.F32), high(op));
    assertEquals(shape, result.shape());
    assertTrue(result.ours().medianNanos() > 0);
    assertTrue(result.ours().minNanos() <= result.ours().medianNanos());
    assertTrue(result.limitShare(result.ours()) <= 1);
    assertEquals("compute", result.limit());
    assertTrue(result.rotation().copies() > 1, "small shapes rotate");
    assertEquals(List.of(), result.peers());
  }

  @Test
  void aLimitThatWasSurpassedIsRaised() {
    Limits low = Limits.of(Operation.GEMM, 1e-9, 1e-9);
    Result result = run(Operation.GEMM.workload("64x64x64"), low);
    assertTrue(result.limitShare(result.ours()) <= 1, result.toString());
    assertTrue(low.peakGflops() > 1e-9);
  }

  @Test
  void memoryIsTheLimitOfWhatNoCacheHolds() {
    Limits limits = Limits.of(Operation.GEMM, 100, 10);
    Workload gemv = Operation.GEMM.workload("1x4096x4096");
    assertEquals(new Bound(Bound.Limit.MEMORY, gemv.readBytes() / 10.0), limits.bound(gemv, true));
    assertEquals(new Bound(Bound.Limit.COMPUTE, gemv.flops() / 100), limits.bound(gemv, false));
    Workload softmax = Operation.SOFTMAX.workload("10x1000");
    assertEquals(new Bound(Bound.Limit.MEMORY, 80_000 / 10.0), limits.bound(softmax, true));
    Workload large = Operation.GEMM.workload("512x512x512");
    assertEquals(new Bound(Bound.Limit.COMPUTE, large.flops() / 100), limits.bound(large, true));
  }

  @Test
  void peersAreComparedAndClosed() {
    StandIn right = new StandIn();
    StandIn wrong = new StandIn("wrong", out -> out.set(0, 0, out.get(0, 0) + 0.1f));
    StandIn silent = new StandIn("silent", out -> out.set(0, 0, Float.NaN));
    Peer unable = new Named("unable");
    Peer failing =
        new Named("failing") {
          @Override
          public Optional<Task> gemm(Matrix a, Matrix b, Matrix c, int threads) {
            throw new UnsatisfiedLinkError("no library");
          }
        };
    Result result =
        run(
            Operation.GEMM.workload("5x7x9"),
            high(Operation.GEMM),
            right,
            wrong,
            silent,
            unable,
            failing);
    assertEquals(
        List.of("Stand-in <&>", "wrong", "silent"),
        result.peers().stream().map(Result.PeerResult::name).toList());
    assertEquals(
        List.of(true, false, false),
        result.peers().stream().map(Result.PeerResult::agrees).toList());
    assertFalse(result.agrees());
    assertTrue(result.ratio(result.peers().getFirst()) > 0);
    String notes = String.join("\n", result.notes());
    assertTrue(notes.contains("DISAGREEMENT: wrong differs"), notes);
    assertTrue(notes.contains("DISAGREEMENT: silent differs"), notes);
    assertTrue(notes.contains("unable has no such operation"), notes);
    assertTrue(notes.contains("failing failed: ") && notes.contains("no library"), notes);
    assertEquals(0, right.open + wrong.open + silent.open);
  }

  @ParameterizedTest
  @EnumSource
  void peersGetTheWeightsAsStored(Storage storage) {
    Workload gemm = Operation.GEMM.workload("5x7x900", false, storage);
    assertTrue(run(gemm, high(Operation.GEMM), new StandIn()).agrees());
  }

  @Test
  void peersAreFoundOnTheClassPath(@TempDir Path folder) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(Peer.class.getName()), StandIn.class.getName() + "\nno.such.Peer\n");
    List<String> problems = new ArrayList<>();
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    URI root = folder.toUri();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {root.toURL()}, before)) {
      Thread.currentThread().setContextClassLoader(loader);
      List<Peer> peers = Peers.find(problems::add);
      assertEquals(List.of("Stand-in <&>"), peers.stream().map(Peer::name).toList());
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
    assertEquals(1, problems.size());
    assertTrue(problems.getFirst().contains("no.such.Peer"), problems.getFirst());
  }

  @Test
  void singleCallsAreTimedWhenAskedFor() {
    List<Long> nanos = new ArrayList<>();
    Settings settings = settings();
    new Bench(settings, high(Operation.SOFTMAX))
        .run(Operation.SOFTMAX.workload("1x8"), new Bench.Latency(123, nanos::add), done -> {});
    assertEquals(123, nanos.size());
  }

  private static Result run(Workload workload, Limits limits, Peer... peers) {
    return new Bench(settings(peers), limits).run(workload, Bench.Latency.none(), done -> {});
  }

  /** Nothing reaches them. */
  private static Limits high(Operation operation) {
    return Limits.of(operation, 1e6, 1e6);
  }

  private static Settings settings(Peer... peers) {
    return new Settings(1, 2_000_000, OptionalLong.of(1 << 16), 1 << 30, 1L << 33, List.of(peers));
  }

  private static class Named implements Peer {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String version() {
      return "0";
    }
  }
}
