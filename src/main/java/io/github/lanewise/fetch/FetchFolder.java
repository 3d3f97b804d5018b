package io.github.lanewise.fetch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder to fetch into, and the process that fills it: neither outlives the fetch, or this JVM if
 * somebody ends it meanwhile.
 */
final class FetchFolder implements AutoCloseable {
  private static final String PREFIX = "fetch-";
  private static final Duration STALE = Duration.ofHours(1);
  private static final long PATIENCE_SECONDS = 5;

  private final Path path;
  private final Thread hook = new Thread(this::clear, "lanewise-fetch");
  private @Nullable Process process;
  private boolean cleared;

  /** Creates one, and removes what JVMs that were killed left. */
  FetchFolder(Path home) throws IOException {
    try (Stream<Path> files = Files.list(home)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().startsWith(PREFIX) && isStale(file)) {
          delete(file);
        }
      }
    }
    path = Files.createTempDirectory(home, PREFIX);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  Path path() {
    return path;
  }

  /** Starts what fills the folder. */
  synchronized Process start(ProcessBuilder builder) throws IOException {
    if (cleared) {
      throw new IOException("this JVM is ending");
    }
    Process started = builder.start();
    process = started;
    return started;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      return; // the hook does it
    }
    clear();
  }

  private synchronized void clear() {
    cleared = true;
    Process filling = process;
    if (filling != null) {
      end(filling);
    }
    delete(path);
  }

  /** Ends a process and those that it started; by force those that do not listen. */
  private static void end(Process process) {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroy);
    CompletableFuture<?>[] ends =
        all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(ends)
        .completeOnTimeout(null, PATIENCE_SECONDS, TimeUnit.SECONDS)
        .join();
    all.forEach(ProcessHandle::destroyForcibly);
  }

  private static boolean isStale(Path folder) throws IOException {
    Instant changed = Files.getLastModifiedTime(folder).toInstant();
    return changed.isBefore(Instant.now().minus(STALE));
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException gone) {
      return; // by another process; what is left is stale in an hour
    }
  }
}
