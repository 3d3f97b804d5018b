package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What all row operations promise: independent rows, no allocation, errors that name the argument.
 */
class RowOperationsContractTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<BiConsumer<Matrix, Matrix>> operations() {
    Matrix gamma = Seeds.matrix(10, 1, 77);
    return Stream.of(
        Softmax.prepare(runtime)::run,
        LayerNorm.prepare(runtime, gamma, gamma, 1e-5f)::run,
        RmsNorm.prepare(runtime, gamma, 1e-5f)::run,
        Activate.prepare(runtime, Activation.GELU)::run,
        Activate.prepare(runtime, Activation.GELU_TANH)::run,
        Activate.prepare(runtime, Activation.SILU)::run,
        Activate.prepare(runtime, Activation.RELU)::run,
        Activate.prepare(runtime, Activation.SIGMOID)::run);
  }

  @ParameterizedTest
  @MethodSource("operations")
  void rowsDoNotDependOnTheirNeighboursAndRunsAllocateNothing(
      BiConsumer<Matrix, Matrix> operation) {
    Matrix x = Seeds.matrix(11, 300, 77);
    Matrix out = Matrix.allocate(Arena.ofAuto(), 300, 77);
    operation.accept(x, out);
    for (int r : new int[] {0, 13, 299}) {
      Matrix alone = Matrix.allocate(Arena.ofAuto(), 1, 77);
      operation.accept(x.rowRange(r, 1), alone);
      Bounds.assertSameBits(out.rowRange(r, 1), alone);
    }
    assertEquals(0, Allocation.ofCompiled(() -> operation.accept(x, out)));
  }

  @ParameterizedTest
  @MethodSource("operations")
  void wrongArgumentsAreNamedAndNothingIsWritten(BiConsumer<Matrix, Matrix> operation) {
    Matrix x = Seeds.matrix(12, 4, 77);
    GuardedMatrix out = GuardedMatrix.poisoned(4, 77);
    assertNames("out", () -> operation.accept(x, out.matrix().rowRange(0, 3)));
    assertNames("out", () -> operation.accept(x, out.matrix().columnRange(0, 76)));
    assertNames(
        "x",
        () ->
            operation.accept(
                Matrix.of(MemorySegment.ofArray(new float[308]), 0, 4, 77, 77), out.matrix()));
    assertNames(
        "out",
        () -> operation.accept(x, Matrix.of(out.matrix().segment().asReadOnly(), 0, 4, 77, 77)));
    Arena arena = Arena.ofShared();
    Matrix closed = Matrix.allocate(arena, 4, 77);
    arena.close();
    assertThrows(IllegalStateException.class, () -> operation.accept(closed, out.matrix()));
    Matrix shifted = Matrix.of(x.segment(), 4, 3, 77, 77);
    assertNames("out", () -> operation.accept(x.rowRange(0, 3), shifted));
    for (float value : out.matrix().toArray()) {
      assertTrue(Float.isNaN(value));
    }
  }

  @Test
  void wrongPreparationsAreNamed() {
    Matrix gamma = Seeds.matrix(13, 1, 8);
    assertNames("beta", () -> LayerNorm.prepare(runtime, gamma, Seeds.matrix(14, 1, 7), 1e-5f));
    assertNames("gamma", () -> RmsNorm.prepare(runtime, Seeds.matrix(15, 2, 8), 1e-5f));
    assertNames("epsilon", () -> RmsNorm.prepare(runtime, gamma, Float.NaN));
    assertNames("headDim", () -> Rope.prepare(runtime, 7, 8, 1e4, Rope.Pairing.HALVES));
    assertNames("theta", () -> Rope.prepare(runtime, 8, 8, 0, Rope.Pairing.HALVES));
    Rope rope = Rope.prepare(runtime, 8, 8, 1e4, Rope.Pairing.HALVES);
    assertNames("firstPosition", () -> rope.run(Seeds.matrix(16, 4, 8), 5));
    assertNames("positions", () -> rope.run(Seeds.matrix(16, 4, 8), new int[] {1, 2, 3}));
    assertNames("a position", () -> rope.run(Seeds.matrix(16, 1, 8), new int[] {8}));
    assertNames("x", () -> rope.run(Seeds.matrix(16, 1, 9), 0));
    assertNames(
        "gateUp", () -> GatedActivation.prepare(runtime, Activation.SILU).run(gamma, gamma));
  }
}
