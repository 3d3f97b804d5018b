package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.memory.HalfMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Few queries against caches of every form and storage. */
class DecodeTest {
  static final int BLOCK = 256;
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<Arguments> shapes() {
    Stream<Arguments> dims =
        Stream.of(1, 3, 16, 31, 32, 33, 40, 59, 64, 72, 80, 96, 111, 128, 160, 192, 224, 256)
            .flatMap(d -> Stream.of(Arguments.of(2, 1, d, 1, 101), Arguments.of(3, 3, d, 2, 67)));
    Stream<Arguments> keys =
        Stream.of(0, 1, 2, 3, 4, 5, 63, 64, 65, 239, 255, 256, 257, 511, 513, 799, 1700)
            .flatMap(n -> Stream.of(Arguments.of(3, 1, 20, 3, n), Arguments.of(3, 1, 20, 1, n)));
    Stream<Arguments> longer =
        Stream.of(
            Arguments.of(6, 3, 20, 1, 2049),
            Arguments.of(3, 3, 16, 2, 2305),
            Arguments.of(3, 1, 16, 1, 2049));
    Stream<Arguments> groups =
        Stream.of(1, 4, 8, 12, 16, 20, 32).map(g -> Arguments.of(2 * g, 2, 24, 1, 300));
    Stream<Arguments> queries =
        Stream.of(2, 3, 5, 8, 16, 17, 40).map(n -> Arguments.of(8, 4, 16, n, 300));
    return Stream.of(dims, keys, longer, groups, queries).flatMap(s -> s);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void everyStorageAgreesWithTheDefinition(
      int heads, int kvHeads, int headDim, int queries, int keys) {
    for (Storage keyStorage : Storage.values()) {
      for (Storage valueStorage : Storage.values()) {
        for (boolean causal : new boolean[] {false, true}) {
          AttentionSpec spec = AttentionSpec.of(heads, kvHeads, headDim, causal);
          GuardedMatrix q = GuardedMatrix.random(1, queries, heads * headDim);
          MatrixView k = stored(keyStorage, 2, keys, kvHeads * headDim);
          MatrixView v = stored(valueStorage, 3, keys, kvHeads * headDim);
          GuardedMatrix out = GuardedMatrix.poisoned(queries, heads * headDim);
          Attention.prepare(runtime, spec).run(q.matrix(), KvView.contiguous(k, v), out.matrix());
          assertDefinition(spec, q.matrix(), floats(k), floats(v), out.matrix());
          out.assertBordersIntact();
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "3, 0", "64, 0", "300, 0", "5, 7", "1000, 2"})
  void windowsAndValuesOfAnotherSize(int left, int right) {
    for (Storage storage : Storage.values()) {
      for (int queries : new int[] {1, 4, 30}) {
        for (int keys : new int[] {2, 129, 900}) {
          AttentionSpec spec = AttentionSpec.of(4, 2, 32, true).window(left, right).valueDim(40);
          Matrix q = Seeds.matrix(20, queries, 4 * 32);
          MatrixView k = stored(storage, 21, keys, 2 * 32);
          MatrixView v = stored(storage, 22, keys, 2 * 40);
          GuardedMatrix out = GuardedMatrix.poisoned(queries, 4 * 40);
          Attention.prepare(runtime, spec).run(q, KvView.contiguous(k, v), out.matrix());
          assertDefinition(spec, q, floats(k), floats(v), out.matrix());
          out.assertBordersIntact();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {1e4f, -0.7f, 0f})
  void largeNegativeAndZeroScales(float scale) {
    AttentionSpec spec = AttentionSpec.of(2, 2, 16, true).scale(scale);
    Matrix q = Seeds.matrix(4, 3, 32);
    Matrix k = Seeds.matrix(5, 600, 32);
    Matrix v = Seeds.matrix(6, 600, 32);
    Matrix out = GuardedMatrix.poisoned(3, 32).matrix();
    Attention.prepare(runtime, spec).run(q, k, v, out);
    assertDefinition(spec, q, k, v, out);
  }

  /** A ring and shuffled pages hold the same keys as a plain cache, in another order of rows. */
  @ParameterizedTest
  @EnumSource(Storage.class)
  void ringsAndPagesHaveTheBitsOfPlainCaches(Storage storage) {
    int headDim = 24;
    int[] offsets = {0, 1, 4, 4, 30};
    int[] counts = {333, 64, 0, 200};
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(4, 2, headDim, true));
    Matrix q = Seeds.matrix(7, 30, 4 * headDim);
    MatrixView k = stored(storage, 8, 1000, 2 * headDim);
    MatrixView v = stored(storage, 9, 1000, 2 * headDim);
    int[] starts = {0, 400, 999, 600};
    Matrix expected = GuardedMatrix.poisoned(30, 4 * headDim).matrix();
    attention.run(q, KvView.contiguous(k, v, starts, counts), expected, offsets);
    for (int s = 0; s < counts.length; s++) {
      int queries = offsets[s + 1] - offsets[s];
      Matrix alone = GuardedMatrix.poisoned(queries, 4 * headDim).matrix();
      KvView view =
          KvView.contiguous(k.rowRange(starts[s], counts[s]), v.rowRange(starts[s], counts[s]));
      attention.run(q.rowRange(offsets[s], queries), view, alone);
      Bounds.assertSameBits(expected.rowRange(offsets[s], queries), alone);
    }

    int capacity = 350;
    int[] firsts = {349, 17, 0, 160};
    MatrixView ringK = empty(storage, 4 * capacity, 2 * headDim);
    MatrixView ringV = empty(storage, 4 * capacity, 2 * headDim);
    int pageLength = 12;
    int[][] tables = new int[4][28];
    MatrixView pageK = empty(storage, 4 * 28 * pageLength, 2 * headDim);
    MatrixView pageV = empty(storage, 4 * 28 * pageLength, 2 * headDim);
    for (int s = 0; s < 4; s++) {
      for (int i = 0; i < 28; i++) {
        tables[s][i] = (4 * i + s) * 37 % 112; // 37 and 112 have no common divisor
      }
      for (int i = 0; i < counts[s]; i++) {
        int inRing = s * capacity + (firsts[s] + i) % capacity;
        int inPage = tables[s][i / pageLength] * pageLength + i % pageLength;
        copyRow(k, starts[s] + i, ringK, inRing);
        copyRow(v, starts[s] + i, ringV, inRing);
        copyRow(k, starts[s] + i, pageK, inPage);
        copyRow(v, starts[s] + i, pageV, inPage);
      }
    }
    Matrix out = GuardedMatrix.poisoned(30, 4 * headDim).matrix();
    attention.run(q, KvView.rings(ringK, ringV, capacity, firsts, counts), out, offsets);
    Bounds.assertSameBits(expected, out);
    out.fill(Float.NaN);
    attention.run(q, KvView.pages(pageK, pageV, pageLength, tables, counts), out, offsets);
    Bounds.assertSameBits(expected, out);
  }

  @Test
  void bitsDoNotDependOnThreadsOrNeighbours() {
    AttentionSpec spec = AttentionSpec.of(6, 2, 40, true);
    Matrix q = Seeds.matrix(10, 7, 240);
    Matrix k = Seeds.matrix(11, 5000, 80);
    Matrix v = Seeds.matrix(12, 5000, 80);
    int[] offsets = {0, 1, 2, 4, 7};
    int[] starts = {0, 700, 100, 0};
    int[] counts = {1500, 256, 4900, 3};
    Matrix expected = Matrix.allocate(Arena.ofAuto(), 7, 240);
    Attention.prepare(runtime, spec).run(q, k, v, expected, offsets, starts, counts);
    for (int threads : new int[] {1, 2, 5}) {
      try (Lanewise other = Lanewise.create(threads)) {
        Attention attention = Attention.prepare(other, spec);
        for (int repeat = 0; repeat < 20; repeat++) {
          Matrix out = GuardedMatrix.poisoned(7, 240).matrix();
          attention.run(q, k, v, out, offsets, starts, counts);
          Bounds.assertSameBits(expected, out);
        }
        for (int s = 0; s < 4; s++) {
          int queries = offsets[s + 1] - offsets[s];
          Matrix alone = GuardedMatrix.poisoned(queries, 240).matrix();
          attention.run(
              q.rowRange(offsets[s], queries),
              k.rowRange(starts[s], counts[s]),
              v.rowRange(starts[s], counts[s]),
              alone);
          Bounds.assertSameBits(expected.rowRange(offsets[s], queries), alone);
        }
      }
    }
  }

  /** Staged rows and a pair of lanes; whole vectors and a single lane. */
  @ParameterizedTest
  @CsvSource({"1, 16, NaN", "1, 16, Infinity", "2, 64, NaN", "2, 64, Infinity"})
  void hiddenKeysAndValuesDoNotLeakAndVisibleOnesShow(int kvHeads, int headDim, float hazard) {
    Matrix q = Seeds.matrix(13, 4, 2 * headDim);
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(2, kvHeads, headDim, true));
    for (Storage storage : Storage.values()) {
      for (int keys : new int[] {66, 129, 260}) {
        MatrixView k = stored(storage, 14, keys, kvHeads * headDim);
        MatrixView v = stored(storage, 15, keys, kvHeads * headDim);
        Matrix clean = decoded(attention, q, k, v);
        for (int back : new int[] {1, 2, 3, 4, 60}) {
          for (MatrixView target : new MatrixView[] {k, v}) {
            float kept = target.get(keys - back, 3);
            target.set(keys - back, 3, target == k ? Float.NaN : hazard);
            Matrix out = decoded(attention, q, k, v);
            int first = Math.max(0, 5 - back - 1);
            Bounds.assertSameBits(clean.rowRange(0, first), out.rowRange(0, first));
            for (int i = first; i < 4; i++) {
              float shown = out.get(i, 3);
              assertTrue(
                  target == k ? Float.isNaN(shown) : Float.compare(shown, hazard) == 0,
                  "query " + i + " sees key " + (keys - back) + ": " + shown);
            }
            target.set(keys - back, 3, kept);
          }
        }
      }
    }
  }

  /** Position by position: the kernel that a single lane takes. */
  private static Matrix decoded(Attention attention, Matrix q, MatrixView k, MatrixView v) {
    Matrix out = GuardedMatrix.poisoned(q.rows(), q.columns()).matrix();
    for (int i = 0; i < q.rows(); i++) {
      int keys = k.rows() - q.rows() + 1 + i;
      KvView cache = KvView.contiguous(k.rowRange(0, keys), v.rowRange(0, keys));
      attention.run(q.rowRange(i, 1), cache, out.rowRange(i, 1));
    }
    Matrix together = GuardedMatrix.poisoned(q.rows(), q.columns()).matrix();
    attention.run(q, KvView.contiguous(k, v), together);
    assertSameNonFinite(out, together);
    return together;
  }

  private static void assertSameNonFinite(Matrix expected, Matrix actual) {
    for (int i = 0; i < expected.rows(); i++) {
      for (int j = 0; j < expected.columns(); j++) {
        float x = expected.get(i, j);
        float y = actual.get(i, j);
        assertTrue(
            Float.isFinite(x) ? Math.abs(x - y) <= 1e-5 : Float.compare(x, y) == 0,
            "(" + i + ", " + j + "): " + x + ", " + y);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 16", "4, 64"})
  void aRunAllocatesNothing(int kvHeads, int headDim) {
    Matrix q = Seeds.matrix(16, 2, 4 * headDim);
    int[] offsets = {0, 1, 2};
    int[] counts = {300, 50};
    int[][] tables = {new int[30], new int[5]};
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(4, kvHeads, headDim, true));
    Matrix out = Matrix.allocate(Arena.ofAuto(), 2, 4 * headDim);
    for (Storage storage : Storage.values()) {
      MatrixView k = stored(storage, 17, 400, kvHeads * headDim);
      KvView pages = KvView.pages(k, k, 10, tables, counts);
      KvView plain = KvView.contiguous(k, k);
      Matrix oneQuery = q.rowRange(0, 1);
      Matrix oneOut = out.rowRange(0, 1);
      Runnable both =
          () -> {
            attention.run(q, pages, out, offsets);
            attention.run(oneQuery, plain, oneOut);
          };
      assertEquals(0, Allocation.ofCompiled(both), storage.name());
    }
  }

  @Test
  void wrongArgumentsAreNamedAndNothingIsWritten() {
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(4, 2, 8, true));
    Matrix q = Seeds.matrix(18, 2, 32);
    Matrix k = Seeds.matrix(19, 40, 16);
    GuardedMatrix guarded = GuardedMatrix.poisoned(2, 32);
    Matrix out = guarded.matrix();
    int[] offsets = {0, 1, 2};
    int[] two = {5, 5};
    AttentionSpec spec = AttentionSpec.of(4, 2, 8, true);
    BlockMask few = BlockMask.strided(4, 8, 0, 2);
    Attention blocked = Attention.prepare(runtime, spec.blockMask(few));
    assertNames("keys", () -> blocked.run(q, KvView.contiguous(k, k), out));
    AttentionExtras narrow = AttentionExtras.none().bias(Seeds.matrix(20, 2, 39));
    assertNames("bias", () -> attention.run(q, KvView.contiguous(k, k), out, narrow));
    AttentionExtras onQ = AttentionExtras.none().logSumExp(q.columnRange(0, 4));
    assertNames("q", () -> attention.run(q, KvView.contiguous(k, k), out, onQ));
    assertNames("v", () -> KvView.contiguous(k, k.rowRange(0, 39)));
    assertNames("capacity", () -> KvView.rings(k, k, 0, two, two));
    assertNames("pageLength", () -> KvView.pages(k, k, -1, new int[2][2], two));
    assertNames("k", () -> attention.run(q, KvView.contiguous(q, q), out));
    assertNames("queryOffsets", () -> attention.run(q, KvView.contiguous(k, k), out, offsets));
    assertNames("queryOffsets", () -> attention.run(q, KvView.contiguous(k, k), out, new int[0]));
    assertNames("counts", () -> run(attention, q, out, KvView.contiguous(k, k, two, new int[1])));
    assertNames("counts[1]", () -> run(attention, q, out, rows(k, 0, 0, 5, -1)));
    assertNames("starts[1]", () -> run(attention, q, out, rows(k, 0, 36, 5, 5)));
    assertNames("starts[0]", () -> run(attention, q, out, rows(k, -1, 0, 5, 5)));
    assertNames("capacity", () -> run(attention, q, out, KvView.rings(k, k, 21, two, two)));
    assertNames("firsts[0]", () -> run(attention, q, out, KvView.rings(k, k, 5, two, two)));
    int[] six = {6, 7};
    assertNames("counts[1]", () -> run(attention, q, out, KvView.rings(k, k, 6, two, six)));
    assertNames("tables", () -> run(attention, q, out, pages(k, new int[][] {{0}}, two)));
    int[][] pages = {{0, 1}, {2, 10}};
    assertNames("tables[1]", () -> run(attention, q, out, pages(k, pages, new int[] {5, 9})));
    assertNames("tables[1][1]", () -> run(attention, q, out, pages(k, pages, two)));
    pages[1][1] = -1;
    assertNames("tables[1][1]", () -> run(attention, q, out, pages(k, pages, two)));
    for (float x : out.toArray()) {
      assertTrue(Float.isNaN(x));
    }
    pages[1][1] = 9;
    run(attention, q, out, pages(k, pages, two));
    assertTrue(Float.isFinite(out.get(1, 31)));
  }

  private static void run(Attention attention, Matrix q, Matrix out, KvView view) {
    attention.run(q, view, out, new int[] {0, 1, 2});
  }

  private static KvView rows(Matrix k, int start0, int start1, int count0, int count1) {
    return KvView.contiguous(k, k, new int[] {start0, start1}, new int[] {count0, count1});
  }

  private static KvView pages(Matrix k, int[][] tables, int[] counts) {
    return KvView.pages(k, k, 4, tables, counts);
  }

  static MatrixView empty(Storage storage, int rows, int columns) {
    return storage == Storage.F32
        ? Matrix.allocate(Arena.ofAuto(), rows, columns)
        : HalfMatrix.allocate(Arena.ofAuto(), storage, rows, columns);
  }

  /** Seeded values, the last row ending where its memory ends. */
  static MatrixView stored(Storage storage, long seed, int rows, int columns) {
    MatrixView view = empty(storage, rows, columns + 3);
    MatrixView narrow = view.columnRange(3, columns);
    Matrix values = Seeds.matrix(seed, rows, columns);
    for (int r = 0; r < rows; r++) {
      copyRow(values, r, narrow, r);
    }
    return narrow;
  }

  static void copyRow(MatrixView from, int fromRow, MatrixView to, int toRow) {
    for (int c = 0; c < from.columns(); c++) {
      to.set(toRow, c, from.get(fromRow, c));
    }
  }

  static Matrix floats(MatrixView view) {
    Matrix copy = Matrix.allocate(Arena.ofAuto(), view.rows(), view.columns());
    for (int r = 0; r < view.rows(); r++) {
      copyRow(view, r, copy, r);
    }
    return copy;
  }

  /**
   * The derivation in {@code AttentionTest}, with the blocks of this kernel. A score is a sum of d
   * products in some order; sums of exponentials and outputs are rescaled once a block and once
   * when chunks are merged, each time by a factor with the error of an exponential.
   */
  static void assertDefinition(AttentionSpec spec, Matrix q, Matrix k, Matrix v, Matrix out) {
    double[][] expected =
        new AttentionReference(spec.numHeads(), spec.numKvHeads(), spec.headDim())
            .valueDim(spec.valueDim())
            .scale(spec.scale())
            .window(spec.left(), spec.right(), 1)
            .attend(q, k, v);
    int d = spec.headDim();
    double largest = d * (double) Math.abs(spec.scale());
    double score = (d + 3) * Bounds.U * largest + 2 * Bounds.U * largest;
    int blocks = k.rows() / BLOCK + 2;
    double weight = Math.expm1(2 * score) + 4 * Bounds.U * (1 + blocks);
    double bound = 2 * (weight + Bounds.gamma(k.rows() + 2L * blocks + 2));
    // An average of values in [-1, 1] stays there.
    bound = Math.min(bound, 2);
    for (int i = 0; i < out.rows(); i++) {
      for (int j = 0; j < out.columns(); j++) {
        Bounds.assertClose(expected[i][j], out.get(i, j), bound, "(" + i + ", " + j + ")");
      }
    }
  }
}
