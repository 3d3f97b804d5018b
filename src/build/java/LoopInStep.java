/**
 * Writes the K loop of a tile whose A lies in panels like those of B, in pieces of whole lines.
 *
 * <p>One index of bytes steps through A and B; an operand of one vector a step lies at half of it.
 * C2 knows from the masks that no address can be outside of memory, and checks none; that of the
 * index is one that the extension of an int to 64 bits does anyway. The loop is a counted one,
 * without a safepoint poll in each step, and its stride over one vector, which C2 never unrolls
 * (IdealLoopTree::policy_unroll): unrolled, all loads would come first, and accumulators be
 * spilled.
 */
final class LoopInStep {
  /** Vectors that the index takes for a step of k. */
  private static final int INDEX_VECTORS = 2;

  private final int rows;
  private final int vectors;

  /** Vectors of a step of A. */
  private final int stepOfA;

  /** Vectors of a step of B: as many as of A but for narrow strips of values. */
  private final int stepOfB;

  /** What is multiplied by v for the address of vector v of B. */
  private final String strideOfB;

  LoopInStep(RegisterTile tile, int rows, int vectors) {
    boolean panels = tile.form().hasPanels();
    this.rows = rows;
    this.vectors = vectors;
    stepOfA = panels ? 1 : tile.vectors();
    stepOfB = panels ? 1 : vectors;
    strideOfB = panels ? "ldb" : "BYTES";
  }

  /** Where the floats of A start: one base, or one for each row. */
  String startOfA() {
    StringBuilder out = new StringBuilder();
    for (int r = 0; r < basesOfA(); r++) {
      line(out, "    long pa%d = (a + %d) & ADDRESS;", r, r * Float.BYTES);
    }
    return out.toString();
  }

  /** Where the vectors of B start. */
  String startOfB() {
    StringBuilder out = new StringBuilder();
    for (int v = 0; v < vectors; v++) {
      line(out, "    long pb%1$d = (b + %1$d * %2$s) & ADDRESS;", v, strideOfB);
    }
    return out.toString();
  }

  /** Where the index ends. */
  String endOfIndex() {
    return "    int end = k * (%d * BYTES);\n".formatted(INDEX_VECTORS);
  }

  /** The loop. */
  String source() {
    StringBuilder out = new StringBuilder();
    line(out, "    for (int i = 0; i < end; i += %d * BYTES) {", INDEX_VECTORS);
    line(out, "      long at = i & 0xffffffffL;");
    if (stepOfB == 1) {
      line(out, "      long atHalf = at >>> 1;");
    }
    for (int v = 0; v < vectors; v++) {
      String address = "pb" + v + " + " + index(stepOfB);
      line(out, "      FloatVector b%d = %s;", v, TileWriter.load(address));
    }
    for (int r = 0; r < rows; r++) {
      line(out, "      FloatVector a%d = %s;", r, TileWriter.broadcast(elementOfA(r)));
      for (int v = 0; v < vectors; v++) {
        line(out, "      c%1$d%2$d = b%2$d.fma(a%1$d, c%1$d%2$d);", r, v);
      }
    }
    return out.append("    }\n").toString();
  }

  private String elementOfA(int row) {
    String index = index(stepOfA);
    return basesOfA() == 1
        ? "pa0 + " + index + " + " + row * Float.BYTES
        : "pa" + row + " + " + index;
  }

  /**
   * Where each float of A has a base of its own, its load takes base and index, and no instruction
   * adds them up before; ten sums leave C2 too few registers for that.
   */
  private int basesOfA() {
    return rows * vectors < 10 ? rows : 1;
  }

  /** The index for an operand of so many vectors a step. */
  private static String index(int step) {
    return switch (step) {
      case 1 -> "atHalf";
      case INDEX_VECTORS -> "at";
      default -> throw new IllegalStateException("steps of " + step + " vectors");
    };
  }

  private static void line(StringBuilder out, String format, Object... arguments) {
    out.append(format.formatted(arguments)).append('\n');
  }
}
