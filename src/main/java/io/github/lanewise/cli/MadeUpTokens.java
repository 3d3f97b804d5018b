package io.github.lanewise.cli;

import io.github.lanewise.inspect.Word;
import io.github.lanewise.text.Token;
import io.github.lanewise.text.Tokenizer;
import io.github.lanewise.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/** A token a word, for models with made-up weights: ids are made up, too, the same for a word. */
final class MadeUpTokens implements Tokenizer {
  private final int vocabulary;
  private final int maxTokens;

  MadeUpTokens(int vocabulary, int maxTokens) {
    this.vocabulary = vocabulary;
    this.maxTokens = maxTokens;
  }

  @Override
  public int maxTokens() {
    return maxTokens;
  }

  @Override
  public Tokens encode(String text) {
    int[] ids = explain(text).stream().mapToInt(Token::id).toArray();
    return new Tokens(ids, Word.of(text).size() - ids.length);
  }

  @Override
  public List<Token> explain(String text) {
    List<Token> tokens = new ArrayList<>();
    for (Word word : Word.of(text)) {
      if (tokens.size() < maxTokens) {
        int id = Math.floorMod(word.text().hashCode(), vocabulary);
        tokens.add(new Token(id, word.text(), word.begin(), word.end()));
      }
    }
    return tokens;
  }
}
