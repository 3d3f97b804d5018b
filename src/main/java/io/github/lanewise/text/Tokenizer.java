package io.github.lanewise.text;

import java.nio.file.Path;
import java.util.List;

/**
 * Cuts text into the tokens of one vocabulary. Immutable: to be shared by any number of threads.
 * What it holds outside of the heap is freed when nothing refers to it any more.
 *
 * <p>Every text is good, the empty one included. A lone surrogate, which no encoding of Unicode can
 * hold, counts as U+FFFD. The names of added tokens, such as {@code [SEP]}, are those tokens inside
 * a text, too, as in the libraries that models are published with.
 */
public interface Tokenizer {
  /** The longest text that is cut, in chars: a million tokens at most, five seconds, 700 MB. */
  int MOST_CHARS = 1 << 20;

  /**
   * Reads a Hugging Face {@code tokenizer.json} of the kinds WordPiece and BPE, whose other parts
   * are those of published models; everything else (Unigram, say) is refused. What the file says of
   * padding and truncation is left aside: nothing is padded, and {@code maxTokens} truncates.
   *
   * @param file at most 64 MiB
   * @param vocabulary the model's number of token ids; the file's ids must be below it
   * @param maxTokens most tokens of one text, those that the model adds included
   * @throws TokenizerException if the file is no tokenizer, or not one for such a vocabulary; or if
   *     the library is not there
   * @throws IllegalArgumentException if {@code maxTokens} leaves no room beside the added tokens
   */
  static Tokenizer load(Path file, int vocabulary, int maxTokens) {
    return HuggingFaceTokenizer.load(file, vocabulary, maxTokens);
  }

  /** Most tokens of one text, those that the model adds included. */
  int maxTokens();

  /**
   * The tokens of a text.
   *
   * @throws IllegalArgumentException if it is longer than {@link #MOST_CHARS}
   * @throws TokenizerException if the file has no token for a word of it
   */
  Tokens encode(String text);

  /**
   * The same tokens with their names and places in the text, for people to look at; slower.
   *
   * @throws IllegalArgumentException if it is longer than {@link #MOST_CHARS}
   * @throws TokenizerException if the file has no token for a word of it
   */
  List<Token> explain(String text);
}
