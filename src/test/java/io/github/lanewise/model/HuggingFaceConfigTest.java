package io.github.lanewise.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HuggingFaceConfigTest {
  /** As all-MiniLM-L6-v2 comes, less what concerns training. */
  static final String MINILM =
      """
      {
        "_name_or_path": "nreimers/MiniLM-L6-H384-uncased",
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_size": 384,
        "intermediate_size": 1536,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 512,
        "model_type": "bert",
        "num_attention_heads": 12,
        "num_hidden_layers": 6,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "transformers_version": "4.8.2",
        "type_vocab_size": 2,
        "use_cache": true,
        "vocab_size": 30522
      }
      """;

  @Test
  void isOurOwnConfigOfTheSameModel() {
    ModelConfig own = Models.load("minilm-l6");
    ModelConfig theirs = parse(MINILM);
    assertEquals("nreimers/MiniLM-L6-H384-uncased", theirs.name());
    assertEquals(512, theirs.maxTokens());
    assertEquals(shape(own), shape(theirs));
  }

  /** What the two must agree in. */
  private static String shape(ModelConfig config) {
    return config.toString().replaceFirst("name=[^,]*", "").replaceFirst("sentences=.*", "");
  }

  @Test
  void takesAFolderAndWhereItsTextsAreCut(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("config.json"), MINILM);
    assertEquals(512, ModelConfig.load(folder).maxTokens());
    Path sentences = folder.resolve("sentence_bert_config.json");
    Files.writeString(sentences, "{\"max_seq_length\": 256, \"do_lower_case\": false}");
    assertEquals(256, ModelConfig.load(folder).maxTokens());
    assertEquals(256, ModelConfig.load(folder.resolve("config.json")).maxTokens());
    Files.writeString(sentences, "{\"max_seq_length\": 0}");
    ConfigException error = assertThrows(ConfigException.class, () -> ModelConfig.load(folder));
    assertTrue(
        String.valueOf(error.getMessage()).startsWith(sentences + ": max_seq_length is 0, must be"),
        error.getMessage());
  }

  @Test
  void fillsInBertsDefaults() {
    String json =
        MINILM
            .replace("\"layer_norm_eps\": 1e-12,", "")
            .replace("\"type_vocab_size\": 2,", "")
            .replace("\"gelu\"", "\"gelu_new\"");
    ModelConfig config = parse(json);
    assertEquals(1e-12, config.norm().epsilon());
    assertEquals(2, config.tokenTypes());
    assertEquals(FeedForwardActivation.GELU_TANH, config.activation());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"bert\" | \"t5\" | model_type is \"t5\", must be one of \"bert\", \"gpt2\", \"llama\"",
        "\"absolute\" | \"relative_key\" | position_embedding_type is \"relative_key\", must be",
        "384 | 385 | num_attention_heads is 12, must divide hidden_size = 385",
        "384 | -1 | hidden_size is -1, must be a whole number from 1 to 131072",
        "\"gelu\" | \"mish\" | hidden_act is \"mish\", must be one of \"gelu\", \"gelu_new\"",
        "\"use_cache\" | \"is_decoder\" | is_decoder is true, must be false or left out",
        "1e-12 | NaN | layer_norm_eps is \"NaN\", must be a number",
      })
  void namesWhatIsWrong(String piece, String replacement, String message) {
    String json = MINILM.replace(piece, replacement);
    ConfigException error = assertThrows(ConfigException.class, () -> parse(json));
    String actual = String.valueOf(error.getMessage());
    assertEquals("config.json: " + message, actual.substring(0, 13 + message.length()), actual);
  }

  private static ModelConfig parse(String json) {
    return ModelConfig.parse("config.json", json.getBytes(UTF_8));
  }
}
