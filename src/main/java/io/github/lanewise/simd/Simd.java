package io.github.lanewise.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The one vector width of this JVM, and raw memory as kernels address it. */
public final class Simd {
  /**
   * The widest species of this CPU. Kernels use no other: one {@code FloatVector} method serves all
   * species through its type profile, and a second species in the JVM spoils that profile for every
   * kernel.
   */
  public static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /** Ints in vectors of the same width, for bits. */
  public static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);

  /** Floats in a vector. */
  public static final int LANES = FLOATS.length();

  /** Bytes in a vector. */
  public static final int BYTES = FLOATS.vectorByteSize();

  /** Bits in a vector. */
  public static final int BITS = FLOATS.vectorBitSize();

  /** Whether there are 32 vector registers (AVX-512, NEON, SVE) and not 16 (AVX2, SSE). */
  public static final boolean HAS_32_REGISTERS =
      has32Registers(BITS, System.getProperty("os.arch", "unknown"));

  /**
   * All of memory. As a constant native segment it lets C2 fold liveness, ownership and bounds
   * checks; a wrong address crashes the JVM, so only addresses that {@code op} has checked may
   * reach it.
   */
  public static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /**
   * The bits of an address: a mask that changes none, and tells C2 that a small offset from it
   * stays within {@link #MEMORY}, so that it compiles no check.
   */
  public static final long ADDRESS = Long.MAX_VALUE >> 1;

  /** The bits of an offset: C2 checks no sum of one and an {@link #ADDRESS}, either. */
  public static final long OFFSET = ADDRESS >> 1;

  /** Layout for scalar access: unaligned, so that no alignment check is compiled into a kernel. */
  public static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** The byte order of vector access; any other would add a swap to every load. */
  public static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Simd() {}

  /** The same of any CPU, by the bits of its vectors and its architecture as {@code os.arch}. */
  public static boolean has32Registers(int vectorBits, String arch) {
    return vectorBits >= 512 || arch.equals("aarch64");
  }
}
