package io.github.lanewise.cli;

import io.github.lanewise.format.JsonFile;
import io.github.lanewise.format.JsonObject;
import io.github.lanewise.tune.Confirmation.Jvm;
import io.github.lanewise.tune.Product;
import io.github.lanewise.tuning.Tuning;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts {@code tune-probe} in JVMs like this one: same java, same flags, same classes. */
final class TuningJvms implements Jvm, AutoCloseable {
  private final int threads;
  private final Path folder;
  private final Thread hook = new Thread(this::stop, "lanewise-stop-probe");
  private volatile @Nullable Process running;

  TuningJvms(int threads) throws IOException {
    this.threads = threads;
    folder = Files.createTempDirectory("lanewise-tune-");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public Map<Product, Double> gflops(Tuning tuning) {
    try {
      Path file = folder.resolve("tuning.json");
      tuning.write(file);
      return run(file);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot start a JVM: " + failed.getMessage(), failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }

  private Map<Product, Double> run(Path file) throws IOException, InterruptedException {
    Path errors = folder.resolve("errors");
    Process process = new ProcessBuilder(command(file)).redirectError(errors.toFile()).start();
    running = process;
    try {
      process.getOutputStream().close();
      byte[] output = process.getInputStream().readAllBytes();
      int code = process.waitFor();
      if (code != 0) {
        List<String> lines = Files.readString(errors, StandardCharsets.UTF_8).lines().toList();
        throw new IllegalStateException(
            "a fresh JVM failed with code "
                + code
                + (lines.isEmpty() ? "" : ": " + lines.getLast()));
      }
      return rates(JsonFile.parse(output));
    } finally {
      process.destroyForcibly();
      running = null;
    }
  }

  private static Map<Product, Double> rates(JsonObject json) {
    Map<Product, Double> rates = new LinkedHashMap<>();
    for (Product product : Product.ALL) {
      rates.put(product, json.number(product.toString()));
    }
    return rates;
  }

  private List<String> command(Path file) {
    return JvmCommand.of(
        List.of("-Dlanewise.tuning=" + file),
        Main.class,
        "tune-probe",
        "--json",
        "--threads",
        Integer.toString(threads));
  }

  private void stop() {
    Process process = running;
    if (process != null) {
      process.destroyForcibly();
    }
    deleteFiles();
  }

  private void deleteFiles() {
    try {
      Files.deleteIfExists(folder.resolve("tuning.json"));
      Files.deleteIfExists(folder.resolve("errors"));
      Files.deleteIfExists(folder);
    } catch (IOException left) {
      // A temporary folder stays behind: no reason to fail.
      folder.toFile().deleteOnExit();
    }
  }

  @Override
  public void close() {
    deleteFiles();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // The hook is running already.
      stop();
    }
  }
}
