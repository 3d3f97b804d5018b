package io.github.lanewise.format;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A file of named tensors, mapped into memory: nothing is read before it is used, and nothing is
 * copied to the heap. Any number of threads may read it; closing unmaps it.
 */
public interface TensorFile extends AutoCloseable {
  /** The file, as the user knows it: for messages. */
  String file();

  /** The names of all tensors, in the order of the file. */
  Collection<String> names();

  /** The tensor of a name, or null. */
  @Nullable StoredTensor find(String name);

  /** Unmaps the file; its tensors are then not accessible. Closing twice is harmless. */
  @Override
  void close();
}
