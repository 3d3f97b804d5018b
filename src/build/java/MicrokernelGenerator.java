import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the register tiles of {@code kernel.gemm}, one class a tile shape, at build time: {@code
 * java MicrokernelGenerator.java OUTPUT_FOLDER}.
 *
 * <p>A tile keeps {@code rows x vectors} accumulators in registers. C2 holds vectors in registers
 * only as named locals in straight-line code, so each row count is a method of its own, and the K
 * loop is an open loop ({@code do .. while} on an address) with {@code steps} K steps written out:
 * C2 would unroll a counted loop, hoist its loads and spill the accumulators. Adding a shape is
 * adding a line to {@link #TILES}; {@code Tiles} chooses among them.
 */
final class MicrokernelGenerator {
  /**
   * A shape.
   *
   * @param rows rows of A that the full tile takes
   * @param vectors vectors of B beside each other
   * @param steps K steps written out per iteration. C2 stops inlining a method, and boxes vectors,
   *     beyond a number of nodes (NodeCountInliningCutoff). Measured: most JVM starts have room for
   *     180 vector operations, one in twelve for 70 only (probably where the Vector API's own
   *     methods were compiled before they were profiled). So no method has more
   * @param fixedColumnStride whether a column-major A must have {@code COLUMN_STRIDE}: constant
   *     offsets where there are no registers to spare for multiples of a stride
   */
  record Tile(int rows, int vectors, int steps, boolean fixedColumnStride) {}

  static final List<Tile> TILES =
      List.of(
          new Tile(5, 4, 1, false), // 32 registers (AVX-512, NEON): 20 accumulators, 4 of B, 1 of A
          new Tile(4, 3, 2, true), // 16 registers (AVX2): 12 accumulators, 3 of B, 1 of A
          new Tile(6, 1, 2, false)); // few columns: decode, where a wide tile would compute padding

  private static final String HEADER =
      """
      package io.github.lanewise.kernel.gemm;

      import static io.github.lanewise.simd.Simd.BYTES;
      import static io.github.lanewise.simd.Simd.FLOAT;
      import static io.github.lanewise.simd.Simd.FLOATS;
      import static io.github.lanewise.simd.Simd.MEMORY;
      import static io.github.lanewise.simd.Simd.ORDER;

      import jdk.incubator.vector.FloatVector;

      /** Register tile of %1$d rows x %2$d vectors, %3$d K steps an iteration. Made by MicrokernelGenerator. */
      final class Tile%1$dx%2$d extends Microkernel {
        Tile%1$dx%2$d() {
          super(%1$d, %2$d, %4$b);
        }
      """;

  private static final String PARAMETERS =
      "long a, long lda, long b, int k, long from, long ldf, long c, long ldc";

  private final Tile tile;
  private final StringBuilder out = new StringBuilder();

  private MicrokernelGenerator(Tile tile) {
    this.tile = tile;
  }

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0], "io", "github", "lanewise", "kernel", "gemm");
    Files.createDirectories(folder);
    for (Tile tile : TILES) {
      Path file = folder.resolve("Tile" + tile.rows + "x" + tile.vectors + ".java");
      String source = new MicrokernelGenerator(tile).tileClass();
      if (!Files.exists(file) || !Files.readString(file).equals(source)) {
        Files.writeString(file, source);
      }
    }
  }

  private String tileClass() {
    out.append(HEADER.formatted(tile.rows, tile.vectors, tile.steps, tile.fixedColumnStride));
    dispatch();
    for (int rows = 1; rows <= tile.rows; rows++) {
      kernels(rows, false);
    }
    kernels(tile.rows, true);
    return out.append("}\n").toString();
  }

  private void dispatch() {
    line("");
    line("  @Override");
    line("  void rowMajor(%s) {", "int rows, " + PARAMETERS);
    line("    switch (rows) {");
    for (int rows = 1; rows <= tile.rows; rows++) {
      line("      case %d -> rowMajor%d(a, lda, b, k, from, ldf, c, ldc);", rows, rows);
    }
    line("      default -> throw new AssertionError(rows);");
    line("    }");
    line("  }");
    line("");
    line("  @Override");
    line("  void columnMajor(%s) {", PARAMETERS);
    line("    columnMajor%d(a, lda, b, k, from, ldf, c, ldc);", tile.rows);
    line("  }");
  }

  /** The kernel, and one with single steps for the K that its steps leave over. */
  private void kernels(int rows, boolean columnMajor) {
    String name = (columnMajor ? "columnMajor" : "rowMajor") + rows;
    kernel(name, rows, columnMajor, tile.steps);
    if (tile.steps > 1) {
      kernel(name + "Rest", rows, columnMajor, 1);
    }
  }

  /** One method: load the accumulators, run K in ascending order, store. */
  private void kernel(String name, int rows, boolean columnMajor, int steps) {
    line("");
    line("  private static void %s(%s) {", name, PARAMETERS);
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < tile.vectors; v++) {
        line(
            "    FloatVector c%d%d = FloatVector.fromMemorySegment(FLOATS, MEMORY, %s, ORDER);",
            r, v, address("from", r, "ldf", v));
      }
    }
    int multiples = !columnMajor ? rows : tile.fixedColumnStride ? 0 : steps + 1;
    for (int i = 2; i < multiples; i++) {
      line("    long lda%d = %d * lda;", i, i);
    }
    line("    long pa = a;");
    line("    long pb = b;");
    loop(rows, columnMajor, steps);
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < tile.vectors; v++) {
        line("    c%d%d.intoMemorySegment(MEMORY, %s, ORDER);", r, v, address("c", r, "ldc", v));
      }
    }
    if (steps > 1) {
      line("    if (k %% %d != 0) {", steps);
      line("      %sRest(pa, lda, pb, k %% %d, c, ldc, c, ldc);", name, steps);
      line("    }");
    }
    line("  }");
  }

  /** {@code steps} K steps an iteration, until fewer than that are left. */
  private void loop(int rows, boolean columnMajor, int steps) {
    String count = steps == 1 ? "k" : "(k - k % " + steps + ")";
    line("    long end = b + %s * (%dL * BYTES);", count, tile.vectors);
    line("    if (pb != end) {");
    line("      do {");
    for (int step = 0; step < steps; step++) {
      for (int v = 0; v < tile.vectors; v++) {
        line(
            "        FloatVector b%d%d = FloatVector.fromMemorySegment(FLOATS, MEMORY, pb + %d * BYTES, ORDER);",
            step, v, step * tile.vectors + v);
      }
      for (int r = 0; r < rows; r++) {
        line(
            "        FloatVector a%d%d = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, %s));",
            step, r, columnMajor ? columnMajorElement(step, r) : rowMajorElement(step, r));
        for (int v = 0; v < tile.vectors; v++) {
          // The fresh load is the receiver: its exact type is known, the accumulator's is not.
          line("        c%d%d = b%d%d.fma(a%d%d, c%d%d);", r, v, step, v, step, r, r, v);
        }
      }
    }
    line(
        "        pa += %s;",
        columnMajor ? columnStride(steps) : Integer.toString(steps * Float.BYTES));
    line("        pb += %dL * BYTES;", steps * tile.vectors);
    line("      } while (pb != end);");
    line("    }");
  }

  private static String rowMajorElement(int step, int row) {
    return "pa + " + multiple(row) + " + " + step * Float.BYTES;
  }

  private String columnMajorElement(int step, int row) {
    return "pa + (" + columnStride(step) + " + " + row * Float.BYTES + ")";
  }

  private String columnStride(int steps) {
    return tile.fixedColumnStride ? steps + "L * COLUMN_STRIDE" : multiple(steps);
  }

  private static String multiple(int i) {
    return i == 0 ? "0" : i == 1 ? "lda" : "lda" + i;
  }

  private static String address(String base, int row, String stride, int vector) {
    return base + " + " + row + " * " + stride + " + " + vector + " * BYTES";
  }

  private void line(String format, Object... arguments) {
    out.append(arguments.length == 0 ? format : format.formatted(arguments)).append('\n');
  }
}
