package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The forms of attention: each against the definition, alone and combined. */
class AttentionFormsTest {
  private static final int FREE = Attention.UNBOUNDED;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Specs, query and key counts. */
  static Stream<Arguments> forms() {
    List<Arguments> all = new ArrayList<>();
    for (int[] counts :
        new int[][] {{130, AttentionTile.KEY_BLOCK + 2}, {67, 201}, {40, 12}, {1, 300}}) {
      AttentionSpec base = AttentionCase.spec(4, 2, 20);
      Stream.of(
              base.valueDim(33),
              base.valueDim(7).window(FREE, 0),
              base.window(0, 0),
              base.window(5, 0),
              base.window(100, 3),
              base.window(FREE, 20),
              base.window(33, FREE),
              base.dilation(3),
              base.dilation(2).window(40, 0),
              base.dilation(5).window(17, 23),
              base.dilation(400),
              base.softcap(2).scale(3),
              base.softcap(10),
              base.softcap(0.5f).window(FREE, 0),
              base.alibi(),
              base.alibi().window(FREE, 0).valueDim(64),
              base.alibi(List.of(8f, 0f, -0.25f, 1f)).dilation(3),
              base.sinks(List.of(0f, 5f, -3f, 0.25f)),
              base.sinks(List.of(0f, 5f, -3f, 0.25f)).window(9, 0).softcap(3).alibi(),
              AttentionCase.spec(12, 1, 16)
                  .alibi()
                  .window(50, 0)
                  .dilation(2)
                  .sinks(List.of(1f, 2f, 3f, 4f, 5f, 6f, -1f, -2f, -3f, -4f, -5f, -6f)))
          .forEach(s -> all.add(Arguments.of(s, counts[0], counts[1])));
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void formsAgreeWithTheDefinition(AttentionSpec spec, int queries, int keys) {
    AttentionCase c = new AttentionCase(spec, queries, keys);
    c.assertDefinition(runtime, AttentionExtras.none(), (head, i, j) -> 0);
  }

  /** Heads of keys, then of values, that strips, vectors and few queries fit in different ways. */
  @Test
  void keyAndValueDimsDoNotDependOnEachOther() {
    for (int[] dims : new int[][] {{256, 1}, {256, 16}, {16, 256}, {200, 80}, {33, 144}}) {
      for (int queries : new int[] {20, 70}) {
        AttentionCase c =
            new AttentionCase(
                AttentionCase.spec(2, 2, dims[0]).valueDim(dims[1]).window(FREE, 0), queries, 90);
        c.assertDefinition(runtime, AttentionExtras.none(), (head, i, j) -> 0);
      }
    }
  }

  @Test
  void bitsDoNotDependOnChunks() {
    int tokens = 300;
    Matrix q = Seeds.matrix(12, tokens, 6 * 24);
    Matrix k = Seeds.matrix(13, tokens, 2 * 24);
    Matrix v = Seeds.matrix(14, tokens, 2 * 24);
    AttentionSpec base = AttentionCase.spec(6, 2, 24).window(FREE, 0);
    for (AttentionSpec spec :
        List.of(
            base.window(70, 0),
            base.dilation(3),
            base.alibi().softcap(5),
            base.blockMask(BlockMask.bigBird(32, tokens, 1, 1, 1, 3)))) {
      Attention attention = Attention.prepare(runtime, spec);
      Matrix expected = Matrix.allocate(Arena.ofAuto(), tokens, 6 * 24);
      attention.run(q, k, v, expected);
      for (int chunk : new int[] {129, 7, 1}) {
        Matrix out = GuardedMatrix.poisoned(tokens, 6 * 24).matrix();
        for (int at = 0; at < tokens; at += chunk) {
          int count = Math.min(chunk, tokens - at);
          int seen = at + count;
          attention.run(
              q.rowRange(at, count),
              k.rowRange(0, seen),
              v.rowRange(0, seen),
              out.rowRange(at, count));
        }
        if (chunk == 1 && spec.dilation() == 1) {
          Bounds.assertRowsClose(expected, out, 1e-5); // decoded, in another order
        } else {
          Bounds.assertSameBits(expected, out);
        }
      }
    }
  }
}
