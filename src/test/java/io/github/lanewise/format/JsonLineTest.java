package io.github.lanewise.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonLineTest {
  @Test
  void keepsTheOrderAndOneLine() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("z", "a\n\"b\"");
    object.put("list", List.of(Map.of("share", 0.25)));
    object.put("count", 3L);
    object.put("ok", true);
    assertEquals(
        "{\"z\":\"a\\n\\\"b\\\"\",\"list\":[{\"share\":0.25}],\"count\":3,\"ok\":true}",
        JsonLine.of(object));
  }

  @Test
  void refusesWhatJsonCannotSay() {
    Map<String, Object> object = Map.of("list", List.of(Map.of("share", Double.NaN)));
    assertThrows(IllegalArgumentException.class, () -> JsonLine.of(object));
  }
}
