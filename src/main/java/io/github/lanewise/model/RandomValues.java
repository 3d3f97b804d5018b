package io.github.lanewise.model;

/**
 * Seeded random weights. A value is a function of seed, tensor name, row and column alone, so
 * layouts, vector widths, threads and the number of layers do not change it.
 *
 * <p>Each row has a 64-bit key (the finaliser of SplitMix64, Steele et al. 2014); its elements come
 * from a counter through the 32-bit finaliser of MurmurHash3 (Appleby 2011) with half of the key
 * stirred in, which C2 turns into vector code.
 *
 * <p>Linear layers and tables are uniform with variance 1 / columns, which keeps activations near 1
 * through all layers. Gains lie around 1 and shifts around 0, none of them exactly there, so that
 * one left out shows.
 */
final class RandomValues {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
  private static final int ODD_STEP = 0x9e3779b9;
  private static final float NORM_SPREAD = 0.1f;

  private final long key;
  private final float middle;
  private final float step;

  RandomValues(long seed, Tensor tensor) {
    key = mix(seed ^ hash(tensor.name()));
    middle = tensor.role() == Tensor.Role.GAIN ? 1 : 0;
    float spread =
        switch (tensor.role()) {
          case GAIN, SHIFT -> NORM_SPREAD;
          default -> (float) Math.sqrt(3.0 / tensor.columns());
        };
    step = spread * 0x1p-24f;
  }

  /** Writes row {@code row} to {@code target}. */
  void row(int row, float[] target) {
    long rowKey = mix(key + (row + 1) * GOLDEN_GAMMA);
    int first = (int) rowKey;
    int stir = (int) (rowKey >>> 32);
    for (int column = 0; column < target.length; column++) {
      int z = first + column * ODD_STEP;
      z = (z ^ (z >>> 16)) * 0x85ebca6b;
      z = (z ^ (z >>> 13) ^ stir) * 0xc2b2ae35;
      z ^= z >>> 16;
      // An odd number between -2^24 and 2^24: exact in f32, symmetric, never 0.
      int odd = ((z >>> 8) << 1) - 0xffffff;
      target[column] = middle + odd * step;
    }
  }

  private static long mix(long state) {
    long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** FNV-1a, 64 bits. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
