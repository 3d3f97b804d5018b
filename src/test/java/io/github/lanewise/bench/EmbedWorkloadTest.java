package io.github.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.MiniLm;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.SentenceEncoder;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sentences to vectors as a workload. */
class EmbedWorkloadTest {
  private static final ModelConfig CONFIG = ModelConfig.load(Path.of("models/minilm-l6.json"));
  private static final WeightFiles NO_FILES =
      new WeightFiles(Path.of("x.onnx"), Path.of("x.json"), null);

  @Test
  void shapesAreSentencesAndTokensOfEach() {
    for (String shape : EmbedWorkload.SHAPES) {
      EmbedWorkload workload = EmbedWorkload.parse(shape, CONFIG, () -> NO_FILES);
      assertEquals(shape, workload.shape());
      assertEquals(Operation.EMBED, workload.op());
      assertTrue(workload.flops() > 0);
    }
    EmbedWorkload even = EmbedWorkload.parse("3x256", CONFIG, () -> NO_FILES);
    assertEquals(List.of(256, 256, 256), even.lengths());
    assertEquals(3L * 384 * Float.BYTES, even.writtenBytes());
    EmbedWorkload one = EmbedWorkload.parse("1x256", CONFIG, () -> NO_FILES);
    assertEquals(3 * one.flops(), even.flops());
  }

  @Test
  void naturalLengthsSpreadAndAreAlwaysTheSame() {
    List<Integer> lengths = EmbedWorkload.parse("natural256", CONFIG, () -> NO_FILES).lengths();
    assertEquals(256, lengths.size());
    assertEquals(lengths, EmbedWorkload.parse("natural256", CONFIG, () -> NO_FILES).lengths());
    List<Integer> sorted = lengths.stream().sorted().toList();
    assertTrue(Math.abs(sorted.get(128) - 22) <= 4, "median " + sorted.get(128));
    assertTrue(Collections.min(lengths) >= 3 && Collections.min(lengths) < 8);
    assertTrue(Collections.max(lengths) > 60 && Collections.max(lengths) <= 256);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          5              | must be BxT, sentences and tokens of each, or naturalN
          1x2x3          | must be BxT
          0x8            | B is 0, must be a whole number from 1 to
          8x0            | T is 0, must be
          1x257          | T must be at most 256
          9999999x256    | B·T at most
          natural        | N is '', must be
          natural-1      | N is -1, must be
          """)
  void wrongShapesAreExplainedBeforeFilesAreAskedFor(String shape, String message) {
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                EmbedWorkload.parse(
                    shape,
                    CONFIG,
                    () -> {
                      throw new AssertionError("asked");
                    }));
    assertTrue(wrong.getMessage().startsWith("shape '" + shape + "': "), wrong.getMessage());
    assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
  }

  @Test
  void isMeasuredBesideAPeerThatGetsTheSameTokens(@TempDir Path folder) throws IOException {
    WeightFiles files = new MiniLm(folder).files();
    EmbedWorkload workload = EmbedWorkload.parse("natural3", CONFIG, () -> files);
    Settings settings =
        new Settings(
            1,
            2_000_000,
            OptionalLong.empty(),
            1 << 30,
            1L << 33,
            List.of(new Unpooled(0), new Unpooled(1e-2f)));
    Result result =
        new Bench(settings, Limits.of(Operation.EMBED, 1e6, 1e6))
            .run(workload, Bench.Latency.none(), done -> {});
    assertTrue(result.ours().medianNanos() > 0);
    assertEquals(
        List.of(true, false), result.peers().stream().map(Result.PeerResult::agrees).toList());
  }

  /** Our own encoder, one sentence at a time, and a bit beside if that is wanted. */
  private record Unpooled(float error) implements Peer {
    @Override
    public String name() {
      return "one by one, " + error;
    }

    @Override
    public String version() {
      return "0";
    }

    @Override
    public Optional<Task> embed(Path model, int[] tokens, int[] offsets, Matrix out, int threads) {
      Lanewise runtime = Lanewise.create(threads);
      Weights weights = Weights.load(runtime, CONFIG, model);
      SentenceEncoder encoder = SentenceEncoder.prepare(runtime, weights);
      return Optional.of(
          new Task() {
            @Override
            public void run() {
              for (int s = 0; s + 1 < offsets.length; s++) {
                int[] its = Arrays.copyOfRange(tokens, offsets[s], offsets[s + 1]);
                encoder.encode(its, new int[] {0, its.length}, out.rowRange(s, 1));
              }
              out.set(0, 0, out.get(0, 0) + error);
            }

            @Override
            public void close() {
              weights.close();
              runtime.close();
            }
          });
    }
  }
}
