package io.github.lanewise.tune;

import io.github.lanewise.tuning.Provenance.Measured;
import io.github.lanewise.tuning.Shape;
import io.github.lanewise.tuning.Tuning;
import io.github.lanewise.tuning.Tuning.GemmTuning;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Compares a tuning with the default in fresh JVMs, turn by turn, and keeps the default wherever
 * the tuning brings nothing: a kernel that wins a race in a JVM that has run all the others may
 * lose in one that has not.
 */
public final class Confirmation {
  private static final int MOST_PAIRS = 15;

  /** A gain must be worth the change of a setting. */
  private static final double WORTH_IT = 0.005;

  private static final double TOLERANCE = 0.01;

  private final Jvm jvm;
  private final LongSupplier clock;

  /** Starts JVMs and asks them. */
  @FunctionalInterface
  public interface Jvm {
    /** Rates of all products in a JVM that uses this tuning, in GFLOP/s. */
    Map<Product, Double> gflops(Tuning tuning);
  }

  /** What came of a class. */
  public enum Outcome {
    /** The tuning is faster beyond chance, and slower for no product. */
    GAINED,
    /** There is no difference beyond chance. */
    NO_GAIN,
    /** The tuning is slower beyond chance: on average, or for one of the products. */
    SLOWER
  }

  /**
   * What fresh JVMs said of a class.
   *
   * @param ratio the tuning's speed, the geometric mean over the products of the class, as a
   *     multiple of the default's
   * @param noise what the ratio may be off by chance
   * @param outcome what follows
   */
  public record Verdict(Shape shape, double ratio, double noise, Outcome outcome) {}

  /**
   * What came of it.
   *
   * @param gemm what to use: the tuning's or the default's choice for each class
   * @param verdicts one a class
   * @param measured one a product; equal rates where the default stays
   * @param pairs JVMs of each kind
   */
  public record Result(
      GemmTuning gemm, List<Verdict> verdicts, List<Measured> measured, int pairs) {}

  /** A comparison by a clock in nanoseconds. */
  public Confirmation(Jvm jvm, LongSupplier clock) {
    this.jvm = jvm;
    this.clock = clock;
  }

  /**
   * Compares for about {@code nanos}, but with one pair of JVMs at least. Fewer than three pairs
   * prove nothing, and the default stays.
   */
  public Result run(Tuning defaults, Tuning tuned, long nanos) {
    List<Map<Product, Double>> before = new ArrayList<>();
    List<Map<Product, Double>> after = new ArrayList<>();
    long start = clock.getAsLong();
    long elapsed = 0;
    // Another pair, if it ends before the time does or at most half of it after.
    for (int pair = 0;
        pair == 0 || (pair < MOST_PAIRS && elapsed + elapsed / pair / 2 < nanos);
        pair++) {
      // Whoever goes first may find the machine in another state: take turns in that too.
      if (pair % 2 == 0) {
        before.add(jvm.gflops(defaults));
        after.add(jvm.gflops(tuned));
      } else {
        after.add(jvm.gflops(tuned));
        before.add(jvm.gflops(defaults));
      }
      elapsed = clock.getAsLong() - start;
    }
    Map<Shape, Verdict> verdicts = new EnumMap<>(Shape.class);
    for (Shape shape : Shape.values()) {
      boolean same = tuned.gemm().choice(shape).equals(defaults.gemm().choice(shape));
      verdicts.put(shape, verdict(shape, same, before, after));
    }
    GemmTuning settled = settle(defaults.gemm(), tuned.gemm(), verdicts);
    return new Result(
        settled,
        List.copyOf(verdicts.values()),
        measured(settled, defaults.gemm(), before, after),
        before.size());
  }

  private static Verdict verdict(
      Shape shape,
      boolean same,
      List<Map<Product, Double>> before,
      List<Map<Product, Double>> after) {
    List<Product> products = Product.of(shape);
    Ratios mean = ratios(products, before, after);
    boolean slower =
        isSlower(mean)
            || products.stream().anyMatch(one -> isSlower(ratios(List.of(one), before, after)));
    Outcome outcome = same ? Outcome.NO_GAIN : outcome(mean, slower);
    return new Verdict(shape, mean.median(), mean.noise(), outcome);
  }

  /** Geometric means of the products' speeds, one a pair of JVMs. */
  private static Ratios ratios(
      List<Product> products, List<Map<Product, Double>> before, List<Map<Product, Double>> after) {
    Ratios ratios = new Ratios();
    for (int pair = 0; pair < before.size(); pair++) {
      double logarithms = 0;
      for (Product product : products) {
        logarithms += Math.log(rate(after.get(pair), product) / rate(before.get(pair), product));
      }
      ratios.add(Math.exp(logarithms / products.size()));
    }
    return ratios;
  }

  private static Outcome outcome(Ratios mean, boolean slower) {
    if (slower) {
      return Outcome.SLOWER;
    }
    boolean gained = mean.median() > 1 + Math.max(WORTH_IT, mean.noise());
    return gained ? Outcome.GAINED : Outcome.NO_GAIN;
  }

  private static boolean isSlower(Ratios ratios) {
    return ratios.median() < 1 - Math.max(TOLERANCE, ratios.noise());
  }

  /** The tuning's choice where it gained. */
  private static GemmTuning settle(
      GemmTuning defaults, GemmTuning tuned, Map<Shape, Verdict> verdicts) {
    GemmTuning settled = defaults;
    for (Verdict verdict : verdicts.values()) {
      if (verdict.outcome == Outcome.GAINED) {
        settled = settled.with(verdict.shape, tuned.choice(verdict.shape));
      }
    }
    return settled;
  }

  private static List<Measured> measured(
      GemmTuning settled,
      GemmTuning defaults,
      List<Map<Product, Double>> before,
      List<Map<Product, Double>> after) {
    Map<Product, Measured> measured = new LinkedHashMap<>();
    for (Product product : Product.ALL) {
      boolean kept = settled.choice(product.shape()).equals(defaults.choice(product.shape()));
      double standard = median(before, product);
      double rate = kept ? standard : median(after, product);
      measured.put(product, new Measured(product.toString(), rate, standard));
    }
    return List.copyOf(measured.values());
  }

  private static double median(List<Map<Product, Double>> runs, Product product) {
    Ratios rates = new Ratios();
    runs.forEach(run -> rates.add(rate(run, product)));
    return rates.median();
  }

  private static double rate(Map<Product, Double> run, Product product) {
    Double rate = run.get(product);
    if (rate == null || !(rate > 0)) {
      throw new IllegalStateException("no rate for " + product + " came from a fresh JVM");
    }
    return rate;
  }
}
