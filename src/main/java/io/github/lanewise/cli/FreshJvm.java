package io.github.lanewise.cli;

import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@link FreshJvms} starts: runs all kernels once, in an order that the seed decides, and
 * prints a line for each of them, GFLOP/s and name.
 *
 * <p>Each kernel is looked at twice: right after its own warm-up, and when all others have run too.
 * What counts is the slower look, since each has its own cliffs: a short warm-up, and a JVM whose
 * profiles other kernels have spoiled.
 */
final class FreshJvm {
  private static final int TIMINGS = 10;
  private static final long NANOS_OF_A_TIMING = 200_000;

  /** Beyond the caches of most CPUs, and quickly filled. */
  private static final long BYTES = 64 << 20;

  private FreshJvm() {}

  /** {@code args[0]} is the seed. */
  public static void main(String[] args) {
    Map<String, Double> rates = new LinkedHashMap<>();
    List<KernelCheck> checks = new ArrayList<>();
    try (Lanewise runtime = Lanewise.create(1);
        Arena arena = Arena.ofShared()) {
      KernelChecks.shuffled(
          runtime,
          arena,
          BYTES,
          Long.parseLong(args[0]),
          check -> {
            check.warmUp().getAsBoolean();
            rates.put(check.name(), check.best(TIMINGS, NANOS_OF_A_TIMING));
            checks.add(check);
          });
      for (KernelCheck check : checks) {
        rates.merge(check.name(), check.best(TIMINGS, NANOS_OF_A_TIMING), Math::min);
      }
    }
    rates.forEach((name, rate) -> System.out.println(rate + " " + name));
  }
}
