package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Operations that move numbers and change none. */
class LayoutTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @Test
  void transposesEveryShape() {
    Transpose transpose = Transpose.prepare(runtime);
    int[] sizes = {1, 3, Simd.LANES - 1, Simd.LANES, Simd.LANES + 1, 64, 65, 150};
    for (int m : sizes) {
      for (int n : sizes) {
        GuardedMatrix x = GuardedMatrix.random(m * 1000 + n, m, n);
        GuardedMatrix out = GuardedMatrix.poisoned(n, m);
        transpose.run(x.matrix(), out.matrix());
        for (int r = 0; r < m; r++) {
          for (int c = 0; c < n; c++) {
            assertEquals(x.matrix().get(r, c), out.matrix().get(c, r), m + " x " + n);
          }
        }
        out.assertBordersIntact();
      }
    }
  }

  @Test
  void exchangesAxesOfEveryItem() {
    SwapAxes swap = SwapAxes.prepare(runtime);
    for (int[] s : new int[][] {{1, 1, 1, 1}, {1, 5, 3, 7}, {4, 3, 6, 33}, {2, 70, 41, 16}}) {
      int items = s[0];
      int a = s[1];
      int b = s[2];
      GuardedMatrix x = GuardedMatrix.random(a, items * a * b, s[3]);
      GuardedMatrix out = GuardedMatrix.poisoned(items * a * b, s[3]);
      swap.run(x.matrix(), items, a, out.matrix());
      for (int row = 0; row < items * a * b; row++) {
        int to = row / (a * b) * a * b + row % b * a + row / b % a;
        for (int c = 0; c < s[3]; c++) {
          assertEquals(x.matrix().get(row, c), out.matrix().get(to, c));
        }
      }
      out.assertBordersIntact();
    }
  }

  @Test
  void anLstmCellRefusesWrongShapes() {
    LstmCell cell = LstmCell.prepare(runtime);
    Matrix gates = Seeds.matrix(1, 2, 12);
    Matrix c = Seeds.matrix(2, 2, 3);
    Matrix h = Matrix.allocate(Arena.ofAuto(), 2, 3);
    cell.run(gates, c, h);
    refuse("gates has 11 columns", () -> cell.run(gates.columnRange(0, 11), c, h));
    refuse("cell has 1 rows", () -> cell.run(gates, c.rowRange(0, 1), h));
    refuse("overlap", () -> cell.run(gates, c, c));
    refuse("overlap", () -> cell.run(gates, gates.columnRange(0, 3), h));
  }

  @Test
  void layoutsRefuseWrongShapes() {
    Matrix x = Seeds.matrix(1, 12, 6);
    Transpose transpose = Transpose.prepare(runtime);
    refuse("out has 12 rows", () -> transpose.run(x, Seeds.matrix(1, 12, 6)));
    SwapAxes swap = SwapAxes.prepare(runtime);
    Matrix out = Seeds.matrix(1, 12, 6);
    refuse("x has 12 rows", () -> swap.run(x, 2, 4, out));
    refuse("items is 0", () -> swap.run(x, 0, 4, out));
    refuse("a is -1", () -> swap.run(x, 1, -1, out));
    refuse("overlap", () -> swap.run(x, 1, 4, x));
  }

  @Test
  void theyAllocateNothingOnceWarm() {
    Transpose transpose = Transpose.prepare(runtime);
    SwapAxes swap = SwapAxes.prepare(runtime);
    LstmCell cell = LstmCell.prepare(runtime);
    assertTrue(transpose.warmUp() && swap.warmUp() && cell.warmUp());
    Matrix x = Seeds.matrix(1, 80, 60);
    Matrix out = Matrix.allocate(Arena.ofAuto(), 60, 80);
    Matrix swapped = Matrix.allocate(Arena.ofAuto(), 80, 60);
    Matrix c = Seeds.matrix(2, 80, 15);
    Matrix h = Matrix.allocate(Arena.ofAuto(), 80, 15);
    assertEquals(
        0,
        Allocation.ofCompiled(
            () -> {
              transpose.run(x, out);
              swap.run(x, 8, swapped);
              cell.run(x, c, h);
            }));
  }

  private static void refuse(String message, Runnable call) {
    String told = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(told.contains(message), told);
  }
}
