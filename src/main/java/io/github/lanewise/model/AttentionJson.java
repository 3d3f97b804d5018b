package io.github.lanewise.model;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.AttentionConfig.Mask;
import io.github.lanewise.model.AttentionConfig.Reach;
import io.github.lanewise.op.Attention;
import java.util.List;

/** Reads which keys a query sees, and what becomes of its scores. */
final class AttentionJson {
  private AttentionJson() {}

  static AttentionConfig read(JsonObject json, int headDim) {
    json.allow("type", "window", "pattern", "scale", "softcap", "queryKeyNorm");
    Mask mask = json.constant("type", Mask.values());
    int window = json.has("window") ? json.whole("window", 1, Attention.MAX_KEYS) : 0;
    return new AttentionConfig(
        mask,
        window,
        pattern(json, window > 0 ? Reach.LOCAL : Reach.GLOBAL),
        json.has("scale")
            ? ConfigLoader.positive(json, "scale")
            : AttentionConfig.usualScale(headDim),
        json.has("softcap") ? ConfigLoader.positive(json, "softcap") : 0,
        json.flag("queryKeyNorm"),
        false);
  }

  private static List<Reach> pattern(JsonObject json, Reach all) {
    return json.has("pattern")
        ? json.constants("pattern", AttentionConfig.LONGEST_PATTERN, Reach.values())
        : List.of(all);
  }
}
