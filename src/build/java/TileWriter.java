import java.util.ArrayList;
import java.util.List;

/**
 * Writes the class of one register tile.
 *
 * <p>A tile keeps {@code rows x vectors} accumulators in registers. C2 holds vectors in registers
 * only as named locals in straight-line code, so each size is a method of its own, and the K loop
 * is an open loop ({@code do .. while} on an address) with {@code steps} K steps written out: C2
 * would unroll a counted loop, hoist its loads and spill the accumulators.
 */
final class TileWriter {
  /**
   * Vector operations that a method may hold. C2 stops inlining a method, and boxes vectors, beyond
   * a number of nodes (NodeCountInliningCutoff). Measured: most JVM starts have room for 180 vector
   * operations, one in twelve for 70 only (probably where the Vector API's own methods were
   * compiled before they were profiled).
   */
  private static final int MOST_OPERATIONS = 70;

  private static final String HEADER =
      """
      package io.github.lanewise.kernel.gemm;

      import static io.github.lanewise.simd.Simd.ADDRESS;
      import static io.github.lanewise.simd.Simd.BYTES;
      import static io.github.lanewise.simd.Simd.FLOAT;
      import static io.github.lanewise.simd.Simd.FLOATS;
      import static io.github.lanewise.simd.Simd.INTS;
      import static io.github.lanewise.simd.Simd.MEMORY;
      import static io.github.lanewise.simd.Simd.ORDER;

      import io.github.lanewise.memory.Storage;
      import jdk.incubator.vector.FloatVector;
      import jdk.incubator.vector.IntVector;
      import jdk.incubator.vector.VectorOperators;

      /** Register tile %1$s. Made by MicrokernelGenerator. */
      final class %2$s extends %3$s {
        %2$s() {
          super(%4$s);
        }
      """;

  private static final String SHIFT_UP = ".lanewise(VectorOperators.LSHL, 16)";

  private final RegisterTile tile;
  private final StringBuilder out = new StringBuilder();

  TileWriter(RegisterTile tile) {
    this.tile = tile;
  }

  /** The source of the class. */
  String source() {
    String size = tile.rows() + ", " + tile.vectors();
    String arguments =
        tile.form().hasPanels()
            ? "\"" + tile.name() + "\", " + size + ", Storage." + storage() + ", " + layout()
            : isBlock() ? size + ", " + isInStep() : size;
    line(HEADER.stripTrailing(), tile.name(), tile.className(), tile.form().parent, arguments);
    if (tile.form().hasPanels()) {
      panelTile(false);
      if (tile.layout() != RegisterTile.Layout.INTERLEAVED) {
        panelTile(true);
      }
    } else if (isBlock()) {
      blockTile();
    } else {
      valueTile();
    }
    return out.append("}\n").toString();
  }

  private String layout() {
    return "Layout." + tile.layout();
  }

  private String storage() {
    return tile.form() == RegisterTile.Form.PANELS ? "F32" : tile.form().name();
  }

  /** Every number of rows and vectors, starting at zero or going on with the sums in C. */
  private void panelTile(boolean sum) {
    sizes(sum ? "add" : "set", 1, tile.form().panelVectors(), false, sum);
  }

  /** All rows of a column-major A or, in step, up to two fewer; any vectors. */
  private void valueTile() {
    sizes("columnMajor", isInStep() ? tile.rows() - 2 : tile.rows(), 1, true, false);
  }

  /** The method that chooses by rows and vectors, and those that it chooses from. */
  private void sizes(String method, int leastRows, int unit, boolean columnMajor, boolean sum) {
    line("");
    line("  @Override");
    line("  void %s(int rows, int vectors, %s) {", method, tile.form().parameters);
    line("    switch (vectors * %d + rows) {", tile.rows() + 1);
    List<Kernel> kernels = new ArrayList<>();
    for (int vectors = unit; vectors <= tile.vectors(); vectors += unit) {
      for (int rows = leastRows; rows <= tile.rows(); rows++) {
        Kernel kernel = new Kernel(rows, vectors, columnMajor, sum);
        int label = vectors * (tile.rows() + 1) + rows;
        line("      case %d -> %s(%s);", label, kernel.name(), tile.form().call());
        kernels.add(kernel);
      }
    }
    line("      default -> throw new AssertionError(rows + \"x\" + vectors);");
    line("    }");
    line("  }");
    kernels.forEach(this::kernels);
  }

