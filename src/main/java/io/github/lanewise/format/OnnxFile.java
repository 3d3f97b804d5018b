package io.github.lanewise.format;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX model: its operations in order, and its initialisers and constants as tensors. Needs the
 * optional dependency protobuf-java.
 *
 * <p>Tensors whose numbers are kept in a form other than little-endian bytes (small integers, as a
 * rule) are left out.
 *
 * @see <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">the format</a>
 */
public final class OnnxFile implements TensorFile {
  private final MappedFile mapped;
  private final Map<String, StoredTensor> tensors;
  private final List<OnnxNode> nodes;
  private final List<String> inputs;

  private OnnxFile(MappedFile mapped, OnnxReader reader) {
    this.mapped = mapped;
    tensors = reader.tensors();
    nodes = reader.nodes();
    inputs = reader.inputs();
  }

  /**
   * Maps a file and reads its graph.
   *
   * @throws FormatException if it cannot be read or is not such a file
   */
  public static OnnxFile open(Path path) {
    MappedFile mapped = MappedFile.open(path);
    try {
      OnnxReader reader = new OnnxReader(mapped);
      reader.read();
      return new OnnxFile(mapped, reader);
    } catch (NoClassDefFoundError missing) {
      mapped.close();
      throw new IllegalStateException(
          "reading ONNX files needs com.google.protobuf:protobuf-java on the class path", missing);
    } catch (Throwable failed) {
      mapped.close();
      throw failed;
    }
  }

  /** The operations, each after those whose outputs it reads. */
  public List<OnnxNode> nodes() {
    return nodes;
  }

  /** The names of the values that the graph is given: {@code input_ids} and so on. */
  public List<String> inputs() {
    return inputs;
  }

  @Override
  public String file() {
    return mapped.file();
  }

  @Override
  public Collection<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public @Nullable StoredTensor find(String name) {
    return tensors.get(name);
  }

  @Override
  public void close() {
    mapped.close();
  }
}
