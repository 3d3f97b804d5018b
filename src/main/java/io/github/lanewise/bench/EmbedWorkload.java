package io.github.lanewise.bench;

import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Cost;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.SentenceEncoder;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * A batch of sentences to vectors, from tokens on: the whole model with its real weights.
 *
 * @param shape as given
 * @param lengths tokens of each sentence
 * @param config the model
 * @param files its weights on this machine
 */
public record EmbedWorkload(
    String shape, List<Integer> lengths, ModelConfig config, WeightFiles files)
    implements Workload {
  /** Sentences of the lengths that people write: their number follows. */
  private static final String NATURAL = "natural";

  static final List<String> SHAPES =
      List.of("1x8", "1x32", "1x128", "1x256", "8x128", "32x32", "32x128", "natural256");

  /**
   * Lengths of sentences in prose spread about as the logarithm of a normal variable: half of them
   * are shorter than this many tokens.
   */
  private static final double MEDIAN_LENGTH = 22;

  private static final double SPREAD = 0.6;

  /**
   * Reads {@code BxT}, sentences and tokens of each, or {@code naturalN}.
   *
   * @param files asked for once the shape is right
   * @throws IllegalArgumentException if the shape is wrong
   */
  public static EmbedWorkload parse(String shape, ModelConfig config, Supplier<WeightFiles> files) {
    List<Integer> lengths = lengths(shape, config.maxTokens());
    return new EmbedWorkload(shape, lengths, config, files.get());
  }

  private static List<Integer> lengths(String shape, int most) {
    if (shape.startsWith(NATURAL)) {
      return natural(Sizes.parse(shape, "N", shape.substring(NATURAL.length())), most);
    }
    String[] parts = shape.split("x", -1);
    if (parts.length != 2) {
      throw Sizes.wrong(shape, "must be BxT, sentences and tokens of each, or naturalN");
    }
    int batch = Sizes.parse(shape, "B", parts[0]);
    int tokens = Sizes.parse(shape, "T", parts[1]);
    if (tokens > most || (long) batch * tokens > Matrix.MAX_SIZE) {
      throw Sizes.wrong(shape, "T must be at most " + most + ", B·T at most " + Matrix.MAX_SIZE);
    }
    Integer[] lengths = new Integer[batch];
    Arrays.fill(lengths, tokens);
    return List.of(lengths);
  }

  private static List<Integer> natural(int count, int most) {
    SplittableRandom random = new SplittableRandom(1);
    List<Integer> lengths = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double length = MEDIAN_LENGTH * Math.exp(SPREAD * random.nextGaussian());
      lengths.add(Math.clamp(Math.round(length), 3, most));
    }
    return lengths;
  }

  @Override
  public Operation op() {
    return Operation.EMBED;
  }

  @Override
  public double flops() {
    return lengths.stream().mapToDouble(length -> Cost.flops(config, 0, length)).sum();
  }

  /** The linear layers. */
  @Override
  public long readBytes() {
    return 2 * Cost.flops(config, 0, 1);
  }

  @Override
  public long writtenBytes() {
    return Sizes.matrix(lengths.size(), config.dModel());
  }

  /** One model serves all calls. */
  @Override
  public boolean rotates() {
    return false;
  }

  @Override
  public long bytesOfCopy(boolean comparing) {
    return writtenBytes() * (comparing ? 2 : 1);
  }

  @Override
  public long bytesBeside(boolean comparing) {
    long ours = MemoryPlan.of(config, 1, SentenceEncoder.PASS_TOKENS, 1).totalBytes();
    return comparing ? 3 * ours : ours;
  }

  /** Loads the model, and makes the calls on it; the weights live as long as the arena. */
  Contest prepare(Setup setup) {
    int[] offsets = offsets();
    int count = offsets[lengths.size()];
    int[] tokens = new SplittableRandom(2).ints(count, 1000, config.vocabulary()).toArray();
    Lanewise runtime = setup.runtime();
    Weights weights = Weights.load(runtime, config, files.tensors());
    SentenceEncoder encoder = SentenceEncoder.prepare(runtime, weights);
    Matrix out = setup.zero(lengths.size(), config.dModel());
    List<Runnable> calls = setup.each(i -> () -> encoder.encode(tokens, offsets, out));
    Contest contest = new Contest(KernelNames.encoder(), calls, out);
    contest.closing(weights::close);
    if (!setup.comparing()) {
      return contest;
    }
    Matrix theirs = setup.zero(lengths.size(), config.dModel());
    return contest.with(
        setup,
        (peer, i) -> peer.embed(files.tensors(), tokens, offsets, theirs, setup.threads()),
        theirs);
  }

  private int[] offsets() {
    int[] offsets = new int[lengths.size() + 1];
    for (int s = 0; s < lengths.size(); s++) {
      offsets[s + 1] = Math.addExact(offsets[s], lengths.get(s));
    }
    return offsets;
  }
}
