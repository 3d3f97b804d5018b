package io.github.lanewise.op;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Block masks, alone and dilated, against the definition. */
class AttentionPatternsTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @Test
  void blockMasksAgreeWithTheDefinition() {
    for (int size : new int[] {1, 16, 64, 100}) {
      int rows = Math.ceilDiv(310, size);
      for (BlockMask mask :
          List.of(
              BlockMask.bigBird(size, 310, 1, 1, 2, 7),
              BlockMask.strided(size, 310, 0, 3),
              BlockMask.of(size, new int[rows + 1], new int[0]))) {
        for (AttentionSpec spec :
            List.of(
                AttentionCase.spec(2, 1, 16),
                AttentionCase.spec(2, 2, 16).window(150, 0).alibi().sinks(List.of(1f, -1f)))) {
          for (int queries : new int[] {310, 90, 1}) {
            AttentionCase c = new AttentionCase(spec.blockMask(mask), queries, 310);
            int first = 310 - queries;
            c.assertDefinition(
                runtime,
                AttentionExtras.none(),
                (head, i, j) ->
                    mask.sees((first + i) / size, j / size) ? 0 : Double.NEGATIVE_INFINITY);
          }
        }
      }
    }
  }

  /** Blocks are squares of the positions of the whole sequence, whichever of them a part has. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 70})
  void blockMasksOfDilatedAttentionAgreeWithTheDefinition(int dilation) {
    for (int size : new int[] {1, 16, 100}) {
      for (BlockMask mask :
          List.of(BlockMask.bigBird(size, 430, 1, 1, 2, 7), BlockMask.strided(size, 430, 0, 3))) {
        AttentionSpec dilated = AttentionCase.spec(2, 1, 16).dilation(dilation).blockMask(mask);
        for (AttentionSpec spec :
            List.of(dilated, dilated.window(250, 90).alibi().sinks(List.of(1f, -1f)))) {
          for (int queries : new int[] {430, 90, 1}) {
            AttentionCase c = new AttentionCase(spec, queries, 430);
            int first = 430 - queries;
            c.assertDefinition(
                runtime,
                AttentionExtras.none(),
                (head, i, j) ->
                    mask.sees((first + i) / size, j / size) ? 0 : Double.NEGATIVE_INFINITY);
          }
        }
      }
    }
  }
}
