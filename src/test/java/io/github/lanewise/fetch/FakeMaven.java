package io.github.lanewise.fetch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A script named {@code mvn} that copies a small jar, and counts how often it ran. */
final class FakeMaven {
  private final Path bin;
  private final Path jar;

  FakeMaven(Path folder) throws IOException {
    bin = Files.createDirectories(folder.resolve("maven/bin"));
    jar = folder.resolve("artifact.jar");
    script("cp '" + jar + "' \"$out/small-1.0.jar\"");
  }

  /** What the jar holds: names and contents in turn. */
  void jar(String... files) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (int i = 0; i < files.length; i += 2) {
        zip.putNextEntry(new ZipEntry(files[i]));
        zip.write(files[i + 1].getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** What it does; {@code $out} is the folder that it is to fill. */
  void script(String body) throws IOException {
    Path mvn = bin.resolve("mvn");
    Files.writeString(
        mvn,
        """
        #!/bin/sh
        echo "$@" >>'%s'
        for argument; do
          case $argument in -DoutputDirectory=*) out=${argument#*=} ;; esac
        done
        """
                .formatted(calls())
            + body
            + "\n");
    Files.setPosixFilePermissions(mvn, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  int runs() throws IOException {
    return Files.exists(calls()) ? Files.readAllLines(calls()).size() : 0;
  }

  Map<String, String> environment() {
    return Map.of("PATH", "/nowhere:" + bin);
  }

  Path calls() {
    return bin.resolveSibling("calls");
  }
}
