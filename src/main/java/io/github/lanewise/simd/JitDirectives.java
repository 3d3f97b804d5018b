package io.github.lanewise.simd;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Compiler directives that keep microkernels off HotSpot's cliff, installed at run time without any
 * flag.
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
 * <p>{@code -Dlanewise.jit.directives=false} switches them off.
 */
public final class JitDirectives {
  /** Set to {@code false} to leave the compiler alone. */
  public static final String PROPERTY = "lanewise.jit.directives";

  private static final String DIRECTIVES =
      """
      [
        {
          match: ["io/github/lanewise/kernel/gemm/GemmTile*.rowMajor*",
                  "io/github/lanewise/kernel/gemm/Tile*.rowMajor*",
                  "io/github/lanewise/kernel/gemm/ValueTile*.columnMajor*",
                  "io/github/lanewise/simd/FmaPeak.*Sums"],
          c1: { Exclude: true }
        },
        {
          match: ["io/github/lanewise/*.*"],
          c2: {
            IncrementalInlineForceCleanup: true,
            inline: ["+io/github/lanewise/simd/Exp.*",
                     "+io/github/lanewise/simd/Lanes.*",
                     "+io/github/lanewise/simd/RowGroups.*",
                     "+io/github/lanewise/simd/Tanh.*",
                     "+io/github/lanewise/simd/LaneBit.*",
                     "+io/github/lanewise/kernel/softmax/ShortRows.log",
                     "+io/github/lanewise/kernel/softmax/Weight.of",
                     "+io/github/lanewise/simd/WideRows.upperF16",
                     "+io/github/lanewise/simd/WideRows.lastPairs",
                     "+io/github/lanewise/kernel/activation/*.apply",
                     "+io/github/lanewise/kernel/activation/*.mills",
                     "+io/github/lanewise/kernel/attention/ScoreLanes.highest",
                     "+io/github/lanewise/kernel/attention/ScoreLanes.powerOfTwo",
                     "+io/github/lanewise/kernel/attention/ScoreLanes.shift",
                     "-io/github/lanewise/simd/RowMath.*",
                     "-io/github/lanewise/kernel/gemm/Transposition.*",
                     "-io/github/lanewise/kernel/gemm/Packing.columns",
                     "-io/github/lanewise/kernel/gemm/Packing.lastColumns",
                     "-io/github/lanewise/kernel/activation/*.row",
                     "-io/github/lanewise/kernel/activation/*.rest",
                     "-io/github/lanewise/kernel/norm/NormKernel.standardise",
                     "-io/github/lanewise/kernel/norm/NormKernel.moments",
                     "-io/github/lanewise/kernel/norm/NormKernel.scale",
                     "-io/github/lanewise/kernel/norm/NormKernel.sum*",
                     "-io/github/lanewise/kernel/gemm/HalfPanels.widen*",
                     "-io/github/lanewise/kernel/softmax/Scores.*",
                     "-io/github/lanewise/kernel/softmax/ShortRows.weights",
                     "-io/github/lanewise/kernel/softmax/ShortRows.logarithms",
                     "-io/github/lanewise/kernel/softmax/RowPasses.max",
                     "-io/github/lanewise/kernel/softmax/RowPasses.weights",
                     "-io/github/lanewise/kernel/softmax/RowPasses.restOfWeights",
                     "-io/github/lanewise/kernel/softmax/RowPasses.scale",
                     "-io/github/lanewise/kernel/softmax/RowPasses.subtract",
                     "-io/github/lanewise/kernel/rope/RopeKernel.*",
                     "+io/github/lanewise/kernel/attention/ScoreLanes.splat",
                     "-io/github/lanewise/kernel/attention/ScoreLanes.*",
                     "-io/github/lanewise/kernel/attention/ValueBlock.copyStrip",
                     "-io/github/lanewise/kernel/attention/ValueBlock.areFinite",
                     "-io/github/lanewise/kernel/attention/OutputRows.*",
                     "+io/github/lanewise/kernel/attention/ScoreModifiers.inBase2",
                     "-io/github/lanewise/kernel/attention/ScoreModifiers.*",
                     "-io/github/lanewise/kernel/attention/QueryLanes.multiply",
                     "-io/github/lanewise/kernel/attention/LinearAttentionHead.*",
                     "-io/github/lanewise/kernel/attention/LinearLanes.*",
                     "-io/github/lanewise/simd/FlatRows.*16",
                     "-io/github/lanewise/simd/WideRows.f32",
                     "-io/github/lanewise/simd/WideRows.bf16",
                     "-io/github/lanewise/simd/WideRows.f16",
                     "-io/github/lanewise/simd/WideRows.lastBf16",
                     "-io/github/lanewise/simd/WideRows.lastF16",
                     "-io/github/lanewise/kernel/attention/DecodeScores.addDistances",
                     "-io/github/lanewise/kernel/attention/DecodeSoftmax.highest",
                     "-io/github/lanewise/kernel/attention/DecodeSoftmax.power",
                     "-io/github/lanewise/kernel/attention/DecodeSoftmax.exponentials",
                     "+io/github/lanewise/kernel/attention/DecodeTile*.scatter",
                     "-io/github/lanewise/kernel/attention/DecodeTile*.*",
                     "-io/github/lanewise/kernel/attention/HalfTile.a*",
                     "-io/github/lanewise/kernel/attention/HalfTile.products*",
                     "-io/github/lanewise/kernel/attention/HalfTile.sums"]
          }
        }
      ]
      """;

  private static final boolean INSTALLED = addDirectives();

  private JitDirectives() {}

  /**
   * Installs the directives once; later calls do nothing. To be called before the first kernel is
   * used.
   *
   * @return whether they are in force
   */
  public static boolean install() {
    return INSTALLED;
  }

  private static boolean addDirectives() {
    if (!Boolean.parseBoolean(System.getProperty(PROPERTY, "true"))) {
      return false;
    }
    try {
      Hotspot.open(); // takes long, and an exit meanwhile would leave the file behind
      Path file = Files.createTempFile("lanewise-directives", ".json");
      try {
        Files.writeString(file, DIRECTIVES);
        return Hotspot.command("compilerDirectivesAdd", "\"" + file + "\"").contains("added");
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (Exception | LinkageError absent) {
      return false;
    }
  }
}
