import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the register tiles of {@code kernel.gemm}, one class a tile, and {@code GeneratedTiles},
 * which lists them, at build time: {@code java MicrokernelGenerator.java OUTPUT_FOLDER}. Adding a
 * tile is adding a line to {@link RegisterTile#ALL}; a tuning file chooses among them by name.
 */
final class MicrokernelGenerator {
  private static final String LIST =
      """
      package io.github.lanewise.kernel.gemm;

      import java.util.List;

      /** The generated register tiles for matrix products. Made by MicrokernelGenerator. */
      final class GeneratedTiles {
        static final List<GemmTile> ALL = List.of(%s);

        private GeneratedTiles() {}
      }
      """;

  private MicrokernelGenerator() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0], "io", "github", "lanewise", "kernel", "gemm");
    Files.createDirectories(folder);
    List<String> written = new ArrayList<>();
    List<String> list = new ArrayList<>();
    for (RegisterTile tile : RegisterTile.ALL) {
      write(folder, tile.className(), new TileWriter(tile).source(), written);
      if (tile.form().hasPanels()) {
        list.add("new " + tile.className() + "()");
      }
    }
    write(folder, "GeneratedTiles", LIST.formatted(String.join(", ", list)), written);
    deleteOthers(folder, written);
  }

  /** Leaves a file alone that is as it should be: an incremental build then has nothing to do. */
  private static void write(Path folder, String name, String source, List<String> written)
      throws IOException {
    Path file = folder.resolve(name + ".java");
    written.add(file.getFileName().toString());
    if (!Files.exists(file) || !Files.readString(file).equals(source)) {
      Files.writeString(file, source);
    }
  }

  /** What an earlier list of tiles has left. */
  private static void deleteOthers(Path folder, List<String> written) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (!written.contains(file.getFileName().toString())) {
          Files.delete(file);
        }
      }
    }
  }
}
