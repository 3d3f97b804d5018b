package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences longer than what a model was trained for. */
class PastContextTest {
  private static final int TRAINED = 20;
  private static final int LONGER = 45;

  /** Kept, as the log manager forgets loggers that nobody holds. */
  private static final Logger LOG = Logger.getLogger(TrainedLength.class.getName());

  @ParameterizedTest
  @ValueSource(strings = {"\"rope\", \"theta\": 10000", "\"alibi\"", "\"none\""})
  void isRunAndLoggedIfTheConfigSaysSo(String position) {
    ModelConfig config = llama("warn", position);
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, 1)) {
      int[] tokens = new SplittableRandom(2).ints(LONGER, 0, config.vocabulary()).toArray();
      Decoder decoder = Decoder.prepare(runtime, weights, LONGER);
      Matrix logits = Matrix.allocate(Arena.ofAuto(), LONGER, config.vocabulary());
      List<String> news =
          logged(
              () -> {
                decoder.newCache(TRAINED).close();
                try (KvCache cache = decoder.newCache(LONGER)) {
                  decoder.forwardAll(tokens, cache, logits, new PartTimes());
                }
              });
      assertEquals(
          List.of(
              "tiny-llama was trained for 20 positions: what it makes of 45 is not to be relied on"),
          news);
      Deviation.assertAsGoodAsPlainFloat(
          ReferenceTransformer.inDouble(weights).logits(tokens),
          ReferenceTransformer.inFloat(weights).logits(tokens),
          logits,
          position);
    }
  }

  @Test
  void isRefusedOtherwise() {
    ModelConfig config = llama("error", "\"alibi\"");
    assertEquals(TRAINED, config.mostPositions());
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> KvCache.allocate(config, 1, LONGER).close());
    assertEquals("capacity is 45, must be 1 to contextWindow = 20", refused.getMessage());
    ModelConfig warns = llama("warn", "\"alibi\"");
    assertEquals(1 << 24, warns.mostPositions());
    refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> KvCache.allocate(warns, 1, (1 << 24) + 1).close());
    String message = "capacity is 16777217, must be 1 to the most that attention takes = 16777216";
    assertEquals(message, refused.getMessage());
  }

  @Test
  void anEncoderSaysItOnce() {
    String json =
        Models.json("tiny-encoder")
            .replace("\"learned\"", "\"alibi\"")
            .replace("\"contextWindow\": 64", "\"contextWindow\": 4, \"pastContext\": \"warn\"");
    ModelConfig config = parse(json);
    try (Lanewise runtime = Lanewise.create(1);
        Weights weights = Weights.random(runtime, config, 1)) {
      Encoder encoder = Encoder.prepare(runtime, weights, 9);
      Matrix hidden = Matrix.allocate(Arena.ofAuto(), 9, config.dModel());
      PartTimes times = new PartTimes();
      List<String> news =
          logged(
              () -> {
                encoder.forward(new int[9], new int[] {0, 4, 8, 9}, hidden, times);
                encoder.forward(new int[9], new int[] {0, 4, 9}, hidden, times);
                encoder.forward(new int[9], new int[] {0, 9}, hidden, times);
              });
      assertEquals(1, news.size());
      assertTrue(news.getFirst().contains("what it makes of 5 is"), news.getFirst());
    }
  }

  /** A later, longer cache makes tables grow while others use the shorter ones. */
  @Test
  void cachesOfAnyLengthMayFollowEachOther() {
    ModelConfig config = llama("warn", "\"rope\", \"theta\": 10000");
    try (Lanewise runtime = Lanewise.create(2);
        Weights weights = Weights.random(runtime, config, 1)) {
      Decoder decoder = Decoder.prepare(runtime, weights, 8);
      Matrix logits = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
      try (KvCache first = KvCache.allocate(config, 1, 10);
          KvCache second = KvCache.allocate(config, 1, 40)) {
        for (int i = 0; i < 10; i++) {
          decoder.forward(new int[] {i}, first, logits);
          for (int j = 0; j < 4; j++) {
            decoder.forward(new int[] {i + j}, second, logits);
          }
        }
        assertEquals(40, second.length(0));
      }
    }
  }

  private static ModelConfig llama(String pastContext, String position) {
    return parse(
        Models.json("tiny-llama")
            .replace("\"rope\", \"theta\": 10000", position)
            .replace(
                "\"contextWindow\": 96",
                "\"contextWindow\": " + TRAINED + ", \"pastContext\": \"" + pastContext + "\""));
  }

  private static ModelConfig parse(String json) {
    return ModelConfig.parse("past.json", json.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> logged(Runnable work) {
    List<String> news = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            news.add(entry.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    LOG.addHandler(handler);
    LOG.setUseParentHandlers(false);
    try {
      work.run();
    } finally {
      LOG.removeHandler(handler);
      LOG.setUseParentHandlers(true);
    }
    return news;
  }
}
