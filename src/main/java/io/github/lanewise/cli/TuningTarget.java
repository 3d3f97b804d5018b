package io.github.lanewise.cli;

import io.github.lanewise.op.Lanewise;
import io.github.lanewise.tuning.Tuning;
import io.github.lanewise.tuning.TuningException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where {@code tune} writes; checked before the search, which takes minutes.
 *
 * @param file null for standard output
 * @param own whether it is the user's own file, which every start reads
 * @param before the tuning that it replaces
 */
record TuningTarget(@Nullable Path file, boolean own, @Nullable Tuning before) {
  private static final String STANDARD_OUTPUT = "-";

  /** Wrong usage if there is something that is no tuning file, or if nothing can be written. */
  static TuningTarget of(@Nullable String name, CommonOptions common) {
    if (STANDARD_OUTPUT.equals(name)) {
      if (common.json()) {
        throw common.wrongUsage("--out - and --json both write to standard output: leave one out");
      }
      return new TuningTarget(null, false, null);
    }
    Path file;
    try {
      file = name == null ? Tuning.userFile() : Path.of(name);
    } catch (InvalidPathException impossible) {
      throw common.wrongUsage("--out is " + name + ", which is no file name");
    }
    requireWritable(file, common);
    return new TuningTarget(file, name == null, existing(file, common));
  }

  private static void requireWritable(Path file, CommonOptions common) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    while (folder != null && !Files.exists(folder)) {
      folder = folder.getParent();
    }
    if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
      throw common.wrongUsage(
          "--out is " + file + ", but no file can be written in " + folder + ": give another");
    }
  }

  /** What would be lost, if it can be used; else it may be somebody's work, or no tuning at all. */
  private static @Nullable Tuning existing(Path file, CommonOptions common) {
    if (!Files.exists(file)) {
      return null;
    }
    try {
      Tuning tuning = Tuning.load(file);
      Lanewise.create(1, tuning).close();
      return tuning;
    } catch (TuningException wrong) {
      throw common.wrongUsage(
          wrong.getMessage() + "; tune does not overwrite it: move it away or give another --out");
    }
  }

  boolean isStandardOutput() {
    return file == null;
  }

  /** What people call it. */
  String name() {
    return file == null ? STANDARD_OUTPUT : file.toString();
  }

  /** Writes all of it or nothing. */
  void write(Tuning tuning, PrintWriter standardOutput) {
    if (file == null) {
      standardOutput.print(tuning.toJson());
      standardOutput.flush();
    } else {
      tuning.write(file);
    }
  }
}
