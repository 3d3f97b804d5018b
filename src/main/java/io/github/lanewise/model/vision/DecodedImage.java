package io.github.lanewise.model.vision;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;

/** An image as {@code javax.imageio} reads it; transparency is ignored. */
record DecodedImage(BufferedImage image) implements RgbImage {
  @Override
  public int width() {
    return image.getWidth();
  }

  @Override
  public int height() {
    return image.getHeight();
  }

  @Override
  public void row(int y, int[] rgb) {
    ColorModel colours = image.getColorModel();
    boolean grey =
        colours.getColorSpace().getType() == ColorSpace.TYPE_GRAY
            && !(colours instanceof IndexColorModel);
    if (!grey) {
      image.getRGB(0, y, width(), 1, rgb, 0, width());
      return;
    }
    // Java takes grey to be linear light and would brighten it; files mean the same by it as by
    // red, green and blue.
    image.getRaster().getSamples(0, y, width(), 1, 0, rgb);
    int tooFine = Math.max(0, colours.getComponentSize(0) - Byte.SIZE);
    for (int x = 0; x < width(); x++) {
      rgb[x] = (rgb[x] >> tooFine) * 0x010101;
    }
  }
}
