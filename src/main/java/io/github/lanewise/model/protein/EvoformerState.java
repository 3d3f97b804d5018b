package io.github.lanewise.model.protein;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;

/** The two representations that an Evoformer changes in place. Zero at first. */
public final class EvoformerState {
  private final EvoformerConfig config;
  private final Matrix msa;
  private final Matrix pair;
  private final Matrix[] pairChunks;

  private EvoformerState(EvoformerConfig config, Arena arena) {
    this.config = config;
    msa = Matrix.allocate(arena, config.msaRows(), config.widths().msa());
    pair = Matrix.allocate(arena, config.pairRows(), config.widths().pair());
    int chunk = OuterProductMean.chunk(config);
    pairChunks = new Matrix[Math.ceilDiv(config.residues(), chunk)];
    for (int i = 0; i < pairChunks.length; i++) {
      int count = Math.min(chunk, config.residues() - i * chunk);
      pairChunks[i] = pair.rowRange(i * chunk * config.residues(), count * config.residues());
    }
  }

  /** Representations of the config's sizes. */
  public static EvoformerState allocate(Arena arena, EvoformerConfig config) {
    return new EvoformerState(config, arena);
  }

  /** The MSA representation, [msa * residues, msaWidth]: row {@code s * residues + i}. */
  public Matrix msa() {
    return msa;
  }

  /** The pair representation, [residues², pairWidth]: row {@code i * residues + j}. */
  public Matrix pair() {
    return pair;
  }

  EvoformerConfig config() {
    return config;
  }

  /** The pairs of some residues i at a time. */
  Matrix[] pairChunks() {
    return pairChunks;
  }
}
