package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineReaderTest {
  @Test
  void keepsEmptyLinesAndTakesEitherEnd() throws IOException {
    assertEquals(List.of("a", "", "b", " c "), texts("a\n\r\nb\r\n c \n"));
    assertEquals(List.of("a", "b"), texts("a\nb"));
    assertEquals(List.of(""), texts("\n"));
    assertEquals(List.of(), texts(""));
    assertEquals(List.of("a\rb"), texts("a\rb\n"));
  }

  @Test
  void leavesOutTheByteOrderMark() throws IOException {
    assertEquals(List.of("a", "\ufeffb"), texts("\ufeffa\n\ufeffb"));
    assertEquals(List.of(""), texts("\ufeff"));
  }

  @Test
  void readsLinesAcrossItsBuffer() throws IOException {
    for (int length : new int[] {65_534, 65_535, 65_536, 65_537, 200_000}) {
      String line = "é".repeat(length / 2) + "x";
      assertEquals(List.of(line, "end"), texts(line + "\nend"));
    }
  }

  @Test
  void saysWhatIsNotUtf8() throws IOException {
    byte[] bytes = "ok\na?b\nok".getBytes(StandardCharsets.UTF_8);
    bytes[4] = (byte) 0xff;
    List<LineReader.Line> lines = lines(bytes, 100);
    assertTrue(lines.get(0).isValid());
    assertFalse(lines.get(1).isValid());
    assertEquals("a\ufffdb", lines.get(1).text());
    assertTrue(lines.get(2).isValid());
  }

  @Test
  void dropsWhatIsBeyondTheLimitAtACharacter() throws IOException {
    byte[] bytes = "aaa😀aaa\nb\n".getBytes(StandardCharsets.UTF_8);
    for (int most = 1; most <= 10; most++) {
      List<LineReader.Line> lines = lines(bytes, most);
      LineReader.Line first = lines.getFirst();
      assertTrue(first.isValid(), "limit " + most);
      int kept = first.text().getBytes(StandardCharsets.UTF_8).length;
      assertEquals(10, kept + first.droppedBytes(), "limit " + most);
      assertTrue("aaa😀aaa".startsWith(first.text()));
      assertEquals("b", lines.get(1).text());
      assertEquals(2, lines.get(1).number());
    }
  }

  private static List<String> texts(String input) throws IOException {
    return lines(input.getBytes(StandardCharsets.UTF_8), 1 << 20).stream()
        .map(LineReader.Line::text)
        .toList();
  }

  private static List<LineReader.Line> lines(byte[] bytes, int most) throws IOException {
    try (LineReader reader = new LineReader(new ByteArrayInputStream(bytes), most)) {
      List<LineReader.Line> lines = new ArrayList<>();
      for (LineReader.Line line = reader.next(); line != null; line = reader.next()) {
        lines.add(line);
      }
      assertNull(reader.next());
      assertEquals(bytes.length, reader.bytesRead());
      return lines;
    }
  }
}
