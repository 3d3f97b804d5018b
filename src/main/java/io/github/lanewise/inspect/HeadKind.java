package io.github.lanewise.inspect;

import java.util.Locale;

/** What a head is for, as far as the figures show it. */
public enum HeadKind {
  /** Looks at a fixed distance. */
  POSITIONAL,
  /** Looks from a word to one that it stands in a grammatical relation to. */
  SYNTACTIC,
  /** Looks from a pronoun to what it stands for. */
  COREFERENCE,
  /** Looks at what the model adds to a text, and at punctuation. */
  DELIMITER,
  /** Looks at the word of the closest meaning, by the model's own token vectors. */
  SEMANTIC,
  /** None of these beyond doubt. */
  MIXED;

  /** How it is written. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
