package io.github.lanewise.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.model.BrokenConfigs.Broken;
import io.github.lanewise.model.ModelConfig.Bias;
import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import io.github.lanewise.model.ModelConfig.Kind;
import io.github.lanewise.op.Rope.Pairing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelConfigTest {
  @Test
  void readsAllKeys() {
    ModelConfig llama = Models.load("llama-3-8b");
    assertEquals("llama-3-8b", llama.name());
    assertEquals(Kind.DECODER, llama.kind());
    assertEquals(32, llama.layers());
    assertEquals(8, llama.kvHeads());
    assertEquals(128, llama.headDim());
    assertEquals(14336, llama.feedForward());
    assertEquals(new Position.Rotary(500_000, Pairing.HALVES), llama.position());
    assertEquals(FeedForwardActivation.SWIGLU, llama.activation());
    assertEquals(Bias.NONE, llama.bias());
    assertEquals(1e-5, llama.norm().epsilon());
    assertEquals(4096, llama.queryWidth());
    assertEquals(1024, llama.keyWidth());
  }

  @Test
  void fillsInWhatMayBeLeftOut() {
    String json = Models.json("gpt2-124m").replace("\"headDim\": 64,", "");
    ModelConfig config = ModelConfig.parse("f.json", json.getBytes(UTF_8));
    assertEquals(64, config.headDim());
    assertEquals(12, config.kvHeads());
    assertEquals(Models.load("gpt2-124m"), config);
  }

  @Test
  void takesWholeNumbersWrittenWithAPointAndAByteOrderMark() {
    String json = "\uFEFF" + Models.json("tiny-llama").replace("\"layers\": 2", "\"layers\": 2.0");
    assertEquals(Models.load("tiny-llama"), ModelConfig.parse("f.json", json.getBytes(UTF_8)));
  }

  @Test
  void takesFewerLayersButNotMoreOrNone() {
    ModelConfig config = Models.load("gpt2-124m");
    assertEquals(3, config.withLayers(3).layers());
    for (int layers : new int[] {0, -1, 13}) {
      IllegalArgumentException wrong =
          assertThrows(IllegalArgumentException.class, () -> config.withLayers(layers));
      assertEquals(
          "layers is " + layers + ", must be 1 to 12, the layers of gpt2-124m", wrong.getMessage());
    }
  }

  static List<Broken> broken() {
    return Stream.of(
            BrokenConfigs.refusedBySchema(),
            BrokenConfigs.refusedByLoaderOnly(),
            BrokenAttentionConfigs.refusedBySchema(),
            BrokenAttentionConfigs.refusedByLoaderOnly())
        .flatMap(List::stream)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("broken")
  void refusesWithFileKeyValueAndWhatIsAllowed(Broken broken) {
    String message = refuse(broken.json().getBytes(UTF_8));
    assertTrue(message.startsWith("f.json: "), message);
    assertTrue(message.contains(broken.message()), message);
    assertTrue(message.length() < 400, message);
  }

  @Test
  void refusesWhatIsNotUtf8() {
    byte[] json = Models.json("tiny-llama").getBytes(UTF_8);
    json[40] = (byte) 0xff;
    assertEquals("f.json: is not UTF-8 text, must be JSON in UTF-8", refuse(json));
  }

  @Test
  void refusesFilesThatCannotBeRead(@TempDir Path folder) throws IOException {
    Path missing = folder.resolve("missing.json");
    assertEquals(missing + ": no such file", refuse(missing));
    assertEquals(folder + ": is a folder, must be a JSON file", refuse(folder));
    Path empty = Files.createFile(folder.resolve("empty.json"));
    assertEquals(empty + ": is empty, must hold a JSON object", refuse(empty));
    Path huge = folder.resolve("huge.json");
    Files.write(huge, new byte[3_000_000]);
    assertEquals(huge + ": is too large, must be at most 1048576 bytes", refuse(huge));
  }

  @Test
  void survivesEveryTruncation() {
    for (String model : List.of("tiny-llama", "tiny-encoder", "gpt2-124m")) {
      byte[] json = Models.json(model).strip().getBytes(UTF_8);
      for (int length = 0; length < json.length; length++) {
        refuse(Arrays.copyOf(json, length));
      }
    }
  }

  @Test
  void survivesByteFlips() {
    Random random = new Random(42);
    int good = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] json = Models.json(round % 2 == 0 ? "tiny-llama" : "tiny-encoder").getBytes(UTF_8);
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        json[random.nextInt(json.length)] = (byte) random.nextInt(256);
      }
      try {
        ModelConfig.parse("f.json", json);
        good++;
      } catch (ConfigException refused) {
        assertOneLine(refused.getMessage());
      }
    }
    assertTrue(good > 100, "some flips only change a digit, but just " + good + " passed");
  }

  private static String refuse(byte[] json) {
    ConfigException refused =
        assertThrows(ConfigException.class, () -> ModelConfig.parse("f.json", json));
    assertOneLine(refused.getMessage());
    return refused.getMessage();
  }

  private static String refuse(Path file) {
    return assertThrows(ConfigException.class, () -> ModelConfig.load(file)).getMessage();
  }

  private static void assertOneLine(String message) {
    assertFalse(message.chars().anyMatch(Character::isISOControl), message);
  }
}
