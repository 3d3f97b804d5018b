package io.github.lanewise.model.vision;

import java.awt.color.CMMException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads an image file, which may be hostile: its dimensions are read and checked before memory is
 * taken for its pixels, metadata are skipped, and a file that ends too early is refused rather than
 * shown in part.
 */
public final class ImageFile {
  /** Most pixels of a side. */
  public static final int MOST_SIDE = 16_384;

  /** Most pixels of an image: 32 Mi, up to 256 MB while it is read. */
  public static final int MOST_PIXELS = 1 << 25;

  private ImageFile() {}

  /**
   * Reads a PNG, JPEG, GIF or BMP file; of several images the first, without transparency.
   *
   * @throws ImageException if the file cannot be read, is no image, is larger than {@link
   *     #MOST_SIDE} or {@link #MOST_PIXELS}, or is cut short
   */
  public static RgbImage read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ImageException(
          file, Files.exists(file) ? "is no file, must be an image" : "no such file");
    }
    try (ImageInputStream in = new FileImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new ImageException(file, "is no image, must be PNG, JPEG, GIF or BMP");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        return read(file, reader);
      } finally {
        reader.dispose();
      }
    } catch (IOException | CMMException broken) {
      throw new ImageException(file, "cannot be read: " + broken.getMessage());
    } catch (ImageException known) {
      throw known;
    } catch (RuntimeException broken) {
      // What the readers throw at files that nobody would write: of many kinds.
      throw new ImageException(file, "is broken: " + broken);
    }
  }

  private static RgbImage read(Path file, ImageReader reader) throws IOException {
    checkSize(file, reader.getWidth(0), reader.getHeight(0));
    AtomicReference<@Nullable String> warning = new AtomicReference<>();
    reader.addIIOReadWarningListener(
        new IIOReadWarningListener() {
          @Override
          public void warningOccurred(ImageReader source, String text) {
            warning.compareAndSet(null, text);
          }
        });
    RgbImage image = new DecodedImage(reader.read(0));
    String text = warning.get();
    if (text != null) {
      // What is missing of a JPEG is made up, with a warning.
      throw new ImageException(file, "is cut short or broken: " + text);
    }
    return image;
  }

  private static void checkSize(Path file, int width, int height) {
    if (width < 1
        || height < 1
        || width > MOST_SIDE
        || height > MOST_SIDE
        || (long) width * height > MOST_PIXELS) {
      throw new ImageException(
          file,
          "has %d x %d pixels, must have at most %d a side and %d in all"
              .formatted(width, height, MOST_SIDE, MOST_PIXELS));
    }
  }
}
