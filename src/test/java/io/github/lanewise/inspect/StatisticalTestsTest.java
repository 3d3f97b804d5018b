package io.github.lanewise.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticalTestsTest {
  @Test
  void binomialTailsAreExact() {
    assertEquals(1, Binomial.atLeast(0, 5, 0.5));
    assertEquals(1 / 32.0, Binomial.atLeast(5, 5, 0.5), 1e-15);
    assertEquals(6 / 32.0, Binomial.atLeast(4, 5, 0.5), 1e-15);
    assertEquals(1 - 0.9 * 0.9 * 0.9, Binomial.atLeast(1, 3, 0.1), 1e-15);
    assertEquals(0, Binomial.atLeast(6, 5, 0.5));
    assertEquals(0.5126, Binomial.atLeast(500, 1000, 0.5), 1e-4);
  }

  @Test
  void spearmanKnowsOrder() {
    double[] x = IntStream.range(0, 20).mapToDouble(i -> i).toArray();
    double[] cubes = IntStream.range(0, 20).mapToDouble(i -> -i * i * i).toArray();
    assertEquals(-1, Spearman.of(x, cubes).rho(), 1e-12);
    assertTrue(Spearman.of(x, cubes).pValue() < 0.001);
    assertEquals(new Spearman(0, 1), Spearman.of(x, new double[20]));
    // By hand, with a tie: ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4.
    double tied = Spearman.of(new double[] {1, 2, 2, 3}, new double[] {1, 3, 2, 4}).rho();
    assertEquals(4.5 / Math.sqrt(4.5 * 5), tied, 1e-12);
  }

  @Test
  void groupsThatBendAreFoundAndOrderIsNot() {
    int[] group = new int[60];
    double[] bent = new double[60];
    double[] depth = new double[60];
    for (int i = 0; i < 60; i++) {
      group[i] = i / 20;
      depth[i] = group[i];
      bent[i] = (group[i] == 1 ? 0 : 100) + (i * 37) % 60;
    }
    assertTrue(GroupTest.of(group, bent, 3).pValue() < 0.001);
    assertTrue(Spearman.of(depth, bent).pValue() > 0.05);
    double[] noise = IntStream.range(0, 60).mapToDouble(i -> (i * 37) % 60).toArray();
    assertTrue(GroupTest.of(group, noise, 3).pValue() > 0.05);
  }
}
