package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.model.BrokenConfigs.Broken;
import io.github.lanewise.model.protein.EvoformerConfig;
import io.github.lanewise.model.recurrent.RecurrentConfig;
import io.github.lanewise.model.seq2seq.Seq2Seq;
import io.github.lanewise.model.seq2seq.Seq2SeqConfig;
import io.github.lanewise.model.vision.VisionConfig;
import io.github.lanewise.model.vision.VisionTransformer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Configs of the kinds beside decoders and encoders. */
class KindsTest {
  static List<Broken> broken() {
    return Stream.concat(
            BrokenKinds.refusedBySchema().stream(), BrokenKinds.refusedByLoaderOnly().stream())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("broken")
  void wrongKeysAndValuesAreNamed(Broken broken) {
    byte[] json = broken.json().getBytes(StandardCharsets.UTF_8);
    String message = assertThrows(ConfigException.class, () -> parse(json)).getMessage();
    assertTrue(message.startsWith("some.json: "), message);
    assertTrue(message.contains(broken.message()), message);
    assertEquals(1, message.lines().count());
  }

  private static Object parse(byte[] json) {
    String text = new String(json, StandardCharsets.UTF_8);
    if (text.contains("\"recurrent\"")) {
      return RecurrentConfig.parse("some.json", json);
    }
    if (text.contains("\"encoder-decoder\"")) {
      return Seq2SeqConfig.parse("some.json", json);
    }
    return text.contains("\"vision\"")
        ? VisionConfig.parse("some.json", json)
        : EvoformerConfig.parse("some.json", json);
  }

  @Test
  void filesAreCalledAsTheirModels() {
    for (String name :
        List.of(
            "lstm-baseline",
            "vit-s-16",
            "vit-b-16",
            "alphafold2-evoformer",
            "transformer-base",
            "t5-small",
            "whisper-tiny",
            "tiny-seq2seq")) {
      Path file = Models.FOLDER.resolve(name + ".json");
      String kind = ConfigFile.kind(file);
      assertNotNull(kind);
      switch (kind) {
        case "recurrent" -> assertEquals(name, RecurrentConfig.load(file).name());
        case "vision" -> assertEquals(name, VisionConfig.load(file).name());
        case "encoder-decoder" -> assertEquals(name, Seq2SeqConfig.load(file).name());
        default -> assertEquals(name, EvoformerConfig.load(file).name());
      }
    }
  }

  @Test
  void kindsAreReadWithoutTheRest(@TempDir Path folder) throws IOException {
    assertEquals("encoder", ConfigFile.kind(Models.FOLDER.resolve("minilm-l6.json")));
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"model_type\": \"bert\"}");
    assertNull(ConfigFile.kind(file));
    assertNull(ConfigFile.kind(folder));
    Files.writeString(file, "{\"kind\": 7}");
    assertThrows(ConfigException.class, () -> ConfigFile.kind(file));
  }

  @Test
  void publishedSizesHaveThePublishedParameters() {
    // torchvision's vit_b_16 and timm's deit_small_patch16_224.
    Path folder = Models.FOLDER;
    VisionConfig base = VisionConfig.load(folder.resolve("vit-b-16.json"));
    assertEquals(86_567_656, VisionTransformer.plan(base, 1).parameters());
    // Hugging Face's t5-small; its whisper-tiny less the convolutions and the encoder's table of
    // sines, and with a bias of the keys in each of twelve attentions.
    Seq2SeqConfig t5 = Seq2SeqConfig.load(folder.resolve("t5-small.json"));
    assertEquals(60_506_624, Seq2Seq.plan(t5, 1, 1, 1).parameters());
    Seq2SeqConfig whisper = Seq2SeqConfig.load(folder.resolve("whisper-tiny.json"));
    assertEquals(
        37_760_640 - (80 * 384 * 3 + 384) - (384 * 384 * 3 + 384) - 1500 * 384 + 12 * 384,
        Seq2Seq.plan(whisper, 1, 1, 1).parameters());
    VisionConfig small = VisionConfig.load(folder.resolve("vit-s-16.json"));
    assertEquals(22_050_664, VisionTransformer.plan(small, 1).parameters());
  }
}
