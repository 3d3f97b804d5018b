package io.github.lanewise.cli;

import io.github.lanewise.bench.EmbedWorkload;
import io.github.lanewise.bench.Operation;
import io.github.lanewise.bench.Workload;
import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.model.ModelConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: how close each operation comes to what the machine can do. */
@Command(
    name = "bench",
    sortOptions = false,
    subcommands = {
      BenchCommand.Gemm.class,
      BenchCommand.Softmax.class,
      BenchCommand.Attention.class,
      BenchCommand.Embed.class,
      GrowthCommand.class
    },
    description =
        "Measure one operation over shapes: median, spread, and the share of what this machine can"
            + " do.",
    footer = {
      "",
      "Examples:",
      "  lanewise bench gemm",
      "  lanewise bench gemm --threads 1 --shape 512x768x3072 --shape 1x4096x4096 --json",
      "  lanewise bench softmax --svg softmax.svg",
      "  lanewise bench attention --compare --shape b1,h12,q2048,k2048,d64,causal",
      "  lanewise bench growth --threads 1 --svg growth.svg",
      "  lanewise bench attention --shape b1,h8,q32768,k32768,d64,causal,window=4096",
      "",
      "'lanewise bench OPERATION --help' explains the options."
    })
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // picocli shows the help
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  /** Made by picocli. */
  BenchCommand() {}

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Missing operation, must be one of " + String.join(", ", spec.subcommands().keySet()));
  }

  /** {@code bench gemm}. */
  @Command(
      name = "gemm",
      sortOptions = false,
      description = "Measure C[M,N] = A[M,K]·B[N,K]ᵀ with B packed before; shapes are MxNxK.",
      footer = {"", BenchOperation.FOOTER})
  static final class Gemm extends BenchOperation {
    @Option(names = "--plain", description = "Pack B in the call, as MatMul does.")
    private boolean plain;

    @Option(
        names = "--storage",
        paramLabel = "TYPE",
        description =
            "How packed weights are stored: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}."
                + " Sums are always f32.")
    private Storage storage = Storage.F32;

    /** Made by picocli. */
    Gemm() {
      super(Operation.GEMM);
    }

    @Override
    boolean plain() {
      return plain;
    }

    @Override
    Storage storage() {
      return storage;
    }
  }

  /** {@code bench softmax}. */
  @Command(
      name = "softmax",
      sortOptions = false,
      description = "Measure the softmax of rows; shapes are RxC, rows and columns.",
      footer = {"", BenchOperation.FOOTER})
  static final class Softmax extends BenchOperation {
    /** Made by picocli. */
    Softmax() {
      super(Operation.SOFTMAX);
    }
  }

  /** {@code bench embed}. */
  @Command(
      name = "embed",
      sortOptions = false,
      description = {
        "Measure sentences to vectors with all-MiniLM-L6-v2, from tokens on; shapes are BxT,"
            + " sentences and tokens of each, or naturalN: N sentences of natural lengths.",
        "--compare pads for the others as little as it can: sorted by length, in the batches that"
            + " they are fastest with."
      },
      footer = {"", BenchOperation.FOOTER})
  static final class Embed extends BenchOperation {
    @Mixin private ModelOptions models = new ModelOptions();

    private @Nullable ModelConfig config;
    private @Nullable WeightFiles files;

    /** Made by picocli. */
    Embed() {
      super(Operation.EMBED);
    }

    @Override
    Workload workload(String shape) {
      if (config == null) {
        config = models.ofSentences(models.config(null, common()), common());
      }
      return EmbedWorkload.parse(shape, config, () -> files(config));
    }

    private WeightFiles files(ModelConfig model) {
      if (files == null) {
        files = models.files(model, common());
      }
      return files;
    }
  }

  /** {@code bench attention}. */
  @Command(
      name = "attention",
      sortOptions = false,
      description = {
        "Measure attention; shapes are b1,h12[,kv4],q2048,k2048,d64: batch, heads, key-value heads,"
            + " queries, keys, floats of a head. Then, as wanted:",
        "  causal             hide later keys",
        "  window=W           W keys to each side of a query's own; with causal, before it",
        "  window=LEFT:RIGHT  keys before and after it",
        "  block=bigbird:64   blocks of 64: 1 to each side, 2 global, 3 random",
        "  block=strided:64   blocks of 64: 1 to each side, and every 16th",
        "  linear             linear attention, alone or with causal",
        "  f16 or bf16        keys and values in a cache of 16-bit floats",
        "Only pairs of a query and a key that it sees count as work."
      },
      footer = {"", BenchOperation.FOOTER})
  static final class Attention extends BenchOperation {
    @Option(
        names = "--callers",
        paramLabel = "N",
        description =
            "Then measure N callers at once that share one prepared operation, beside one caller,"
                + " in turns.")
    private int callers;

    /** Made by picocli. */
    Attention() {
      super(Operation.ATTENTION);
    }

    @Override
    int callers() {
      return callers;
    }
  }
}
