package io.github.lanewise.model.protein;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Tensor;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.op.Activation;
import io.github.lanewise.op.Epilogue;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.LayerNorm;
import java.util.ArrayList;
import java.util.List;

/** Norms and linear layers by their names: listed for a store, and prepared from it. */
final class Parts {
  private final Lanewise runtime;
  private final TensorStore store;
  private final float epsilon;
  private final String prefix;

  /**
   * The parts of one algorithm.
   *
   * @param prefix of the names of its tensors
   */
  Parts(Lanewise runtime, TensorStore store, double epsilon, String prefix) {
    this.runtime = runtime;
    this.store = store;
    this.epsilon = (float) epsilon;
    this.prefix = prefix;
  }

  Lanewise runtime() {
    return runtime;
  }

  LayerNorm norm(String name) {
    return LayerNorm.prepare(
        runtime,
        store.matrix(prefix + name + ".gain"),
        store.matrix(prefix + name + ".shift"),
        epsilon);
  }

  /** Without a bias. */
  Gemm plain(String name) {
    return Gemm.prepare(runtime, store.linear(prefix + name + ".weight"));
  }

  /** With a bias. */
  Gemm linear(String name) {
    return linear(name, Activation.NONE);
  }

  Gemm linear(String name, Activation activation) {
    return Gemm.prepare(
        runtime, store.linear(prefix + name + ".weight"), bias(name).activation(activation));
  }

  /** With a bias, added to what there is. */
  Gemm residual(String name) {
    return Gemm.prepare(runtime, store.linear(prefix + name + ".weight"), bias(name).residual());
  }

  /** Weights that are multiplied as they lie. */
  Matrix table(String name) {
    return store.matrix(prefix + name + ".weight");
  }

  private Epilogue bias(String name) {
    return Epilogue.none().bias(store.matrix(prefix + name + ".bias"));
  }

  /** Names tensors below a prefix. */
  static final class Names {
    private final String prefix;
    private final List<Tensor> tensors = new ArrayList<>();

    Names(String prefix) {
      this.prefix = prefix;
    }

    Names norm(String name, int width) {
      tensors.add(new Tensor(prefix + name + ".gain", Tensor.Role.GAIN, 1, width));
      tensors.add(new Tensor(prefix + name + ".shift", Tensor.Role.SHIFT, 1, width));
      return this;
    }

    Names plain(String name, int out, int in) {
      tensors.add(new Tensor(prefix + name + ".weight", Tensor.Role.LINEAR, out, in));
      return this;
    }

    Names linear(String name, int out, int in) {
      tensors.add(new Tensor(prefix + name + ".bias", Tensor.Role.SHIFT, 1, out));
      return plain(name, out, in);
    }

    Names table(String name, int out, int in) {
      tensors.add(new Tensor(prefix + name + ".weight", Tensor.Role.TABLE, out, in));
      return this;
    }

    List<Tensor> tensors() {
      return tensors;
    }
  }
}
