package io.github.lanewise.bench;

/**
 * What a call takes at least.
 *
 * @param limit what sets it
 */
record Bound(Limit limit, double nanos) {
  /** What can bound a call. */
  enum Limit {
    COMPUTE("compute"),
    MEMORY("memory");

    private final String key;

    Limit(String key) {
      this.key = key;
    }

    /** As reports write it. */
    String key() {
      return key;
    }
  }
}
