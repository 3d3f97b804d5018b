package io.github.lanewise.simd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Loads, before any kernel is compiled, the JDK's other classes of memory segments and vectors.
 *
 * <p>C2 compiles against the classes that are loaded: while native segments are the only ones,
 * every access in a kernel takes that for granted. The first heap segment or mapped file of the
 * application then has HotSpot throw all of these kernels away, and they run interpreted, some
 * hundred times slower, until they are compiled anew. With all classes loaded there is nothing to
 * take for granted, and the kernels are no slower for it.
 */
public final class ClassHierarchy {
  /** What no call makes without a file, or without using a second vector width. */
  private static final String[] BY_NAME = {
    "jdk.internal.foreign.MappedMemorySegmentImpl",
    "jdk.incubator.vector.Float64Vector",
    "jdk.incubator.vector.Float128Vector",
    "jdk.incubator.vector.Float256Vector",
    "jdk.incubator.vector.Float512Vector",
    "jdk.incubator.vector.FloatMaxVector",
    "jdk.incubator.vector.Int64Vector",
    "jdk.incubator.vector.Int128Vector",
    "jdk.incubator.vector.Int256Vector",
    "jdk.incubator.vector.Int512Vector",
    "jdk.incubator.vector.IntMaxVector"
  };

  static {
    MemorySegment[] onHeap = {
      MemorySegment.ofArray(new byte[1]),
      MemorySegment.ofArray(new char[1]),
      MemorySegment.ofArray(new short[1]),
      MemorySegment.ofArray(new int[1]),
      MemorySegment.ofArray(new long[1]),
      MemorySegment.ofArray(new float[1]),
      MemorySegment.ofArray(new double[1])
    };
    for (MemorySegment segment : onHeap) {
      segment.asReadOnly();
    }
    Arena.ofAuto().allocate(1);
    Arena.global();
    try (Arena confined = Arena.ofConfined();
        Arena shared = Arena.ofShared()) {
      confined.allocate(1);
      shared.allocate(1);
    }
    for (String name : BY_NAME) {
      load(name);
    }
  }

  private ClassHierarchy() {}

  /** Does its work at the first call; later ones do nothing. */
  public static void settle() {}

  private static void load(String name) {
    try {
      Class.forName(name);
    } catch (ClassNotFoundException | LinkageError otherwiseNamed) {
      // Another JDK: what is not there cannot be loaded later either.
    }
  }
}
