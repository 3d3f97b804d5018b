package io.github.lanewise.tuning;

import java.util.Locale;

/** The classes of products by their number of rows: each has a kernel and blocks of its own. */
public enum Shape {
  /** One row: decode, a matrix times a vector. */
  ROW(false, false),
  /** 2 to 16 rows: small batches, which stream their weights; all rows are computed at once. */
  SKINNY(false, false),
  /** More rows: prompts, training-like shapes. */
  MATRIX(true, true);

  private final boolean cutsRows;
  private final boolean cutsSums;

  Shape(boolean cutsRows, boolean cutsSums) {
    this.cutsRows = cutsRows;
    this.cutsSums = cutsSums;
  }

  /** Its name in a tuning file. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether blocks have a height, {@code mc}; otherwise one holds all rows. */
  public boolean cutsRows() {
    return cutsRows;
  }

  /** Whether sums are cut into blocks of {@code kc}; otherwise each is computed in one go. */
  public boolean cutsSums() {
    return cutsSums;
  }
}
