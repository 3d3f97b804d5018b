package io.github.lanewise.tune;

import io.github.lanewise.op.Lanewise;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a tuning does in a JVM that has done nothing else: to be asked once a JVM. */
public final class Probe {
  private static final long BEST_NANOS = 150_000_000;

  private static final int FEW_COLUMNS = 256;

  private Probe() {}

  /** Rates of all products on a runtime, in GFLOP/s. */
  public static Map<Product, Double> gflops(Lanewise runtime) {
    Map<Product, Double> rates = new LinkedHashMap<>();
    try (ProductData data = new ProductData()) {
      for (Product product : Product.ALL) {
        // Few columns first: a large product in the interpreter would take seconds.
        new TimedProduct(runtime, data, product.m(), FEW_COLUMNS, product.k()).warmUp();
        TimedProduct timed = new TimedProduct(runtime, data, product.m(), product.n(), product.k());
        rates.put(product, product.flops() / timed.best(BEST_NANOS, 3, 1000));
      }
    }
    return rates;
  }
}
