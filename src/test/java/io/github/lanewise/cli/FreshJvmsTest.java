package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class FreshJvmsTest {
  @Test
  void theSlowestIsHeldAgainstTheMedian() {
    FreshJvms.Spread spread = FreshJvms.Spread.of("gemm", List.of(100.0, 101.0, 89.0, 99.0, 102.0));
    assertEquals(100, spread.median());
    assertEquals(89, spread.slowest());
    assertEquals(3, spread.slowestJvm());
    assertFalse(spread.ok());
    assertTrue(FreshJvms.Spread.of("gemm", List.of(100.0, 101.0, 90.0, 99.0, 102.0)).ok());
  }

  /** How fast they are depends on the machine's load; that they run and are counted does not. */
  @Test
  @Tag("slow")
  void jvmsAreStartedAndCompared() {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Main.execute(new PrintWriter(out), new PrintWriter(err), "doctor", "--jvms", "2", "--json");
    List<JsonNode> lines = out.toString().lines().map(JsonMapper.shared()::readTree).toList();
    assertEquals(3, lines.size(), err.toString());
    for (int jvm = 0; jvm < 2; jvm++) {
      assertEquals(jvm + 1, lines.get(jvm).get("jvm").asInt());
      assertEquals(KernelChecks.COUNT, lines.get(jvm).get("kernels").size());
    }
    JsonNode summary = lines.get(2);
    assertEquals(2, summary.get("jvms").asInt());
    assertEquals(KernelChecks.COUNT, summary.get("kernels").size());
    assertEquals(summary.get("ok").asBoolean() ? 0 : 1, code);
  }
}
