package io.github.lanewise.simd;

/**
 * What can be seen, from inside, of how far the JVM has come with compiling the kernels.
 *
 * <p>A vector that C2 did not keep in a register is an object. So code that allocates nothing has
 * been compiled, all of it, with nothing boxed; code that allocates is being interpreted, was
 * compiled by C1 only, or lies on the cliff that {@link JitDirectives} describes.
 */
public final class CompilerWatch {
  private static final String OURS = "io.github.lanewise";

  private CompilerWatch() {}

  /** Heap bytes that the current thread has allocated so far; -1 if this JVM does not tell. */
  public static long allocatedBytes() {
    try {
      return Hotspot.allocatedBytes();
    } catch (RuntimeException | LinkageError absent) {
      return -1;
    }
  }

  /**
   * Processor time of the current thread so far, since other load slows down the compiler as much
   * as it does us; elapsed time if this JVM does not tell.
   */
  public static long cpuNanos() {
    try {
      return Hotspot.cpuNanos();
    } catch (RuntimeException | LinkageError absent) {
      return System.nanoTime();
    }
  }

  /**
   * Whether the JVM is compiling a method of this library, or is about to; false if it does not
   * tell.
   */
  public static boolean isCompiling() {
    try {
      return Hotspot.command("compilerQueue").contains(OURS);
    } catch (Exception | LinkageError absent) {
      return false;
    }
  }
}
