package io.github.lanewise.cli;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.text.Tokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Vectors as raw 32-bit floats in a file: row after row, little-endian, no header. */
final class EmbedFile implements EmbedOutput {
  private final FileChannel channel;

  /** Creates the file, or empties it. */
  EmbedFile(Path file) {
    try {
      channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write " + file + ": " + failed, failed);
    }
  }

  @Override
  public void write(List<LineReader.Line> lines, List<Tokens> tokens, Matrix vectors)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(vectors.rows() * vectors.columns() * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vectors.toArray());
    while (bytes.hasRemaining()) {
      int unused = channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
