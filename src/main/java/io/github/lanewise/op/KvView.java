package io.github.lanewise.op;

import io.github.lanewise.memory.MatrixView;
import org.jspecify.annotations.Nullable;

/**
 * Where the keys and values of one or more sequences lie: one after the other, in rings, or in
 * pages of a common pool. Keys are {@code [rows, numKvHeads * headDim]} and values {@code [rows,
 * numKvHeads * valueDim]}, each stored as f32, f16 or bf16.
 *
 * <p>A view is made once and used for every step: the arrays that say where each sequence stands
 * are the caller's, read anew (and checked) at each call of an operation, so that a decoder moves
 * on by changing them and nothing is allocated. They must not change while an operation runs; if
 * they do, results are undefined, but nothing outside the matrices is ever read.
 */
public final class KvView {
  /** How key i of a sequence finds its row. */
  enum Form {
    ROWS,
    RINGS,
    PAGES
  }

  private static final int[] NONE = {};

  private final Form form;
  private final MatrixView k;
  private final MatrixView v;
  private final int length;
  private final int[] starts;
  private final int @Nullable [] counts;
  private final int[][] tables;

  private KvView(
      Form form,
      MatrixView k,
      MatrixView v,
      int length,
      int[] starts,
      int @Nullable [] counts,
      int[][] tables) {
    Checks.rows("v", v, k.rows());
    this.form = form;
    this.k = k;
    this.v = v;
    this.length = length;
    this.starts = starts;
    this.counts = counts;
    this.tables = tables;
  }

  /**
   * One sequence: all rows of {@code k} and {@code v}.
   *
   * @throws IllegalArgumentException if the numbers of rows differ
   */
  public static KvView contiguous(MatrixView k, MatrixView v) {
    return new KvView(Form.ROWS, k, v, 0, NONE, null, new int[0][]);
  }

  /**
   * Sequence s has the rows {@code starts[s]} to {@code starts[s] + counts[s] - 1}.
   *
   * @throws IllegalArgumentException if the numbers of rows differ
   */
  public static KvView contiguous(MatrixView k, MatrixView v, int[] starts, int[] counts) {
    return new KvView(Form.ROWS, k, v, 0, starts, counts, new int[0][]);
  }

  /**
   * Sequence s owns the {@code capacity} rows from {@code s * capacity} on as a ring: its oldest
   * key lies in row {@code firsts[s]} of the ring, the others behind it, going on at row 0 of the
   * ring. For models with a local window: a new key overwrites the oldest.
   *
   * @param capacity rows of a ring
   * @param firsts row of the oldest key, 0 to {@code capacity - 1}, of each sequence
   * @param counts keys, 0 to {@code capacity}, of each sequence
   * @throws IllegalArgumentException if the numbers of rows differ or {@code capacity} is not
   *     positive
   */
  public static KvView rings(MatrixView k, MatrixView v, int capacity, int[] firsts, int[] counts) {
    Checks.positive("capacity", capacity);
    return new KvView(Form.RINGS, k, v, capacity, firsts, counts, new int[0][]);
  }

  /**
   * Key i of sequence s lies in row {@code tables[s][i / pageLength] * pageLength + i % pageLength}
   * (paged attention, Kwon et al. 2023). Sequences may share pages.
   *
   * @param pageLength keys of a page
   * @param tables ids of the pages of each sequence, at least as many as its keys need
   * @param counts keys of each sequence
   * @throws IllegalArgumentException if the numbers of rows differ or {@code pageLength} is not
   *     positive
   */
  public static KvView pages(
      MatrixView k, MatrixView v, int pageLength, int[][] tables, int[] counts) {
    Checks.positive("pageLength", pageLength);
    return new KvView(Form.PAGES, k, v, pageLength, NONE, counts, tables);
  }

  /** Keys. */
  public MatrixView k() {
    return k;
  }

  /** Values. */
  public MatrixView v() {
    return v;
  }

  Form form() {
    return form;
  }

  /** Rows of a ring, or keys of a page. */
  int length() {
    return length;
  }

  /** First rows, or the oldest keys of rings. */
  int[] starts() {
    return starts;
  }

  /** Keys of each sequence; null if there is one, which has all rows. */
  int @Nullable [] counts() {
    return counts;
  }

  int[][] tables() {
    return tables;
  }
}