  private boolean isBlock() {
    return tile.form() == RegisterTile.Form.BLOCK;
  }

  private boolean isInStep() {
    return tile.layout() == RegisterTile.Layout.PANELS;
  }

  /** Any rows of a row-major A; of one in panels all rows of a tile. */
  private void blockTile() {
    int least = isInStep() ? tile.rows() : 1;
    line("");
    line("  @Override");
    line("  void rowMajor(int rows, %s) {", tile.form().parameters);
    line("    switch (rows) {");
    for (int rows = least; rows <= tile.rows(); rows++) {
      line("      case %1$d -> rowMajor%1$dx%2$d(%3$s);", rows, tile.vectors(), tile.form().call());
    }
    line("      default -> throw new AssertionError(rows);");
    line("    }");
    line("  }");
    for (int rows = least; rows <= tile.rows(); rows++) {
      kernels(new Kernel(rows, tile.vectors(), false, false));
    }
  }

  /** One size of a tile, which begins at zero or, as a sum, with what C holds. */
  private final class Kernel {
    final int rows;
    final int vectors;
    final boolean columnMajor;
    final boolean sum;

    Kernel(int rows, int vectors, boolean columnMajor, boolean sum) {
      this.rows = rows;
      this.vectors = vectors;
      this.columnMajor = columnMajor;
      this.sum = sum;
    }

    String name() {
      return (columnMajor ? "columnMajor" : "rowMajor") + rows + "x" + vectors + (sum ? "Sum" : "");
    }

    int operations(int steps) {
      int accumulators = rows * vectors;
      int aStep = tile.form().loadOperations(vectors) + rows + accumulators;
      return (startsInMemory() ? 2 : addsAtEnd() ? 3 : 1) * accumulators + steps * aStep;
    }

    boolean startsInMemory() {
      return sum || (!tile.form().hasPanels() && !isInStep());
    }

    /**
     * Whether what lies at {@code from} comes last: before, it would take registers of the loop.
     */
    boolean addsAtEnd() {
      return columnMajor && isInStep();
    }

    /** What the sum of an element begins with. */
    String start(int r, int v) {
      return startsInMemory() ? load(sum ? elementOfC(r, v) : elementOfStart(r, v)) : "zero";
    }

    int steps() {
      int steps = tile.steps();
      while (steps > 1 && operations(steps) > MOST_OPERATIONS) {
        steps /= 2;
      }
      return steps;
    }

    Kernel asSum() {
      return new Kernel(rows, vectors, columnMajor, true);
    }

    /** Whether there is a kernel of this size that goes on with what C holds. */
    boolean hasSum() {
      return tile.form().hasPanels() && tile.layout() != RegisterTile.Layout.INTERLEAVED;
    }

    /** Name of the kernel that goes on with the few K steps that the steps of this leave over. */
    String rest() {
      return hasSum() && asSum().steps() == 1 ? asSum().name() : asSum().name() + "Rest";
    }
  }

  /** The methods of one size. */
  private void kernels(Kernel kernel) {
    if (kernel.operations(1) > MOST_OPERATIONS) {
      halves(kernel);
      return;
    }
    kernel(kernel.name(), kernel, kernel.steps());
    if (kernel.steps() > 1 && (kernel.sum || !kernel.hasSum())) {
      kernel(kernel.rest(), kernel.asSum(), 1);
    }
  }

  /** What is too much for one method: half the rows at a time. */
  private void halves(Kernel kernel) {
    int half = kernel.rows / 2;
    String first = new Kernel(half, kernel.vectors, false, kernel.sum).name();
    String second = new Kernel(kernel.rows - half, kernel.vectors, false, kernel.sum).name();
    line("");
    line("  private static void %s(%s) {", kernel.name(), tile.form().parameters);
    line("    %s(%s);", first, tile.form().call());
    String a = "a + " + half + " * lda";
    String c = "c + " + half + " * ldc";
    line("    %s(%s);", second, tile.form().call(a, "b", "k", c));
    line("  }");
  }

