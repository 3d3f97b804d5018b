package io.github.lanewise.model;

import io.github.lanewise.format.JsonText;
import io.github.lanewise.format.StoredTensor;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.PackedWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Copies the weights of a checkpoint to where the operations want them, in blocks of rows that any
 * threads may copy at once.
 */
final class WeightLoader {
  private static final int ROWS_PER_BLOCK = 64;

  private final ModelConfig config;
  private final Checkpoint checkpoint;
  private final List<Runnable> blocks = new ArrayList<>();
  private final Queue<float[]> buffers = new ConcurrentLinkedQueue<>();
  private int bufferLength;

  WeightLoader(ModelConfig config, Checkpoint checkpoint) {
    this.config = config;
    this.checkpoint = checkpoint;
  }

  /** The copying that is to do. */
  List<Runnable> blocks() {
    return blocks;
  }

  /**
   * Looks whether the weights of these names make up a tensor; to be called before it is planned.
   *
   * @throws WeightsException if one is missing or has another shape or type
   */
  void check(Tensor tensor, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      Checkpoint.Parameter parameter = required(name, tensor);
      if (!tensor.isPacked() && tensor.role() != Tensor.Role.TABLE) {
        check(parameter, name, partOf(tensor.columns(), i, names.size()));
        continue;
      }
      int rows = partOf(tensor.rows(), i, names.size());
      if (parameter.transposed()) {
        check(parameter, name, tensor.columns(), rows);
      } else {
        check(parameter, name, rows, tensor.columns());
      }
    }
  }

  /** Plans a linear layer, of the weights of these names. */
  void linear(Tensor tensor, List<String> names, PackedWeights target) {
    int first = 0;
    for (int i = 0; i < names.size(); i++) {
      int rows = partOf(tensor.rows(), i, names.size());
      Checkpoint.Parameter parameter = required(names.get(i), tensor);
      packed(parameter, rows, target, first);
      first += rows;
    }
  }

  /** Plans a table. */
  void table(Tensor tensor, List<String> names, Matrix target) {
    String name = names.getFirst();
    Checkpoint.Parameter parameter = required(name, tensor);
    forBlocks(
        tensor.rows(),
        (from, count) -> StoredBlock.copy(parameter.tensor(), from, target.rowRange(from, count)));
  }

  /**
   * Plans a vector, of those of these names.
   *
   * @param added what is added to every element
   */
  void vector(Tensor tensor, List<String> names, float added, Matrix target) {
    int first = 0;
    for (int i = 0; i < names.size(); i++) {
      int length = partOf(tensor.columns(), i, names.size());
      Checkpoint.Parameter parameter = required(names.get(i), tensor);
      Matrix part = target.columnRange(first, length);
      blocks.add(
          () -> {
            StoredBlock.copy(parameter.tensor(), 0, part);
            add(added, part);
          });
      first += length;
    }
  }

  private static void add(float added, Matrix row) {
    for (int i = 0; added != 0 && i < row.columns(); i++) {
      row.set(0, i, row.get(0, i) + added);
    }
  }

  private void packed(
      Checkpoint.Parameter parameter, int rows, PackedWeights target, int firstRow) {
    int in = target.inFeatures();
    bufferLength = Math.max(bufferLength, ROWS_PER_BLOCK * in);
    forBlocks(
        rows,
        (from, count) -> {
          float[] values = take();
          if (parameter.transposed()) {
            StoredBlock.read(parameter.tensor(), 0, from, in, count, values);
            target.setColumns(firstRow + from, count, values);
          } else {
            StoredBlock.read(parameter.tensor(), from, 0, count, in, values);
            target.setRows(firstRow + from, count, values);
          }
          buffers.add(values);
        });
  }

  /** One of the buffers that the threads use in turn. */
  private float[] take() {
    float[] buffer = buffers.poll();
    return buffer == null ? new float[bufferLength] : buffer;
  }

  private interface Rows {
    void copy(int first, int count);
  }

  private void forBlocks(int rows, Rows copy) {
    for (int row = 0; row < rows; row += ROWS_PER_BLOCK) {
      int first = row;
      int count = Math.min(ROWS_PER_BLOCK, rows - row);
      blocks.add(() -> copy.copy(first, count));
    }
  }

  /** Rows of one of the weights that make up a tensor: queries, keys, values; or equal parts. */
  private int partOf(int rows, int index, int count) {
    if (count == 3) {
      return index == 0 ? config.queryWidth() : config.keyWidth();
    }
    return rows / count;
  }

  private Checkpoint.Parameter required(String name, Tensor tensor) {
    Checkpoint.Parameter parameter = checkpoint.find(name);
    if (parameter == null) {
      throw new WeightsException(
          checkpoint.file(),
          "no tensor %s, must have one of shape %s"
              .formatted(
                  name,
                  tensor.rows() == 1
                      ? List.of(tensor.columns())
                      : List.of(tensor.rows(), tensor.columns())));
    }
    return parameter;
  }

  private void check(Checkpoint.Parameter parameter, String name, long... shape) {
    StoredTensor tensor = parameter.tensor();
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (!tensor.shape().equals(expected)) {
      throw wrong(tensor, name, "has shape %s, must have %s".formatted(tensor.shape(), expected));
    }
    if (tensor.type().storage() == null) {
      throw wrong(tensor, name, "is of " + tensor.type() + ", must be of F32, F16 or BF16");
    }
  }

  private WeightsException wrong(StoredTensor tensor, String name, String problem) {
    String role = tensor.name().endsWith(name) ? "" : " (" + name + ")";
    return new WeightsException(
        checkpoint.file(), "tensor " + JsonText.abbreviated(tensor.name()) + role + " " + problem);
  }
}
