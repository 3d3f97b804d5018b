package io.github.lanewise.model.protein;

import static io.github.lanewise.model.ConfigChecks.between;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ConfigFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An Evoformer. Read from JSON of kind {@code protein}; {@code models/schema.json} describes the
 * file.
 *
 * @param name what to call the model
 * @param layers blocks (48 in AlphaFold 2)
 * @param widths of its tensors
 * @param msaHeads heads of the attention along the MSA's rows and columns
 * @param pairHeads heads of triangle attention
 * @param headDim floats of one head of either
 * @param epsilon added to the variance in every LayerNorm
 * @param msa sequences of the alignment, s
 * @param residues of each sequence, r
 * @param source where the shape was published, for people
 */
public record EvoformerConfig(
    String name,
    int layers,
    Widths widths,
    int msaHeads,
    int pairHeads,
    int headDim,
    double epsilon,
    int msa,
    int residues,
    @Nullable String source) {
  /** The value of {@code kind}. */
  public static final String KIND = "protein";

  private static final int MOST_LAYERS = 96;
  private static final int MOST_WIDTH = 4096;
  private static final int MOST_HEADS = 64;
  private static final int MOST_HEAD_DIM = 256;
  private static final int MOST_OUTER = 128;
  private static final int MOST_FACTOR = 16;

  /** Most sequences of an alignment. */
  public static final int MOST_MSA = 16_384;

  /** Most residues: pairs of them are counted in ints. */
  public static final int MOST_RESIDUES = 4096;

  /**
   * Widths of tensors.
   *
   * @param msa of the MSA representation, c_m
   * @param pair of the pair representation, c_z
   * @param outer of the two factors of an outer product
   * @param triangle channels of triangle multiplication
   * @param transition hidden widths of the transitions, in widths of their inputs
   */
  public record Widths(int msa, int pair, int outer, int triangle, int transition) {
    /** Checks the values. */
    public Widths {
      between("msaWidth", msa, MOST_WIDTH);
      between("pairWidth", pair, MOST_WIDTH);
      between("outerWidth", outer, MOST_OUTER);
      between("triangleWidth", triangle, MOST_WIDTH);
      between("transitionFactor", transition, MOST_FACTOR);
    }
  }

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the JSON key, its value and what is allowed
   */
  public EvoformerConfig {
    between("layers", layers, MOST_LAYERS);
    between("msaHeads", msaHeads, MOST_HEADS);
    between("pairHeads", pairHeads, MOST_HEADS);
    between("headDim", headDim, MOST_HEAD_DIM);
    between("msa", msa, MOST_MSA);
    between("residues", residues, MOST_RESIDUES);
    if (!(epsilon >= 1e-20 && epsilon <= 1)) {
      throw new IllegalArgumentException(
          "epsilon is " + epsilon + ", must be a number from 1.0E-20 to 1.0");
    }
  }

  /**
   * Reads a config.
   *
   * @throws io.github.lanewise.model.ConfigException if there is no such file, it is not JSON, or a
   *     key or value is not allowed
   */
  public static EvoformerConfig load(Path file) {
    return ConfigFile.read(file, EvoformerConfig::of);
  }

  /** Reads a config from memory, as {@link #load} does; {@code file} is for messages. */
  public static EvoformerConfig parse(String file, byte[] json) {
    return ConfigFile.parse(file, json, EvoformerConfig::of);
  }

  private static EvoformerConfig of(JsonObject json) {
    json.allow(
        "$schema",
        "name",
        "kind",
        "layers",
        "msaWidth",
        "pairWidth",
        "outerWidth",
        "triangleWidth",
        "transitionFactor",
        "msaHeads",
        "pairHeads",
        "headDim",
        "epsilon",
        "msa",
        "residues",
        "source");
    json.optionalText("$schema");
    json.choice("kind", KIND);
    return new EvoformerConfig(
        json.text("name"),
        json.whole("layers", 1, MOST_LAYERS),
        new Widths(
            json.whole("msaWidth", 1, MOST_WIDTH),
            json.whole("pairWidth", 1, MOST_WIDTH),
            json.whole("outerWidth", 1, MOST_OUTER),
            json.whole("triangleWidth", 1, MOST_WIDTH),
            json.whole("transitionFactor", 1, MOST_FACTOR)),
        json.whole("msaHeads", 1, MOST_HEADS),
        json.whole("pairHeads", 1, MOST_HEADS),
        json.whole("headDim", 1, MOST_HEAD_DIM),
        json.number("epsilon"),
        json.whole("msa", 1, MOST_MSA),
        json.whole("residues", 1, MOST_RESIDUES),
        json.optionalText("source"));
  }

  /**
   * This architecture with its first {@code fewer} blocks only.
   *
   * @throws IllegalArgumentException unless {@code fewer} is 1 to {@link #layers()}
   */
  public EvoformerConfig withLayers(int fewer) {
    between("layers", fewer, layers);
    return new EvoformerConfig(
        name, fewer, widths, msaHeads, pairHeads, headDim, epsilon, msa, residues, source);
  }

  /**
   * This architecture for another alignment.
   *
   * @throws IllegalArgumentException if a size is out of range
   */
  public EvoformerConfig withSizes(int itsMsa, int itsResidues) {
    return new EvoformerConfig(
        name, layers, widths, msaHeads, pairHeads, headDim, epsilon, itsMsa, itsResidues, source);
  }

  /** Rows of the MSA representation: a sequence's residues, then the next sequence's. */
  public int msaRows() {
    return Math.multiplyExact(msa, residues);
  }

  /** Rows of the pair representation: row {@code i * residues + j} is the pair (i, j). */
  public int pairRows() {
    return residues * residues;
  }
}
