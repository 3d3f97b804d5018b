package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@link Attention} checks beyond single arguments. */
final class AttentionChecks {
  private AttentionChecks() {}

  static void heads(int numHeads, int numKvHeads, int headDim, int valueDim) {
    Checks.positive("numHeads", numHeads);
    Checks.positive("numKvHeads", numKvHeads);
    Checks.positive("headDim", headDim);
    Checks.positive("valueDim", valueDim);
    if (numHeads % numKvHeads != 0) {
      throw new IllegalArgumentException(
          "numKvHeads is " + numKvHeads + ", must divide numHeads = " + numHeads);
    }
    Checks.atMost("headDim", headDim, AttentionTile.MAX_HEAD_DIM);
    Checks.atMost("valueDim", valueDim, AttentionTile.MAX_HEAD_DIM);
    if ((long) numHeads * Math.max(headDim, valueDim) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "numHeads is " + numHeads + ", must be below 2^31 times the floats of a head");
    }
  }

  /** Kernels multiply by log2(e), and a slope by the dilation: neither may overflow. */
  static void withinBase2(String name, float value, int factor) {
    float most = Float.MAX_VALUE / 2 / factor;
    if (!(Math.abs(value) <= most)) {
      throw new IllegalArgumentException(
          name + " is " + value + ", must be finite and within " + most + " of 0");
    }
  }

  static void softcap(float softcap) {
    withinBase2("softcap", softcap, 1);
    // Scores are multiplied by 1/softcap.
    if (softcap != 0 && softcap < Float.MIN_NORMAL) {
      throw new IllegalArgumentException(
          "softcap is " + softcap + ", must be 0 for none or at least " + Float.MIN_NORMAL);
    }
  }

  /**
   * Values for each head, or none.
   *
   * @param factor what they will be multiplied by
   */
  static void perHead(String name, List<Float> values, int numHeads, int factor) {
    if (!values.isEmpty() && values.size() != numHeads) {
      throw new IllegalArgumentException(
          name + " has size " + values.size() + ", must be numHeads = " + numHeads);
    }
    for (float value : values) {
      withinBase2(name, value, factor);
    }
  }

  static void queriesAndKeys(AttentionSpec spec, Matrix q, MatrixView k) {
    Checks.input("q", q, spec.numHeads() * spec.headDim());
    Checks.input("k", k, spec.numKvHeads() * spec.headDim());
    // Masks compare key positions as floats, which are exact up to here.
    Checks.atMost("rows of q", q.rows(), Attention.MAX_KEYS);
    Checks.atMost("rows of k", k.rows(), Attention.MAX_KEYS);
  }

  /** The sequences against a block mask. */
  static void sequences(AttentionSpec spec, SequenceRanges ranges) {
    BlockMask mask = spec.blockMask();
    if (mask == null) {
      return;
    }
    for (int s = 0; s < ranges.count(); s++) {
      int keys = ranges.keyCount(s);
      if (keys > (long) mask.rows() * mask.blockSize()) {
        throw new IllegalArgumentException(
            "keys of sequence %d are %d, must be within the block mask's %d positions"
                .formatted(s, keys, mask.rows() * mask.blockSize()));
      }
      if (ranges.queryCount(s) > keys) {
        throw new IllegalArgumentException(
            "queries of sequence %d are %d, must not exceed its %d keys with a block mask"
                .formatted(s, ranges.queryCount(s), keys));
      }
    }
  }

  static void extras(
      AttentionSpec spec, SequenceRanges ranges, int queries, Matrix out, AttentionExtras extras) {
    if (extras.isNone()) {
      return;
    }
    int mostKeys = 0;
    int mostQueries = 0;
    for (int s = 0; s < ranges.count(); s++) {
      mostKeys = Math.max(mostKeys, ranges.keyCount(s));
      mostQueries = Math.max(mostQueries, ranges.queryCount(s));
    }
    if (extras.bias() != null) {
      bias("bias", extras.bias(), 1, queries, queries, mostKeys, out, extras);
    }
    if (extras.pairBias() != null) {
      bias(
          "pairBias",
          extras.pairBias(),
          spec.numHeads(),
          mostQueries,
          Integer.MAX_VALUE,
          mostKeys,
          out,
          extras);
    }
    if (extras.mask() != null) {
      Checks.input("mask", extras.mask(), queries, mostKeys);
      Checks.disjoint("mask", extras.mask(), "out", out);
    }
    if (extras.keyMask() != null) {
      Checks.input("keyMask", extras.keyMask(), ranges.count(), mostKeys);
      Checks.disjoint("keyMask", extras.keyMask(), "out", out);
    }
    @Nullable Matrix sums = extras.logSumExp();
    if (sums != null) {
      Checks.output("logSumExp", sums, queries, spec.numHeads());
      Checks.disjoint("logSumExp", sums, "out", out);
      if (extras.mask() != null) {
        Checks.disjoint("mask", extras.mask(), "logSumExp", sums);
      }
      if (extras.keyMask() != null) {
        Checks.disjoint("keyMask", extras.keyMask(), "logSumExp", sums);
      }
    }
  }

  /** A bias of {@code heads} times 1, or {@code least} to {@code most}, rows. */
  private static void bias(
      String name,
      Matrix bias,
      int heads,
      int least,
      int most,
      int keys,
      Matrix out,
      AttentionExtras extras) {
    int rows = bias.rows() / heads;
    if (bias.rows() % heads != 0 || (rows != 1 && (rows < least || rows > most))) {
      throw new IllegalArgumentException(
          "%s has %d rows, must have %d for each of %d heads, or 1"
              .formatted(name, bias.rows(), least, heads));
    }
    if (bias.columns() < keys) {
      throw new IllegalArgumentException(
          "%s has %d columns, must have at least %d".formatted(name, bias.columns(), keys));
    }
    Checks.input(name, bias, bias.columns());
    Checks.disjoint(name, bias, "out", out);
    if (extras.logSumExp() != null) {
      Checks.disjoint(name, bias, "logSumExp", extras.logSumExp());
    }
  }
}
