package io.github.lanewise.format;

import static io.github.lanewise.testing.OnnxWriter.F32;
import static io.github.lanewise.testing.SafetensorsWriter.floats;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.testing.OnnxWriter;
import io.github.lanewise.testing.OnnxWriter.Message;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxFileTest {
  private static final int RAW = 9;

  @TempDir private Path folder;
  private Hostile hostile;

  @BeforeEach
  void reader() {
    hostile = new Hostile(folder, OnnxFile::open);
  }

  private static byte[] good() {
    OnnxWriter onnx =
        new OnnxWriter()
            .input("input_ids")
            .tensor("w", F32, floats(1, 2, 3, 4, 5, 6), 2, 3)
            .tensor("none", F32, new byte[0], 0, 7)
            .tensor("one", F32, floats(8))
            .tensor(t -> t.whole(1, 2).whole(2, F32).text(8, "packed").bytes(4, floats(3, 4)))
            .tensor(t -> t.whole(1, 2).whole(2, 7).text(8, "ints").whole(7, 3).whole(7, 4));
    String x = onnx.node("Gather", "w", "input_ids");
    onnx.node(
        "Constant",
        List.of(),
        "c",
        n -> n.bytes(5, new Message().text(1, "value").bytes(5, scalar()).toBytes()));
    String y = onnx.node("Gemm", List.of(x, "w", "c"), n -> OnnxWriter.attribute(n, "transB", 1));
    onnx.node(
        "Transpose",
        List.of(y),
        n -> n.bytes(5, new Message().text(1, "perm").whole(8, 1).whole(8, 0).toBytes()));
    return onnx.bytes();
  }

  private static byte[] scalar() {
    Message tensor = new Message();
    OnnxWriter.fill(tensor, "", F32, floats(9));
    return tensor.toBytes();
  }

  @Test
  void readsTensorsAndNodes() {
    try (OnnxFile file = OnnxFile.open(hostile.write(good()))) {
      assertEquals(List.of("w", "none", "one", "packed", "c"), List.copyOf(file.names()));
      assertEquals(List.of("input_ids"), file.inputs());
      StoredTensor w = Objects.requireNonNull(file.find("w"));
      assertEquals(List.of(2L, 3L), w.shape());
      assertTrue(w.data().isReadOnly() && w.data().isMapped());
      assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, floatsOf(w));
      assertArrayEquals(new float[] {3, 4}, floatsOf(Objects.requireNonNull(file.find("packed"))));
      assertArrayEquals(new float[] {9}, floatsOf(Objects.requireNonNull(file.find("c"))));
      assertNull(file.find("ints"));
      OnnxNode gather = file.nodes().getFirst();
      assertTrue(gather.is("Gather") && gather.name().startsWith("n"));
      assertEquals(List.of("w", "input_ids"), gather.inputs());
      assertEquals("", gather.input(2));
      assertEquals(1, file.nodes().get(2).whole("transB", 0));
      assertEquals(0, file.nodes().get(2).whole("transA", 0));
      assertEquals(List.of(1L, 0L), file.nodes().get(3).wholes("perm"));
    }
  }

  private static float[] floatsOf(StoredTensor tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  @Test
  void refusesWrongTensors() {
    refuses(t -> OnnxWriter.fill(t, "w", F32, floats(1), 2), "tensor w has shape [2] of F32", "8");
    refuses(t -> OnnxWriter.fill(t, "w", F32, floats(1), -1), "tensor w has shape [-1]");
    refuses(t -> OnnxWriter.fill(t, "w", F32, floats(1), 1L << 62, 4), "2^63");
    refuses(t -> OnnxWriter.fill(t, "w", F32, floats(1), 1, 1, 1, 1, 1, 1, 1, 1, 1), "dimensions");
    refuses(
        t -> t.whole(2, F32).text(8, "w").whole(14, 1), "tensor w keeps its numbers in another");
    refuses(t -> t.whole(2, F32).text(8, "w").bytes(13, new byte[0]), "another file");
    refuses(t -> t.whole(RAW, 5), "field 9", "wire type 0");
    refuses(t -> t.bytes(8, new byte[] {(byte) 0xc0, 0}), "not UTF-8");
    byte[] twice = new OnnxWriter().tensor("w", F32, floats(1)).tensor("w", F32, floats(1)).bytes();
    hostile.refuses(twice, "tensor w", "twice");
    assertTrue(hostile.reads(new OnnxWriter().tensor("w", 99, floats(1), 1).bytes()));
  }

  private void refuses(Consumer<Message> tensor, String... words) {
    hostile.refuses(new OnnxWriter().tensor(tensor).bytes(), words);
  }

  @Test
  void refusesGraphsThatGoInCircles() {
    OnnxWriter circle = new OnnxWriter();
    circle.node("Add", List.of("b"), "a", n -> {});
    circle.node("Add", List.of("a"), "b", n -> {});
    hostile.refuses(circle.bytes(), "reads b before it is computed");
    OnnxWriter self = new OnnxWriter();
    self.node("Add", List.of("a"), "a", n -> {});
    hostile.refuses(self.bytes(), "reads a before");
    OnnxWriter twice = new OnnxWriter();
    twice.node("Add", List.of("x"), "a", n -> {});
    twice.node("Add", List.of("x"), "a", n -> {});
    hostile.refuses(twice.bytes(), "two nodes compute a");
  }

  @Test
  void inputsAndOutputsMayBeLeftOut() {
    OnnxWriter onnx = new OnnxWriter();
    onnx.node("Clip", List.of("x", "", "max"), "c", n -> {});
    onnx.node("Dropout", List.of("c", "", ""), "d", n -> n.text(2, ""));
    onnx.node("Clip", List.of("d", ""), "e", n -> n.text(2, "").text(2, ""));
    assertTrue(hostile.reads(onnx.bytes()));
  }

  @Test
  void refusesWhatIsNoModel() {
    hostile.refuses(new byte[0], "has no graph");
    hostile.refuses(new Message().whole(1, 8).toBytes(), "has no graph");
    hostile.refuses(new Message().bytes(7, new byte[0]).bytes(7, new byte[0]).toBytes(), "second");
    hostile.refuses(new Message().whole(7, 1).toBytes(), "field 7");
    hostile.refuses(new byte[] {(byte) (7 << 3 | 2), (byte) 0xff, 127}, "must be at most the");
    hostile.refuses(new byte[] {7 << 3 | 2, -1, -1, -1, -1, 15}, "4294967295 bytes long");
    hostile.refuses(new byte[] {3 << 3 | 3}, "wire type 3");
    hostile.refuses(new byte[] {0}, "not valid protobuf");
  }

  /** Subgraphs are skipped unread, however deep, and attributes stop at tensors. */
  @Test
  void passesOverWhatItDoesNotNeed() {
    byte[] nested = new byte[0];
    for (int depth = 0; depth < 10_000; depth++) {
      nested = new Message().bytes(6, nested).toBytes();
      if (nested.length > 100_000) {
        break;
      }
    }
    byte[] deep = nested;
    OnnxWriter onnx = new OnnxWriter();
    onnx.node("If", List.of("x"), n -> n.bytes(5, deep).bytes(99, new byte[3]).real(98, 1));
    assertTrue(hostile.reads(onnx.bytes()));
  }

  @Test
  void boundsWhatItKeepsOnTheHeap() {
    OnnxWriter onnx = new OnnxWriter();
    onnx.node("Add", java.util.Collections.nCopies(800_000, ""), n -> {});
    hostile.refuses(onnx.bytes(), "names and nodes", "bytes of memory");
    byte[] numbers = new byte[800_000];
    byte[] attribute = new Message().text(1, "perm").bytes(8, numbers).toBytes();
    OnnxWriter wholes = new OnnxWriter();
    wholes.node("Transpose", List.of("x"), n -> n.bytes(5, attribute));
    hostile.refuses(wholes.bytes(), "names and nodes");
  }

  @Test
  void survivesEveryTruncationAndRandomChanges() {
    byte[] good = good();
    assertTrue(hostile.reads(good));
    // Behind the graph nothing matters, so cuts at the borders of the last fields are unseen.
    int cut = hostile.truncations(good);
    assertTrue(cut <= 2, () -> cut + " accepted");
    int accepted = hostile.mutations(good, 62, 4_000);
    assertTrue(accepted > 40 && accepted < 3_500, () -> accepted + " accepted");
  }
}
