package io.github.lanewise.tune;

import io.github.lanewise.op.GemmKernel;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;
import java.util.ArrayList;
import java.util.List;

/** The block sizes of a class of products, one at a time: the coordinates of the descent. */
enum Blocks {
  /** Products summed in registers. */
  KC(16, 8192),
  /** Rows. */
  MC(8, Choice.MOST_MC),
  /** Columns. */
  NC(1, Choice.MOST_NC);

  /** What to try instead of a size: near and far. */
  private static final double[] STEPS = {0.25, 0.5, 0.75, 1.5, 2, 4};

  private final int least;
  private final int most;

  Blocks(int least, int most) {
    this.least = least;
    this.most = most;
  }

  /** Those that a class has. */
  static List<Blocks> of(Shape shape) {
    List<Blocks> blocks = new ArrayList<>();
    if (shape.cutsSums()) {
      blocks.add(KC);
    }
    if (shape.cutsRows()) {
      blocks.add(MC);
    }
    blocks.add(NC);
    return blocks;
  }

  /** The choices that differ from {@code choice} in this size only. */
  List<Choice> around(Choice choice, GemmKernel kernel, int lanes) {
    int unit =
        switch (this) {
          case KC -> 16;
          case MC -> kernel.rows();
          case NC -> unit(kernel, lanes);
        };
    List<Choice> others = new ArrayList<>();
    for (double step : STEPS) {
      long units = Math.max(1, Math.round(size(choice) * step / unit));
      int size = (int) (units * unit);
      Choice other = with(choice, size);
      if (size >= least && size <= most && !other.equals(choice) && !others.contains(other)) {
        others.add(other);
      }
    }
    return others;
  }

  /** The same blocks for another kernel, in whole tiles. */
  static Choice adapted(Choice choice, GemmKernel kernel, int lanes) {
    int unit = unit(kernel, lanes);
    int most = Math.max(1, Choice.MOST_NC / unit);
    int nc = Math.clamp((choice.nc() + unit / 2) / unit, 1, most) * unit;
    int rows = kernel.rows();
    int mc = choice.mc() == Choice.ANY ? Choice.ANY : Math.max(1, choice.mc() / rows) * rows;
    return new Choice(kernel.name(), mc, nc, choice.kc());
  }

  /** Columns of whole tiles, in pairs of vectors as weights of 16 bits are packed. */
  private static int unit(GemmKernel kernel, int lanes) {
    return kernel.vectors() * lanes * (kernel.vectors() % 2 == 0 ? 1 : 2);
  }

  private int size(Choice choice) {
    return switch (this) {
      case KC -> choice.kc();
      case MC -> choice.mc();
      case NC -> choice.nc();
    };
  }

  private Choice with(Choice choice, int size) {
    return new Choice(
        choice.kernel(),
        this == MC ? size : choice.mc(),
        this == NC ? size : choice.nc(),
        this == KC ? size : choice.kc());
  }
}
