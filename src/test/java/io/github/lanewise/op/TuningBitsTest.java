package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixStack;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;
import io.github.lanewise.tuning.Tuning;
import io.github.lanewise.tuning.Tuning.GemmTuning;
import io.github.lanewise.tuning.TuningException;
import java.lang.foreign.Arena;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A tuning changes speed, and not one bit of a result. */
class TuningBitsTest {
  /** The first below, the second above where products of few rows have a kernel of their own. */
  private static final List<Integer> WIDTHS = List.of(7 * Simd.LANES + 5, 259);

  private static final int K = 333;
  private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 61};

  /** mc, vectors of nc, kc. */
  private static final int[][] BLOCKS = {
    {1, 2, 1}, {5, 2, 7}, {13, 6, 64}, {1024, 20, 332}, {60, 4, 65_536}
  };

  private static final Tuning DEFAULTS = Tuning.defaults();
  private static final Matrix A = Seeds.matrix(1, 61, K);
  private static final Map<Weights, PackedWeights> WEIGHTS = new HashMap<>();
  private static final Map<Weights, Matrix> EXPECTED = new HashMap<>();

  private record Weights(Storage storage, int n) {}

  private static final Lanewise STANDARD = Lanewise.create(1, DEFAULTS);

  @AfterAll
  static void close() {
    STANDARD.close();
  }

  @BeforeAll
  static void computeWithTheDefaults() {
    for (Storage storage : Storage.values()) {
      for (int n : WIDTHS) {
        Weights key = new Weights(storage, n);
        WEIGHTS.put(key, PackedWeights.pack(Arena.ofAuto(), storage, Seeds.matrix(2, n, K)));
        EXPECTED.put(key, product(STANDARD, key, 61));
      }
    }
  }

  static List<GemmKernel> kernels() {
    return GemmKernel.all();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everyKernelGivesTheSameBitsInAnyBlocks(GemmKernel kernel) {
    assertBitsInAnyBlocks(kernel, 0);
  }

  @AfterEach
  void endPlainProducts() {
    Lanewise.startPlainly(0);
  }

  /** Plain loops in place of kernels that read 32-bit floats; the others stay. */
  @ParameterizedTest
  @MethodSource("kernels")
  void firstProductsHaveTheSameBits(GemmKernel kernel) {
    assertBitsInAnyBlocks(kernel, Integer.MAX_VALUE);
  }

  private static void assertBitsInAnyBlocks(GemmKernel kernel, int plainMultiplyAdds) {
    for (int[] block : BLOCKS) {
      try (Lanewise runtime = runtime(kernel, block)) {
        for (int rows : ROWS) {
          EXPECTED.forEach(
              (key, expected) -> {
                Lanewise.startPlainly(plainMultiplyAdds);
                Bounds.assertSameBits(expected.rowRange(0, rows), product(runtime, key, rows));
              });
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void firstProductsOfNoLengthAreZero(GemmKernel kernel) {
    if (!kernel.addsBlocks()) {
      return; // for prepacked weights only, which have a length
    }
    Lanewise runtime =
        Lanewise.create(1, forAll(kernel, new Choice(kernel.name(), 8, 2 * Simd.LANES, 8)));
    Lanewise.startPlainly(Integer.MAX_VALUE);
    Matrix c = plain(runtime, MatMul.Form.A_BT, matrix(192, 0), matrix(75, 0));
    Bounds.assertSameBits(matrix(192, 75), c);
  }

  private static Matrix matrix(int rows, int columns) {
    return Matrix.allocate(Arena.ofAuto(), rows, columns);
  }

  @Test
  void firstProductsEndWhenTheirMultiplyAddsAreDone() {
    Matrix w = Seeds.matrix(2, 40, 64);
    Gemm gemm = Gemm.prepare(STANDARD, PackedWeights.pack(Arena.ofAuto(), w));
    Matrix a = Seeds.matrix(1, 3, 64);
    Matrix c = Matrix.allocate(Arena.ofAuto(), 3, 40);
    gemm.warmUp();
    Lanewise.startPlainly(2 * 3 * 40 * 64);
    assertTrue(Allocation.ofCall(() -> gemm.run(a, c)) > 40 * 64, "arrays of the first");
    gemm.run(a, c);
    assertEquals(0, Allocation.ofCompiled(() -> gemm.run(a, c)));
    assertThrows(IllegalArgumentException.class, () -> Lanewise.startPlainly(-1));
  }

  /** Blocks of rows that are no whole tiles too: A is transposed into memory for one block. */
  @ParameterizedTest
  @MethodSource("kernels")
  void everyKernelGivesTheSameBitsToOperandsAsTheyLie(GemmKernel kernel) {
    for (int[] block : BLOCKS) {
      try (Lanewise runtime = runtime(kernel, block)) {
        for (MatMul.Form form : MatMul.Form.values()) {
          for (int rows : new int[] {2, 61}) {
            Bounds.assertSameBits(batch(STANDARD, form, rows), batch(runtime, form, rows));
          }
        }
      }
    }
  }

  /** Blocks that are no whole tiles high: 97 rows of tiles of five would fit into 96 by halves. */
  @ParameterizedTest
  @MethodSource("kernels")
  void everyFormOfAPlainProductHasTheSameBitsInAnyBlocks(GemmKernel kernel) {
    if (!kernel.addsBlocks()) {
      return; // for prepacked weights only
    }
    for (MatMul.Form form : MatMul.Form.values()) {
      Matrix a = form.aByK ? Seeds.matrix(4, 70, 192) : Seeds.matrix(4, 192, 70);
      Matrix b = form.bByK ? Seeds.matrix(5, 70, 75) : Seeds.matrix(5, 75, 70);
      Matrix expected = plain(Lanewise.create(1, DEFAULTS), form, a, b);
      for (int[] block : new int[][] {{1, 2, 1}, {96, 6, 64}, {7, 4, 1000}}) {
        Choice choice = new Choice(kernel.name(), block[0], block[1] * Simd.LANES, block[2]);
        Matrix c = plain(Lanewise.create(2, forAll(kernel, choice)), form, a, b);
        Bounds.assertSameBits(expected, c);
      }
    }
  }

  private static Matrix plain(Lanewise runtime, MatMul.Form form, Matrix a, Matrix b) {
    GuardedMatrix c = GuardedMatrix.poisoned(192, 75);
    try (runtime) {
      MatMul.prepare(runtime, MatMul.Spec.of(form)).run(a, b, c.matrix());
    }
    c.assertBordersIntact();
    return c.matrix();
  }

  @Test
  void aWrongBlockOfTheApplicationIsATuningError() {
    Choice odd = new Choice(DEFAULTS.gemm().choice(Shape.MATRIX).kernel(), 96, 7, 256);
    Tuning wrong = DEFAULTS.from("mine", null).withGemm(DEFAULTS.gemm().with(Shape.MATRIX, odd));
    String message =
        assertThrows(TuningException.class, () -> Lanewise.create(1, wrong)).getMessage();
    assertTrue(message.startsWith("mine: gemm.matrix.nc is 7, must be a multiple of "), message);
  }

  @Test
  void theDefaultsAndWhatWasFoundNameKernelsThatThereAre() {
    Lanewise.create(1, DEFAULTS).close();
    Tuning found = Tuning.find();
    try (Lanewise runtime = Lanewise.create(1)) {
      assertEquals(found, runtime.tuning());
    }
    try (Lanewise runtime = Lanewise.create(1, DEFAULTS)) {
      assertSame(DEFAULTS, runtime.tuning());
    }
  }

  @Test
  void unknownKernelsAndOtherVectorsAreRefused() {
    Tuning unknown =
        DEFAULTS
            .from("my.json", null)
            .withGemm(DEFAULTS.gemm().with(Shape.SKINNY, new Choice("9x9u9", 1, 16, 1)));
    String message =
        assertThrows(TuningException.class, () -> Lanewise.create(1, unknown)).getMessage();
    assertTrue(
        message.startsWith("my.json: gemm.skinny.kernel is \"9x9u9\", must be one of "), message);
    for (GemmKernel kernel : GemmKernel.all()) {
      assertTrue(message.contains(kernel.name()), message);
    }
    Tuning foreign = new Tuning("my.json", 2 * Simd.BITS, DEFAULTS.gemm(), null);
    assertEquals(
        "my.json: vectorBits is %d, must be %d as in this JVM".formatted(2 * Simd.BITS, Simd.BITS),
        assertThrows(TuningException.class, () -> Lanewise.create(1, foreign)).getMessage());
  }

  @Test
  void blocksThatCannotBeAreRefused() {
    int unit = 2 * Simd.LANES;
    assertRefused(Shape.SKINNY, 5, unit + 1, 5, "gemm.skinny.nc is " + (unit + 1) + ", must be");
    assertRefused(Shape.ROW, 5, 0, 5, "gemm.row.nc is 0, must be a multiple of " + unit);
    assertRefused(Shape.ROW, 5, 4096 + unit, 5, "gemm.row.nc is " + (4096 + unit) + ", must be");
    assertRefused(Shape.MATRIX, 0, unit, 5, "gemm.matrix.mc is 0, must be from 1 to 1024");
    assertRefused(Shape.MATRIX, 1025, unit, 5, "gemm.matrix.mc is 1025, must be from 1 to 1024");
    assertRefused(Shape.MATRIX, 5, unit, -1, "gemm.matrix.kc is -1, must be from 1 to 65536");
  }

  private static void assertRefused(Shape shape, int mc, int nc, int kc, String message) {
    GemmTuning gemm = DEFAULTS.gemm();
    Choice wrong = new Choice(gemm.choice(shape).kernel(), mc, nc, kc);
    Tuning tuning = DEFAULTS.from("my.json", null).withGemm(gemm.with(shape, wrong));
    String actual =
        assertThrows(TuningException.class, () -> Lanewise.create(1, tuning)).getMessage();
    assertTrue(actual.startsWith("my.json: " + message), actual);
  }

  private static Lanewise runtime(GemmKernel kernel, int[] block) {
    Choice choice = new Choice(kernel.name(), block[0], block[1] * Simd.LANES, block[2]);
    return Lanewise.create(block[0] % 2 == 0 ? 1 : 3, forAll(kernel, choice));
  }

  private static Tuning forAll(GemmKernel kernel, Choice choice) {
    Map<Shape, Choice> choices = new EnumMap<>(Shape.class);
    for (Shape shape : Shape.values()) {
      boolean fits =
          switch (shape) {
            case ROW -> !kernel.isPacked();
            case SKINNY -> true;
            case MATRIX -> kernel.addsBlocks();
          };
      choices.put(shape, fits ? choice : DEFAULTS.gemm().choice(shape));
    }
    return DEFAULTS.withGemm(new GemmTuning(choices));
  }

  private static Matrix product(Lanewise runtime, Weights key, int rows) {
    GuardedMatrix c = GuardedMatrix.poisoned(rows, key.n);
    Epilogue bias = Epilogue.none().bias(Seeds.matrix(3, 1, key.n));
    Gemm.prepare(runtime, WEIGHTS.get(key), bias).run(A.rowRange(0, rows), c.matrix());
    c.assertBordersIntact();
    return c.matrix();
  }

  /**
   * Products of their own and of a batch, one above the other: what is written to C directly, and
   * what is added to it by way of the memory beside transposed rows.
   */
  private static Matrix batch(Lanewise runtime, MatMul.Form form, int rows) {
    int items = 2;
    int n = 75;
    int k = 130;
    MatrixStack a = stack(4, items, form.aByK ? k : rows, form.aByK ? rows : k);
    MatrixStack b = stack(5, items, form.bByK ? k : n, form.bByK ? n : k);
    GuardedMatrix all = GuardedMatrix.random(6, 2 * items * rows, n);
    MatMul.Spec spec = MatMul.Spec.of(form);
    MatrixStack sums = MatrixStack.of(all.matrix().rowRange(0, items * rows), items);
    BatchedMatMul.prepare(runtime, spec.accumulate()).run(a, b, sums);
    Matrix rest = all.matrix().rowRange(items * rows, items * rows);
    MatMul.prepare(runtime, spec).run(a.item(0), b.item(0), rest.rowRange(0, rows));
    MatMul.prepare(runtime, spec.accumulate()).run(a.item(1), b.item(1), rest.rowRange(rows, rows));
    all.assertBordersIntact();
    return all.matrix();
  }

  private static MatrixStack stack(long seed, int items, int rows, int columns) {
    return MatrixStack.of(Seeds.matrix(seed, items * rows, columns), items);
  }
}
