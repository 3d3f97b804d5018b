package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.fetch.FetchException;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.Lanewise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real MiniLM as Hugging Face publishes it: a folder of files. */
class ModelFolderTest {
  private static final List<String> TEXTS =
      List.of("The cat sat on the mat.", "", "word ".repeat(300), "Zürich 東京 🐈");

  @TempDir private Path folder;

  @Test
  void givesTheVectorsOfThePublishedArtifact() throws IOException {
    try (Lanewise runtime = Lanewise.create(2)) {
      float[][] expected;
      MiniLm published = new MiniLm(folder);
      try (EmbeddingModel model = published.load(runtime)) {
        expected = model.embed(TEXTS);
      }
      Path home = Files.createDirectory(folder.resolve("hf"));
      save(published, runtime, home);
      try (EmbeddingModel model = EmbeddingModel.load(runtime, home)) {
        assertEquals(512, model.maxTokens()); // as nothing says where texts are cut
        assertArrayEquals(expected[0], model.embed(TEXTS.getFirst()));
      }
      write(home, "sentence_bert_config.json", "{\"max_seq_length\": 256}");
      try (EmbeddingModel model = EmbeddingModel.load(runtime, home)) {
        assertEquals(256, model.maxTokens());
        assertArrayEquals(expected, model.embed(TEXTS));
      }
      write(home, "modules.json", "[{\"path\": \"1_Pooling\", \"type\": \"Pooling\"}]");
      write(home, "1_Pooling/config.json", "{\"pooling_mode_cls_token\": true}");
      try (EmbeddingModel model = EmbeddingModel.load(runtime, home)) {
        assertEquals(ModelConfig.SentencePooling.CLS, model.config().sentences().pooling());
        assertTrue(Math.abs(length(model.embed(TEXTS.getFirst())) - 1) > 0.1, "not normalised");
      }
    }
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    try (Lanewise runtime = Lanewise.create(1)) {
      write(folder, "config.json", HuggingFaceConfigTest.MINILM);
      FetchException error =
          assertThrows(FetchException.class, () -> EmbeddingModel.load(runtime, folder));
      assertTrue(
          String.valueOf(error.getMessage()).startsWith(folder + ": has no model.safetensors"),
          error.getMessage());
      Path random = Path.of("models/bert-base.json");
      assertEquals(
          "bert-base names no weights, must be a config that does, or a model's folder",
          assertThrows(IllegalArgumentException.class, () -> EmbeddingModel.load(runtime, random))
              .getMessage());
    }
  }

  private static void save(MiniLm published, Lanewise runtime, Path home) throws IOException {
    ModelConfig config = Models.load("minilm-l6");
    try (Weights weights = Weights.load(runtime, config, published.files().tensors())) {
      byte[] file = BertFiles.safetensors(BertFiles.tensors(weights), Storage.F32, "").bytes();
      Files.write(home.resolve("model.safetensors"), file);
    }
    Files.copy(published.files().tokenizer(), home.resolve("tokenizer.json"));
    write(home, "config.json", HuggingFaceConfigTest.MINILM);
  }

  private static void write(Path home, String name, String text) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static double length(float[] vector) {
    double squares = 0;
    for (float x : vector) {
      squares += (double) x * x;
    }
    return Math.sqrt(squares);
  }
}
