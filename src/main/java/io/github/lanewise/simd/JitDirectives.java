package io.github.lanewise.simd;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Compiler directives that keep microkernels off HotSpot's cliff, installed at run time without any
 * flag, or given by one.
 *
 * <p>A register tile has dozens of live vectors, more than C1 has virtual registers for. C1 then
 * gives up at tier 3; if a tier-2 version is installed already, the method stays there for the life
 * of the JVM, unprofiled, every vector operation a boxed call: 3 GFLOP/s instead of 160. Excluding
 * these methods from C1 takes them straight to C2. HotSpot accepts the directives through its
 * DiagnosticCommand MBean; where that is absent (another JVM, no {@code java.management}) nothing
 * is done and nothing fails.
 *
 * <p>The second directive has C2 inline the few methods that take or return vectors, which would
 * otherwise be boxed wherever its size heuristics refuse.
 *
 * <p>It has C2 clean up after each call that it inlines late, as it does with vector operations
 * ({@code IncrementalInlineForceCleanup}). Otherwise the remains of what was inlined before count
 * as live nodes, and inlining stops at their limit ({@code LiveNodeCountInliningCutoff}): where the
 * Vector API's methods had been profiled in many ways, which makes each larger, the last operations
 * of a tile then stayed boxed calls. Measured with vectors of 128 bits: in 5 of 5 JVMs that had run
 * a few models, some tile compiled anew never came to run without allocation; in none of 3 since.
 *
 * <p>The second directive also keeps every other method that holds vectors out of its callers, so
 * that each is compiled alone. One method may hold about one exponential: the Vector API's own code
 * for two of them exceeds C2's node limit for inlining ({@code NodeCountInliningCutoff}), which
 * even a directive does not lift, and the rest is boxed. And a caller is thrown away when a branch
 * is taken for the first time: vector code that lived in there only would be interpreted until the
 * caller is compiled again. The first pattern that matches counts.
 *
 * <p>A pattern may have {@code *} at the ends of a class and of a method only. HotSpot leaves out
 * others without a word here; it names them on standard output where the same text is the file of
 * {@code -XX:CompilerDirectivesFile}.
 *
 * <p>{@code -Dlanewise.jit.directives=false} switches them off, {@code given} says that the JVM was
 * started with them: to open the management beans takes a third of a second of processor time.
 */
public final class JitDirectives {
  /** Set to {@code false} to leave the compiler alone, to {@code given} where it knows them. */
  public static final String PROPERTY = "lanewise.jit.directives";

  /** What the property says where the JVM was started with the directives, as by the launcher. */
  private static final String GIVEN = "given";

  /** The text, a file of its own that {@code -XX:CompilerDirectivesFile} takes as well. */
  private static final String RESOURCE = "directives.json";

  private static final boolean INSTALLED = addDirectives();

  private JitDirectives() {}

  /**
   * Installs the directives once; later calls do nothing. To be called before the first kernel is
   * used.
   *
   * @return whether that has been done, or was not needed: they are {@linkplain #areGiven given}
   */
  public static boolean install() {
    return INSTALLED;
  }

  /** Whether the JVM is said to have been started with the directives. */
  public static boolean areGiven() {
    return GIVEN.equals(System.getProperty(PROPERTY));
  }

  /** Whether the directives are in force, as far as this JVM tells. */
  public static boolean areInForce() {
    return install() && (!areGiven() || hasFile());
  }

  private static boolean hasFile() {
    try {
      return Hotspot.hasFlag("-XX:CompilerDirectivesFile=");
    } catch (RuntimeException | LinkageError absent) {
      return true;
    }
  }

  private static boolean addDirectives() {
    if (areGiven()) {
      return true;
    }
    if (!Boolean.parseBoolean(System.getProperty(PROPERTY, "true"))) {
      return false;
    }
    try (InputStream directives = JitDirectives.class.getResourceAsStream(RESOURCE)) {
      Hotspot.open(); // takes long, and an exit meanwhile would leave the file behind
      Path file = Files.createTempFile("lanewise-directives", ".json");
      try {
        Files.copy(directives, file, StandardCopyOption.REPLACE_EXISTING);
        return Hotspot.command("compilerDirectivesAdd", "\"" + file + "\"").contains("added");
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (Exception | LinkageError absent) {
      return false;
    }
  }
}
