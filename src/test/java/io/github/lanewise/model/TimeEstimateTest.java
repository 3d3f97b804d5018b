package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Storage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimeEstimateTest {
  private static final double GIGA = 1e9;

  private final TimeEstimate machine = new TimeEstimate(236, 34);

  /** Never below the roofline, and of large products not far above. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2-124m", "llama-2-7b", "bert-base"})
  void prefillIsBoundByThePeak(String model) {
    ModelConfig config = Models.load(model);
    double least = Cost.flops(config, 0, 512) / (236 * GIGA);
    double seconds = machine.prefillSeconds(config, Storing.FLOATS, 512, 512);
    assertTrue(seconds > least && seconds < 1.5 * least, seconds + " of " + least);
    assertTrue(machine.prefillSeconds(config, Storing.FLOATS, 128, 512) > seconds);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-124m", "llama-2-7b", "gemma-3-270m"})
  void decodingIsBoundByReading(String model) {
    ModelConfig config = Models.load(model);
    for (Storage storage : Storage.values()) {
      Storing storing = Storing.FLOATS.withWeights(storage);
      MemoryPlan plan = MemoryPlan.of(config, storing, 1, 1, 512);
      double most = (plan.weightsBytes() + plan.cacheBytes()) / (34 * GIGA);
      double seconds = machine.tokenSeconds(config, storing, 511);
      assertTrue(
          seconds > 0.5 * most && seconds < 1.1 * most + config.layers() * 0.2e-3,
          seconds + " of " + most);
    }
  }

  /** A cache of halves takes half of the time that it adds, whoever owns the weights. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theCacheIsReadOnceAToken(boolean share) {
    ModelConfig config = Models.load("llama-2-7b");
    Storing floats = Storing.FLOATS.withShareLayer(share);
    double empty = machine.tokenSeconds(config, floats, 0);
    double full = machine.tokenSeconds(config, floats, 4095) - empty;
    assertEquals(KvCache.bytesFor(config, 1, 4095) / (0.93 * 34 * GIGA), full, 1e-6);
    Storing halves = floats.withCache(Storage.F16);
    double half =
        machine.tokenSeconds(config, halves, 4095) - machine.tokenSeconds(config, halves, 0);
    assertEquals(full / 2, half, 1e-6);
  }
}
