package io.github.lanewise.model.vision;

import io.github.lanewise.memory.Matrix;

/**
 * From an image to the rows that a vision transformer reads: [patches, 3 · patchSize²], a patch a
 * row, in reading order; in it first all of red, then green, then blue, each row by row, as the
 * weights of a convolution lie in a checkpoint.
 *
 * <p>The image is resized to a square by a bilinear filter that widens with the reduction, so that
 * each pixel counts (as Pillow and torchvision do), and each channel is normalised.
 */
public final class Patches {
  private final VisionConfig config;

  /** Patches as a model wants them. */
  public Patches(VisionConfig config) {
    this.config = config;
  }

  /**
   * Writes the patches of an image.
   *
   * @param patches [config.patches(), config.patchWidth()]
   * @throws IllegalArgumentException if the matrix has another shape
   */
  public void of(RgbImage image, Matrix patches) {
    check(patches);
    int size = config.imageSize();
    double[][] square = new double[size][size * VisionConfig.CHANNELS];
    Filter across = new Filter(image.width(), size);
    Filter down = new Filter(image.height(), size);
    int[] pixels = new int[image.width()];
    double[] row = new double[size * VisionConfig.CHANNELS];
    for (int y = 0; y < image.height(); y++) {
      image.row(y, pixels);
      narrow(pixels, across, row);
      for (int to = down.firstTarget(y); to < size && down.first(to) <= y; to++) {
        double weight = down.weight(to, y);
        for (int i = 0; i < row.length; i++) {
          square[to][i] += weight * row[i];
        }
      }
    }
    write(square, patches);
  }

  private void check(Matrix patches) {
    if (patches.rows() != config.patches() || patches.columns() != config.patchWidth()) {
      throw new IllegalArgumentException(
          "patches is %s, must be [%d, %d]"
              .formatted(patches, config.patches(), config.patchWidth()));
    }
  }

  /** One row of an image to the width of the square: three channels a pixel, from 0 to 255. */
  private void narrow(int[] pixels, Filter across, double[] row) {
    for (int x = 0; x < config.imageSize(); x++) {
      double red = 0;
      double green = 0;
      double blue = 0;
      for (int from = across.first(x); from < across.end(x); from++) {
        double weight = across.weight(x, from);
        red += weight * (pixels[from] >> 16 & 255);
        green += weight * (pixels[from] >> 8 & 255);
        blue += weight * (pixels[from] & 255);
      }
      row[VisionConfig.CHANNELS * x] = red;
      row[VisionConfig.CHANNELS * x + 1] = green;
      row[VisionConfig.CHANNELS * x + 2] = blue;
    }
  }

  private void write(double[][] square, Matrix patches) {
    int side = config.patchSize();
    int across = config.imageSize() / side;
    for (int y = 0; y < config.imageSize(); y++) {
      for (int x = 0; x < config.imageSize(); x++) {
        int patch = y / side * across + x / side;
        for (int channel = 0; channel < VisionConfig.CHANNELS; channel++) {
          double value = square[y][VisionConfig.CHANNELS * x + channel] / 255;
          double mean = config.pixels().mean().of(channel);
          double std = config.pixels().std().of(channel);
          int column = (channel * side + y % side) * side + x % side;
          patches.set(patch, column, (float) ((value - mean) / std));
        }
      }
    }
  }

  /**
   * A triangle around the place that each target pixel has in the source, two source pixels wide or
   * two target pixels, whichever is wider; cut off at the border. The weights of a target add up to
   * 1.
   */
  private static final class Filter {
    private final int sources;
    private final int targets;
    private final double scale;
    private final double radius;
    private final double[] totals;

    Filter(int sources, int targets) {
      this.sources = sources;
      this.targets = targets;
      scale = (double) sources / targets;
      radius = Math.max(1, scale);
      totals = new double[targets];
      for (int target = 0; target < targets; target++) {
        for (int source = first(target); source < end(target); source++) {
          totals[target] += triangle(target, source);
        }
      }
    }

    /** The first source pixel that a target reads, and the one after the last. */
    int first(int target) {
      return Math.max(0, (int) Math.floor(centre(target) - radius));
    }

    int end(int target) {
      return Math.min(sources, (int) Math.ceil(centre(target) + radius));
    }

    /** The first target that reads a source pixel, or one that gives it no weight. */
    int firstTarget(int source) {
      return Math.clamp((long) Math.floor((source - radius) / scale) - 1, 0, targets - 1);
    }

    /** 0 where a target does not read the pixel. */
    double weight(int target, int source) {
      return triangle(target, source) / totals[target];
    }

    private double triangle(int target, int source) {
      return Math.max(0, 1 - Math.abs(source + 0.5 - centre(target)) / radius);
    }

    private double centre(int target) {
      return (target + 0.5) * scale;
    }
  }
}
