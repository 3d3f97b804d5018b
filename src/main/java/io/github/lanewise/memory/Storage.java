package io.github.lanewise.memory;

/** How the elements of a matrix are stored. Arithmetic is in 32-bit floats whatever the storage. */
public enum Storage {
  /** IEEE 754 binary32. */
  F32(Float.BYTES),

  /** bfloat16: the upper half of a binary32. */
  BF16(Short.BYTES),

  /** IEEE 754 binary16: 11 significant bits, 6e-8 to 65504. */
  F16(Short.BYTES);

  private final int bytes;

  Storage(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of an element. */
  public int bytes() {
    return bytes;
  }

  /** The bits of the nearest bfloat16, ties to even; a NaN stays one. */
  public static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40); // quiet, so that the fraction does not become 0
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }
}
