package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.format.JsonLine;
import io.github.lanewise.model.EmbeddingModel;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.op.Lanewise;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code embed}: lines to vectors. */
@Command(
    name = "embed",
    sortOptions = false,
    description = {
      "Turn each line of FILE into a vector.",
      "An empty line has one, too: vectors are in the order of the lines. A line that is too long for"
          + " the model loses its end, and standard error says so."
    },
    footer = {
      "",
      "Examples:",
      "  lanewise embed sentences.txt --json",
      "  sort -u names.txt | lanewise embed - --out names.f32"
    })
final class EmbedCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ModelOptions models = new ModelOptions();

  @Parameters(
      index = "0",
      paramLabel = "FILE",
      description = "Text in UTF-8; - for standard input.")
  private String file = "";

  @Option(
      names = "--model",
      paramLabel = "CONFIG",
      description =
          "Architecture config (JSON) with pooling. Default: that of --weights, else "
              + ModelOptions.USUAL
              + ".")
  private @Nullable String config;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Write the vectors as 32-bit floats, little-endian, line after line, nothing else; with"
              + " --json, standard output then says how many.")
  private @Nullable String out;

  /** Made by picocli. */
  EmbedCommand() {}

  @Override
  public Integer call() throws IOException {
    int threads = common.threads();
    HeadStart.firstProducts();
    Path target = target();
    try (InputStream in = open();
        Lanewise runtime = Lanewise.create(threads);
        EmbeddingModel model = models.open(runtime, config(), common)) {
      long size = file.equals("-") ? 0 : Files.size(Path.of(file));
      EmbedJob job = new EmbedJob(model, common.err(), size);
      try (EmbedOutput output = output(target, model.dimensions())) {
        job.run(new LineReader(in, EmbedJob.MOST_LINE_BYTES), output);
      }
      report(job, model, target);
    }
    return CommandLine.ExitCode.OK;
  }

  private ModelConfig config() {
    return models.ofSentences(models.config(config, common), common);
  }

  private EmbedOutput output(@Nullable Path target, int dimensions) throws IOException {
    if (target != null) {
      return new EmbedFile(target);
    }
    return common.json()
        ? EmbedLines.json(common.out())
        : EmbedLines.table(common.out(), dimensions);
  }

  private void report(EmbedJob job, EmbeddingModel model, @Nullable Path target) {
    String where =
        target == null
            ? ""
            : format(
                "; [%d, %d] little-endian float32 in %s", job.lines(), model.dimensions(), target);
    common
        .text()
        .println(
            format(
                "%d line%s, %d tokens, %d dimensions in %.2f s: %.0f tokens/s%s",
                job.lines(),
                job.lines() == 1 ? "" : "s",
                job.tokens(),
                model.dimensions(),
                job.seconds(),
                job.tokens() / Math.max(1e-9, job.seconds()),
                where));
    if (common.json() && target != null) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("file", target.toString());
      json.put("rows", job.lines());
      json.put("dimensions", model.dimensions());
      json.put("tokens", job.tokens());
      json.put("millis", Figures.rounded(1e3 * job.seconds()));
      common.out().println(JsonLine.of(json));
    }
  }

  private InputStream open() {
    if (file.equals("-")) {
      return System.in;
    }
    try {
      Path path = Path.of(file);
      if (Files.isDirectory(path)) {
        throw common.wrongUsage(file + ": is a folder, must be a file of text");
      }
      if (!Files.exists(path)) {
        throw common.wrongUsage(file + ": no such file");
      }
      return new FileInputStream(path.toFile());
    } catch (InvalidPathException | IOException failed) {
      throw common.wrongUsage(file + ": cannot be read: " + failed.getMessage());
    }
  }

  /** Checked before anything is computed. */
  private @Nullable Path target() {
    if (out == null) {
      return null;
    }
    try {
      Path path = Path.of(out);
      Path folder = path.toAbsolutePath().getParent();
      if (Files.isDirectory(path) || folder == null || !Files.isDirectory(folder)) {
        throw common.wrongUsage(
            "--out is " + out + ", must be a file to write in a folder that is");
      }
      if (Files.exists(path) && !file.equals("-") && Files.isSameFile(path, Path.of(file))) {
        throw common.wrongUsage("--out is " + out + ", must be another file than FILE");
      }
      return path;
    } catch (InvalidPathException | IOException wrong) {
      throw common.wrongUsage("--out is " + out + ": " + wrong.getMessage());
    }
  }
}
