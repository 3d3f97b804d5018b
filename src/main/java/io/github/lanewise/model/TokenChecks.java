package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;

/** Checks of what is given to a forward pass. Messages are made only when something is wrong. */
final class TokenChecks {
  private TokenChecks() {}

  static void tokens(int[] tokens, int maxTokens, ModelConfig config) {
    if (tokens.length < 1 || tokens.length > maxTokens) {
      throw new IllegalArgumentException(
          "tokens has length " + tokens.length + ", must be 1 to maxTokens = " + maxTokens);
    }
    ids(tokens, config);
  }

  /** Token ids of the model. */
  static void ids(int[] tokens, ModelConfig config) {
    ids("tokens", tokens, config.vocabulary(), "vocabulary");
  }

  static void types(int[] types, int tokens, ModelConfig config) {
    if (types.length != tokens) {
      throw new IllegalArgumentException(
          "tokenTypes has length " + types.length + ", must be that of tokens = " + tokens);
    }
    ids("tokenTypes", types, config.tokenTypes(), "tokenTypes of the model");
  }

  /** Offsets that rise strictly from 0 to the number of tokens. */
  static void offsets(int[] offsets, int tokens) {
    if (offsets.length < 2 || offsets[0] != 0 || offsets[offsets.length - 1] != tokens) {
      throw new IllegalArgumentException(
          "offsets must begin with 0 and end with the number of tokens, " + tokens);
    }
    for (int s = 1; s < offsets.length; s++) {
      if (offsets[s] <= offsets[s - 1]) {
        throw new IllegalArgumentException(
            "offsets[%d] is %d, must be above offsets[%d] = %d: every sequence needs a token"
                .formatted(s, offsets[s], s - 1, offsets[s - 1]));
      }
    }
  }

  /** A sequence's number of tokens. */
  static void length(int sequence, int tokens, ModelConfig config) {
    if (tokens > TrainedLength.mostPositions(config)) {
      throw new IllegalArgumentException(
          "sequence %d has %d tokens, must be at most %s"
              .formatted(sequence, tokens, TrainedLength.limit(config)));
    }
  }

  /** An output of the given shape that can be written. */
  static void output(String name, Matrix matrix, int rows, int columns) {
    if (matrix.rows() != rows || matrix.columns() != columns) {
      throw new IllegalArgumentException(
          "%s is [%d, %d], must be [%d, %d]"
              .formatted(name, matrix.rows(), matrix.columns(), rows, columns));
    }
    if (matrix.segment().isReadOnly() || !matrix.segment().isNative()) {
      throw new IllegalArgumentException(name + " must be off-heap and writable");
    }
    if (!matrix.segment().scope().isAlive()) {
      throw new IllegalStateException(name + " lies in a closed arena");
    }
    if (!matrix.segment().isAccessibleBy(Thread.currentThread()) || matrix.address() % 4 != 0) {
      throw new IllegalArgumentException(
          name + " must be accessible by this thread and start at a multiple of 4 bytes");
    }
  }

  private static void ids(String name, int[] ids, int limit, String limitName) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= limit) {
        throw new IllegalArgumentException(
            "%s[%d] is %d, must be 0 to %d, less than the %s"
                .formatted(name, i, ids[i], limit - 1, limitName));
      }
    }
  }
}
