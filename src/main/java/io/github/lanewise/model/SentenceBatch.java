package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The sentences of one forward pass: their tokens, and their embeddings before they are handed out.
 * Reused from pass to pass; what depends on the number of sentences is made at its first use and
 * kept, so that repeated passes allocate nothing.
 */
final class SentenceBatch {
  /** What a pass of a given number of sentences needs. */
  private record Frame(int[] offsets, Matrix pooled) {}

  private final int[] tokens;
  private final Matrix pooled;
  private final @Nullable Frame[] frames;
  private final PartTimes times = new PartTimes();
  private Frame frame;

  SentenceBatch(int mostTokens, int dimensions) {
    tokens = new int[mostTokens];
    pooled = Matrix.allocate(Arena.ofAuto(), mostTokens, dimensions);
    frames = new Frame[mostTokens + 1];
    frame = frame(1);
  }

  /** Takes sentences from {@code first} on, as many as fit: one at least, if it fits at all. */
  void fill(int[] allTokens, int[] allOffsets, int first) {
    int start = allOffsets[first];
    int end = first + 1;
    while (end < allOffsets.length - 1 && allOffsets[end + 1] - start <= tokens.length) {
      end++;
    }
    frame = frame(end - first);
    for (int s = first; s <= end; s++) {
      frame.offsets[s - first] = allOffsets[s] - start;
    }
    System.arraycopy(allTokens, start, tokens, 0, tokenCount());
  }

  /** Writes the embeddings to rows {@code first} and following of {@code out}. */
  void copyTo(Matrix out, int first) {
    for (int s = 0; s < sentences(); s++) {
      Rows.copy(frame.pooled, s, out, first + s);
    }
  }

  int sentences() {
    return frame.offsets.length - 1;
  }

  int tokenCount() {
    return frame.offsets[sentences()];
  }

  /** Ids, of which the first {@link #tokenCount()} count. */
  int[] tokens() {
    return tokens;
  }

  /** Where each sentence begins, and the number of tokens. */
  int[] offsets() {
    return frame.offsets;
  }

  /** [sentences, dimensions], to be written. */
  Matrix pooled() {
    return frame.pooled;
  }

  /** For callers that do not want to know. */
  PartTimes times() {
    return times;
  }

  private Frame frame(int sentences) {
    Frame known = frames[sentences];
    if (known == null) {
      known = new Frame(new int[sentences + 1], pooled.rowRange(0, sentences));
      frames[sentences] = known;
    }
    return known;
  }
}
