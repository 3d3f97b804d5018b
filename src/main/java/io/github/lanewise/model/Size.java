package io.github.lanewise.model;

import io.github.lanewise.format.JsonObject;

/**
 * The whole numbers of an architecture config and their limits. The limits leave room above any
 * published model and keep every product of two of them below 2³¹ where one matrix dimension is
 * made of it.
 */
enum Size {
  LAYERS("layers", 1, 1024),
  HEADS("heads", 1, 1024),
  KV_HEADS("kvHeads", 1, 1024),
  D_MODEL("dModel", 1, 1 << 17),
  HEAD_DIM("headDim", 1, Size.MOST_HEAD_DIM),
  FEED_FORWARD("feedForward", 1, 1 << 20),
  VOCABULARY("vocabulary", 1, 1 << 24),
  CONTEXT_WINDOW("contextWindow", 1, 1 << 24),
  TOKEN_TYPES("tokenTypes", 0, 1024),
  MAX_TOKENS("maxTokens", 1, 1 << 24);

  static final int MOST_HEAD_DIM = 256;

  private final String key;
  private final int least;
  private final int most;

  Size(String key, int least, int most) {
    this.key = key;
    this.least = least;
    this.most = most;
  }

  /** Reads it. */
  int of(JsonObject json) {
    return json.whole(key, least, most);
  }

  /** Reads it from under another key. */
  int of(JsonObject json, String otherKey) {
    return json.whole(otherKey, least, most);
  }

  int check(int value) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          key + " is " + value + ", must be a whole number from " + least + " to " + most);
    }
    return value;
  }
}
