package io.github.lanewise.tune;

import io.github.lanewise.op.GemmKernel;
import io.github.lanewise.tune.Race.Standing;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;
import io.github.lanewise.tuning.Tuning.GemmTuning;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Finds kernels and blocks for matrix products, class by class: the kernel by races, then blocks by
 * coordinate descent from the default's.
 */
public final class GemmSearch {
  /** Share of a class's time for the first look at all kernels, and of the rest for a second. */
  private static final double FIRST_LOOK = 0.45;

  private static final double SECOND_LOOK = 0.3;

  /** A gain must be worth the change of a setting. */
  private static final double WORTH_IT = 0.005;

  /** Kernels of a class that the second look compares. */
  private static final int FINALISTS = 3;

  /** Rounds of the descent over all coordinates that time is planned for. */
  private static final int CYCLES = 2;

  private final List<GemmKernel> kernels;
  private final int lanes;
  private final int registers;
  private final Race<Setting> race;
  private final LongSupplier clock;

  /**
   * A search.
   *
   * @param kernels all there are
   * @param lanes floats of a vector
   * @param registers vector registers of the CPU
   * @param stopwatch times a setting
   * @param clock nanoseconds
   * @param seed of the order in which candidates take turns
   */
  public GemmSearch(
      List<GemmKernel> kernels,
      int lanes,
      int registers,
      Stopwatch<Setting> stopwatch,
      LongSupplier clock,
      long seed) {
    this.kernels = List.copyOf(kernels);
    this.lanes = lanes;
    this.registers = registers;
    this.race = new Race<>(stopwatch, new Random(seed));
    this.clock = clock;
  }

  /**
   * Searches for about {@code nanos}.
   *
   * @param start the default, which every gain is measured against
   * @param seeds tunings that were good once, to be tried too
   * @return the best found; {@code start}'s own choice where nothing was found to be better
   */
  public GemmTuning search(GemmTuning start, List<GemmTuning> seeds, long nanos) {
    Deadline end = Deadline.in(clock, nanos);
    Map<Shape, Choice> choices = new EnumMap<>(Shape.class);
    for (Shape shape : Shape.values()) {
      Setting standard = new Setting(shape, start.choice(shape));
      choices.put(shape, search(standard, seeds, end.within(share(shape))).choice());
    }
    return new GemmTuning(choices);
  }

  /** Share of the time left for a class: large products have more to choose from. */
  private static double share(Shape shape) {
    return switch (shape) {
      case ROW -> 0.2;
      case SKINNY -> 0.4;
      case MATRIX -> 1;
    };
  }

  /** All kernels, then the best of them, then blocks. */
  private Setting search(Setting standard, List<GemmTuning> seeds, Deadline end) {
    List<Standing<Setting>> standings =
        race.run(standard, withAllKernels(standard), end.within(FIRST_LOOK));
    Set<Setting> finalists = new LinkedHashSet<>();
    standings.stream().limit(FINALISTS).forEach(standing -> finalists.add(standing.candidate()));
    for (GemmTuning seed : seeds) {
      finalists.add(new Setting(standard.shape(), seed.choice(standard.shape())));
    }
    finalists.remove(standard);
    Setting best = winner(standard, List.copyOf(finalists), end.within(SECOND_LOOK));
    List<Blocks> blocks = Blocks.of(standard.shape());
    int races = CYCLES * blocks.size();
    boolean improved = true;
    while (improved && !end.passed()) {
      improved = false;
      for (Blocks block : blocks) {
        Setting better = descend(best, block, end.within(1.0 / Math.max(1, races--)));
        improved |= !better.equals(best);
        best = better;
      }
    }
    return best;
  }

  private List<Setting> withAllKernels(Setting standard) {
    List<Setting> others = new ArrayList<>();
    for (GemmKernel kernel : kernels) {
      if (suits(kernel, standard.shape()) && !kernel.name().equals(standard.choice().kernel())) {
        Choice choice = Blocks.adapted(standard.choice(), kernel, lanes);
        others.add(new Setting(standard.shape(), choice));
      }
    }
    return others;
  }

  /** Whether a kernel is worth a try: it has about the rows of the class, and registers for it. */
  private boolean suits(GemmKernel kernel, Shape shape) {
    return kernel.registers() <= registers
        && switch (shape) {
          case ROW -> kernel.rows() == 1 && !kernel.isPacked();
          case SKINNY -> kernel.rows() >= 2;
          // Not a tile made of others: of more rows than its own it is one of them.
          case MATRIX ->
              kernel.rows() >= 3
                  && kernel.addsBlocks()
                  && kernel.registers() > kernel.rows() * kernel.vectors();
        };
  }

  private Setting descend(Setting from, Blocks block, Deadline end) {
    GemmKernel kernel = kernel(from.choice().kernel());
    List<Setting> others =
        block.around(from.choice(), kernel, lanes).stream()
            .map(choice -> new Setting(from.shape(), choice))
            .toList();
    return winner(from, others, end);
  }

  private Setting winner(Setting incumbent, List<Setting> others, Deadline end) {
    List<Standing<Setting>> standings = race.run(incumbent, others, end);
    if (!standings.isEmpty() && standings.getFirst().isFaster(WORTH_IT)) {
      return standings.getFirst().candidate();
    }
    return incumbent;
  }

  private GemmKernel kernel(String name) {
    return kernels.stream()
        .filter(kernel -> kernel.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no kernel is called " + name));
  }
}
