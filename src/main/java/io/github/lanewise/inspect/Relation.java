package io.github.lanewise.inspect;

import java.util.Locale;

/** What a link from word to word stands for. */
public enum Relation {
  /** From a verb to its subject. */
  NSUBJ,
  /** From a verb to its direct object. */
  OBJ,
  /** From an adjective to its noun. */
  AMOD,
  /** From a preposition to its noun. */
  POBJ,
  /** From a pronoun to its antecedent. */
  COREF;

  /** How it is written in files. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
