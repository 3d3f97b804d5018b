package io.github.lanewise.cli;

import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@link FreshJvms} starts: warms up all kernels, in an order that the seed decides, and
 * prints a line for each of them, GFLOP/s and name.
 *
 * <p>Every kernel is timed when all of them have run, in rounds over all: so each has met the
 * profiles that the others spoil, and a disturbance from outside hits one of its timings, not all.
 */
final class FreshJvm {
  private static final int ROUNDS = 10;
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
      long seed = Long.parseLong(args[0]);
      KernelChecks.shuffled(
          runtime,
          arena,
          BYTES,
          seed,
          check -> {
            check.warmUp().run();
            checks.add(check);
          });
      for (int round = 0; round < ROUNDS; round++) {
        for (KernelCheck check : checks) {
          rates.merge(check.name(), check.rate(NANOS_OF_A_TIMING), Math::max);
        }
      }
    }
    rates.forEach((name, rate) -> System.out.println(rate + " " + name));
  }
}
