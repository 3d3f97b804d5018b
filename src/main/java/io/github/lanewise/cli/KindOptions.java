package io.github.lanewise.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code run} that some kinds of models alone take; to be used as a mixin. */
final class KindOptions {
  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Recurrent models: write the comparison with attention as a picture.")
  private @Nullable String svg;

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "Vision models: the image to look at, PNG or JPEG. Default: a test image.")
  private @Nullable String image;

  @Option(
      names = "--msa",
      paramLabel = "S",
      description = "Protein models: sequences of the alignment. Default: the config's.")
  private @Nullable Integer msa;

  @Option(
      names = "--residues",
      paramLabel = "R",
      description = "Protein models: residues of each sequence. Default: the config's.")
  private @Nullable Integer residues;

  /** Made by picocli. */
  KindOptions() {}

  /** The picture to write, or null; to be asked before anything is measured. */
  @Nullable Path picture(CommonOptions common) {
    return PictureFile.check(common, "--svg", svg);
  }

  /** The image to look at, or null for none. */
  @Nullable Path image(CommonOptions common) {
    try {
      return image == null ? null : Path.of(image);
    } catch (InvalidPathException impossible) {
      throw common.wrongUsage("--image is no file name: " + impossible.getMessage());
    }
  }

  /** Sequences of the alignment. */
  int msa(CommonOptions common, int otherwise, int most) {
    return size(common, "--msa", msa, otherwise, most);
  }

  /** Residues of each sequence. */
  int residues(CommonOptions common, int otherwise, int most) {
    return size(common, "--residues", residues, otherwise, most);
  }

  private static int size(
      CommonOptions common, String option, @Nullable Integer given, int otherwise, int most) {
    if (given == null) {
      return otherwise;
    }
    common.between(option, given, 1, most, "");
    return given;
  }

  /** Wrong usage if any other than {@code allowed} is given. */
  void allow(CommonOptions common, String model, String... allowed) {
    Map<String, @Nullable Object> given = new LinkedHashMap<>();
    given.put("--svg", svg);
    given.put("--image", image);
    given.put("--msa", msa);
    given.put("--residues", residues);
    given.forEach(
        (option, value) -> {
          if (value != null && !List.of(allowed).contains(option)) {
            throw common.wrongUsage(option + " means nothing for " + model);
          }
        });
  }
}
