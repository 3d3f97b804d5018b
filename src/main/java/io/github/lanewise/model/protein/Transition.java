package io.github.lanewise.model.protein;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Tensor;
import io.github.lanewise.op.Activation;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.LayerNorm;
import java.util.List;

/** Algorithms 9 and 15: a feed-forward network on every row of either representation. */
final class Transition {
  private final LayerNorm norm;
  private final Gemm up;
  private final Gemm down;

  Transition(Parts parts) {
    norm = parts.norm("norm");
    up = parts.linear("up", Activation.RELU);
    down = parts.residual("down");
  }

  /** Working memory for {@code [rows, width]}. */
  record Buffers(Matrix normed, Matrix hidden) {
    static Buffers of(Slab slab, int rows, int width, int factor) {
      return new Buffers(slab.take(rows, width), slab.take(rows, factor * width));
    }

    static long floats(long rows, int width, int factor) {
      return Slab.floats(rows, width) + Slab.floats(rows, (long) factor * width);
    }
  }

  static List<Tensor> tensors(String prefix, int width, int factor) {
    return new Parts.Names(prefix)
        .norm("norm", width)
        .linear("up", factor * width, width)
        .linear("down", width, factor * width)
        .tensors();
  }

  /** x += Linear(relu(Linear(LayerNorm(x)))). */
  void forward(Matrix x, Buffers b) {
    norm.run(x, b.normed);
    up.run(b.normed, b.hidden);
    down.run(b.hidden, x, x);
  }

  /** Beyond what attention does. */
  boolean warmUp() {
    return up.warmUp();
  }
}
