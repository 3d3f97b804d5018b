/**
 * Writes the K loop of a tile whose A lies in panels like those of B, in pieces of whole lines.
 *
 * <p>One index of bytes steps through A and B; an operand of half as many vectors a step lies at
 * half of it. C2 knows from the masks that no address can be outside of memory, and checks none;
 * that of the index is one that the extension of an int to 64 bits does anyway. The loop is a
 * counted one, without a safepoint poll in each step, and its stride over one vector, which C2
 * never unrolls (IdealLoopTree::policy_unroll): unrolled, all loads would come first, and
 * accumulators be spilled. Two steps an iteration share what a loop costs; the exit between them,
 * where k is odd, keeps C2 from loading for the second before it has multiplied for the first.
 *
 * <p>Floats of A are read before the products of their step. Once C2 has parsed 18,000 nodes
 * (NodeCountInliningCutoff), it puts off the inlining of what {@code @ForceInline} demands, and
 * gives up that of the rest: of a read of a float, which makes 610 nodes and calls such a method of
 * Unsafe, but of no vector operation. Measured on JDK 25, where a tile of 6x2 makes 5,500 nodes of
 * products a step: its last read ends at 16,700 nodes, at 18,000 if it were in the midst of
 * products; and then a call remained in the loop of two JVMs in three, at a third of the speed.
 *
 * <p>A tile that fills all 16 registers, 4x3, has none for a float that C2 loads too early, as it
 * does with the last two of an iteration; it would spill a sum in each step, at half the speed. So
 * the last row's products come after one more exit, never taken; and the second step has its
 * addresses in common with the first, or C2 would spill one of them for that exit.
 */
final class LoopInStep {
  /** Vector registers of AVX2. */
  private static final int REGISTERS = 16;

  private final int rows;
  private final int vectors;

  /** Whether sums, B and a float of A take all registers of AVX2. */
  private final boolean isFull;

  /** Steps of k an iteration, 1 or 2. */
  private final int steps;

  /** Vectors that the index takes for a step of k: two at least in an iteration. */
  private final int indexVectors;

  /** Vectors of a step of A. */
  private final int stepOfA;

  /** Vectors of a step of B: as many as of A but for narrow strips of values. */
  private final int stepOfB;

  /** What is multiplied by v for the address of vector v of B. */
  private final String strideOfB;

  /**
   * @param sumsInMemory whether the sums are loaded before the loop; these loads are what a second
   *     step would need of C2's nodes
   */
  LoopInStep(RegisterTile tile, int rows, int vectors, boolean sumsInMemory) {
    boolean panels = tile.form().hasPanels();
    this.rows = rows;
    this.vectors = vectors;
    isFull = rows * vectors + vectors + 1 == REGISTERS;
    steps = sumsInMemory ? 1 : 2;
    stepOfA = panels ? 1 : tile.vectors();
    stepOfB = panels ? 1 : vectors;
    strideOfB = panels ? "ldb" : "BYTES";
    indexVectors = Math.max(Math.max(stepOfA, stepOfB), 2 / steps);
  }

  /** Where the floats of A start. */
  String startOfA() {
    return "    long pa = a & ADDRESS;\n";
  }

  /** Where the vectors of B start, for each step of an iteration that has addresses of its own. */
  String startOfB() {
    StringBuilder out = new StringBuilder();
    for (int step = 0; step < (isFull ? 1 : steps); step++) {
      for (int v = 0; v < vectors; v++) {
        String start = "b + " + v + " * " + strideOfB + next(step, stepOfB);
        line(out, "    long pb%d%d = (%s) & ADDRESS;", step, v, start);
      }
    }
    return out.toString();
  }

  /** Where the index ends. */
  String endOfIndex() {
    return "    int end = k * (%d * BYTES);\n".formatted(indexVectors);
  }

  /** The loop. */
  String source() {
    StringBuilder out = new StringBuilder();
    if (steps > 1) {
      line(out, "    int last = end - %d * BYTES;", indexVectors);
    }
    line(out, "    for (int i = 0; i < end; i += %d * BYTES) {", steps * indexVectors);
    line(out, "      long at = i & 0xffffffffL;");
    for (int step = 0; step < steps; step++) {
      if (step > 0) {
        exit(out, "last");
      }
      step(out, step);
    }
    return out.append("    }\n").toString();
  }

  private static void exit(StringBuilder out, String at) {
    line(out, "      if (i == %s) {", at);
    line(out, "        break;");
    line(out, "      }");
  }

  private void step(StringBuilder out, int step) {
    for (int v = 0; v < vectors; v++) {
      line(out, "      FloatVector b%d%d = %s;", step, v, TileWriter.load(vectorOfB(v, step)));
    }
    for (int r = 0; r < rows; r++) {
      line(out, "      float f%d%d = %s;", step, r, TileWriter.scalar(elementOfA(r, step)));
    }
    for (int r = 0; r < rows; r++) {
      if (isFull && step == steps - 1 && r == rows - 1) {
        exit(out, "end");
      }
      String a = "a" + step + r;
      line(out, "      FloatVector %s = FloatVector.broadcast(FLOATS, f%d%d);", a, step, r);
      for (int v = 0; v < vectors; v++) {
        line(out, "      c%1$d%2$d = b%3$d%2$d.fma(%4$s, c%1$d%2$d);", r, v, step, a);
      }
    }
  }

  private String vectorOfB(int vector, int step) {
    return isFull
        ? "pb0" + vector + index(stepOfB) + next(step, stepOfB)
        : "pb" + step + vector + index(stepOfB);
  }

  private String elementOfA(int row, int step) {
    return "pa" + index(stepOfA) + next(step, stepOfA) + " + " + row * Float.BYTES;
  }

  /** What the index adds for an operand of so many vectors a step. */
  private String index(int vectorsOfStep) {
    if (vectorsOfStep == indexVectors) {
      return " + at";
    }
    if (2 * vectorsOfStep == indexVectors) {
      return " + (at >>> 1)";
    }
    throw new IllegalStateException(
        "an index of " + indexVectors + " vectors for steps of " + vectorsOfStep);
  }

  /** How far the operands of a step lie behind those of the first. */
  private static String next(int step, int vectorsOfStep) {
    return step == 0 ? "" : " + " + step * vectorsOfStep + " * BYTES";
  }

  private static void line(StringBuilder out, String format, Object... arguments) {
    out.append(format.formatted(arguments)).append('\n');
  }
}
