package io.github.lanewise.cli;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.text.Tokens;
import java.io.IOException;
import java.util.List;

/** Where the vectors of {@code embed} go. */
interface EmbedOutput extends AutoCloseable {
  /** Takes some lines and their vectors, in the order of the input. */
  void write(List<LineReader.Line> lines, List<Tokens> tokens, Matrix vectors) throws IOException;

  /** Ends the output; what was not written then is an error. */
  @Override
  void close() throws IOException;
}
