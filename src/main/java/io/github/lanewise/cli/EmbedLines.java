package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.format.JsonLine;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.text.Tokens;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Vectors as lines of text on standard output, for people or for programs. */
final class EmbedLines implements EmbedOutput {
  /** Numbers of a vector, and characters of a text, that people are shown. */
  private static final int NUMBERS = 6;

  private static final int CHARACTERS = 40;

  private final PrintWriter out;
  private final boolean json;

  private EmbedLines(PrintWriter out, boolean json) {
    this.out = out;
    this.json = json;
  }

  /** One JSON object a line. */
  static EmbedLines json(PrintWriter out) {
    return new EmbedLines(out, true);
  }

  /** The beginning of each vector, beside the beginning of its text. */
  static EmbedLines table(PrintWriter out, int dimensions) {
    String vector = format("first %d of %d numbers", Math.min(NUMBERS, dimensions), dimensions);
    out.println(format("%7s %7s  %-53s  %s", "line", "tokens", vector, "text"));
    return new EmbedLines(out, false);
  }

  @Override
  public void write(List<LineReader.Line> lines, List<Tokens> tokens, Matrix vectors)
      throws IOException {
    for (int i = 0; i < lines.size(); i++) {
      LineReader.Line line = lines.get(i);
      int count = tokens.get(i).ids().length;
      out.println(json ? object(line, count, vectors, i) : row(line, count, vectors, i));
    }
    // A PrintWriter tells of no failure by itself.
    if (out.checkError()) {
      throw new IOException("standard output was closed before the last line");
    }
  }

  @Override
  public void finish() {
    out.flush();
  }

  @Override
  public void close() {
    out.flush();
  }

  private static String object(LineReader.Line line, int tokens, Matrix vectors, int row) {
    List<Float> numbers = new ArrayList<>(vectors.columns());
    for (int c = 0; c < vectors.columns(); c++) {
      numbers.add(vectors.get(row, c));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("text", line.text());
    json.put("tokens", tokens);
    json.put("embedding", numbers);
    return JsonLine.of(json);
  }

  private static String row(LineReader.Line line, int tokens, Matrix vectors, int row) {
    StringBuilder numbers = new StringBuilder();
    for (int c = 0; c < Math.min(NUMBERS, vectors.columns()); c++) {
      numbers.append(format("%9.5f", vectors.get(row, c)));
    }
    return format(
        "%7d %7d %-54s  %s",
        line.number(), tokens, numbers, Texts.shortened(line.text(), CHARACTERS));
  }
}
