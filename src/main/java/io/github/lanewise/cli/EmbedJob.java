package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.EmbeddingModel;
import io.github.lanewise.text.Tokens;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** Embeds a stream of lines, a few hundred at a time, so that memory does not grow with them. */
final class EmbedJob {
  /** As many characters at most: less than what a tokenizer refuses. */
  static final int MOST_LINE_BYTES = 1 << 20;

  private static final int LINES = 256;
  private static final int CHARACTERS = 1 << 20;
  private static final int STEPS = 1000;

  private final EmbeddingModel model;
  private final PrintWriter err;
  private final long size;
  private final List<LineReader.Line> lines = new ArrayList<>(LINES);
  private long characters;
  private long lineCount;
  private long tokenCount;
  private double seconds;

  /**
   * Embeds with a model.
   *
   * @param err where warnings go
   * @param size of the input in bytes, 0 if it is not known
   */
  EmbedJob(EmbeddingModel model, PrintWriter err, long size) {
    this.model = model;
    this.err = err;
    this.size = size;
  }

  void run(LineReader reader, EmbedOutput output) throws IOException {
    long start = System.nanoTime();
    try (Arena arena = Arena.ofConfined();
        ProgressBars.Bar bar = ProgressBars.startPassing("embed")) {
      Matrix vectors = Matrix.allocate(arena, LINES, model.dimensions());
      for (LineReader.Line line = reader.next(); line != null; line = reader.next()) {
        lines.add(line);
        characters += line.text().length();
        if (lines.size() == LINES || characters >= CHARACTERS) {
          flush(vectors, output);
          show(bar, reader);
        }
      }
      flush(vectors, output);
      output.finish();
    }
    seconds = (System.nanoTime() - start) / 1e9;
  }

  private void show(ProgressBars.Bar bar, LineReader reader) {
    if (size == 0) {
      bar.counted(lineCount);
    } else {
      bar.advanced((int) (STEPS * reader.bytesRead() / size), STEPS);
    }
  }

  long lines() {
    return lineCount;
  }

  long tokens() {
    return tokenCount;
  }

  double seconds() {
    return seconds;
  }

  private void flush(Matrix vectors, EmbedOutput output) throws IOException {
    if (lines.isEmpty()) {
      return;
    }
    List<Tokens> tokens = model.tokenize(lines.stream().map(LineReader.Line::text).toList());
    for (int i = 0; i < lines.size(); i++) {
      warn(lines.get(i), tokens.get(i));
      tokenCount += tokens.get(i).ids().length;
    }
    Matrix its = vectors.rowRange(0, lines.size());
    model.encode(tokens, its);
    output.write(lines, tokens, its);
    lineCount += lines.size();
    lines.clear();
    characters = 0;
  }

  private void warn(LineReader.Line line, Tokens tokens) {
    if (!line.isValid()) {
      warn(line, "not UTF-8: U+FFFD stands for what is not");
    }
    if (line.droppedBytes() > 0) {
      warn(
          line,
          format(
              "longer than %d bytes: the last %d are left out",
              MOST_LINE_BYTES, line.droppedBytes()));
    }
    if (tokens.truncated()) {
      warn(
          line,
          format(
              "%d tokens: the last %d are left out, %s takes %d",
              (long) tokens.ids().length + tokens.dropped(),
              tokens.dropped(),
              model.config().name(),
              model.maxTokens()));
    }
  }

  private void warn(LineReader.Line line, String what) {
    err.println("lanewise embed: line " + line.number() + ": " + what);
  }
}
