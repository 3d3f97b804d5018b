package io.github.lanewise.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How numbers are shown. */
final class Figures {
  private static final MathContext FOUR_DIGITS = new MathContext(4);

  private static final Pattern BYTES = Pattern.compile("([0-9]{1,12})([kMG]?)");

  private Figures() {}

  /** Formats the same way wherever we are. */
  static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** Four digits: more would be noise. */
  static double rounded(double value) {
    return new BigDecimal(value).round(FOUR_DIGITS).doubleValue();
  }

  /** "497.8 MB", in powers of ten like the rest of the figures. */
  static String bytes(long bytes) {
    if (bytes < 1_000) {
      return bytes + " B";
    }
    if (bytes < 1_000_000) {
      return format("%.1f kB", bytes / 1e3);
    }
    return bytes < 1_000_000_000 ? format("%.1f MB", bytes / 1e6) : format("%.2f GB", bytes / 1e9);
  }

  /** "124.4 M". */
  static String count(long count) {
    if (count < 1_000_000) {
      return Long.toString(count);
    }
    return count < 1_000_000_000 ? format("%.1f M", count / 1e6) : format("%.2f G", count / 1e9);
  }

  /** "1 layer", "12 layers". */
  static String counted(int count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  /** "71.3 %". */
  static String percent(double share) {
    return format("%.1f %%", 100 * share);
  }

  /**
   * Bytes as users write them: a number, and perhaps k, M or G for powers of 1024.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static long parseBytes(String text) {
    Matcher matcher = BYTES.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "is " + text + ", must be a number of bytes from 0 to 999999999999, or with k, M or G");
    }
    int power = " kMG".indexOf(matcher.group(2).isEmpty() ? ' ' : matcher.group(2).charAt(0));
    return Long.parseLong(matcher.group(1)) << (10 * power);
  }
}
