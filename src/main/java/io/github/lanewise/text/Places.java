package io.github.lanewise.text;

/** From numbers of Unicode characters, ascending for the most part, to numbers of Java's chars. */
final class Places {
  private final String text;
  private int character;
  private int place;

  Places(String text) {
    this.text = text;
  }

  /** Where the character begins. */
  int ofCharacter(int wanted) {
    place = text.offsetByCodePoints(place, wanted - character);
    character = wanted;
    return place;
  }
}
