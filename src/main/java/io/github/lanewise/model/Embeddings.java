package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.PackedWeights;
import org.jspecify.annotations.Nullable;

/** From token ids to the residual stream: sums of table rows. */
final class Embeddings {
  private final @Nullable PackedWeights tiedTokens;
  private final @Nullable Matrix tokens;
  private final @Nullable Matrix positions;
  private final @Nullable Matrix types;
  private final @Nullable Normalization norm;
  private final float scale;

  /**
   * @param table whose token table ids are looked up in
   */
  Embeddings(Lanewise runtime, Weights weights, Weights table) {
    boolean tied = table.config().tiedEmbeddings();
    scale = (float) weights.config().scaling().embedding();
    tiedTokens = tied ? table.linear(Tensor.TOKENS) : null;
    tokens = tied ? null : table.matrixOrNull(Tensor.TOKENS);
    positions = weights.matrixOrNull(Tensor.POSITIONS);
    types = weights.matrixOrNull(Tensor.TOKEN_TYPES);
    norm =
        weights.config().norm().embedding()
            ? Normalization.prepare(runtime, weights, Tensor.EMBEDDING_NORM)
            : null;
  }

  /**
   * Writes the embeddings of the first {@code a.x().rows()} of {@code ids} at {@code a.positions()}
   * to {@code a.x()}.
   *
   * @param typeIds the type of each token; null for type 0 everywhere
   */
  void forward(int[] ids, int @Nullable [] typeIds, Activations a, PartTimes times) {
    Matrix x = a.x();
    for (int t = 0; t < x.rows(); t++) {
      lookUp(ids[t], x, t);
      if (scale != 1) {
        Rows.scale(scale, x, t);
      }
    }
    place(typeIds, a, times);
  }

  /** Adds to {@code a.x()} what is not the tokens': positions and types. */
  void place(int @Nullable [] typeIds, Activations a, PartTimes times) {
    Matrix x = a.x();
    for (int t = 0; t < x.rows(); t++) {
      if (positions != null) {
        Rows.add(positions, a.positions()[t], x, t);
      }
      if (types != null) {
        Rows.add(types, typeIds == null ? 0 : typeIds[t], x, t);
      }
    }
    times.lap(PartTimes.Part.EMBEDDING);
    if (norm != null) {
      norm.run(x, x);
      times.lap(PartTimes.Part.NORMS);
    }
  }

  /** Copies the row of token {@code id} in the model's token table, tied or not. */
  static void lookUp(Weights weights, int id, Matrix target, int row) {
    if (weights.config().tiedEmbeddings()) {
      weights.linear(Tensor.TOKENS).getRow(id, target, row);
    } else {
      Rows.copy(weights.matrix(Tensor.TOKENS), id, target, row);
    }
  }

  private void lookUp(int id, Matrix x, int row) {
    if (tiedTokens != null) {
      tiedTokens.getRow(id, x, row);
    } else if (tokens != null) {
      Rows.copy(tokens, id, x, row);
    }
  }
}
