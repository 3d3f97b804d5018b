package io.github.lanewise.tuning;

import java.util.List;

/** Tuning files with one thing wrong, made from a good one by replacing a piece of text. */
final class BrokenTunings {
  static final String GOOD =
      """
      {
        "$schema": "schema.json",
        "vectorBits": 512,
        "gemm": {
          "row": {"kernel": "1x4u2", "nc": 192},
          "skinny": {"kernel": "4x4u1", "nc": 256},
          "matrix": {"kernel": "5x4u1", "mc": 96, "nc": 224, "kc": 1024}
        },
        "provenance": {
          "cpu": "A CPU", "arch": "amd64", "jdk": "25", "threads": 2,
          "date": "2026-11-24", "command": "./lanewise tune",
          "measured": [{"shape": "1024x1024x1024", "gflops": 112.5, "default": 110.1}]
        }
      }
      """;

  /**
   * One broken file.
   *
   * @param json the file
   * @param message what its message must say after the file name
   */
  record Broken(String json, String message) {
    @Override
    public String toString() {
      return message;
    }
  }

  private BrokenTunings() {}

  /** What both the schema and the loader must refuse. */
  static List<Broken> refusedBySchema() {
    return List.of(
        broken("\"gemm\"", "\"gem\"", "unknown key gem = {"),
        broken("\"gemm\"", "\"gem\"", "did you mean gemm?"),
        broken("\"skinny\"", "\"skiny\"", "unknown key gemm.skiny = {"),
        broken("\"mc\"", "\"mr\"", "unknown key gemm.matrix.mr = 96; allowed: kernel, mc, nc, kc"),
        broken("\"nc\": 192", "\"nc\": 192, \"kc\": 4", "unknown key gemm.row.kc = 4"),
        broken("\"nc\": 256", "\"nc\": 256, \"mc\": 4", "unknown key gemm.skinny.mc = 4"),
        broken("\"vectorBits\": 512,", "", "vectorBits is missing, must be a whole number"),
        broken("\"kernel\": \"1x4u2\", ", "", "gemm.row.kernel is missing, must be a text"),
        broken(", \"kc\": 1024", "", "gemm.matrix.kc is missing, must be a whole number"),
        broken("\"mc\": 96", "\"mc\": \"96\"", "gemm.matrix.mc is \"96\", must be a whole"),
        broken("\"mc\": 96", "\"mc\": null", "gemm.matrix.mc is null, must be a whole number"),
        broken("\"mc\": 96", "\"mc\": 0", "gemm.matrix.mc is 0, must be a whole number from 1 to"),
        broken("\"mc\": 96", "\"mc\": -96", "gemm.matrix.mc is -96, must be a whole number from 1"),
        broken("\"mc\": 96", "\"mc\": 1025", "mc is 1025, must be a whole number from 1 to 1024"),
        broken("\"mc\": 96", "\"mc\": 9.5", "gemm.matrix.mc is 9.5, must be a whole number"),
        broken("\"nc\": 224", "\"nc\": 4128", "nc is 4128, must be a whole number from 1 to 4096"),
        broken("\"kc\": 1024", "\"kc\": 99999999999", "gemm.matrix.kc is 99999999999, must be"),
        broken("\"kc\": 1024", "\"kc\": [8]", "gemm.matrix.kc is [8], must be a whole number"),
        broken("\"vectorBits\": 512", "\"vectorBits\": 0", "vectorBits is 0, must be a whole"),
        broken("\"vectorBits\": 512", "\"vectorBits\": 500", "500, must be a power of 2"),
        broken("\"5x4u1\"", "54", "gemm.matrix.kernel is 54, must be a text in quotes"),
        broken("\"5x4u1\"", "\"\"", "gemm.matrix.kernel is \"\", must be a text in quotes"),
        broken("{\"kernel\": \"1x4u2\", \"nc\": 192}", "7", "gemm.row is 7, must be an object"),
        broken("\"threads\": 2", "\"threads\": 0", "provenance.threads is 0, must be a whole"),
        broken("\"cpu\": \"A CPU\"", "\"cpu\": 7", "provenance.cpu is 7, must be a text"),
        broken("[{\"shape\"", "[7, {\"shape\"", "provenance.measured is [7,"),
        broken("\"gflops\"", "\"flops\"", "unknown key provenance.measured[0].flops = 112.5"),
        broken("112.5", "\"fast\"", "provenance.measured[0].gflops is \"fast\", must be a number"),
        new Broken("[]", "is [], must be a JSON object {...}"),
        new Broken("{}", "vectorBits is missing, must be a whole number from 32 to 2048"));
  }

  /** What a schema cannot express, and what is not JSON at all. */
  static List<Broken> refusedByLoaderOnly() {
    return List.of(
        broken("\"nc\": 224", "\"nc\": 208", "gemm.matrix.nc is 208, must be a multiple of 32"),
        broken("\"nc\": 192", "\"nc\": 1", "gemm.row.nc is 1, must be a multiple of 32"),
        broken("\"mc\": 96", "\"mc\": NaN", "gemm.matrix.mc is \"NaN\", must be a whole number"),
        broken("\"mc\": 96", "\"mc\": 1e300", "gemm.matrix.mc is 1.0E300, must be a whole number"),
        broken("112.5", "1e999", "provenance.measured[0].gflops is \"Infinity\", must be a number"),
        broken("\"mc\": 96", "\"mc\": 96, \"mc\": 96", "Duplicate Object property \"mc\""),
        broken("\"mc\": 96,", "\"mc\": 96", "not valid JSON"),
        broken("\"vectorBits\": 512", "\"vectorBits\": 256", "vectorBits is 256, must be 512"),
        new Broken("", "is empty, must hold a JSON object"),
        new Broken("mc = 96", "line 1, column 1: not valid JSON"),
        new Broken("[".repeat(100_000), "must not be nested deeper than 16"),
        new Broken(" ".repeat(2_000_000), "is too large, must be at most 1048576 bytes"));
  }

  private static Broken broken(String piece, String replacement, String message) {
    if (!GOOD.contains(piece)) {
      throw new IllegalArgumentException("the good file does not contain " + piece);
    }
    return new Broken(GOOD.replace(piece, replacement), message);
  }
}
