package io.github.lanewise.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.github.lanewise.format.TokenizerJson;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hugging Face's tokenizers, written in Rust and called through JNI. A panic in there would end the
 * JVM: so the file is checked before, and texts are made sound.
 */
final class HuggingFaceTokenizer implements Tokenizer {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final long MOST_BYTES = 64L << 20;

  /** Longer than what WordPiece takes for a word: so the token for unknown words must be there. */
  private static final String NO_WORD = "x".repeat(TokenizerJson.MOST_WORD + 1);

  private final String file;
  private final TokenizersLibrary library;
  private final long handle;
  private final int maxTokens;

  /** How many of the tokens that are added to a text follow it. */
  private final int addedAfter;

  private HuggingFaceTokenizer(String file, TokenizersLibrary library, long handle, int maxTokens) {
    this.file = file;
    this.library = library;
    this.handle = handle;
    this.maxTokens = maxTokens;
    // Freed when unreachable, not by a close(): no call can come after it.
    CLEANER.register(this, () -> library.deleteTokenizer(handle));
    library.disablePadding(handle);
    library.disableTruncation(handle);
    addedAfter = addedAfter();
    int added = encodeAll("").length;
    if (maxTokens <= added) {
      throw new IllegalArgumentException(
          "maxTokens is "
              + maxTokens
              + ", must be at least "
              + (added + 1)
              + ", one more than the tokens that are added to every text");
    }
  }

  static HuggingFaceTokenizer load(Path file, int vocabulary, int maxTokens) {
    String json = read(file);
    check(file, json, vocabulary);
    TokenizersLibrary library = NativeTokenizers.get();
    if (library == null) {
      throw new TokenizerException(String.valueOf(NativeTokenizers.failure()));
    }
    long handle;
    try {
      handle = library.createTokenizerFromString(json);
    } catch (RuntimeException refused) {
      throw new TokenizerException(
          file.toString(), "is no tokenizer.json of Hugging Face: " + refused.getMessage());
    }
    return new HuggingFaceTokenizer(file.toString(), library, handle, maxTokens);
  }

  private static void check(Path file, String json, int vocabulary) {
    int largest;
    try {
      largest = TokenizerJson.largestId(json);
    } catch (IllegalArgumentException wrong) {
      throw new TokenizerException(file.toString(), String.valueOf(wrong.getMessage()));
    }
    if (largest >= vocabulary) {
      throw new TokenizerException(
          file.toString(),
          "its largest token id is "
              + largest
              + ", must be below the model's vocabulary = "
              + vocabulary);
    }
  }

  private static String read(Path file) {
    if (Files.isDirectory(file)) {
      throw new TokenizerException(file.toString(), "is a folder, must be a tokenizer.json");
    }
    try {
      long size = Files.size(file);
      if (size > MOST_BYTES) {
        throw new TokenizerException(
            file.toString(), "is " + size + " bytes, must be at most " + MOST_BYTES);
      }
      return Files.readString(file);
    } catch (NoSuchFileException missing) {
      throw new TokenizerException(file.toString(), "no such file");
    } catch (CharacterCodingException wrong) {
      throw new TokenizerException(file.toString(), "is not UTF-8 text, must be JSON in UTF-8");
    } catch (IOException failed) {
      throw new TokenizerException(file.toString(), "cannot be read: " + failed);
    }
  }

  @Override
  public int maxTokens() {
    return maxTokens;
  }

  @Override
  public Tokens encode(String text) {
    long[] all = encodeAll(text);
    int kept = Math.min(all.length, maxTokens);
    int dropped = all.length - kept;
    int[] ids = new int[kept];
    for (int i = 0; i < kept; i++) {
      ids[i] = (int) all[place(i, dropped)];
    }
    return new Tokens(ids, dropped);
  }

  @Override
  public List<Token> explain(String text) {
    String sound = sound(text);
    long encoding = cut(sound);
    try {
      long[] ids = library.getTokenIds(encoding);
      String[] names = library.getTokens(encoding);
      CharSpan[] spans = library.getTokenCharSpans(encoding);
      int dropped = Math.max(0, ids.length - maxTokens);
      Places places = new Places(sound);
      List<Token> tokens = new ArrayList<>(ids.length - dropped);
      for (int i = 0; i < ids.length - dropped; i++) {
        int place = place(i, dropped);
        @Nullable CharSpan span = spans[place];
        tokens.add(
            new Token(
                (int) ids[place],
                names[place],
                span == null ? -1 : places.ofCharacter(span.getStart()),
                span == null ? -1 : places.ofCharacter(span.getEnd())));
      }
      return List.copyOf(tokens);
    } finally {
      library.deleteEncoding(encoding);
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Where token {@code i} of a truncated text stood: the text's end is dropped, not what follows.
   */
  private int place(int i, int dropped) {
    return i < maxTokens - addedAfter ? i : i + dropped;
  }

  private long[] encodeAll(String text) {
    long encoding = cut(sound(text));
    try {
      return library.getTokenIds(encoding);
    } finally {
      library.deleteEncoding(encoding);
      Reference.reachabilityFence(this);
    }
  }

  private int addedAfter() {
    long encoding = cut(NO_WORD);
    try {
      long[] added = library.getSpecialTokenMask(encoding);
      int after = 0;
      while (after < added.length && added[added.length - 1 - after] == 1) {
        after++;
      }
      return after;
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /** An encoding in the library's memory. */
  private long cut(String text) {
    try {
      return library.encode(handle, text, true);
    } catch (RuntimeException refused) {
      throw new TokenizerException(file, "cannot cut a text: " + refused.getMessage());
    }
  }

  /**
   * The text without lone surrogates. One of them would make JNI's conversion give up on the whole
   * text, its sound emoji included.
   */
  private static String sound(String text) {
    if (text.length() > MOST_CHARS) {
      throw new IllegalArgumentException(
          "text is "
              + text.length()
              + " chars long, must be at most "
              + MOST_CHARS
              + ": cut it into lines");
    }
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return withoutLoneSurrogates(text);
      }
    }
    return text;
  }

  private static String withoutLoneSurrogates(String text) {
    StringBuilder sound = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> sound.appendCodePoint(Character.getType(c) == Character.SURROGATE ? 0xFFFD : c));
    return sound.toString();
  }
}
