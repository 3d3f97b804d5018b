package io.github.lanewise.cli;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.text.Tokens;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Vectors as raw 32-bit floats in a file: row after row, little-endian, no header. A file appears
 * whole, or stays as it was: what is written meanwhile lies beside it.
 */
final class EmbedFile implements EmbedOutput {
  private final Path file;
  private final @Nullable Path part;
  private final FileChannel channel;

  /** Begins to write what will be {@code file}; straight into it if it is a device or a pipe. */
  EmbedFile(Path file) throws IOException {
    this.file = file;
    try {
      boolean there = Files.exists(file);
      if (there && !Files.isWritable(file)) {
        throw new AccessDeniedException(file.toString());
      }
      if (there && !Files.isRegularFile(file)) {
        part = null;
        channel = FileChannel.open(file, StandardOpenOption.WRITE);
      } else {
        part = partOf(there ? file.toRealPath() : file.toAbsolutePath());
        channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        part.toFile().deleteOnExit(); // somebody may press Ctrl-C
      }
    } catch (IOException failed) {
      throw cannotWrite(failed);
    }
  }

  @Override
  public void write(List<LineReader.Line> lines, List<Tokens> tokens, Matrix vectors)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(vectors.rows() * vectors.columns() * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vectors.toArray());
    try {
      while (bytes.hasRemaining()) {
        int unused = channel.write(bytes);
      }
    } catch (IOException failed) {
      throw cannotWrite(failed);
    }
  }

  @Override
  public void finish() throws IOException {
    try {
      channel.close();
      if (part != null) {
        Path target = Files.exists(file) ? file.toRealPath() : file;
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException failed) {
      throw cannotWrite(failed);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (part != null) {
      Files.deleteIfExists(part);
    }
  }

  private static Path partOf(Path target) {
    long pid = ProcessHandle.current().pid();
    return target.resolveSibling("." + target.getFileName() + "." + pid + ".part");
  }

  private IOException cannotWrite(IOException failed) {
    return new IOException("cannot write " + file + ": " + failed.getMessage(), failed);
  }
}
