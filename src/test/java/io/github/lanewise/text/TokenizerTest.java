package io.github.lanewise.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The real tokenizer of all-MiniLM-L6-v2. */
class TokenizerTest {
  private static final int CLS = 101;
  private static final int SEP = 102;
  private static final int MAX_TOKENS = 256;

  @TempDir static Path folder;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() throws IOException {
    tokenizer =
        Tokenizer.load(MiniLmTokenizer.file(folder), MiniLmTokenizer.VOCABULARY, MAX_TOKENS);
  }

  /** Texts and their ids, made with the Python package tokenizers 0.23.3. */
  static Stream<JsonNode> published() throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    TokenizerTest.class.getResourceAsStream("minilm-tokens.jsonl")),
                StandardCharsets.UTF_8))) {
      return lines.lines().map(JsonMapper.shared()::readTree).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("published")
  void idsAreThoseOfThePythonLibrary(JsonNode sample) {
    int[] wanted = sample.get("ids").valueStream().mapToInt(JsonNode::intValue).toArray();
    Tokens tokens = tokenizer.encode(sample.get("text").stringValue());
    assertArrayEquals(wanted, tokens.ids());
    assertFalse(tokens.truncated());
  }

  @ParameterizedTest
  @MethodSource("published")
  void explanationsNameTheSameTokensAndLieInTheText(JsonNode sample) {
    String text = sample.get("text").stringValue();
    List<Token> tokens = tokenizer.explain(text);
    assertArrayEquals(tokenizer.encode(text).ids(), tokens.stream().mapToInt(Token::id).toArray());
    assertTrue(tokens.getFirst().added() && tokens.getLast().added());
    for (Token token : tokens.subList(1, tokens.size() - 1)) {
      assertTrue(
          0 <= token.begin() && token.begin() <= token.end() && token.end() <= text.length(),
          token::toString);
    }
  }

  @Test
  void explanationsPointAtChars() {
    String text = "\uD83D\uDE00 Tokenizers, na\u00EFve";
    List<String> shown = new ArrayList<>();
    for (Token token : tokenizer.explain(text)) {
      shown.add(
          token.text() + "=" + (token.added() ? "" : text.substring(token.begin(), token.end())));
    }
    assertEquals(
        List.of(
            "[CLS]=",
            "[UNK]=\uD83D\uDE00",
            "token=Token",
            "##izer=izer",
            "##s=s",
            ",=,",
            "naive=na\u00EFve",
            "[SEP]="),
        shown);
  }

  @Test
  void truncationKeepsTheEndMarkAndSaysWhatIsMissing() throws IOException {
    Tokenizer small = Tokenizer.load(MiniLmTokenizer.file(folder), MiniLmTokenizer.VOCABULARY, 5);
    int[] all = tokenizer.encode("the cat sat on the mat").ids();
    Tokens tokens = small.encode("the cat sat on the mat");
    assertArrayEquals(new int[] {all[0], all[1], all[2], all[3], SEP}, tokens.ids());
    assertEquals(3, tokens.dropped());
    assertTrue(tokens.truncated());
    assertEquals(5, small.explain("the cat sat on the mat").size());
    assertEquals(new Token(SEP, "[SEP]", -1, -1), small.explain("the cat sat on the mat").get(4));
    assertEquals(0, small.encode("the cat sat").dropped());
    assertEquals(1, small.encode("the cat sat on").dropped());
  }

  @Test
  void nothingIsPadded() {
    assertArrayEquals(new int[] {CLS, SEP}, tokenizer.encode("").ids());
    assertArrayEquals(new int[] {CLS, SEP}, tokenizer.encode(" \t\n\u3000 ").ids());
  }

  @Test
  void aLineOfAMegabyteIsCut() {
    Tokens tokens = tokenizer.encode("word ".repeat(200_000));
    assertEquals(MAX_TOKENS, tokens.ids().length);
    assertEquals(200_002 - MAX_TOKENS, tokens.dropped());
    assertEquals(3, tokenizer.encode("x".repeat(1_000_000)).ids().length);
  }

  @Test
  void longerTextsAreRefused() {
    String text = " ".repeat(Tokenizer.MOST_CHARS + 1);
    var wrong = assertThrows(IllegalArgumentException.class, () -> tokenizer.encode(text));
    assertEquals(
        "text is 1048577 chars long, must be at most 1048576: cut it into lines",
        wrong.getMessage());
    assertThrows(IllegalArgumentException.class, () -> tokenizer.explain(text));
  }

  @Test
  void aLoneSurrogateSpoilsNothingElse() {
    int[] sound = tokenizer.encode("a\u0000 \uD83D\uDE00 \uFFFD b").ids();
    for (String lone : new String[] {"\uD83D", "\uDE00", "\uDE00\uD83D"}) {
      String text = "a\u0000 \uD83D\uDE00 " + lone + " b";
      assertArrayEquals(sound, tokenizer.encode(text).ids());
      Token last = tokenizer.explain(text).get(sound.length - 2);
      assertEquals("b", text.substring(last.begin(), last.end()));
    }
    assertArrayEquals(new int[] {CLS, SEP}, tokenizer.encode("\uD83D").ids());
  }

  @Test
  void threadsShareIt() throws Exception {
    List<String> texts = published().map(sample -> sample.get("text").stringValue()).toList();
    List<int[]> wanted = texts.stream().map(text -> tokenizer.encode(text).ids()).toList();
    Callable<Boolean> caller =
        () -> {
          boolean same = true;
          for (int repeat = 0; repeat < 20; repeat++) {
            for (int i = 0; i < texts.size(); i++) {
              same &= Arrays.equals(wanted.get(i), tokenizer.encode(texts.get(i)).ids());
            }
          }
          return same;
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (Future<Boolean> same : threads.invokeAll(Collections.nCopies(8, caller))) {
        assertTrue(same.get());
      }
    }
  }

  @Test
  void leavesNoSettingBehind() {
    assertEquals(null, System.getProperty("RUST_FLAVOR"));
  }
}
