package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import java.nio.file.Path;
import java.util.Optional;

/** Another library that {@code bench --compare} times on the same data, found by ServiceLoader. */
public interface Peer {
  /** "OpenBLAS". */
  String name();

  /** "0.3.30 (bytedeco)". */
  String version();

  /**
   * {@code c[m,n] = a[m,k]·b[n,k]ᵀ} with that many threads; empty where the peer has no such
   * operation. All matrices are dense and off-heap.
   */
  default Optional<Task> gemm(Matrix a, Matrix b, Matrix c, int threads) {
    return Optional.empty();
  }

  /** {@code out[r] = softmax(x[r])}. */
  default Optional<Task> softmax(Matrix x, Matrix out, int threads) {
    return Optional.empty();
  }

  /**
   * Attention of {@code q} and {@code out} {@code [batch*queries, heads*headDim]} over {@code k}
   * and {@code v} {@code [batch*keys, kvHeads*headDim]}.
   */
  default Optional<Task> attention(
      int batch,
      int heads,
      int kvHeads,
      int headDim,
      boolean causal,
      Matrix q,
      Matrix k,
      Matrix v,
      Matrix out,
      int threads) {
    return Optional.empty();
  }

  /**
   * Embeddings of sentences, each the mean of its tokens' hidden states at unit length.
   *
   * @param model an ONNX file with inputs {@code input_ids}, {@code attention_mask}, {@code
   *     token_type_ids}, all [batch, tokens], and the hidden states as its first output
   * @param tokens ids of all sentences, one after the other
   * @param offsets where each begins, and the number of tokens
   * @param out [sentences, hidden size]
   */
  default Optional<Task> embed(Path model, int[] tokens, int[] offsets, Matrix out, int threads) {
    return Optional.empty();
  }

  /** A prepared call. */
  interface Task extends AutoCloseable {
    /** Computes into the output that the task was prepared with. */
    void run();

    @Override
    void close();
  }
}
