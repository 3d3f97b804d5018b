package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.TorchFixture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelativePositionTest {
  @ParameterizedTest
  @CsvSource({"encoder, true", "decoder, false"})
  void bucketsAreThoseOfT5(String stack, boolean bothWays) {
    TorchFixture torch =
        TorchFixture.of(RelativePositionTest.class, "seq2seq/torch-relative-buckets.json");
    Position.Relative position =
        new Position.Relative(torch.size("buckets"), torch.size("maxDistance"));
    Matrix buckets = torch.tensor(stack, 1);
    int farthest = buckets.rows() / 2;
    for (int distance = -farthest; distance <= farthest; distance++) {
      assertEquals(
          (int) buckets.get(farthest + distance, 0),
          position.bucket(distance, bothWays),
          "distance " + distance);
    }
  }
}
