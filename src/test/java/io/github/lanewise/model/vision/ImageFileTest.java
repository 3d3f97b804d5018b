package io.github.lanewise.model.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.testing.Allocation;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Image files, hostile ones too. */
class ImageFileTest {
  @TempDir private Path folder;

  @Test
  void readsColoursOfPng() throws IOException {
    BufferedImage image = noise(BufferedImage.TYPE_INT_RGB);
    RgbImage read = ImageFile.read(write(image, "png"));
    assertEquals(40, read.width());
    assertEquals(30, read.height());
    int[] row = new int[40];
    for (int y = 0; y < 30; y++) {
      read.row(y, row);
      for (int x = 0; x < 40; x++) {
        assertEquals(image.getRGB(x, y) & 0xffffff, row[x] & 0xffffff);
      }
    }
  }

  /** Java would make 188 of a grey of 128. */
  @Test
  void readsGreyAsItIs() throws IOException {
    for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
      BufferedImage image = new BufferedImage(40, 30, type);
      int grey = type == BufferedImage.TYPE_BYTE_GRAY ? 128 : 128 << 8;
      image.getRaster().setSample(7, 5, 0, grey);
      int[] row = new int[40];
      ImageFile.read(write(image, "png")).row(5, row);
      assertEquals(0x808080, row[7]);
      assertEquals(0, row[8]);
    }
  }

  @Test
  void readsJpeg() throws IOException {
    BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 40 * 30; i++) {
      image.setRGB(i % 40, i / 40, 0x2060c0);
    }
    int[] row = new int[40];
    ImageFile.read(write(image, "jpg")).row(15, row);
    for (int shift = 0; shift <= 16; shift += 8) {
      assertEquals(0x2060c0 >> shift & 255, row[20] >> shift & 255, 4);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpg", "gif", "bmp"})
  void refusesWhatIsCutShort(String format) throws IOException {
    Path whole = write(noise(BufferedImage.TYPE_INT_RGB), format);
    byte[] bytes = Files.readAllBytes(whole);
    assertFalse(ImageFile.read(whole).width() == 0);
    for (int share = 1; share < 8; share++) {
      Path cut = folder.resolve("cut." + format);
      Files.write(cut, Arrays.copyOf(bytes, bytes.length * share / 8));
      refuse(cut, "cut." + format + ": ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpg", "gif", "bmp"})
  void surviveDamage(String format) throws IOException {
    byte[] bytes = Files.readAllBytes(write(noise(BufferedImage.TYPE_INT_RGB), format));
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 1000; i++) {
      byte[] damaged = bytes.clone();
      for (int hits = 0; hits < 3; hits++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      Path file = Files.write(folder.resolve("damaged." + format), damaged);
      try {
        assertTrue(ImageFile.read(file).width() > 0);
      } catch (ImageException told) {
        assertEquals(1, told.getMessage().lines().count(), told.getMessage());
      }
    }
  }

  @Test
  void refusesHugeDimensionsWithoutTheirMemory() throws IOException {
    for (int[] size :
        new int[][] {{100_000, 100_000}, {16_385, 1}, {1, 16_385}, {16_000, 16_000}}) {
      Path file = header(size[0], size[1]);
      refuse(
          file,
          "has %d x %d pixels, must have at most 16384 a side and 33554432 in all"
              .formatted(size[0], size[1]));
      long bytes =
          Allocation.ofCall(() -> assertThrows(ImageException.class, () -> ImageFile.read(file)));
      assertTrue(bytes < 4 << 20, bytes + " bytes");
    }
  }

  @Test
  void refusesWhatIsNoImage() throws IOException {
    refuse(folder.resolve("none.png"), "none.png: no such file");
    refuse(folder, "is no file, must be an image");
    Path text = Files.writeString(folder.resolve("text.png"), "not an image");
    refuse(text, "is no image, must be PNG, JPEG, GIF or BMP");
    refuse(Files.writeString(folder.resolve("empty.jpg"), ""), "is no image");
    refuse(header(0, 5), "header");
  }

  private static void refuse(Path file, String message) {
    String told = assertThrows(ImageException.class, () -> ImageFile.read(file)).getMessage();
    assertEquals(1, told.lines().count(), told);
    if (!message.equals("header")) {
      assertTrue(told.contains(message), told);
    }
  }

  private static BufferedImage noise(int type) {
    BufferedImage image = new BufferedImage(40, 30, type);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 40 * 30; i++) {
      image.setRGB(i % 40, i / 40, random.nextInt());
    }
    return image;
  }

  private Path write(BufferedImage image, String format) throws IOException {
    Path file = folder.resolve("image." + format);
    assertTrue(ImageIO.write(image, format, file.toFile()));
    return file;
  }

  /** A PNG of some dimensions and nothing else. */
  private Path header(int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(0x89504e470d0a1a0aL);
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    DataOutputStream content = new DataOutputStream(chunk);
    content.write("IHDR".getBytes(StandardCharsets.US_ASCII));
    content.writeInt(width);
    content.writeInt(height);
    content.write(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(chunk.toByteArray());
    out.writeInt(13);
    out.write(chunk.toByteArray());
    out.writeInt((int) crc.getValue());
    return Files.write(folder.resolve("header.png"), bytes.toByteArray());
  }
}
