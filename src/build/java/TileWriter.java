import java.util.ArrayList;
import java.util.List;

/**
 * Writes the class of one register tile.
 *
 * <p>A tile keeps {@code rows x vectors} accumulators in registers. C2 holds vectors in registers
 * only as named locals in straight-line code, so each size is a method of its own. C2 would unroll
 * a plain counted K loop, hoist its loads and spill the accumulators. So the loop is one that it
 * does not unroll: in step (see {@link LoopInStep}), or open ({@code do .. while} on an address)
 * with {@code steps} K steps written out.
 */
final class TileWriter {
  /**
   * Vector operations that a method may hold in one step, or in all of an open loop. Beyond a
   * number of nodes (NodeCountInliningCutoff) C2 may leave a read of a float as a call. Measured:
   * most JVM starts have room for 180 vector operations, one in twelve for 70 only. How {@link
   * LoopInStep} has room for a second step, it says, and {@code TileNodesTest} watches.
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
      import static io.github.lanewise.simd.Simd.OFFSET;

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
            : size + ", " + tile.form().isRepeated();
    line(HEADER.stripTrailing(), tile.name(), tile.className(), tile.form().parent, arguments);
    switch (tile.form()) {
      case BLOCK -> blockTile();
      case PACKED -> packedTile();
      case VALUES -> sizes("columnMajor", tile.rows(), 1);
      case STRIPS -> sizes("columnMajorStrips", tile.rows() - 2, 1);
      default -> sizes("setOrAdd", 1, tile.form().panelVectors());
    }
    return out.append("}\n").toString();
  }

  private String layout() {
    return "Layout." + tile.layout();
  }

  private String storage() {
    return tile.form() == RegisterTile.Form.PANELS ? "F32" : tile.form().name();
  }

  /**
   * The method that chooses by rows and vectors, of panels also whether to go on with the sums in
   * C, and those that it chooses from.
   */
  private void sizes(String method, int leastRows, int unit) {
    boolean panels = tile.form().hasPanels();
    String choice = panels ? "boolean sum, int rows, int vectors" : "int rows, int vectors";
    line("");
    line("  @Override");
    line("  void %s(%s, %s) {", method, choice, tile.form().parameters);
    line("    int size = vectors * %d + rows;", tile.rows() + 1);
    line("    switch (%s) {", panels ? "sum ? -size : size" : "size");
    List<Kernel> kernels = new ArrayList<>();
    for (int vectors = unit; vectors <= tile.vectors(); vectors += unit) {
      for (int rows = leastRows; rows <= tile.rows(); rows++) {
        kernels.add(new Kernel(rows, vectors, false));
      }
    }
    for (Kernel kernel : List.copyOf(kernels)) {
      if (kernel.hasSum()) {
        kernels.add(kernel.asSum());
      }
    }
    for (Kernel kernel : kernels) {
      int size = kernel.vectors * (tile.rows() + 1) + kernel.rows;
      int label = kernel.sum ? -size : size;
      line("      case %d -> %s(%s);", label, kernel.name(), tile.form().call());
    }
    line("      default -> throw new AssertionError(rows + \"x\" + vectors);");
    line("    }");
    line("  }");
    kernels.forEach(this::kernels);
  }

  private boolean isInStep() {
    return tile.layout() == RegisterTile.Layout.PANELS;
  }

  /** Any rows of a row-major A. */
  private void blockTile() {
    line("");
    line("  @Override");
    line("  void rowMajor(int rows, %s) {", tile.form().parameters);
    line("    switch (rows) {");
    for (int rows = 1; rows <= tile.rows(); rows++) {
      line("      case %1$d -> rowMajor%1$dx%2$d(%3$s);", rows, tile.vectors(), tile.form().call());
    }
    line("      default -> throw new AssertionError(rows);");
    line("    }");
    line("  }");
    for (int rows = 1; rows <= tile.rows(); rows++) {
      kernels(new Kernel(rows, tile.vectors(), false));
    }
  }

