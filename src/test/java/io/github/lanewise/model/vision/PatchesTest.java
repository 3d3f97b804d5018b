package io.github.lanewise.model.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchesTest {
  private static final VisionConfig CONFIG = VisionTransformerTest.small();
  private static final int SIZE = CONFIG.imageSize();

  /** Columns of a patch are channel, row, column: as the weights of a convolution lie. */
  @Test
  void eachPixelHasItsPlace() {
    Matrix patches = patches(image(SIZE, SIZE));
    int side = CONFIG.patchSize();
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        for (int channel = 0; channel < 3; channel++) {
          int patch = y / side * (SIZE / side) + x / side;
          int column = channel * side * side + y % side * side + x % side;
          float expected = (float) ((value(x, y, channel) / 255.0 - 0.5) / 0.5);
          assertEquals(expected, patches.get(patch, column), 1e-6);
        }
      }
    }
  }

  /** Against the definition: each pixel of the square is a weighted mean over all of the image. */
  @ParameterizedTest
  @CsvSource({"61, 97", "24, 100", "7, 5", "1, 1", "25, 23", "48, 48"})
  void resizesByATriangleFilter(int width, int height) {
    Matrix patches = patches(image(width, height));
    int side = CONFIG.patchSize();
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        double total = 0;
        double weights = 0;
        for (int j = 0; j < height; j++) {
          for (int i = 0; i < width; i++) {
            double weight = triangle(x, i, width) * triangle(y, j, height);
            total += weight * value(i, j, 1);
            weights += weight;
          }
        }
        int patch = y / side * (SIZE / side) + x / side;
        int column = side * side + y % side * side + x % side;
        double expected = (total / weights / 255 - 0.5) / 0.5;
        assertEquals(expected, patches.get(patch, column), 1e-6, x + ", " + y);
      }
    }
  }

  @Test
  void refusesAnotherShape() {
    Matrix patches = Matrix.allocate(Arena.ofAuto(), CONFIG.patches(), CONFIG.patchWidth() - 1);
    assertThrows(
        IllegalArgumentException.class, () -> new Patches(CONFIG).of(image(5, 5), patches));
  }

  private static double triangle(int target, int source, int sources) {
    double scale = (double) sources / SIZE;
    double distance = Math.abs(source + 0.5 - (target + 0.5) * scale);
    return Math.max(0, 1 - distance / Math.max(1, scale));
  }

  private static int value(int x, int y, int channel) {
    return (x * 37 + y * 91 + x * y * 5 + channel * 101) % 256;
  }

  private static RgbImage image(int width, int height) {
    return new RgbImage() {
      @Override
      public int width() {
        return width;
      }

      @Override
      public int height() {
        return height;
      }

      @Override
      public void row(int y, int[] rgb) {
        for (int x = 0; x < width; x++) {
          rgb[x] = value(x, y, 0) << 16 | value(x, y, 1) << 8 | value(x, y, 2);
        }
      }
    };
  }

  private static Matrix patches(RgbImage image) {
    Matrix patches = Matrix.allocate(Arena.ofAuto(), CONFIG.patches(), CONFIG.patchWidth());
    new Patches(CONFIG).of(image, patches);
    return patches;
  }
}
