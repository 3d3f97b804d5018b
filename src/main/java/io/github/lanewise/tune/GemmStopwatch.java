package io.github.lanewise.tune;

import io.github.lanewise.op.GemmKernel;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;
import io.github.lanewise.tuning.Tuning;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/** Times settings in this JVM, each on the products of its class. */
public final class GemmStopwatch implements Stopwatch<Setting>, AutoCloseable {
  /** A product repeats for so long in a turn, and its best run counts. */
  private static final long TURN_NANOS = 6_000_000;

  private static final int MOST_RUNS = 20;

  /** Short sums in several blocks, with a rest: all that a kernel does, for a warm-up. */
  private static final int WARM_UP_K = 163;

  private static final int WARM_UP_KC = 64;

  /** A race has some twenty candidates; each runtime has threads of its own, which sleep. */
  private static final int MOST_BENCHES = 40;

  private static final int MOST_THREADS = 2000;

  private final int threads;
  private final Tuning base;
  private final int lanes;
  private final ProductData data = new ProductData();

  /** The least recently used is the first to go. */
  private final SequencedMap<Setting, Bench> benches = new LinkedHashMap<>(16, 0.75f, true);

  private final Set<String> warm = new HashSet<>();

  /** A runtime with one choice, and the products of its class on it. */
  private record Bench(Lanewise runtime, List<TimedProduct> products) {}

  /** A stopwatch for runtimes of so many threads. */
  public GemmStopwatch(int threads) {
    this.threads = threads;
    this.base = Tuning.defaults();
    this.lanes = base.vectorBits() / Float.SIZE;
  }

  /** The geometric mean of the times of the class's products. */
  @Override
  public double nanos(Setting setting) {
    Bench bench = benches.get(setting);
    if (bench == null) {
      makeRoom();
      bench = open(setting);
      benches.put(setting, bench);
    }
    double logarithms = 0;
    for (TimedProduct product : bench.products) {
      logarithms += Math.log((double) product.best(TURN_NANOS, 1, MOST_RUNS));
    }
    return Math.exp(logarithms / bench.products.size());
  }

  private void makeRoom() {
    int most = Math.clamp(MOST_THREADS / threads, 2, MOST_BENCHES);
    if (benches.size() >= most) {
      benches.pollFirstEntry().getValue().runtime.close();
    }
  }

  private Bench open(Setting setting) {
    if (warm.add(setting.shape() + setting.choice().kernel())) {
      warmUp(setting);
    }
    Lanewise runtime = runtime(setting.shape(), setting.choice());
    List<TimedProduct> products = new ArrayList<>();
    for (Product product : Product.of(setting.shape())) {
      products.add(new TimedProduct(runtime, data, product.m(), product.n(), product.k()));
    }
    // The first run touches memory, and meets what the warm-up did not.
    products.forEach(TimedProduct::run);
    return new Bench(runtime, products);
  }

  /**
   * Runs all that the class's products ask of the kernel: each height and width of a tile. Blocks
   * of rows are cut into tiles of a full height, or one row less; with several threads blocks are
   * lower, and the last one's tiles another row less. What is left of a block's columns may be
   * narrower than a tile.
   */
  private void warmUp(Setting setting) {
    Choice choice = setting.choice();
    GemmKernel kernel = kernel(choice.kernel());
    int kc = setting.shape().cutsSums() ? WARM_UP_KC : choice.kc();
    Set<Integer> heights = new TreeSet<>();
    for (Product product : Product.of(setting.shape())) {
      heights.add(product.m() <= 2 * kernel.rows() ? product.m() : 2 * kernel.rows() - 1);
    }
    if (threads > 1 && setting.shape() == Shape.MATRIX) {
      heights.add(2 * kernel.rows() + 2);
    }
    // A product of few columns would be taken for a matrix.
    int blocks = setting.shape() == Shape.SKINNY ? choice.nc() * (1 + 256 / choice.nc()) : 0;
    Choice small = new Choice(choice.kernel(), choice.mc(), choice.nc(), kc);
    try (Lanewise runtime = runtime(setting.shape(), small)) {
      for (int m : heights) {
        for (int rest = 0; rest < kernel.vectors(); rest++) {
          int vectors = 2 * kernel.vectors() + rest;
          new TimedProduct(runtime, data, m, blocks + vectors * lanes, WARM_UP_K).warmUp();
        }
      }
    }
  }

  private static GemmKernel kernel(String name) {
    return GemmKernel.all().stream()
        .filter(known -> known.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no kernel is called " + name));
  }

  /** A runtime with this choice for a class; the others do not run on it. */
  private Lanewise runtime(Shape shape, Choice choice) {
    return Lanewise.create(threads, base.withGemm(base.gemm().with(shape, choice)));
  }

  @Override
  public void close() {
    benches.values().forEach(bench -> bench.runtime.close());
    data.close();
  }
}
