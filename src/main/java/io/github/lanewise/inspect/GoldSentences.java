package io.github.lanewise.inspect;

import io.github.lanewise.inspect.GoldSentence.Link;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads annotated sentences, a line each: {@code SENTENCE | RELATION FROM>TO, FROM>TO; RELATION
 * FROM>TO}. {@code syntax.txt} beside this package describes the format in full.
 */
public final class GoldSentences {
  private static final String RELATIONS =
      Arrays.stream(Relation.values()).map(Relation::key).collect(Collectors.joining(", "));

  private final String file;
  private final int line;
  private final String text;
  private final List<Word> words;

  private GoldSentences(String file, int line, String text) {
    this.file = file;
    this.line = line;
    this.text = text;
    words = Word.of(text);
  }

  /** Lanewise's own sentences with syntactic links. */
  public static List<GoldSentence> syntax() {
    return resource("syntax.txt");
  }

  /** Lanewise's own sentences with links from pronouns to what they stand for. */
  public static List<GoldSentence> coreference() {
    return resource("coreference.txt");
  }

  /**
   * The sentences of a file.
   *
   * @param file what messages call it
   * @param lines its text
   * @throws IllegalArgumentException naming the file, the line and what is wrong with it
   */
  public static List<GoldSentence> parse(String file, String lines) {
    List<GoldSentence> sentences = new ArrayList<>();
    List<String> all = lines.lines().toList();
    for (int i = 0; i < all.size(); i++) {
      String line = all.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      int bar = line.indexOf('|');
      String text = bar < 0 ? line : line.substring(0, bar).strip();
      GoldSentences reader = new GoldSentences(file, i + 1, text);
      if (bar < 0 || text.isEmpty()) {
        throw reader.wrong("must be SENTENCE | RELATION FROM>TO");
      }
      sentences.add(reader.sentence(line.substring(bar + 1)));
    }
    return List.copyOf(sentences);
  }

  private static List<GoldSentence> resource(String name) {
    try (InputStream in = GoldSentences.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the library");
      }
      return parse(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private GoldSentence sentence(String links) {
    Set<Link> set = new HashSet<>();
    List<Link> list = new ArrayList<>();
    for (String group : links.split(";", -1)) {
      String[] parts = group.strip().split("\\s+", 2);
      Relation relation = relation(parts[0]);
      if (relation == null || parts.length < 2) {
        throw wrong(
            "\"" + group.strip() + "\" must be RELATION FROM>TO, RELATION one of " + RELATIONS);
      }
      for (String pair : parts[1].split(",", -1)) {
        Link link = link(relation, pair.strip());
        if (!set.add(link)) {
          throw wrong("\"" + pair.strip() + "\" is there twice");
        }
        list.add(link);
      }
    }
    return new GoldSentence(text, words, List.copyOf(list));
  }

  private Link link(Relation relation, String pair) {
    String[] ends = pair.split(">", -1);
    if (ends.length != 2) {
      throw wrong("\"" + pair + "\" must be FROM>TO");
    }
    int from = index(ends[0].strip());
    int to = index(ends[1].strip());
    if (from == to) {
      throw wrong("\"" + pair + "\" links a word to itself");
    }
    return new Link(relation, from, to);
  }

  /** Where {@code name}, such as "dog" or "the#2", stands among the words. */
  private int index(String name) {
    int mark = name.lastIndexOf('#');
    String word = mark < 0 ? name : name.substring(0, mark);
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).text().equals(word)) {
        places.add(i);
      }
    }
    if (places.isEmpty()) {
      throw wrong("\"" + word + "\" is no word of \"" + text + "\"");
    }
    if (mark < 0) {
      if (places.size() > 1) {
        throw wrong(
            "\"%s\" occurs %d times, must be %s#1 to %s#%d"
                .formatted(word, places.size(), word, word, places.size()));
      }
      return places.getFirst();
    }
    String number = name.substring(mark + 1);
    if (!number.matches("[1-9][0-9]?") || Integer.parseInt(number) > places.size()) {
      throw wrong("\"" + name + "\" must be " + word + "#1 to " + word + "#" + places.size());
    }
    return places.get(Integer.parseInt(number) - 1);
  }

  private static @Nullable Relation relation(String key) {
    for (Relation relation : Relation.values()) {
      if (relation.key().equals(key)) {
        return relation;
      }
    }
    return null;
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(file + ", line " + line + ": " + what);
  }
}