  /** All rows of tiles of a packed A. */
  private void packedTile() {
    Kernel kernel = new Kernel(tile.rows(), tile.vectors(), false);
    line("");
    line("  @Override");
    line("  void rowMajorTiles(%s) {", tile.form().parameters);
    line("    %s(%s);", kernel.name(), tile.form().call());
    line("  }");
    kernels(kernel);
  }

  /** One size of a tile, which begins at zero or, as a sum, with what C holds. */
  private final class Kernel {
    final int rows;
    final int vectors;
    final boolean sum;

    Kernel(int rows, int vectors, boolean sum) {
      this.rows = rows;
      this.vectors = vectors;
      this.sum = sum;
    }

    String name() {
      String order = tile.form().isColumnMajor() ? "columnMajor" : "rowMajor";
      return order + rows + "x" + vectors + (sum ? "Sum" : "");
    }

    int operations(int steps) {
      int accumulators = rows * vectors;
      int aStep = tile.form().loadOperations(vectors) + rows + accumulators;
      return (startsInMemory() ? 2 : addsAtEnd() ? 3 : 1) * accumulators + steps * aStep;
    }

    boolean startsInMemory() {
      return sum || (!tile.form().hasPanels() && !tile.form().isRepeated());
    }

    /**
     * Whether what lies at {@code from} comes last: before, it would take registers of the loop.
     */
    boolean addsAtEnd() {
      return tile.form() == RegisterTile.Form.STRIPS;
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

    LoopInStep inStep() {
      return new LoopInStep(tile, rows, vectors, startsInMemory());
    }

    Kernel asSum() {
      return new Kernel(rows, vectors, true);
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
      if (tile.form().isRepeated()) {
        throw new IllegalStateException(tile.name() + " is too large for one method");
      }
      halves(kernel);
      return;
    }
    if (tile.form().isRepeated()) {
      repeated(kernel);
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
    String first = new Kernel(half, kernel.vectors, kernel.sum).name();
    String second = new Kernel(kernel.rows - half, kernel.vectors, kernel.sum).name();
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
    begin(kernel);
    if (isInStep()) {
      LoopInStep loop = kernel.inStep();
      out.append(loop.startOfA()).append(loop.startOfB());
      out.append(loop.endOfIndex()).append(loop.source());
    } else {
      addresses(kernel, steps);
      loop(kernel, steps);
    }
    if (!kernel.startsInMemory()) {
      rowsOfC(kernel);
    }
    store(kernel);
    if (steps > 1) {
      line("    if (k %% %d != 0) {", steps);
      String arguments = tile.form().call("pa", "pb", "k % " + steps, "c");
      line("      " + kernel.rest() + "(" + arguments + ");");
      line("    }");
    }
    line("  }");
  }

  /**
   * One method for one tile after the other. Rows of C are offsets, which it need not compute for
   * each again.
   */
  private void repeated(Kernel kernel) {
    boolean strips = tile.form() == RegisterTile.Form.STRIPS;
    line("");
    line("  private static void %s(%s) {", kernel.name(), tile.form().parameters);
    line("    FloatVector zero = FloatVector.zero(FLOATS);");
    if (strips) {
      line("    long from = sum ? c : Microkernel.ZEROS;");
      line("    long next = sum ? %d * BYTES : 0;", kernel.vectors);
      for (int r = 0; r < kernel.rows; r++) {
        line("    long rowOfC%1$d = (%1$d * ldc) & OFFSET;", r);
        line("    long rowOfF%1$d = sum ? rowOfC%1$d : 0;", r);
      }
    }
    LoopInStep loop = kernel.inStep();
    out.append(loop.endOfIndex()).append(strips ? loop.startOfA() : loop.startOfB());
    line("    for (int t = 0; t < %s; t++) {", strips ? "strips" : "tiles");
    begin(kernel);
    out.append(strips ? loop.startOfB() : loop.startOfA()).append(loop.source());
    line("    long pc = c & ADDRESS;");
    if (strips) {
      line("    long pf = from & ADDRESS;");
    }
    store(kernel);
    if (strips) {
      line("    b += strip;");
      line("    from += next;");
      line("    c += %d * BYTES;", kernel.vectors);
    } else {
      line("    a += step;");
      line("    step = pair - step;");
      line("    c += %d * BYTES;", kernel.rows * kernel.vectors);
    }
    line("    }");
    line("  }");
  }

  private void begin(Kernel kernel) {
    for (int r = 0; r < kernel.rows; r++) {
      for (int v = 0; v < kernel.vectors; v++) {
        line("    FloatVector c%d%d = %s;", r, v, kernel.start(r, v));
      }
    }
  }

  private void store(Kernel kernel) {
    for (int r = 0; r < kernel.rows; r++) {
      for (int v = 0; v < kernel.vectors; v++) {
        String sum = "c" + r + v;
        String value = kernel.addsAtEnd() ? load(elementOfStart(r, v)) + ".add(" + sum + ")" : sum;
        line("    %s.intoMemorySegment(MEMORY, %s, ORDER);", value, elementOfC(r, v));
      }
    }
  }

  /**
   * Addresses, and distances of columns, that need no check. Behind the loop, if they can be: they
   * would take the registers of its own.
   */
  private void rowsOfC(Kernel kernel) {
    for (int r = 0; r < kernel.rows && isInStep(); r++) {
      line("    long pc%1$d = (c + %1$d * ldc) & ADDRESS;", r);
    }
    for (int v = 1; v < kernel.vectors && isInStep(); v++) {
      line("    long columns%1$d = (%1$d * stepC) & OFFSET;", v);
    }
  }

  /** Where the loop starts, and multiples of strides. */
  private void addresses(Kernel kernel, int steps) {
    boolean packed = tile.layout() == RegisterTile.Layout.INTERLEAVED;
    int multiples = packed ? 0 : tile.form().isColumnMajor() ? steps + 1 : kernel.rows;
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
                : tile.form().isColumnMajor()
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
        tile.form().isColumnMajor()
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

  /** A vector of one float of memory. */
  static String broadcast(String address) {
    return "FloatVector.broadcast(FLOATS, " + scalar(address) + ")";
  }

  /** A float of memory. */
  static String scalar(String address) {
    return "MEMORY.get(FLOAT, " + address + ")";
  }

  /** A vector of memory. */
  static String load(String address) {
    return "FloatVector.fromMemorySegment(FLOATS, MEMORY, " + address + ", ORDER)";
  }

  private static String multiple(String stride, int i) {
    return i == 0 ? "0" : i == 1 ? stride : stride + i;
  }

  private String elementOfStart(int row, int vector) {
    String start = isInStep() ? "pf + rowOfF" + row : "from + " + row + " * ldf";
    return start + " + " + vector + " * BYTES";
  }

  private String elementOfC(int row, int vector) {
    return switch (tile.form()) {
      case PACKED -> "pc + " + (row * tile.vectors() + vector) + " * BYTES";
      case STRIPS -> "pc + rowOfC" + row + " + " + vector + " * BYTES";
      case PANELS, BF16, F16 ->
          (isInStep() ? "pc" + row : "c + " + row + " * ldc") + columnsOfC(vector);
      default -> "c + " + row + " * ldc + " + vector + " * BYTES";
    };
  }

  /** How far the columns of a vector of panels lie behind the first ones. */
  private String columnsOfC(int vector) {
    if (isInStep()) { // of panels of one vector, see RegisterTile
      return vector == 0 ? "" : " + columns" + vector;
    }
    int one = tile.form().panelVectors();
    return " + " + vector / one + " * stepC" + (one == 1 ? "" : " + " + vector % one + " * BYTES");
  }

  private void line(String format, Object... arguments) {
    out.append(arguments.length == 0 ? format : format.formatted(arguments)).append('\n');
  }
}
