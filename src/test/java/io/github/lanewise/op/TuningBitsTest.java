package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;
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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A tuning changes speed, and not one bit of a result. */
class TuningBitsTest {
  /** Enough columns for the kernels of skinny products, and no whole number of panels. */
  private static final int N = 256 + Simd.LANES + 5;

  private static final int K = 333;
  private static final int[] ROWS = {1, 2, 5, 9, 11, 16, 17, 61};

  private static final Tuning DEFAULTS = Tuning.defaults();
  private static final Matrix A = Seeds.matrix(1, 61, K);
  private static final Matrix W = Seeds.matrix(2, N, K);
  private static final Matrix BIAS = Seeds.matrix(3, 1, N);
  private static final Map<Storage, PackedWeights> WEIGHTS = new EnumMap<>(Storage.class);
  private static final Map<Storage, Matrix> EXPECTED = new EnumMap<>(Storage.class);

  @BeforeAll
  static void computeWithTheDefaults() {
    try (Lanewise runtime = Lanewise.create(1, DEFAULTS)) {
      for (Storage storage : Storage.values()) {
        WEIGHTS.put(storage, PackedWeights.pack(Arena.ofAuto(), storage, W));
        EXPECTED.put(storage, product(runtime, storage, 61));
      }
    }
  }

  static List<GemmKernel> kernels() {
    return GemmKernel.all();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everyKernelGivesTheSameBitsInAnyBlocks(GemmKernel kernel) {
    int[][] blocks = {{1, 2, 1}, {5, 2, 7}, {13, 6, 64}, {4096, 100, 332}, {60, 4, 65_536}};
    for (int[] block : blocks) {
      Choice choice = new Choice(kernel.name(), block[0], block[1] * Simd.LANES, block[2]);
      int threads = block[0] % 2 == 0 ? 1 : 3;
      try (Lanewise runtime = Lanewise.create(threads, forAll(kernel, choice))) {
        for (int rows : ROWS) {
          for (Storage storage : Storage.values()) {
            Matrix expected = EXPECTED.get(storage).rowRange(0, rows);
            Bounds.assertSameBits(expected, product(runtime, storage, rows));
          }
        }
      }
    }
  }

  /** Blocks that are no whole tiles high: 97 rows of tiles of five would fit into 96 by halves. */
  @ParameterizedTest
  @MethodSource("kernels")
  void everyFormOfAPlainProductHasTheSameBitsInAnyBlocks(GemmKernel kernel) {
    if (kernel.isPacked()) {
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
    assertTrue(message.startsWith("mine: gemm.matrix: "), message);
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

  private static Tuning forAll(GemmKernel kernel, Choice choice) {
    Map<Shape, Choice> choices = new EnumMap<>(Shape.class);
    boolean packed = kernel.isPacked();
    for (Shape shape : Shape.values()) {
      boolean fits = !packed || shape == Shape.SKINNY;
      choices.put(shape, fits ? choice : DEFAULTS.gemm().choice(shape));
    }
    return DEFAULTS.withGemm(new GemmTuning(choices));
  }

  private static Matrix product(Lanewise runtime, Storage storage, int rows) {
    GuardedMatrix c = GuardedMatrix.poisoned(rows, N);
    PackedWeights weights = WEIGHTS.get(storage);
    Gemm.prepare(runtime, weights, Epilogue.none().bias(BIAS)).run(A.rowRange(0, rows), c.matrix());
    c.assertBordersIntact();
    return c.matrix();
  }
}
