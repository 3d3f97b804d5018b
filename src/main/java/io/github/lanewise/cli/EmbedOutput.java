package io.github.lanewise.cli;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.text.Tokens;
import java.io.IOException;
import java.util.List;

/** Where the vectors of {@code embed} go. */
interface EmbedOutput extends AutoCloseable {
  /** Takes some lines and their vectors, in the order of the input. */
  void write(List<LineReader.Line> lines, List<Tokens> tokens, Matrix vectors) throws IOException;

  /** Says that all was written; what cannot be kept then is an error. */
  void finish() throws IOException;

  /** Ends the output; without {@link #finish} before, as little as possible is left of it. */
  @Override
  void close() throws IOException;
}
