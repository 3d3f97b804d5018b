package io.github.lanewise.format;

import static io.github.lanewise.testing.SafetensorsWriter.file;
import static io.github.lanewise.testing.SafetensorsWriter.floats;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.testing.SafetensorsWriter;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  private static final byte[] GOOD =
      new SafetensorsWriter()
          .add("a", "F32", floats(1, 2, 3, 4, 5, 6), 2, 3)
          .add("ids", "I64", new byte[16], 1, 2)
          .add("none", "F16", new byte[0], 0, 7)
          .add("b.weight", "BF16", new byte[] {0, 1}, 1)
          .add("one", "F32", floats(8))
          .bytes();

  @TempDir private Path folder;
  private Hostile hostile;

  @BeforeEach
  void reader() {
    hostile = new Hostile(folder, SafetensorsFile::open);
  }

  @Test
  void readsNamesTypesShapesAndData() {
    Path path = hostile.write(GOOD);
    SafetensorsFile file = SafetensorsFile.open(path);
    assertEquals(path.toString(), file.file());
    assertEquals(List.of("a", "ids", "none", "b.weight", "one"), List.copyOf(file.names()));
    StoredTensor a = Objects.requireNonNull(file.find("a"));
    assertEquals(ElementType.F32, a.type());
    assertEquals(List.of(2L, 3L), a.shape());
    assertArrayEquals(
        new float[] {1, 2, 3, 4, 5, 6}, a.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    assertTrue(a.data().isReadOnly() && a.data().isMapped());
    assertEquals(List.of(), Objects.requireNonNull(file.find("one")).shape());
    assertNull(file.find("c"));
    file.close();
    file.close();
    assertThrows(IllegalStateException.class, () -> a.data().get(ValueLayout.JAVA_BYTE, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | tensors end at 0",
        "{`no | header is not valid",
        "[] | the header is wrong",
        "{} {} | header has more",
        "{\"a\":1} | tensor a is wrong, must be an object",
        "{\"a\":{}} | tensor a must have dtype, shape and data_offsets",
        "{\"a\":{\"dtype\":\"F31\"}} | tensor a dtype is F31, must be one of [F64, F32",
        "{\"a\":{\"dtype\":4}} | tensor a dtype is wrong, must be a text",
        "{\"a\":{\"shape\":[1.5]}} | tensor a shape is wrong, must be a list of whole numbers",
        "{\"a\":{\"shape\":[-1]}} | tensor a shape holds -1",
        "{\"a\":{\"shape\":[9223372036854775808]}} | tensor a shape holds 9223372036854775808",
        "{\"a\":{\"shape\":[1,1,1,1,1,1,1,1,1]}} | more than 8 numbers",
        "{\"a\":{\"offset\":3}} | tensor a has unknown key offset",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}} | [begin, end]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,12]}} | within the 8 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}} | must ascend",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} | must then have 12 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | must begin at 0",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | tensors end at 4",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}} | 2^63",
      })
  void refusesWrongHeaders(String header, String words) {
    hostile.refuses(file(header, new byte[8]), words);
  }

  @Test
  void refusesOverlapsAndDuplicates() {
    String a = "\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}";
    String one = a.formatted("a", 0, 4);
    hostile.refuses(file("{" + one + "," + a.formatted("b", 0, 4) + "}", new byte[4]), "tensor b");
    hostile.refuses(
        file("{" + one + "," + a.formatted("b", 2, 6) + "}", new byte[6]), "begin at 2");
    hostile.refuses(file("{" + one + "," + a.formatted("a", 4, 8) + "}", new byte[8]), "uplicate");
    String twice = "{\"a\":{\"shape\":[1],\"shape\":[1]}}";
    hostile.refuses(file(twice, new byte[4]), "uplicate");
  }

  @Test
  void refusesWrongLengths() {
    hostile.refuses(new byte[0], "holds 0 bytes");
    for (long length : new long[] {0, 1, 3, -1, Long.MIN_VALUE, Long.MAX_VALUE, 100L << 20}) {
      byte[] file = file("{}", new byte[0]);
      java.nio.ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(0, length);
      hostile.refuses(file, "header length is " + Long.toUnsignedString(length));
    }
  }

  @Test
  void refusesDeepNestingAndOtherText() {
    hostile.refuses(file("{\"a\":" + "[".repeat(100_000), new byte[0]), "tensor a");
    hostile.refuses(file("{\"__metadata__\":" + "[".repeat(100_000), new byte[0]), "not valid");
    byte[] bad = file("{\"aa\"}", new byte[0]);
    bad[10] = (byte) 0xff;
    hostile.refuses(bad, "not UTF-8");
    hostile.refuses("GGUF, or whatever".getBytes(StandardCharsets.UTF_8), "header length");
  }

  @Test
  void takesMetadataOfAnyKind() {
    assertTrue(hostile.reads(file("{\"__metadata__\":{\"format\":\"pt\"}}", new byte[0])));
    assertTrue(hostile.reads(file("{}      ", new byte[0])));
  }

  @Test
  void survivesEveryTruncationAndRandomChanges() {
    assertTrue(hostile.reads(GOOD));
    assertEquals(0, hostile.truncations(GOOD));
    int accepted = hostile.mutations(GOOD, 61, 4_000);
    assertTrue(accepted > 40 && accepted < 3_000, () -> accepted + " accepted");
  }

  @Test
  void saysWhatIsNoFile() {
    assertNames(folder, "is a folder");
    assertNames(folder.resolve("gone"), "no such file");
  }

  private static void assertNames(Path path, String problem) {
    FormatException error =
        assertThrows(FormatException.class, () -> SafetensorsFile.open(path).close());
    assertEquals(path + ": " + problem, error.getMessage().replace(", must be a file", ""));
  }
}
