package io.github.lanewise.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines of UTF-8 in constant memory: what is beyond a line's limit is counted and dropped.
 * Lines end with LF or CR LF; a byte order mark at the beginning is no part of the first.
 */
final class LineReader implements Closeable {
  private static final int BUFFER = 1 << 16;
  private static final int CHARACTER = 4;

  private final InputStream in;
  private final int mostBytes;
  private final byte[] buffer = new byte[BUFFER];
  private int next;
  private int filled;
  private long read;
  private long number;
  private byte[] line = new byte[256];
  private int length;
  private long dropped;

  /** Reads lines of up to {@code mostBytes}. */
  LineReader(InputStream in, int mostBytes) {
    this.in = in;
    this.mostBytes = mostBytes;
  }

  /**
   * One line.
   *
   * @param number from 1
   * @param droppedBytes of its end, beyond the limit
   * @param isValid whether it is UTF-8; what is not stands in {@code text} as U+FFFD
   */
  record Line(long number, String text, long droppedBytes, boolean isValid) {}

  /** The next line, or null at the end. */
  @Nullable Line next() throws IOException {
    length = 0;
    dropped = 0;
    boolean any = false;
    while (next < filled || fill()) {
      any = true;
      int end = next;
      while (end < filled && buffer[end] != '\n') {
        end++;
      }
      append(end);
      if (end < filled) {
        next = end + 1;
        return line();
      }
      next = end;
    }
    return any ? line() : null;
  }

  /** Bytes that have been taken from the stream. */
  long bytesRead() {
    return read;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private boolean fill() throws IOException {
    next = 0;
    filled = Math.max(0, in.read(buffer));
    read += filled;
    return filled > 0;
  }

  private void append(int end) {
    int kept = Math.min(end - next, mostBytes - length);
    if (length + kept > line.length) {
      line = Arrays.copyOf(line, Math.max(length + kept, Math.min(mostBytes, 2 * line.length)));
    }
    System.arraycopy(buffer, next, line, length, kept);
    length += kept;
    dropped += end - next - kept;
  }

  private Line line() {
    number++;
    int start = number == 1 && startsWithMark() ? 3 : 0;
    int end = dropped == 0 && length > start && line[length - 1] == '\r' ? length - 1 : length;
    if (dropped > 0) {
      int whole = wholeCharacters(end);
      dropped += end - whole;
      end = whole;
    }
    ByteBuffer bytes = ByteBuffer.wrap(line, start, end - start);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      return new Line(number, text, dropped, true);
    } catch (CharacterCodingException wrong) {
      String text = new String(line, start, end - start, StandardCharsets.UTF_8);
      return new Line(number, text, dropped, false);
    }
  }

  private boolean startsWithMark() {
    return length >= 3
        && line[0] == (byte) 0xef
        && line[1] == (byte) 0xbb
        && line[2] == (byte) 0xbf;
  }

  /** Where the last character begins, if {@code end} may have cut it. */
  private int wholeCharacters(int end) {
    int start = end;
    while (start > Math.max(0, end - CHARACTER)) {
      start--;
      if ((line[start] & 0xc0) != 0x80) {
        return start;
      }
    }
    return end;
  }
}
