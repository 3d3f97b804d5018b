package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixStack;

/** The checks of products, single and batched. */
final class MatMulChecks {
  private MatMulChecks() {}

  /** The length of the sums, k. */
  static int depth(MatMul.Form form, Matrix a, int rows) {
    return form.aByK ? rows : a.columns();
  }

  /** One product, or the items of stacks, whose rows are given apart from the matrices' own. */
  static void operands(
      MatMul.Form form, Matrix a, int rowsOfA, Matrix b, int rowsOfB, Matrix c, int rowsOfC) {
    int k = depth(form, a, rowsOfA);
    Checks.input("a", a, a.columns());
    if (form.bByK) {
      rows("b", rowsOfB, k);
    }
    Checks.input("b", b, form.bByK ? b.columns() : k);
    rows("c", rowsOfC, form.aByK ? a.columns() : rowsOfA);
    Checks.output("c", c, c.rows(), form.bByK ? b.columns() : rowsOfB);
    Checks.disjoint("a", a, "c", c);
    Checks.disjoint("b", b, "c", c);
  }

  static void stacks(MatMul.Form form, MatrixStack a, MatrixStack b, MatrixStack c) {
    count("b", b.count(), a.count());
    count("c", c.count(), a.count());
    operands(form, a.matrix(), a.rows(), b.matrix(), b.rows(), c.matrix(), c.rows());
    if (c.count() > 1 && c.itemStride() < c.rows()) {
      throw new IllegalArgumentException(
          "c has an item stride of %d rows, must be at least its items' %d rows"
              .formatted(c.itemStride(), c.rows()));
    }
  }

  static void views(MatMul.Form form, Matrix[] a, Matrix[] b, Matrix[] c) {
    count("b", b.length, a.length);
    count("c", c.length, a.length);
    for (int i = 0; i < a.length; i++) {
      sameShape("a", a, i);
      sameShape("b", b, i);
      sameShape("c", c, i);
      operands(form, a[i], a[i].rows(), b[i], b[i].rows(), c[i], c[i].rows());
    }
  }

  private static void count(String name, int count, int required) {
    if (count != required) {
      throw new IllegalArgumentException(
          name + " has " + count + " items, must have " + required + ", as a has");
    }
  }

  private static void rows(String name, int rows, int required) {
    if (rows != required) {
      throw new IllegalArgumentException(name + " has " + rows + " rows, must have " + required);
    }
  }

  private static void sameShape(String name, Matrix[] views, int i) {
    if (views[i].rows() != views[0].rows() || views[i].columns() != views[0].columns()) {
      throw new IllegalArgumentException(
          "%s[%d] is %d x %d, must be %d x %d, as %s[0] is"
              .formatted(
                  name,
                  i,
                  views[i].rows(),
                  views[i].columns(),
                  views[0].rows(),
                  views[0].columns(),
                  name));
    }
  }
}
