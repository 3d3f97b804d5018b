package io.github.lanewise.inspect;

import io.github.lanewise.format.JsonLine;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One page that shows maps to people: all heads, one head, words, depth. It is one file that loads
 * nothing; its policy lets a browser run just its own script. Made from {@code page.html}, {@code
 * page.css} and {@code page-*.js} beside this class.
 */
public final class HtmlPage implements Report {
  private static final Pattern PLACE = Pattern.compile("\\{\\{([a-z]+)}}");

  /** One script in the page, in this order. */
  private static final List<String> SCRIPTS =
      List.of("data", "map", "heads", "head", "words", "depth", "main");

  /** A page. */
  public HtmlPage() {}

  @Override
  public void write(AttentionMaps maps, List<HeadProfile> heads, Path file) throws IOException {
    Files.write(file, html(maps, heads).getBytes(StandardCharsets.UTF_8));
  }

  /** The page's text. */
  static String html(AttentionMaps maps, List<HeadProfile> heads) throws IOException {
    String style = read("page.css");
    StringBuilder script = new StringBuilder();
    for (String part : SCRIPTS) {
      script.append(read("page-" + part + ".js"));
    }
    String policy =
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '%s'; base-uri 'none'; form-action 'none'"
            .formatted(hash(script.toString()));
    Map<String, String> parts =
        Map.of(
            "policy", policy,
            "title", text(maps.model() + ": " + maps.queryText()),
            "style", style,
            "script", script.toString(),
            "data", json(JsonLine.of(PageData.of(maps, heads))));
    // Once from left to right: what is put in is not looked at again.
    return PLACE
        .matcher(read("page.html"))
        .replaceAll(place -> Matcher.quoteReplacement(part(parts, place.group(1))));
  }

  private static String part(Map<String, String> parts, String name) {
    String part = parts.get(name);
    if (part == null) {
      throw new IllegalStateException("page.html has a place for " + name + ", which is not known");
    }
    return part;
  }

  /** Text as HTML. */
  private static String text(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** JSON that no parser of HTML or JavaScript takes for anything else. */
  private static String json(String json) {
    return json.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  private static String hash(String script) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static String read(String name) throws IOException {
    try (InputStream in = HtmlPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException(name + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
