package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Storing;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PromptPlanTest {
  private static final ModelConfig LLAMA = ModelConfig.load(Path.of("models/llama-2-7b.json"));

  private static PromptPlan plan(ModelConfig model, long available) {
    return PromptPlan.of(model, 2, 512, 512, 0, Storing.FLOATS, null, available);
  }

  @Test
  void takesFloatsIfTheyFitAndHalvesIfNot() {
    PromptPlan much = plan(LLAMA, 32_000_000_000L);
    assertEquals(Storage.F32, much.storing().weights());
    PromptPlan less = plan(LLAMA, 20_000_000_000L);
    assertEquals(Storage.BF16, less.storing().weights());
    assertTrue(less.fits());
    assertTrue(less.why().startsWith("f32 would need 27."), less.why());
    assertEquals(much.memory().parameters(), less.memory().parameters());
  }

  @Test
  void keepsTheStorageThatIsAskedFor() {
    PromptPlan asked =
        PromptPlan.of(LLAMA, 2, 512, 512, 0, Storing.FLOATS, Storage.F32, 20_000_000_000L);
    assertFalse(asked.fits());
    assertTrue(asked.refusal().contains("--storage bf16"), asked.refusal());
  }

  /** As many layers as the refusal names fit, and one more does not. */
  @Test
  void saysWhatWouldFit() {
    long available = 8_000_000_000L;
    PromptPlan neither = plan(LLAMA, available);
    assertFalse(neither.fits());
    String refusal = neither.refusal();
    assertTrue(refusal.contains("--share-layer"), refusal);
    Matcher layers = Pattern.compile("--layers (\\d+) or fewer").matcher(refusal);
    assertTrue(layers.find(), refusal);
    int most = Integer.parseInt(layers.group(1));
    assertTrue(plan(LLAMA.withLayers(most), available).fits());
    assertFalse(plan(LLAMA.withLayers(most + 1), available).fits());
  }

  @Test
  void saysThatNothingWouldFit() {
    String refusal = plan(LLAMA, 1_000_000).refusal();
    assertTrue(refusal.endsWith("take fewer --tokens, or a smaller model"), refusal);
  }

  /** Activations grow with the part of the prompt, not with the prompt. */
  @Test
  void partsKeepActivationsSmall() {
    ModelConfig model = ModelConfig.load(Path.of("models/claude-class-200k.json")).withLayers(1);
    PromptPlan parts = PromptPlan.of(model, 2, 200_000, 512, 0, Storing.FLOATS, null, 1L << 40);
    PromptPlan whole = PromptPlan.of(model, 2, 200_000, 200_000, 0, Storing.FLOATS, null, 1L << 40);
    assertTrue(parts.memory().activationBytes() < 1_000_000_000L);
    assertTrue(whole.memory().activationBytes() > 50 * parts.memory().activationBytes());
    assertEquals(whole.memory().cacheBytes(), parts.memory().cacheBytes());
  }
}
