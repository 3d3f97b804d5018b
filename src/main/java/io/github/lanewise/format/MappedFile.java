package io.github.lanewise.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file in memory, read-only, until it is closed. */
final class MappedFile implements AutoCloseable {
  private final String file;
  private final Arena arena;
  private final MemorySegment content;

  private MappedFile(String file, Arena arena, MemorySegment content) {
    this.file = file;
    this.arena = arena;
    this.content = content;
  }

  static MappedFile open(Path path) {
    String file = path.toString();
    if (Files.isDirectory(path)) {
      throw new FormatException(file, "is a folder, must be a file");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      MemorySegment content = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      return new MappedFile(file, arena, content);
    } catch (IOException failed) {
      arena.close();
      throw new FormatException(file, reason(failed));
    }
  }

  String file() {
    return file;
  }

  MemorySegment content() {
    return content;
  }

  FormatException wrong(String problem) {
    return new FormatException(file, problem);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private static String reason(IOException failed) {
    return switch (failed) {
      case NoSuchFileException none -> "no such file";
      case AccessDeniedException denied -> "may not be read: permission denied";
      default -> "cannot be read: " + JsonText.oneLine(failed.toString());
    };
  }
}
