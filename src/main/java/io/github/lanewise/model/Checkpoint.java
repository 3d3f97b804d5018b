package io.github.lanewise.model;

import io.github.lanewise.format.StoredTensor;
import org.jspecify.annotations.Nullable;

/** Published weights under the names that their family gives them, whatever the file's format. */
interface Checkpoint {
  /** The file, for messages. */
  String file();

  /** The weight of a name, or null. */
  @Nullable Parameter find(String name);

  /** Layers in it. */
  int layers();

  /**
   * One weight.
   *
   * @param tensor where it lies, under the file's own name
   * @param transposed whether a matrix is stored [in, out]
   */
  record Parameter(StoredTensor tensor, boolean transposed) {}
}
