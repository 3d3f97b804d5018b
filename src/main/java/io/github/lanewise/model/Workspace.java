package io.github.lanewise.model;

import io.github.lanewise.memory.BlockArena;
import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the activations of one forward pass at a time. Views for a number of tokens are made
 * at its first use and kept, so that repeated passes allocate nothing. Freed when no longer
 * reachable.
 */
final class Workspace {
  private final Matrix x;
  private final Matrix normed;
  private final Matrix qkv;
  private final Matrix heads;
  private final Matrix up;
  private final Matrix hidden;
  private final int queryWidth;
  private final int keyWidth;
  private final @Nullable Activations[] views;
  private final PartTimes times = new PartTimes();
  private final ScoreBias bias = new ScoreBias();

  Workspace(ModelConfig config, int maxTokens) {
    boolean gated = config.activation().gated();
    queryWidth = config.queryWidth();
    keyWidth = config.keyWidth();
    int qkvWidth = queryWidth + 2 * keyWidth;
    int upWidth = (gated ? 2 : 1) * config.feedForward();
    int hiddenWidth = gated ? config.feedForward() : 0;
    long block = 0;
    for (int width :
        new int[] {config.dModel(), config.dModel(), qkvWidth, queryWidth, upWidth, hiddenWidth}) {
      block += BlockArena.bytesFor((long) maxTokens * width * Float.BYTES);
    }
    Arena arena = new BlockArena(Arena.ofAuto(), block);
    x = Matrix.allocate(arena, maxTokens, config.dModel());
    normed = Matrix.allocate(arena, maxTokens, config.dModel());
    qkv = Matrix.allocate(arena, maxTokens, qkvWidth);
    heads = Matrix.allocate(arena, maxTokens, queryWidth);
    up = Matrix.allocate(arena, maxTokens, upWidth);
    hidden = gated ? Matrix.allocate(arena, maxTokens, hiddenWidth) : up;
    views = new Activations[maxTokens + 1];
  }

  /** Bytes of a workspace. */
  static long bytesFor(ModelConfig config, int maxTokens) {
    long attention = 2L * config.queryWidth() + 2L * config.keyWidth();
    long feedForward = (config.activation().gated() ? 3L : 1L) * config.feedForward();
    return maxTokens * (2L * config.dModel() + attention + feedForward) * Float.BYTES;
  }

  /** The activations of {@code tokens} tokens: the first rows of each buffer. */
  Activations activations(int tokens) {
    Activations known = views[tokens];
    if (known == null) {
      known = view(tokens);
      views[tokens] = known;
    }
    return known;
  }

  /** For callers that do not want to know. */
  PartTimes times() {
    return times;
  }

  private Activations view(int tokens) {
    Matrix packed = qkv.rowRange(0, tokens);
    return new Activations(
        x.rowRange(0, tokens),
        normed.rowRange(0, tokens),
        packed,
        packed.columnRange(0, queryWidth),
        packed.columnRange(queryWidth, keyWidth),
        packed.columnRange(queryWidth + keyWidth, keyWidth),
        heads.rowRange(0, tokens),
        up.rowRange(0, tokens),
        hidden.rowRange(0, tokens),
        new int[tokens],
        new int[] {0, tokens},
        bias);
  }
}
