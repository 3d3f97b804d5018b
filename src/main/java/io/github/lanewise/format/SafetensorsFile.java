package io.github.lanewise.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hugging Face's format: the length of a JSON header in 8 bytes, the header, and the tensors' bytes
 * without gaps.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
public final class SafetensorsFile implements TensorFile {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The format's own limit is 100 MB; a header of ten thousand tensors takes 1 MB. */
  private static final long MOST_HEADER_BYTES = 8L << 20;

  private final MappedFile mapped;
  private final Map<String, StoredTensor> tensors;

  private SafetensorsFile(MappedFile mapped, Map<String, StoredTensor> tensors) {
    this.mapped = mapped;
    this.tensors = tensors;
  }

  /**
   * Maps a file and reads its header.
   *
   * @throws FormatException if it cannot be read or is not such a file
   */
  public static SafetensorsFile open(Path path) {
    MappedFile mapped = MappedFile.open(path);
    try {
      return new SafetensorsFile(mapped, tensors(mapped));
    } catch (Throwable failed) {
      mapped.close();
      throw failed;
    }
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

  private static Map<String, StoredTensor> tensors(MappedFile mapped) {
    MemorySegment content = mapped.content();
    if (content.byteSize() < Long.BYTES) {
      throw mapped.wrong("holds %d bytes, must hold at least 8".formatted(content.byteSize()));
    }
    long length = content.get(LENGTH, 0);
    long most = Math.min(MOST_HEADER_BYTES, content.byteSize() - Long.BYTES);
    if (length < 2 || length > most) {
      throw mapped.wrong(
          "header length is %s, must be 2 to %d for a file of %d bytes"
              .formatted(Long.toUnsignedString(length), most, content.byteSize()));
    }
    byte[] header = content.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment data = content.asSlice(Long.BYTES + length).asReadOnly();
    return new SafetensorsHeader(mapped, data).read(header);
  }
}
