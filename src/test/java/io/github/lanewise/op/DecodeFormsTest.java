package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Forms of attention over caches, of few queries and many: drawn combinations, each against the
 * definition.
 */
class DecodeFormsTest {
  private static final int KEY_BLOCK = 256;
  private static final int COMBINATIONS = 150;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void combinationsAgreeWithTheDefinition(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < COMBINATIONS; i++) {
      new Case(random).check();
    }
  }

  /** A combination. */
  private static final class Case {
    private final SplittableRandom random;
    private final int queries;
    private final int keys;
    private final AttentionSpec spec;
    private final Matrix q;
    private final MatrixView k;
    private final MatrixView v;
    private AttentionExtras extras = AttentionExtras.none();
    private AttentionReference.Bias bias = (head, query, key) -> 0;

    Case(SplittableRandom random) {
      this.random = random;
      queries = random.nextInt(1, random.nextInt(3) == 0 ? 80 : 7);
      keys = queries + random.nextInt(random.nextBoolean() ? 70 : 800);
      spec = drawSpec();
      q = Seeds.matrix(random.nextInt(), queries, spec.numHeads() * spec.headDim());
      k = drawCache(spec.numKvHeads() * spec.headDim());
      v = drawCache(spec.numKvHeads() * spec.valueDim());
      BlockMask blocks = spec.blockMask();
      if (blocks != null) {
        int size = blocks.blockSize();
        int first = keys - queries;
        hide((head, i, j) -> blocks.sees((first + i) / size, j / size) ? 0 : hidden());
      }
      if (random.nextBoolean()) {
        drawBias();
      }
      if (random.nextBoolean()) {
        drawMask();
      }
    }

    private static double hidden() {
      return Double.NEGATIVE_INFINITY;
    }

    private AttentionSpec drawSpec() {
      int kvHeads = random.nextInt(1, 4);
      int heads = kvHeads * List.of(1, 2, 3, 4, 8).get(random.nextInt(5));
      int headDim = List.of(16, 20, 32, 64).get(random.nextInt(4));
      AttentionSpec drawn = AttentionSpec.of(heads, kvHeads, headDim, random.nextBoolean());
      if (random.nextInt(4) == 0) {
        drawn = drawn.valueDim(random.nextInt(1, 70));
      }
      if (random.nextInt(3) == 0) {
        drawn = drawn.window(random.nextInt(keys), random.nextInt(5));
      }
      if (random.nextInt(3) == 0) {
        drawn = drawn.softcap(random.nextInt(1, 5));
      }
      if (random.nextInt(3) == 0) {
        drawn = drawn.alibi();
      }
      if (random.nextInt(3) == 0) {
        List<Float> sinks = new ArrayList<>();
        for (int h = 0; h < heads; h++) {
          sinks.add((float) random.nextInt(-4, 5));
        }
        drawn = drawn.sinks(sinks);
      }
      return switch (random.nextInt(6)) {
        case 0 -> drawn.dilation(random.nextInt(2, 6));
        case 1 -> drawn.blockMask(BlockMask.bigBird(random.nextInt(1, 99), keys, 1, 1, 1, 5));
        case 2 -> drawn.blockMask(BlockMask.strided(random.nextInt(1, 99), keys, 1, 3));
        default -> drawn;
      };
    }

    private MatrixView drawCache(int columns) {
      Storage storage = Storage.values()[random.nextInt(Storage.values().length)];
      return DecodeTest.stored(storage, random.nextInt(), keys, columns);
    }

    private void hide(AttentionReference.Bias further) {
      AttentionReference.Bias before = bias;
      bias = (head, i, j) -> before.of(head, i, j) + further.of(head, i, j);
    }

    private void drawBias() {
      boolean each = random.nextBoolean();
      int rows = random.nextBoolean() ? queries : 1;
      Matrix drawn = Seeds.matrix(random.nextInt(), (each ? spec.numHeads() : 1) * rows, keys + 2);
      for (int i = 0; i < drawn.rows() * 3; i++) {
        drawn.set(random.nextInt(drawn.rows()), random.nextInt(keys), Float.NEGATIVE_INFINITY);
      }
      extras = each ? extras.pairBias(drawn) : extras.bias(drawn);
      hide((head, i, j) -> drawn.get((each ? head * rows : 0) + (rows == 1 ? 0 : i), j));
    }

    /** A key that no query sees may hold anything. */
    private void drawMask() {
      boolean all = random.nextBoolean();
      ByteMatrix drawn = ByteMatrix.allocate(Arena.ofAuto(), all ? 1 : queries, keys + 1);
      for (int i = 0; i < drawn.rows(); i++) {
        for (int j = 0; j < keys; j++) {
          drawn.set(i, j, (byte) random.nextInt(-2, 3));
        }
      }
      for (int j = 0; all && j < keys; j++) {
        if (drawn.get(0, j) == 0) {
          k.set(j, random.nextInt(k.columns()), Float.NaN);
          v.set(j, random.nextInt(v.columns()), Float.NaN);
        }
      }
      extras = all ? extras.keyMask(drawn) : extras.mask(drawn);
      hide((head, i, j) -> drawn.get(all ? 0 : i, j) == 0 ? hidden() : 0);
    }

    void check() {
      Attention attention = Attention.prepare(runtime, spec);
      GuardedMatrix out = GuardedMatrix.poisoned(queries, spec.numHeads() * spec.valueDim());
      GuardedMatrix sums = GuardedMatrix.poisoned(queries, spec.numHeads());
      AttentionExtras all = extras.logSumExp(sums.matrix());
      attention.run(q, KvView.contiguous(k, v), out.matrix(), all);
      assertDefinition(out.matrix(), sums.matrix());
      out.assertBordersIntact();
      sums.assertBordersIntact();
      for (KvView view : List.of(ring(), pages())) {
        GuardedMatrix same = GuardedMatrix.poisoned(queries, out.matrix().columns());
        Matrix sameSums = GuardedMatrix.poisoned(queries, spec.numHeads()).matrix();
        AttentionExtras others = extras.logSumExp(sameSums);
        attention.run(q, view, same.matrix(), new int[] {0, queries}, others);
        Bounds.assertSameBits(out.matrix(), same.matrix());
        Bounds.assertSameBits(sums.matrix(), sameSums);
        same.assertBordersIntact();
      }
      Matrix plain = GuardedMatrix.poisoned(queries, out.matrix().columns()).matrix();
      attention.run(q, DecodeTest.floats(k), DecodeTest.floats(v), plain, all);
      assertDefinition(plain, sums.matrix());
      if (!Attention.decodes(spec, queries, keys)) {
        // Tiles multiply what was widened before.
        Bounds.assertSameBits(plain, out.matrix());
      }
    }

    private KvView ring() {
      int capacity = keys + random.nextInt(9);
      int first = random.nextInt(capacity);
      MatrixView ringK = DecodeTest.empty(k.storage(), capacity, k.columns());
      MatrixView ringV = DecodeTest.empty(v.storage(), capacity, v.columns());
      for (int i = 0; i < keys; i++) {
        DecodeTest.copyRow(k, i, ringK, (first + i) % capacity);
        DecodeTest.copyRow(v, i, ringV, (first + i) % capacity);
      }
      return KvView.rings(ringK, ringV, capacity, new int[] {first}, new int[] {keys});
    }

    private KvView pages() {
      int length = random.nextInt(1, 40);
      int count = Math.ceilDiv(keys, length);
      int[] table = new int[count];
      MatrixView pageK = DecodeTest.empty(k.storage(), count * length, k.columns());
      MatrixView pageV = DecodeTest.empty(v.storage(), count * length, v.columns());
      for (int i = 0; i < keys; i++) {
        table[i / length] = count - 1 - i / length;
        int row = table[i / length] * length + i % length;
        DecodeTest.copyRow(k, i, pageK, row);
        DecodeTest.copyRow(v, i, pageV, row);
      }
      return KvView.pages(pageK, pageV, length, new int[][] {table}, new int[] {keys});
    }

    private void assertDefinition(Matrix out, Matrix sums) {
      AttentionReference reference =
          new AttentionReference(spec.numHeads(), spec.numKvHeads(), spec.headDim())
              .valueDim(spec.valueDim())
              .scale(spec.scale())
              .window(spec.left(), spec.right(), spec.dilation())
              .softcap(spec.softcap())
              .perHead(spec.alibiSlopes(), spec.sinks())
              .bias(bias);
      Matrix floatK = DecodeTest.floats(k);
      Matrix floatV = DecodeTest.floats(v);
      int blocks = keys / KEY_BLOCK + 2;
      double weight = Math.expm1(2 * scoreError()) + 4 * Bounds.U * (1 + blocks);
      double rounding = Bounds.gamma(keys + 2L * blocks + 16);
      double bound = 2 * (weight + rounding);
      String what = spec + ", " + queries + " queries, " + keys + " keys, " + extras;
      assertClose(reference.attend(q, floatK, floatV), out, bound, 0, what);
      double sumBound = scoreError() + weight + rounding;
      assertClose(reference.logSumExp(q, floatK), sums, sumBound, 4 * Bounds.U, what);
    }

    /** As {@code AttentionFormsTest} derives it; a slope is rounded twice more by the dilation. */
    private double scoreError() {
      double product = spec.headDim() * (double) Math.abs(spec.scale());
      double error = (spec.headDim() + 3) * Bounds.U * product;
      double largest = product;
      if (spec.softcap() > 0) {
        largest = Math.min(product, spec.softcap());
        error += 12 * Bounds.U * largest;
      }
      double slope = spec.alibiSlopes().stream().mapToDouble(Math::abs).max().orElse(0);
      double farthest = slope * keys;
      largest += farthest + 1;
      error += 6 * Bounds.U * (farthest + 1) + 2 * Bounds.U * largest;
      double sink = spec.sinks().stream().mapToDouble(Math::abs).max().orElse(0);
      return error + 2 * Bounds.U * (largest + sink);
    }

    private static void assertClose(
        double[][] expected, Matrix actual, double absolute, double relative, String what) {
      for (int i = 0; i < actual.rows(); i++) {
        for (int j = 0; j < actual.columns(); j++) {
          double bound = absolute + relative * Math.abs(expected[i][j]);
          String at = "(" + i + ", " + j + ") of " + what;
          Bounds.assertClose(expected[i][j], actual.get(i, j), bound, at);
        }
      }
    }
  }
}
