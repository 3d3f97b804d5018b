import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the register tiles of {@code kernel.gemm}, one class a tile, and {@code GeneratedTiles},
 * which lists them, at build time: {@code java MicrokernelGenerator.java OUTPUT_FOLDER}.
 *
 * <p>A tile keeps {@code rows x vectors} accumulators in registers. C2 holds vectors in registers
 * only as named locals in straight-line code, so each size is a method of its own, and the K loop
 * is an open loop ({@code do .. while} on an address) with {@code steps} K steps written out: C2
 * would unroll a counted loop, hoist its loads and spill the accumulators. Adding a tile is adding
 * a line to {@link #TILES}; a tuning file chooses among them by name.
 */
final class MicrokernelGenerator {
  /**
   * Vector operations that a method may hold. C2 stops inlining a method, and boxes vectors, beyond
   * a number of nodes (NodeCountInliningCutoff). Measured: most JVM starts have room for 180 vector
   * operations, one in twelve for 70 only (probably where the Vector API's own methods were
   * compiled before they were profiled).
   */
  private static final int MOST_OPERATIONS = 70;

  /** What a tile multiplies. */
  enum Form {
    /** A row-major A with packed panels, each one vector wide, {@code ldb} bytes apart. */
    PANELS("GemmTile", "", "long a, long lda, long b, long ldb, int k, long c, long ldc"),
    /** The same with panels of bfloat16, each two vectors wide. */
    BF16("GemmTile", "bf16", PANELS.parameters),
    /** The same with panels of binary16. */
    F16("GemmTile", "f16", PANELS.parameters),
    /**
     * A row-major or column-major A with a block whose rows are as long as the tile, added to what
     * lies at {@code from}: measured 4 % faster than tiles apart for sums that begin at zero.
     */
    BLOCK(
        "Microkernel",
        "",
        "long a, long lda, long b, int k, long from, long ldf, long c, long ldc");

    final String parent;
    final String suffix;
    final String parameters;

    Form(String parent, String suffix, String parameters) {
      this.parent = parent;
      this.suffix = suffix;
      this.parameters = parameters;
    }

    boolean hasPanels() {
      return this != BLOCK;
    }

    /** Vectors that lie in one panel. */
    int panelVectors() {
      return this == BF16 || this == F16 ? 2 : 1;
    }

    /** Vector operations that it takes to load {@code vectors} vectors of B. */
    int loadOperations(int vectors) {
      return vectors * (this == BF16 ? 5 : this == F16 ? 10 : 2) / 2;
    }

    /** The arguments of a call, from the addresses of A, B and C and the length of K. */
    String call(String a, String b, String k, String c) {
      String strides = hasPanels() ? "lda, %s, ldb" : "lda, %s";
      String start =
          hasPanels() ? "" : c.equals("c") && a.equals("pa") ? "c, ldc, " : "from, ldf, ";
      return a + ", " + strides.formatted(b) + ", " + k + ", " + start + c + ", ldc";
    }

    String call() {
      return call("a", "b", "k", "c");
    }
  }

  /**
   * A tile.
   *
   * @param rows rows of A that it takes at most
   * @param vectors vectors of B beside each other at most
   * @param steps K steps written out per iteration, where the method may hold so many
   * @param packed whether the tile's rows of A lie interleaved, k-major: constant offsets instead
   *     of an address for each row
   * @param trusting whether C2 is told that no load of B can fail its bounds check. With 16
   *     registers the checks cost much: AVX2 4x3u1 81 instead of 71 % of peak. But they also keep
   *     the loads in order: without those of A, or with two steps, C2 loads everything first and
   *     spills the accumulators (40 %)
   */
  record Tile(Form form, int rows, int vectors, int steps, boolean packed, boolean trusting) {
    /** What tuning files call it. */
    String name() {
      return rows
          + "x"
          + vectors
          + "u"
          + steps
          + (packed ? "p" : "")
          + (trusting ? "t" : "")
          + form.suffix;
    }

    String className() {
      return (form.hasPanels() ? "Gemm" : "") + "Tile" + name();
    }

    /** With 16 registers there are none to spare for multiples of a stride. */
    boolean fixedColumnStride() {
      return form == Form.BLOCK && vectors == 3;
    }
  }

  private static Tile tile(Form form, int rows, int vectors, int steps) {
    return new Tile(form, rows, vectors, steps, false, false);
  }

  private static Tile packed(Form form, int rows, int vectors, int steps) {
    return new Tile(form, rows, vectors, steps, true, false);
  }

  private static Tile trusting(int rows, int vectors, int steps, boolean packed) {
    return new Tile(Form.PANELS, rows, vectors, steps, packed, true);
  }

  static final List<Tile> TILES =
      List.of(
          // Attention. 32 registers (AVX-512, NEON): 16 accumulators, 4 of B, 1 of A, and rows that
          // divide head dimensions and blocks of keys; 16 registers (AVX2): 12, 3 and 1; few
          // columns, where a wide tile would compute padding.
          tile(Form.BLOCK, 4, 4, 1),
          tile(Form.BLOCK, 4, 3, 2),
          tile(Form.BLOCK, 6, 1, 2),
          // Matrix products.
          tile(Form.PANELS, 4, 4, 1),
          tile(Form.PANELS, 4, 4, 2),
          tile(Form.PANELS, 5, 4, 1),
          tile(Form.PANELS, 6, 4, 1),
          trusting(4, 3, 1, false),
          tile(Form.PANELS, 4, 3, 2),
          tile(Form.PANELS, 4, 3, 4),
          tile(Form.PANELS, 6, 2, 1),
          tile(Form.PANELS, 6, 2, 2),
          tile(Form.PANELS, 6, 2, 4),
          // Few rows.
          tile(Form.PANELS, 1, 4, 1),
          tile(Form.PANELS, 1, 4, 2),
          tile(Form.PANELS, 1, 8, 1),
          trusting(4, 3, 1, true),
          packed(Form.PANELS, 4, 3, 2),
          packed(Form.PANELS, 4, 3, 4),
          packed(Form.PANELS, 4, 4, 1),
          packed(Form.PANELS, 6, 4, 1),
          packed(Form.PANELS, 8, 2, 1),
          packed(Form.PANELS, 8, 2, 2),
          packed(Form.PANELS, 8, 3, 1),
          // Few rows against weights of 16 bits.
          tile(Form.BF16, 1, 8, 1),
          tile(Form.F16, 1, 8, 1),
          packed(Form.BF16, 4, 2, 1),
          packed(Form.F16, 4, 2, 1),
          packed(Form.BF16, 8, 2, 1),
          packed(Form.F16, 8, 2, 1));

  private static final String HEADER =
"""
      package io.github.lanewise.kernel.gemm;

%8$simport static io.github.lanewise.simd.Simd.BYTES;
      import static io.github.lanewise.simd.Simd.FLOAT;
      import static io.github.lanewise.simd.Simd.FLOATS;
%5$s      import static io.github.lanewise.simd.Simd.MEMORY;
      import static io.github.lanewise.simd.Simd.ORDER;
%9$s
%7$simport jdk.incubator.vector.FloatVector;
%6$s
      /** Register tile %1$s. Made by MicrokernelGenerator. */
      final class %2$s extends %3$s {
        %2$s() {
          super(%4$s);
        }
      """;

  private static final String SHIFT_UP = ".lanewise(VectorOperators.LSHL, 16)";

  private static final String LIST =
      """
      package io.github.lanewise.kernel.gemm;

      import java.util.List;

      /** All register tiles for matrix products. Made by MicrokernelGenerator. */
      final class GeneratedTiles {
        static final List<GemmTile> ALL = List.of(%s);

        private GeneratedTiles() {}
      }
      """;

  private final Tile tile;
  private final StringBuilder out = new StringBuilder();

  private MicrokernelGenerator(Tile tile) {
    this.tile = tile;
  }

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0], "io", "github", "lanewise", "kernel", "gemm");
    Files.createDirectories(folder);
    List<String> written = new ArrayList<>();
    List<String> list = new ArrayList<>();
    for (Tile tile : TILES) {
      write(folder, tile.className(), new MicrokernelGenerator(tile).tileClass(), written);
      if (tile.form.hasPanels()) {
        list.add("new " + tile.className() + "()");
      }
    }
    write(folder, "GeneratedTiles", LIST.formatted(String.join(", ", list)), written);
    deleteOthers(folder, written);
  }

  /** Leaves a file alone that is as it should be: an incremental build then has nothing to do. */
  private static void write(Path folder, String name, String source, List<String> written)
      throws IOException {
    Path file = folder.resolve(name + ".java");
    written.add(file.getFileName().toString());
    if (!Files.exists(file) || !Files.readString(file).equals(source)) {
      Files.writeString(file, source);
    }
  }

  /** What an earlier list of tiles has left. */
  private static void deleteOthers(Path folder, List<String> written) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (!written.contains(file.getFileName().toString())) {
          Files.delete(file);
        }
      }
    }
  }

  private String tileClass() {
    String size = tile.rows + ", " + tile.vectors;
    String arguments =
        tile.form.hasPanels()
            ? "\"" + tile.name() + "\", " + size + ", Storage." + storage() + ", " + tile.packed
            : size + ", " + tile.fixedColumnStride();
    boolean halves = tile.form.panelVectors() == 2;
    line(
        HEADER.stripTrailing(),
        tile.name(),
        tile.className(),
        tile.form.parent,
        arguments,
        halves ? "import static io.github.lanewise.simd.Simd.INTS;\n" : "",
        halves
            ? "import jdk.incubator.vector.IntVector;\nimport jdk.incubator.vector.VectorOperators;\n"
            : "",
        tile.form.hasPanels() ? "import io.github.lanewise.memory.Storage;\n" : "",
        tile.trusting ? "import static io.github.lanewise.simd.Simd.ADDRESS;\n" : "",
        tile.trusting ? "import static io.github.lanewise.simd.Simd.STRIDE;\n" : "");
    if (tile.form.hasPanels()) {
      panelTile(false);
      if (!tile.packed) {
        panelTile(true);
      }
    } else {
      blockTile();
    }
    return out.append("}\n").toString();
  }

  private String storage() {
    return tile.form == Form.PANELS ? "F32" : tile.form.name();
  }

  /** Every number of rows and vectors, starting at zero or going on with the sums in C. */
  private void panelTile(boolean sum) {
    line("");
    line("  @Override");
    line("  void %s(int rows, int vectors, %s) {", sum ? "add" : "set", tile.form.parameters);
    line("    switch (vectors * %d + rows) {", tile.rows + 1);
    int one = tile.form.panelVectors();
    for (int vectors = one; vectors <= tile.vectors; vectors += one) {
      for (int rows = 1; rows <= tile.rows; rows++) {
        Kernel kernel = new Kernel(rows, vectors, false, sum);
        int label = vectors * (tile.rows + 1) + rows;
        line("      case %d -> %s(%s);", label, kernel.name(), tile.form.call());
      }
    }
    line("      default -> throw new AssertionError(rows + \"x\" + vectors);");
    line("    }");
    line("  }");
    for (int vectors = one; vectors <= tile.vectors; vectors += one) {
      for (int rows = 1; rows <= tile.rows; rows++) {
        kernels(new Kernel(rows, vectors, false, sum));
      }
    }
  }

  /** Any rows of a row-major A; all rows of a column-major one. */
  private void blockTile() {
    line("");
    line("  @Override");
    line("  void rowMajor(int rows, %s) {", tile.form.parameters);
    line("    switch (rows) {");
    for (int rows = 1; rows <= tile.rows; rows++) {
      line("      case %1$d -> rowMajor%1$dx%2$d(%3$s);", rows, tile.vectors, tile.form.call());
    }
    line("      default -> throw new AssertionError(rows);");
    line("    }");
    line("  }");
    for (int rows = 1; rows <= tile.rows; rows++) {
      kernels(new Kernel(rows, tile.vectors, false, false));
    }
    Kernel kernel = new Kernel(tile.rows, tile.vectors, true, false);
    line("");
    line("  @Override");
    line("  void columnMajor(%s) {", tile.form.parameters);
    line("    %s(%s);", kernel.name(), tile.form.call());
    line("  }");
    kernels(kernel);
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
      int aStep = tile.form.loadOperations(vectors) + rows + accumulators;
      return (startsInMemory() ? 2 : 1) * accumulators + steps * aStep;
    }

    boolean startsInMemory() {
      return sum || !tile.form.hasPanels();
    }

    /** What the sum of an element begins with. */
    String start(int r, int v) {
      String from = "from + " + r + " * ldf + " + v + " * BYTES";
      return tile.form.hasPanels() ? sum ? load(elementOfC(r, v)) : "zero" : load(from);
    }

    int steps() {
      int steps = tile.steps;
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
      return tile.form.hasPanels() && !tile.packed;
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
    line("  private static void %s(%s) {", kernel.name(), tile.form.parameters);
    line("    %s(%s);", first, tile.form.call());
    String a = "a + " + half + " * lda";
    String c = "c + " + half + " * ldc";
    line("    %s(%s);", second, tile.form.call(a, "b", "k", c));
    line("  }");
  }

  /** One method: begin the accumulators, run K in ascending order, store. */
  private void kernel(String name, Kernel kernel, int steps) {
    line("");
    line("  private static void %s(%s) {", name, tile.form.parameters);
    if (!kernel.startsInMemory()) {
      line("    FloatVector zero = FloatVector.zero(FLOATS);");
    }
    for (int r = 0; r < kernel.rows; r++) {
      for (int v = 0; v < kernel.vectors; v++) {
        line("    FloatVector c%d%d = %s;", r, v, kernel.start(r, v));
      }
    }
    int multiples =
        tile.packed
            ? 0
            : !kernel.columnMajor ? kernel.rows : tile.fixedColumnStride() ? 0 : steps + 1;
    for (int i = 2; i < multiples; i++) {
      line("    long lda%1$d = %1$d * lda;", i);
    }
    if (tile.form.hasPanels()) {
      if (kernel.vectors > tile.form.panelVectors()) {
        line("    long ldb1 = ldb%s;", tile.trusting ? " & STRIDE" : "");
      }
      for (int i = 2; i < kernel.vectors / tile.form.panelVectors(); i++) {
        line("    long ldb%1$d = %1$d * ldb1;", i);
      }
    }
    line("    long pa = a;");
    line("    long pb = b;");
    loop(kernel, steps);
    for (int r = 0; r < kernel.rows; r++) {
      for (int v = 0; v < kernel.vectors; v++) {
        line("    c%d%d.intoMemorySegment(MEMORY, %s, ORDER);", r, v, elementOfC(r, v));
      }
    }
    if (steps > 1) {
      line("    if (k %% %d != 0) {", steps);
      String arguments = tile.form.call("pa", "pb", "k % " + steps, "c");
      line("      " + kernel.rest() + "(" + arguments + ");");
      line("    }");
    }
    line("  }");
  }

  /** {@code steps} K steps an iteration, until fewer than that are left. */
  private void loop(Kernel kernel, int steps) {
    int vectorsAStep = tile.form.hasPanels() ? 1 : kernel.vectors;
    String count = steps == 1 ? "k" : "(k - k % " + steps + ")";
    line("    long end = b + %s * (%dL * BYTES);", count, vectorsAStep);
    line("    if (pb != end) {");
    line("      do {");
    if (tile.trusting) {
      line("        long trusted = pb & ADDRESS;");
    }
    for (int step = 0; step < steps; step++) {
      loadB(kernel, step);
      for (int r = 0; r < kernel.rows; r++) {
        String at =
            tile.packed
                ? "pa + " + (step * kernel.rows + r) * Float.BYTES
                : kernel.columnMajor
                    ? "pa + (" + columnStride(step) + " + " + r * Float.BYTES + ")"
                    : "pa + " + multiple("lda", r) + " + " + step * Float.BYTES;
        line(
            "        FloatVector a%d%d = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, %s));",
            step, r, at);
        for (int v = 0; v < kernel.vectors; v++) {
          // The fresh load is the receiver: its exact type is known, the accumulator's is not.
          line("        c%1$d%2$d = b%3$d%2$d.fma(a%3$d%1$d, c%1$d%2$d);", r, v, step);
        }
      }
    }
    int rowsOfA = tile.packed ? kernel.rows : 1;
    String strideOfA =
        kernel.columnMajor ? columnStride(steps) : Integer.toString(steps * rowsOfA * Float.BYTES);
    line("        pa += %s;", strideOfA);
    line("        pb += %dL * BYTES;", steps * vectorsAStep);
    line("      } while (pb != end);");
    line("    }");
  }

  /** The vectors of B of one K step. */
  private void loadB(Kernel kernel, int step) {
    int one = tile.form.panelVectors();
    for (int v = 0; v < kernel.vectors; v += one) {
      String at =
          tile.form.hasPanels()
              ? multiple("ldb", v / one) + " + " + step + " * BYTES"
              : (step * kernel.vectors + v) + " * BYTES";
      if (one == 1) {
        line(
            "        FloatVector b%d%d = %s;",
            step, v, load((tile.trusting ? "trusted" : "pb") + " + " + at));
        continue;
      }
      String pair = "w" + step + v;
      line(
          "        IntVector %s = %s;",
          pair,
          load((tile.trusting ? "trusted" : "pb") + " + " + at)
              .replace("Float", "Int")
              .replace("FLOATS", "INTS"));
      line("        FloatVector b%d%d = %s;", step, v, widen(pair + SHIFT_UP));
      line("        FloatVector b%d%d = %s;", step, v + 1, widen(pair));
    }
  }

  /** The floats whose 16 bits stand in the upper halves; for binary16 finite ones only. */
  private String widen(String upper) {
    return switch (tile.form) {
      case BF16 ->
          (upper.endsWith(SHIFT_UP) ? upper : upper + ".and(UPPER)") + ".reinterpretAsFloats()";
      case F16 ->
          upper
              + ".lanewise(VectorOperators.ASHR, 3).and(F16_BITS).reinterpretAsFloats()"
              + ".mul(F16_SCALE)";
      default -> throw new AssertionError(tile.form);
    };
  }

  private static String load(String address) {
    return "FloatVector.fromMemorySegment(FLOATS, MEMORY, " + address + ", ORDER)";
  }

  private String columnStride(int steps) {
    return tile.fixedColumnStride() ? steps + "L * COLUMN_STRIDE" : multiple("lda", steps);
  }

  private static String multiple(String stride, int i) {
    return i == 0 ? "0" : i == 1 && stride.equals("lda") ? stride : stride + i;
  }

  private static String elementOfC(int row, int vector) {
    return "c + " + row + " * ldc + " + vector + " * BYTES";
  }

  private void line(String format, Object... arguments) {
    out.append(arguments.length == 0 ? format : format.formatted(arguments)).append('\n');
  }
}
