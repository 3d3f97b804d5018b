package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.model.EmbeddingModel;
import io.github.lanewise.text.Tokens;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code run} does with a model of sentences: embeds some, and shows which are alike. */
final class SentenceRun {
  /** The last two say what the first two say. */
  static final List<String> SENTENCES =
      List.of(
          "The animal didn't cross the street because it was too tired.",
          "The cat sat on the mat.",
          "The quick brown fox jumps over the lazy dog.",
          "A cat was sitting on a mat.",
          "The creature was too exhausted to walk over the road.");

  private final EmbeddingModel model;
  private final List<Tokens> tokens;
  private final Similarities similarities;
  private final long firstMillis;

  /** Embeds the sentences, cold. */
  SentenceRun(EmbeddingModel model) {
    this.model = model;
    tokens = model.tokenize(SENTENCES);
    similarities = new Similarities(SENTENCES, model.embed(SENTENCES));
    firstMillis = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
  }

  void print(PrintWriter out) {
    out.println(
        format(
            "first vectors %.2f s after the start: %d sentences, %d tokens, %d dimensions",
            firstMillis / 1e3, SENTENCES.size(), tokenCount(), model.dimensions()));
    out.println();
    similarities.print(out);
    out.flush();
  }

  /** Times the same sentences again and again, in one batch. */
  Measurement measure(long nanos) {
    return Measurement.ofSentences(model.encoder(), tokens, nanos);
  }

  /** To be added to the report. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("firstVectorMillis", firstMillis);
    json.put("sentences", SENTENCES);
    json.put("similarities", similarities.rows());
    return json;
  }

  int tokenCount() {
    return tokens.stream().mapToInt(text -> text.ids().length).sum();
  }
}
