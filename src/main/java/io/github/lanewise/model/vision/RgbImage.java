package io.github.lanewise.model.vision;

/** An image, row by row. */
public interface RgbImage {
  /** Pixels of a row. */
  int width();

  /** Rows. */
  int height();

  /**
   * Reads a row.
   *
   * @param y 0 at the top
   * @param rgb receives the row's pixels, red, green and blue in the lowest 24 bits
   */
  void row(int y, int[] rgb);

  /** Rings of colour: for a model without an image. */
  static RgbImage rings(int size) {
    return new RgbImage() {
      @Override
      public int width() {
        return size;
      }

      @Override
      public int height() {
        return size;
      }

      @Override
      public void row(int y, int[] rgb) {
        for (int x = 0; x < size; x++) {
          double radius = Math.hypot(x - size / 2.0, y - size / 2.0) / size;
          int red = (int) (127.5 + 127.5 * Math.sin(40 * radius));
          int green = 255 * x / size;
          int blue = 255 * y / size;
          rgb[x] = red << 16 | green << 8 | blue;
        }
      }
    };
  }
}
