package io.github.lanewise.model;

import io.github.lanewise.format.StoredTensor;
import io.github.lanewise.format.TensorFile;
import org.jspecify.annotations.Nullable;

/** A file whose tensors bear the family's names: safetensors. */
final class NamedCheckpoint implements Checkpoint {
  private final TensorFile file;
  private final CheckpointNames names;
  private final String prefix;

  NamedCheckpoint(TensorFile file, CheckpointNames names) {
    this.file = file;
    this.names = names;
    boolean prefixed =
        file.names().stream().anyMatch(name -> name.startsWith(names.prefix() + names.layer()));
    prefix = prefixed ? names.prefix() : "";
  }

  @Override
  public String file() {
    return file.file();
  }

  @Override
  public @Nullable Parameter find(String name) {
    StoredTensor tensor = file.find(prefix + name);
    if (tensor == null) {
      tensor = file.find(name); // a head on top bears no prefix
    }
    boolean transposed =
        names.values() == CheckpointNames.Values.TRANSPOSED_LAYERS
            && name.startsWith(names.layer());
    return tensor == null ? null : new Parameter(tensor, transposed);
  }

  @Override
  public int layers() {
    int layers = 0;
    String start = prefix + names.layer();
    for (String name : file.names()) {
      if (name.startsWith(start)) {
        layers = Math.max(layers, 1 + number(name, start.length()));
      }
    }
    return layers;
  }

  /** The number at a place in a name, or -1 if there is none that counts layers. */
  private static int number(String name, int start) {
    int end = name.indexOf('.', start);
    if (end < 0 || end - start > 6) {
      return -1;
    }
    String digits = name.substring(start, end);
    boolean counts = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    return counts ? Integer.parseInt(digits) : -1;
  }
}