  /** One method: begin the accumulators, run K in ascending order, store. */
  private void kernel(String name, Kernel kernel, int steps) {
    line("");
    line("  private static void %s(%s) {", name, tile.form().parameters);
    if (kernel.startsInMemory()) {
      rowsOfC(kernel);
    } else {
      line("    FloatVector zero = FloatVector.zero(FLOATS);");
    }
    for (int r = 0; r < kernel.rows; r++) {
      for (int v = 0; v < kernel.vectors; v++) {
        line("    FloatVector c%d%d = %s;", r, v, kernel.start(r, v));
      }
    }
    if (isInStep()) {
      loopInStep(kernel);
    } else {
      addresses(kernel, steps);
      loop(kernel, steps);
    }
    if (!kernel.startsInMemory()) {
      rowsOfC(kernel);
    }
    for (int r = 0; r < kernel.rows; r++) {
      for (int v = 0; v < kernel.vectors; v++) {
        String sum = "c" + r + v;
        String value = kernel.addsAtEnd() ? load(elementOfStart(r, v)) + ".add(" + sum + ")" : sum;
        line("    %s.intoMemorySegment(MEMORY, %s, ORDER);", value, elementOfC(r, v));
      }
    }
    if (steps > 1) {
      line("    if (k %% %d != 0) {", steps);
      String arguments = tile.form().call("pa", "pb", "k % " + steps, "c");
      line("      " + kernel.rest() + "(" + arguments + ");");
      line("    }");
    }
    line("  }");
  }

  /**
   * Addresses that need no check. Behind the loop, if they can be: they would take the registers of
   * its own.
   */
  private void rowsOfC(Kernel kernel) {
    for (int r = 0; r < kernel.rows && isInStep(); r++) {
      line("    long pc%1$d = (c + %1$d * ldc) & ADDRESS;", r);
      if (kernel.addsAtEnd()) {
        line("    long pf%1$d = (from + %1$d * ldf) & ADDRESS;", r);
      }
    }
  }

  /** Where the loop starts, and multiples of strides. */
  private void addresses(Kernel kernel, int steps) {
    boolean packed = tile.layout() == RegisterTile.Layout.INTERLEAVED;
    int multiples = packed ? 0 : kernel.columnMajor ? steps + 1 : kernel.rows;
    for (int i = 2; i < multiples; i++) {
      line("    long lda%1$d = %1$d * lda;", i);
    }
    if (tile.form().hasPanels()) {
      for (int i = 2; i < kernel.vectors / tile.form().panelVectors(); i++) {
        line("    long ldb%1$d = %1$d * ldb;", i);
      }
    }
    line("    long pa = a;");
    line("    long pb = b;");
  }

  /**
   * One index of bytes steps through A and B. C2 knows from the masks that no address can be
   * outside of memory, and checks none; the index is not that of a counted loop, which C2 would
   * unroll, hoist its loads, and spill accumulators. Where each float of A has a base of its own,
   * its load takes base and index, and no instruction adds them up before; ten sums leave C2 too
   * few registers for that.
   */
  private void loopInStep(Kernel kernel) {
    boolean bases = kernel.rows * kernel.vectors < 10;
    for (int r = 0; r < (bases ? kernel.rows : 1); r++) {
      line("    long pa%d = (a + %d) & ADDRESS;", r, r * Float.BYTES);
    }
    for (int v = 0; v < kernel.vectors; v++) {
      String shift = tile.form().hasPanels() ? " * ldb" : " * BYTES";
      line("    long pb%d = (b + %s) & ADDRESS;", v, v + shift);
    }
    // Rows of A and B are as long as each other but for narrow strips of values.
    int step = tile.form().hasPanels() ? 1 : kernel.vectors;
    int stepOfA = tile.form().hasPanels() ? 1 : tile.vectors();
    if (stepOfA % step != 0) {
      throw new IllegalStateException(tile.name() + ": no index steps through A and B together");
    }
    String scale = stepOfA == step ? "" : " * " + stepOfA / step;
    line("    int end = k * (%d * BYTES);", step);
    line("    if (end > 0) {");
    line("      int i = 0;");
    line("      do {");
    line("        long at = i & Integer.MAX_VALUE;");
    for (int v = 0; v < kernel.vectors; v++) {
      line("        FloatVector b%d = %s;", v, load("pb" + v + " + at"));
    }
    for (int r = 0; r < kernel.rows; r++) {
      String address =
          bases ? "pa" + r + " + at" + scale : "pa0 + at" + scale + " + " + r * Float.BYTES;
      line("        FloatVector a%d = %s;", r, broadcast(address));
      for (int v = 0; v < kernel.vectors; v++) {
        line("        c%1$d%2$d = b%2$d.fma(a%1$d, c%1$d%2$d);", r, v);
      }
    }
    line("        i += %d * BYTES;", step);
    line("      } while (i != end);");
    line("    }");
  }

