package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.LANES;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.simd.JitDirectives;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.testing.ChildJvm;
import io.github.lanewise.testing.RawFloats;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How near the tiles with two steps an iteration come to where C2 stops to inline: a read of a
 * float beyond is a call in the innermost loop, and no result shows it. In a JVM of its own, whose
 * C2 writes down what it parses.
 */
@Tag("slow")
class TileNodesTest {
  /** NodeCountInliningCutoff is 18,000: with room for one more read, which takes 610. */
  private static final int MOST_NODES = 17_390;

  /** Odd in every second call: then the loop ends between two steps. */
  private static final int K = 512;

  /** Some hundred are interpreted, the others compiled. */
  private static final int CALLS = 1000;

  private static final Pattern TASK =
      Pattern.compile("<task .*method='\\S*\\.(\\S*Tile\\S* \\w*Major\\d\\S*) ");
  private static final Pattern METHOD = Pattern.compile("<method id='(\\d+)' .*name='(\\w+)'");
  private static final Pattern PARSE = Pattern.compile("<parse method='(\\d+)'");
  private static final Pattern PARSED = Pattern.compile("<parse_done nodes='(\\d+)'");

  @Test
  void readsAreParsedWhileC2Inlines(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("compilation.log");
    List<String> flags =
        List.of(
            "-Xbatch",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:+LogCompilation",
            "-XX:LogFile=" + log);
    ChildJvm.run(flags, TileNodesTest.class);
    Map<String, Integer> nodes = nodesAtLastRead(log);
    for (String tile : twoSteps()) {
      assertTrue(nodes.containsKey(tile), tile + " has been compiled: " + nodes);
    }
    nodes.forEach((tile, count) -> assertTrue(count <= MOST_NODES, tile + ": " + count));
  }

  /** Class and method of the tiles with two steps. */
  private static List<String> twoSteps() {
    List<String> names = new ArrayList<>();
    for (GemmTile tile : Tiles.all()) {
      if (isInStep(tile)) {
        String size = tile.rows() + "x" + tile.vectors();
        names.add(tile.getClass().getSimpleName() + " rowMajor" + size);
      }
    }
    if (!Simd.HAS_32_REGISTERS && LANES >= 6) {
      names.addAll(List.of("Tile6x2u1s rowMajor6x2", "ValueTile6x2u1s columnMajor6x2"));
    }
    return names;
  }

  private static boolean isInStep(GemmTile tile) {
    return tile.isPacked() && tile.addsBlocks() && !(tile instanceof FewRowsTile);
  }

  /** Of each tile's compilations the most nodes after a read of a float. */
  private static Map<String, Integer> nodesAtLastRead(Path log) throws IOException {
    Map<String, Integer> most = new TreeMap<>();
    Map<String, String> names = new HashMap<>();
    String tile = null;
    boolean reads = false;
    for (String line : Files.readAllLines(log)) {
      Matcher matcher = TASK.matcher(line);
      if (line.startsWith("<task ")) {
        names.clear();
        tile = matcher.find() ? matcher.group(1) : null;
      } else if (tile == null) {
        continue;
      } else if (matcher.usePattern(METHOD).reset().find()) {
        names.put(matcher.group(1), matcher.group(2));
      } else if (matcher.usePattern(PARSE).reset().find()) {
        reads |= "getIntUnaligned".equals(names.get(matcher.group(1)));
      } else if (reads && matcher.usePattern(PARSED).reset().find()) {
        reads = false;
        most.merge(tile, Integer.valueOf(matcher.group(1)), Math::max);
      }
      assertFalse(line.contains("InliningCutoff"), tile + ": " + line);
    }
    return most;
  }

  /** The child. */
  public static void main(String[] arguments) {
    if (!JitDirectives.install()) {
      throw new IllegalStateException("no directives");
    }
    try (Arena arena = Arena.ofConfined()) {
      int floats = K * 4 * LANES;
      long a = RawFloats.random(arena, new SplittableRandom(1), floats);
      long b = RawFloats.random(arena, new SplittableRandom(2), floats);
      long c = RawFloats.random(arena, new SplittableRandom(3), 16 * 4 * LANES);
      long panel = (long) K * BYTES;
      long ldc = 4L * BYTES;
      for (int call = 0; call < CALLS; call++) {
        int k = K - call % 2;
        for (GemmTile tile : Tiles.all()) {
          if (isInStep(tile)) {
            for (boolean sum : new boolean[] {false, true}) {
              tile.setOrAdd(sum, tile.rows(), tile.vectors(), a, panel, b, panel, k, c, ldc, BYTES);
            }
          }
        }
        if (Tiles.WIDE.packs()) {
          Tiles.WIDE.packed(0, Tiles.WIDE.rows(), a, b, k, c);
        }
        if (Tiles.VALUES.repeats()) {
          int vectors = Tiles.VALUES.vectors();
          Tiles.VALUES.compute(vectors, a, (long) vectors * BYTES, b, k, false, c, ldc);
        }
      }
    }
  }
}
