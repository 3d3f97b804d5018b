import java.util.List;

/**
 * A register tile: what {@code TileWriter} writes a class for.
 *
 * @param rows rows of A that it takes at most
 * @param vectors vectors of B beside each other at most
 * @param steps K steps written out per iteration, where the method may hold so many; 1 of a tile in
 *     step, whose loop decides ({@code LoopInStep})
 * @param layout how its rows of A lie
 */
record RegisterTile(Form form, int rows, int vectors, int steps, Layout layout) {
  private static RegisterTile tile(Form form, int rows, int vectors, int steps) {
    return new RegisterTile(form, rows, vectors, steps, Layout.ROWS);
  }

  private static RegisterTile packed(Form form, int rows, int vectors, int steps) {
    return new RegisterTile(form, rows, vectors, steps, Layout.INTERLEAVED);
  }

  private static RegisterTile inStep(Form form, int rows, int vectors) {
    return new RegisterTile(form, rows, vectors, 1, Layout.PANELS);
  }

  /** All there are. */
  static final List<RegisterTile> ALL =
      List.of(
          // Attention. 32 registers (AVX-512, NEON): 16 accumulators, 4 of B, 1 of A, and rows that
          // divide head dimensions and blocks of keys; few columns, where a wide tile would compute
          // padding; 16 registers (AVX2): see below. The last is for linear attention on those.
          tile(Form.BLOCK, 4, 4, 1),
          tile(Form.BLOCK, 6, 1, 2),
          inStep(Form.PACKED, 6, 2),
          tile(Form.VALUES, 4, 4, 1),
          inStep(Form.STRIPS, 6, 2),
          tile(Form.VALUES, 4, 3, 2),
          // Matrix products.
          tile(Form.PANELS, 4, 4, 1),
          tile(Form.PANELS, 4, 4, 2),
          tile(Form.PANELS, 5, 4, 1),
          tile(Form.PANELS, 6, 4, 1),
          tile(Form.PANELS, 4, 3, 2),
          tile(Form.PANELS, 4, 3, 4),
          tile(Form.PANELS, 6, 2, 1),
          tile(Form.PANELS, 6, 2, 2),
          tile(Form.PANELS, 6, 2, 4),
          // The same on 16 registers, of which 6x2 takes 15; tune tries the smaller ones, too.
          inStep(Form.PANELS, 6, 2),
          inStep(Form.PANELS, 5, 2),
          inStep(Form.PANELS, 4, 2),
          // Few rows; the first two are what FewRowsTile has beside 6x2.
          inStep(Form.PANELS, 2, 4),
          inStep(Form.PANELS, 4, 3),
          tile(Form.PANELS, 1, 4, 1),
          tile(Form.PANELS, 1, 4, 2),
          tile(Form.PANELS, 1, 8, 1),
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
          tile(Form.BF16, 1, 6, 1),
          tile(Form.F16, 1, 6, 1),
          packed(Form.BF16, 4, 2, 1),
          packed(Form.F16, 4, 2, 1),
          packed(Form.BF16, 8, 2, 1),
          packed(Form.F16, 8, 2, 1));

  /** How a tile's rows of A lie. */
  enum Layout {
    /** Where they are, an address for each row. */
    ROWS(""),
    /** Interleaved, k-major: constant offsets. */
    INTERLEAVED("p"),
    /**
     * In a panel like those of B, as many vectors for each k, of which the tile's rows are the
     * first floats. One index steps through A and B, and the loop has nothing beside its loads and
     * multiply-adds that it could do without. On AVX2, where a core takes six instructions a cycle
     * and multiplies two vectors, that decides (measured on Zen 3: 97 % of the peak; 65 % with
     * addresses that advance and are checked).
     */
    PANELS("s");

    final String suffix;

    Layout(String suffix) {
      this.suffix = suffix;
    }
  }

  /** What a tile multiplies. */
  enum Form {
    /**
     * A row-major A with packed panels, each one vector wide, {@code ldb} bytes apart, their
     * columns of C {@code stepC} bytes. Of the forms with panels only this one has tiles in step.
     */
    PANELS(
        "GemmTile", "", "long a, long lda, long b, long ldb, int k, long c, long ldc, long stepC"),
    /** The same with panels of bfloat16, each two vectors wide. */
    BF16("GemmTile", "bf16", PANELS.parameters),
    /** The same with panels of binary16. */
    F16("GemmTile", "f16", PANELS.parameters),
    /**
     * A row-major A with a block whose rows are as long as the tile, added to what lies at {@code
     * from}: measured 4 % faster than tiles apart for sums that begin at zero.
     */
    BLOCK(
        "Microkernel",
        "",
        "long a, long lda, long b, int k, long from, long ldf, long c, long ldc"),
    /** The same for a column-major A and strips of one to {@code vectors} vectors. */
    VALUES("ValueTile", "", BLOCK.parameters),
    /**
     * Tiles of a packed A, one below the other, with one block. A call, and the cold start of its
     * loop, cost as much as two or three steps of 16 to 64; here a tile begins while the last one
     * ends.
     */
    PACKED("Microkernel", "", "int tiles, long a, long step, long pair, long b, int k, long c"),
    /** A column-major A with strips of values, one beside the other. */
    STRIPS(
        "ValueTile",
        "",
        "int strips, long a, long b, long strip, int k, boolean sum, long c, long ldc");

    final String parent;
    final String suffix;
    final String parameters;

    Form(String parent, String suffix, String parameters) {
      this.parent = parent;
      this.suffix = suffix;
      this.parameters = parameters;
    }

    boolean hasPanels() {
      return parent.equals("GemmTile");
    }

    /** Whether one call computes several tiles. */
    boolean isRepeated() {
      return this == PACKED || this == STRIPS;
    }

    /** Whether A is column-major. */
    boolean isColumnMajor() {
      return parent.equals("ValueTile");
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
      String end = hasPanels() ? ", ldc, stepC" : ", ldc";
      return a + ", " + strides.formatted(b) + ", " + k + ", " + start + c + end;
    }

    String call() {
      return parameters.replaceAll("(int|long|boolean) ", "");
    }
  }

  /** What tuning files call it. */
  String name() {
    return rows + "x" + vectors + "u" + steps + layout.suffix + form.suffix;
  }

  String className() {
    return (form.hasPanels() ? "Gemm" : form.isColumnMajor() ? "Value" : "") + "Tile" + name();
  }
}
