package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.ChildJvm;
import io.github.lanewise.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory over 100,000 sentences, in a JVM of its own whose heap is all there from the start, so
 * that the resident set grows by nothing but what leaks. MiniLM's tokenizer and shape, one layer of
 * it.
 */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class SentenceSoakTest {
  private static final int ROUNDS = 10;
  private static final int ROUND = 10_000;
  private static final int LIST = 100;

  /** When all is compiled and every pool is filled. */
  private static final int SETTLED = 3;

  /** 8 MiB: over what follows, 120 bytes a sentence. */
  private static final long MOST_GROWTH = 8 << 10;

  @Test
  void memoryStaysAsItIs(@TempDir Path folder) throws Exception {
    List<String> lines = child(new MiniLm(folder).files().tokenizer());
    List<Long> kilobytes = figures(lines, "resident ");
    assertEquals(ROUNDS, kilobytes.size(), lines.toString());
    long growth = kilobytes.getLast() - kilobytes.get(SETTLED - 1);
    assertTrue(growth < MOST_GROWTH, kilobytes.toString());
  }

  private static List<String> child(Path tokenizer) throws IOException, InterruptedException {
    List<String> flags = List.of("-Xms96m", "-Xmx96m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");
    return ChildJvm.run(flags, SentenceSoakTest.class, tokenizer.toString());
  }

  private static List<Long> figures(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> Long.valueOf(line.substring(name.length())))
        .toList();
  }

  /** The child. */
  public static void main(String[] arguments) throws IOException {
    ModelConfig config = Models.load("minilm-l6").withLayers(1);
    Tokenizer tokenizer =
        Tokenizer.load(Path.of(arguments[0]), config.vocabulary(), config.maxTokens());
    try (Lanewise runtime = Lanewise.create(2);
        EmbeddingModel model =
            EmbeddingModel.of(runtime, Weights.random(runtime, config, 1), tokenizer)) {
      SplittableRandom random = new SplittableRandom(5);
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ROUND; i += LIST) {
          model.embed(texts(random));
        }
        System.gc();
        System.out.println("resident " + residentKilobytes());
      }
    }
  }

  private static List<String> texts(SplittableRandom random) {
    List<String> texts = new ArrayList<>(LIST);
    for (int i = 0; i < LIST; i++) {
      texts.add("cat " + random.nextInt(100_000) + " sat".repeat(random.nextInt(4)));
    }
    return texts;
  }

  private static long residentKilobytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException("no VmRSS in /proc/self/status");
  }
}
