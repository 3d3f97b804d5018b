package io.github.lanewise.testing;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.PackedWeights;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What PyTorch computed: a file that {@code src/test/python/make_fixtures.py} writes. */
public final class TorchFixture {
  private final JsonNode json;

  private TorchFixture(JsonNode json) {
    this.json = json;
  }

  /** Reads a fixture beside a test's class. */
  public static TorchFixture of(Class<?> test, String name) {
    try (InputStream in = Objects.requireNonNull(test.getResourceAsStream(name), name)) {
      return new TorchFixture(JsonMapper.shared().readTree(in.readAllBytes()));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** A size. */
  public int size(String key) {
    return json.get(key).asInt();
  }

  /** The numbers of a tensor, as rows of a given length. */
  public Matrix tensor(String key, int columns) {
    JsonNode list = Objects.requireNonNull(json.get(key), key);
    Matrix matrix = Matrix.allocate(Arena.ofAuto(), list.size() / columns, columns);
    for (int i = 0; i < list.size(); i++) {
      matrix.set(i / columns, i % columns, (float) list.get(i).asDouble());
    }
    return matrix;
  }

  /** Copies a weight [out, in]. */
  public void linear(String key, PackedWeights target) {
    target.setRows(0, tensor(key, target.inFeatures()));
  }

  /** Copies a vector. */
  public void vector(String key, Matrix target) {
    target.copyFrom(tensor(key, target.columns()).toArray());
  }

  /** Fails unless all elements agree within {@code relative} of the largest of their row. */
  public void assertAgrees(String key, Matrix actual, double relative) {
    Bounds.assertRowsClose(tensor(key, actual.columns()), actual, relative);
  }
}
