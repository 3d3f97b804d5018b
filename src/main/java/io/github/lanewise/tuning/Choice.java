package io.github.lanewise.tuning;

/**
 * The kernel and the blocks of one class of products. With weights of 16 bits only {@link
 * Shape#MATRIX} follows it: products of up to 16 rows use fixed kernels then.
 *
 * @param kernel name of the register tile: rows x vectors, then u and the K steps written out (of a
 *     tile in step always u1: its loop decides)
 * @param mc rows of A and C in a block at most, rounded down to whole tiles; {@link #ANY} unless
 *     {@link Shape#cutsRows()}
 * @param nc columns of C in a block at most, and the piece of work that a thread takes; whole pairs
 *     of vectors
 * @param kc products that are summed in registers before the sums go to memory; {@link #ANY} unless
 *     {@link Shape#cutsSums()}
 */
public record Choice(String kernel, int mc, int nc, int kc) {
  /** No limit to a block. */
  public static final int ANY = Integer.MAX_VALUE;

  /** Most rows of a block. */
  public static final int MOST_MC = 1024;

  /** Most columns of a block. */
  public static final int MOST_NC = 4096;

  /** Most products of a block. */
  public static final int MOST_KC = 65_536;

  /** The same blocks for another kernel. */
  public Choice withKernel(String other) {
    return new Choice(other, mc, nc, kc);
  }

  /** "6x4u1 mc=96 nc=256 kc=1024", without what is {@link #ANY}. */
  @Override
  public String toString() {
    return kernel + part(" mc=", mc) + part(" nc=", nc) + part(" kc=", kc);
  }

  private static String part(String name, int value) {
    return value == ANY ? "" : name + value;
  }
}
