package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InspectFilesTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir private Path folder;

  @Test
  void writesAPageAndPicturesAndSaysSo() throws IOException {
    Path page = folder.resolve("a.html");
    Path svg = folder.resolve("a.svg");
    Path png = folder.resolve("a.png");
    String model = "models/tiny-decoder.json";
    assertEquals(
        0,
        run(
            "inspect",
            "The </script> cat",
            "--model",
            model,
            "--json",
            "--head",
            "1:3",
            "--out",
            page.toString(),
            "--svg",
            svg.toString(),
            "--png",
            png.toString()),
        err::toString);
    assertTrue(Files.readString(page).contains("\\u003c/script\\u003e"), "escaped");
    assertTrue(Files.readString(svg).contains("<svg"));
    assertEquals("PNG", new String(Files.readAllBytes(png), 1, 3, StandardCharsets.US_ASCII));
    for (Path file : new Path[] {page, svg, png}) {
      assertTrue(err.toString().contains("wrote " + file), err::toString);
    }
    assertTrue(out.toString().lines().allMatch(line -> line.startsWith("{")), "JSON only");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inspect text --out no/such/folder/a.html  | --out is no/such/folder/a.html, but there is no folder",
        "inspect text --svg src                    | --svg is src, a folder, must be a file to write",
        "inspect text --head 1:1                   | --head goes with --svg or --png",
        "inspect text --svg a.svg --head 6:0       | --head is 6:0, must be 0:0 to 5:11",
        "inspect text --png a.png --head 0         | --head is 0, must be 0:0 to 5:11",
        "inspect --corpus --out a.html             | --out, --svg and --png need TEXT"
      })
  void wrongUsageIsToldBeforeAnythingIsLoaded(String command, String message) {
    assertEquals(2, run(command.split(" ")));
    assertTrue(err.toString().contains(message), err::toString);
  }

  private int run(String... arguments) {
    return Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
  }
}