  /** {@code steps} K steps an iteration, until fewer than that are left. */
  private void loop(Kernel kernel, int steps) {
    int vectorsAStep = tile.form().hasPanels() ? 1 : kernel.vectors;
    boolean packed = tile.layout() == RegisterTile.Layout.INTERLEAVED;
    String count = steps == 1 ? "k" : "(k - k % " + steps + ")";
    line("    long end = b + %s * (%dL * BYTES);", count, vectorsAStep);
    line("    if (pb != end) {");
    line("      do {");
    for (int step = 0; step < steps; step++) {
      loadB(kernel, step);
      for (int r = 0; r < kernel.rows; r++) {
        String at =
            packed
                ? "pa + " + (step * kernel.rows + r) * Float.BYTES
                : kernel.columnMajor
                    ? "pa + (" + multiple("lda", step) + " + " + r * Float.BYTES + ")"
                    : "pa + " + multiple("lda", r) + " + " + step * Float.BYTES;
        line("        FloatVector a%d%d = %s;", step, r, broadcast(at));
        for (int v = 0; v < kernel.vectors; v++) {
          // The fresh load is the receiver: its exact type is known, the accumulator's is not.
          line("        c%1$d%2$d = b%3$d%2$d.fma(a%3$d%1$d, c%1$d%2$d);", r, v, step);
        }
      }
    }
    int rowsOfA = packed ? kernel.rows : 1;
    String strideOfA =
        kernel.columnMajor
            ? multiple("lda", steps)
            : Integer.toString(steps * rowsOfA * Float.BYTES);
    line("        pa += %s;", strideOfA);
    line("        pb += %dL * BYTES;", steps * vectorsAStep);
    line("      } while (pb != end);");
    line("    }");
  }

  /** The vectors of B of one K step. */
  private void loadB(Kernel kernel, int step) {
    int one = tile.form().panelVectors();
    for (int v = 0; v < kernel.vectors; v += one) {
      String at =
          tile.form().hasPanels()
              ? multiple("ldb", v / one) + " + " + step + " * BYTES"
              : (step * kernel.vectors + v) + " * BYTES";
      if (one == 1) {
        line("        FloatVector b%d%d = %s;", step, v, load("pb + " + at));
        continue;
      }
      String pair = "w" + step + v;
      line(
          "        IntVector %s = %s;",
          pair, load("pb + " + at).replace("Float", "Int").replace("FLOATS", "INTS"));
      line("        FloatVector b%d%d = %s;", step, v, widen(pair + SHIFT_UP));
      line("        FloatVector b%d%d = %s;", step, v + 1, widen(pair));
    }
  }

  /** The floats whose 16 bits stand in the upper halves; for binary16 finite ones only. */
  private String widen(String upper) {
    return switch (tile.form()) {
      case BF16 ->
          (upper.endsWith(SHIFT_UP) ? upper : upper + ".and(UPPER)") + ".reinterpretAsFloats()";
      case F16 ->
          upper
              + ".lanewise(VectorOperators.ASHR, 3).and(F16_BITS).reinterpretAsFloats()"
              + ".mul(F16_SCALE)";
      default -> throw new AssertionError(tile.form());
    };
  }

  private static String broadcast(String address) {
    return "FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, " + address + "))";
  }

  private static String load(String address) {
    return "FloatVector.fromMemorySegment(FLOATS, MEMORY, " + address + ", ORDER)";
  }

  private static String multiple(String stride, int i) {
    return i == 0 ? "0" : i == 1 ? stride : stride + i;
  }

  private String elementOfStart(int row, int vector) {
    String start = isInStep() ? "pf" + row : "from + " + row + " * ldf";
    return start + " + " + vector + " * BYTES";
  }

  private String elementOfC(int row, int vector) {
    String start = isInStep() ? "pc" + row : "c + " + row + " * ldc";
    return start + " + " + vector + " * BYTES";
  }

  private void line(String format, Object... arguments) {
    out.append(arguments.length == 0 ? format : format.formatted(arguments)).append('\n');
  }
}
