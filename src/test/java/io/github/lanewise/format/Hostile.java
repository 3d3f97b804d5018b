package io.github.lanewise.format;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Files that must be refused with an error that names them, or read: never anything else. */
final class Hostile {
  private final Path file;
  private final Function<Path, TensorFile> reader;

  Hostile(Path folder, Function<Path, TensorFile> reader) {
    file = folder.resolve("hostile");
    this.reader = reader;
  }

  Path write(byte[] bytes) {
    try {
      return Files.write(file, bytes);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Fails unless the file is refused with a message that names it and holds {@code words}. */
  void refuses(byte[] bytes, String... words) {
    write(bytes);
    FormatException error = assertThrows(FormatException.class, () -> reader.apply(file).close());
    String message = String.valueOf(error.getMessage());
    assertTrue(message.startsWith(file + ": "), message);
    assertTrue(message.lines().count() == 1 && message.length() < 600, message);
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }

  /** Whether it is read; then its tensors lie inside of the file. */
  boolean reads(byte[] bytes) {
    write(bytes);
    try (TensorFile tensors = reader.apply(file)) {
      for (String name : tensors.names()) {
        StoredTensor tensor = tensors.find(name);
        assertTrue(tensor != null);
        long size = TensorShape.bytes(tensor.type(), tensor.shape());
        assertTrue(size == tensor.data().byteSize() && size <= bytes.length);
        tensor.data().toArray(ValueLayout.JAVA_BYTE);
      }
      return true;
    } catch (FormatException wrong) {
      return false;
    }
  }

  /** Reads every beginning of a good file; how many of them were accepted. */
  int truncations(byte[] good) {
    int accepted = 0;
    for (int length = 0; length < good.length; length++) {
      accepted += reads(java.util.Arrays.copyOf(good, length)) ? 1 : 0;
    }
    return accepted;
  }

  /** Reads a good file with 1 to 8 bytes changed at random; how many were accepted. */
  int mutations(byte[] good, long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    int accepted = 0;
    for (int i = 0; i < count; i++) {
      byte[] bad = good.clone();
      for (int flips = random.nextInt(1, 9); flips > 0; flips--) {
        int at = random.nextInt(bad.length);
        bad[at] =
            switch (random.nextInt(3)) {
              case 0 -> (byte) (bad[at] ^ (1 << random.nextInt(8)));
              case 1 -> (byte) 0xff;
              default -> (byte) random.nextInt(256);
            };
      }
      accepted += reads(bad) ? 1 : 0;
    }
    return accepted;
  }
}
