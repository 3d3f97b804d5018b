package io.github.lanewise.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are no tokenizers, some of which would end the JVM if they reached the library. */
class TokenizerFilesTest {
  private static final String SMALL =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [{"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false,
         "rstrip": false, "normalized": false, "special": true}],
       "normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
           {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}},
       "decoder": null,
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100,
         "vocab": {"[UNK]": 0, "[CLS]": 1, "a": 2, "##b": 3}}}
      """;

  private static final String BYTE_PAIRS =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
       "post_processor": null, "decoder": null,
       "model": {"type": "BPE", "dropout": null, "unk_token": null, "fuse_unk": false,
         "continuing_subword_prefix": null, "end_of_word_suffix": null, "byte_fallback": false,
         "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
      """;

  @TempDir Path folder;

  @Test
  void theSmallOneIsSound() throws IOException {
    Tokenizer tokenizer = Tokenizer.load(write(SMALL), 4, 8);
    assertEquals("[1, 2, 3]", Arrays.toString(tokenizer.encode("ab").ids()));
    assertEquals(8, tokenizer.maxTokens());
  }

  @Test
  void bytePairsAreRead() throws IOException {
    Tokenizer tokenizer = Tokenizer.load(write(BYTE_PAIRS), 3, 2);
    Tokens tokens = tokenizer.encode("abba");
    assertEquals("[2, 1]", Arrays.toString(tokens.ids()));
    assertEquals(1, tokens.dropped());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"WordPiece\" | \"Unigram\" | model.type is \"Unigram\", must be \"WordPiece\" or \"BPE\"",
        "\"WordPiece\" | 7 | model.type must be a text in quotes",
        "\"vocab\" | \"words\" | model.vocab is missing or empty, must hold tokens and their ids",
        "\"model\" | \"modal\" | has no model, must be a tokenizer.json of Hugging Face",
        "\"##b\": 3 | \"##b\": -3 | model.vocab: the id of ##b must be a whole number from 0 to"
            + " 2147483647",
        "\"##b\": 3 | \"##b\": 4 | its largest token id is 4, must be below the model's vocabulary"
            + " = 4",
        "\"##b\": 3 | \"##b\": 1e99 | model.vocab: the id of ##b must be a whole number from 0 to"
            + " 2147483647",
        "\"ids\": [1] | \"ids\": [9] | its largest token id is 9, must be below the model's"
            + " vocabulary = 4",
        "{\"SpecialToken\": {\"id\": \"[CLS]\" | {\"SpecialToken\": {\"id\": \"[CLX]\" |"
            + " post_processor.single: {\"SpecialToken\":{\"id\":\"[CLX]\",\"type_id\":0}} names"
            + " neither a text nor a token of special_tokens",
        "\"id\": \"[CLS]\", \"ids\" | \"id\": \"[CLX]\", \"ids\" | post_processor.special_tokens:"
            + " the id inside [CLS] must be that name",
        "\"id\": \"A\" | \"id\": \"C\" | post_processor.single:"
            + " {\"Sequence\":{\"id\":\"C\",\"type_id\":0}} names neither a text nor a token of"
            + " special_tokens",
        "\"TemplateProcessing\" | \"Template\" | post_processor.type is \"Template\", must be"
            + " TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence",
        "\"normalizer\": null | \"normalizer\": {\"type\": \"Precompiled\","
            + " \"precompiled_charsmap\": \"AAAA\"} | normalizer.type is \"Precompiled\", must be one of BertNormalizer, NFC, NFD,"
            + " NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Sequence",
        "\"BertPreTokenizer\"} | \"FixedLength\", \"length\": 0} | pre_tokenizer.type is"
            + " \"FixedLength\", must be one of BertPreTokenizer, Whitespace, WhitespaceSplit,"
            + " Punctuation, ByteLevel, Metaspace, Split, Sequence",
        "\"BertPreTokenizer\"} | \"Split\", \"pattern\": {\"Regex\": \"(x+x+)+y\"},"
            + " \"behavior\": \"Isolated\", \"invert\": false} | pre_tokenizer.pattern is"
            + " {\"Regex\":\"(x+x+)+y\"}, must be the {\"Regex\": \"...\"} of GPT-2, Llama 3 or Qwen 2",
        "\"normalizer\": null | \"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [{\"type\":"
            + " \"Replace\", \"pattern\": {\"Regex\": \"(x+x+)+y\"}, \"content\": \"\"}]} |"
            + " normalizer.normalizers.pattern is {\"Regex\":\"(x+x+)+y\"}, must be {\"String\":"
            + " \"...\"} of 1 to 16 bytes",
        "\"normalizer\": null | \"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"String\": \"x\"},"
            + " \"content\": \"xxxxx\"} | normalizer.content is \"xxxxx\", must be a text of at most"
            + " 4 times the bytes of its pattern",
        "_per_word\": 100 | _per_word\": 1001 | model.max_input_chars_per_word is 1001, must be a"
            + " whole number from 0 to 1000",
        "_per_word\": 100 | _per_word\": 1e9 | model.max_input_chars_per_word is 1e9, must be a"
            + " whole number from 0 to 1000",
        "\"content\": \"[CLS]\" | \"content\": \"\" | added_tokens: the content of"
            + " {\"id\":1,\"content\":\"\",\"single_word\":false,\"lstrip\":false,\"... must be a text",
        "\"decoder\": null | \"decoder\": null, \"decoder\": null | has decoder twice",
        "\"[UNK]\": 0, | | cannot cut a text: WordPiece error: Missing [UNK] token from the"
            + " vocabulary",
      })
  void oneThingWrong(String right, String wrong, String message) throws IOException {
    String broken = SMALL.replace(right, wrong == null ? "" : wrong);
    assertTrue(!broken.equals(SMALL), "nothing replaced");
    refused(write(broken), message);
  }

  @Test
  void bytePairsThatWouldEndTheProcess() throws IOException {
    refused(
        write(BYTE_PAIRS.replace("_prefix\": null", "_prefix\": \"####\"")),
        "model.continuing_subword_prefix is \"####\", must be empty for \"BPE\"");
  }

  @Test
  void tokensByChanceAreRefused() throws IOException {
    refused(
        write(BYTE_PAIRS.replace("\"dropout\": null", "\"dropout\": 0.5")),
        "model.dropout is 0.5, must be null or 0");
    Tokenizer.load(write(BYTE_PAIRS.replace("\"dropout\": null", "\"dropout\": 0.0")), 3, 2);
  }

  @Test
  void stepsThatMultiplyAreRefused() throws IOException {
    String grow =
        "{\"type\": \"Replace\", \"pattern\": {\"String\": \"x\"}, \"content\": \"xxxx\"}";
    refused(
        write(normalizers(grow + ", " + grow)),
        "normalizer.normalizers has two Replace that make a text longer, must have one");
    refused(
        write(normalizers("{\"type\": \"NFC\"}, ".repeat(16) + grow)),
        "normalizer.normalizers has more than 16 steps, which is the most");
    String level = "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true}";
    refused(
        write(BYTE_PAIRS.replace(level, sequence("pretokenizers", level + ", " + level))),
        "pre_tokenizer.pretokenizers has ByteLevel twice, must have it once");
    Tokenizer tokenizer = Tokenizer.load(write(normalizers(grow.replace("xxxx", "a"))), 4, 8);
    assertEquals("[1, 2, 3]", Arrays.toString(tokenizer.encode("xb").ids()));
  }

  private static String normalizers(String steps) {
    return SMALL.replace(
        "\"normalizer\": null", "\"normalizer\": " + sequence("normalizers", steps));
  }

  private static String sequence(String list, String steps) {
    return "{\"type\": \"Sequence\", \"" + list + "\": [" + steps + "]}";
  }

  /** As models are published with: Llama 3's, and the one of Qwen 2. */
  @ParameterizedTest
  @ValueSource(strings = {"{1,3}", ""})
  void knownExpressionsAreLetThrough(String digits) throws IOException {
    String expression =
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}"
            + digits
            + "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+";
    String level = "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true";
    String split =
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": \""
            + expression
            + "\"}, \"behavior\": \"Isolated\", \"invert\": false}";
    String steps = split + ", " + level + ", \"use_regex\": false}";
    Path file = write(BYTE_PAIRS.replace(level + "}", sequence("pretokenizers", steps)));
    assertEquals("[2, 1]", Arrays.toString(Tokenizer.load(file, 3, 2).encode("ab\n\nb 1 ").ids()));
  }

  @Test
  void partsAreReadInPieces() throws IOException {
    String lists = "[],".repeat(1_000_000);
    refused(
        write("{\"added_tokens\": [[" + lists + "[]]]}"),
        "added_tokens is 3000004 characters long, must be at most 1000000");
    refused(
        write("{\"post_processor\": [" + lists + "[]]}"),
        "post_processor is 3000004 characters long, must be at most 1000000");
    String token = "{\"id\": 1, \"content\": \"a\"},";
    refused(
        write("{\"added_tokens\": [" + token.repeat(20_001) + "7]}"),
        "added_tokens has more than 20000, which is the most");
    refused(
        write("{\"added_tokens\": [" + lists + "[]]}"),
        "added_tokens: the id of [] must be a whole number from 0 to 2147483647");
  }

  @Test
  void notJson() throws IOException {
    refused(write(""), "must be a JSON object {...}");
    refused(write("[]"), "must be a JSON object {...}");
    refused(write("{} {}"), "holds more than one JSON value");
    refused(write("{}"), "has no model, must be a tokenizer.json of Hugging Face");
    refused(
        write("{\"x\": " + "[".repeat(100_000)),
        "must not be nested deeper than 32, nor hold texts over 100000" + " characters");
    Path latin = folder.resolve("latin.json");
    Files.write(latin, new byte[] {'{', '"', (byte) 0xE9, '"', '}'});
    refused(latin, "is not UTF-8 text, must be JSON in UTF-8");
    refused(folder.resolve("none.json"), "no such file");
    refused(folder, "is a folder, must be a tokenizer.json");
  }

  @Test
  void aGigabyteIsRefusedUnread() throws IOException {
    Path file = folder.resolve("huge.json");
    try (RandomAccessFile huge = new RandomAccessFile(file.toFile(), "rw")) {
      huge.setLength(1L << 30);
    }
    refused(file, "is 1073741824 bytes, must be at most 67108864");
  }

  @Test
  void roomForTheTextItself() throws IOException {
    Path file = write(SMALL);
    var wrong = assertThrows(IllegalArgumentException.class, () -> Tokenizer.load(file, 4, 1));
    assertEquals(
        "maxTokens is 1, must be at least 2, one more than the tokens that are added to every"
            + " text",
        wrong.getMessage());
  }

  @Test
  void damagedFilesAreRefusedOrWork() throws IOException {
    for (String good : new String[] {SMALL, BYTE_PAIRS}) {
      Random random = new Random(20261124);
      for (int i = 0; i < 2_000; i++) {
        StringBuilder damaged = new StringBuilder(good);
        if (i % 4 == 0) {
          damaged.setLength(random.nextInt(good.length()));
        } else {
          for (int j = 0; j <= i % 3; j++) {
            damaged.setCharAt(
                random.nextInt(good.length()), (char) (' ' + random.nextInt('~' - ' ')));
          }
        }
        useOrRefuse(write(damaged.toString()));
      }
    }
  }

  private static void useOrRefuse(Path file) {
    try {
      Tokenizer tokenizer = Tokenizer.load(file, 1000, 16);
      for (String text : new String[] {"", "ab ba \uD83D\uDE00", "[CLS] \u0000"}) {
        assertEquals(tokenizer.encode(text).ids().length, tokenizer.explain(text).size());
      }
    } catch (TokenizerException refused) {
      assertTrue(refused.getMessage().startsWith(file.toString()), refused::getMessage);
    }
  }

  private static void refused(Path file, String message) {
    var wrong = assertThrows(TokenizerException.class, () -> Tokenizer.load(file, 4, 8));
    assertEquals(file + ": " + message, wrong.getMessage());
  }

  private Path write(String json) throws IOException {
    return Files.writeString(folder.resolve("tokenizer.json"), json);
  }
}
