package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.lanewise.model.ModelConfig.SentencePooling;
import io.github.lanewise.model.ModelConfig.Sentences;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SentenceFilesTest {
  private static final String MODULES =
      """
      [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "", "type": "sentence_transformers.models.Normalize"}
      ]
      """;

  private static final String POOLING =
      """
      {"word_embedding_dimension": 384, "pooling_mode_cls_token": false,
       "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": false}
      """;

  @TempDir private Path folder;
  private Path config;

  @BeforeEach
  void name() {
    config = folder.resolve("config.json");
  }

  @Test
  void areAllOptional() throws IOException {
    assertEquals(SentenceFiles.NONE, SentenceFiles.beside(config));
    write("sentence_bert_config.json", "{\"max_seq_length\": null}");
    assertEquals(SentenceFiles.NONE, SentenceFiles.beside(config));
    write("1_Pooling/config.json", POOLING);
    assertEquals(Sentences.USUAL, SentenceFiles.beside(config).sentences());
  }

  @ParameterizedTest
  @CsvSource({"true, true, MEAN", "true, false, CLS", "false, true, CLS", "false, false, MEAN"})
  void namePoolingAndNormalisation(boolean normalize, boolean renamed, SentencePooling pooling)
      throws IOException {
    String modules = normalize ? MODULES : MODULES.replaceFirst(",\\s*\\{\"idx\": 2.*\\}", "");
    assertEquals(normalize, modules.contains("Normalize"));
    String name = renamed ? "my-pooling" : "1_Pooling";
    write("modules.json", modules.replace("1_Pooling", name));
    boolean cls = pooling == SentencePooling.CLS;
    write(
        name + "/config.json",
        "{\"pooling_mode_cls_token\": " + cls + ", \"pooling_mode_mean_tokens\": " + !cls + "}");
    assertEquals(new Sentences(pooling, normalize), SentenceFiles.beside(config).sentences());
  }

  @Test
  void maySayThatThereIsNoPooling() throws IOException {
    write("modules.json", "[{\"type\": \"sentence_transformers.models.Transformer\"}]");
    write("1_Pooling/config.json", POOLING); // left over
    assertEquals(Sentences.NONE, SentenceFiles.beside(config).sentences());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Pooling\" | Dense\" | type is \"sentence_transformers.models.Dense\", must end with Trans",
        "\"1_Pooling\" | \"../1_Pooling\" | path is \"../1_Pooling\", must be a folder's name",
        "\"1_Pooling\" | 7 | [1].path is 7, must be a text in quotes",
        "models.Pooling\" | models.Transformer\" | has a Normalize, must have a Pooling before it",
        "\"idx\" | \"type\" | line 2, column",
        "[ | [3, | is [3,{",
        "[ | 3 [ | line 1, column",
      })
  void nameWhatIsWrongWithTheSteps(String piece, String replacement, String message)
      throws IOException {
    write("modules.json", MODULES.replace(piece, replacement));
    write("1_Pooling/config.json", POOLING);
    expect("modules.json: " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"pooling_mode_max_tokens\": false | \"pooling_mode_max_tokens\": true | pooling_mode_max_"
            + "tokens is true, must be false",
        "true | false | pooling_mode_mean_tokens and pooling_mode_cls_token are false, one of them",
        "\"pooling_mode_cls_token\": false | \"pooling_mode_cls_token\": true | pooling_mode_mean_"
            + "tokens and pooling_mode_cls_token are true",
        "true | 1 | pooling_mode_mean_tokens is 1, must be true or false",
      })
  void nameWhatIsWrongWithThePooling(String piece, String replacement, String message)
      throws IOException {
    write("modules.json", MODULES);
    write("1_Pooling/config.json", POOLING.replace(piece, replacement));
    expect("1_Pooling/config.json: " + message);
  }

  @Test
  void nameAMissingPooling() throws IOException {
    write("modules.json", MODULES);
    expect("1_Pooling/config.json: no such file");
  }

  private void expect(String message) {
    ConfigException error = assertThrows(ConfigException.class, () -> SentenceFiles.beside(config));
    String actual = String.valueOf(error.getMessage()).substring(folder.toString().length() + 1);
    assertEquals(message, actual.substring(0, Math.min(actual.length(), message.length())), actual);
  }

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
