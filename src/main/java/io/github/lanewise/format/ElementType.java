package io.github.lanewise.format;

import io.github.lanewise.memory.Storage;
import org.jspecify.annotations.Nullable;

/** How the numbers of a tensor are stored in a file: little-endian, and of so many bytes. */
public enum ElementType {
  /** IEEE 754 binary64. */
  F64(8, null),
  /** IEEE 754 binary32. */
  F32(4, Storage.F32),
  /** IEEE 754 binary16. */
  F16(2, Storage.F16),
  /** bfloat16. */
  BF16(2, Storage.BF16),
  /** 64-bit integer. */
  I64(8, null),
  /** 32-bit integer. */
  I32(4, null),
  /** 16-bit integer. */
  I16(2, null),
  /** 8-bit integer. */
  I8(1, null),
  /** Unsigned 64-bit integer. */
  U64(8, null),
  /** Unsigned 32-bit integer. */
  U32(4, null),
  /** Unsigned 16-bit integer. */
  U16(2, null),
  /** Unsigned 8-bit integer. */
  U8(1, null),
  /** One byte, 0 or 1. */
  BOOL(1, null),
  /** 8-bit float of 5 exponent bits. */
  F8_E5M2(1, null),
  /** 8-bit float of 4 exponent bits. */
  F8_E4M3(1, null);

  private final int bytes;
  private final @Nullable Storage storage;

  ElementType(int bytes, @Nullable Storage storage) {
    this.bytes = bytes;
    this.storage = storage;
  }

  /** Bytes of an element. */
  public int bytes() {
    return bytes;
  }

  /** The storage that a matrix view of such elements has, or null if there is none. */
  public @Nullable Storage storage() {
    return storage;
  }
}
