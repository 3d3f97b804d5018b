package io.github.lanewise.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.format.JsonLine;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The page in a real browser, as people use it. */
class HtmlPageTest {
  private static final AttentionMaps MAPS =
      RandomMaps.self(
          3, 4, false, "The cat, tired, slept.", "The", "cat", ",", "tired", ",", "slept", ".");

  private static final String WEIGHTS =
      "return [...document.querySelectorAll('#lines .weight')].map(w => w.textContent)";

  @TempDir private Path folder;
  private static Browser browser;

  @BeforeAll
  static void open() {
    browser = Browser.open();
  }

  @AfterAll
  static void close() {
    if (browser != null) { // null where no browser is installed
      browser.close();
    }
  }

  @Test
  void everyViewLoadsWithoutErrors() throws IOException {
    List<AttentionMaps> all =
        List.of(
            MAPS,
            RandomMaps.self(2, 3, true, "a b c", "a", "b", "c"),
            RandomMaps.cross(2, 3),
            RandomMaps.self(1, 1, false, "one", "one"));
    for (AttentionMaps maps : all) {
      for (boolean studied : new boolean[] {false, maps.isSelf() && maps.layers() > 2}) {
        browser.show(folder, maps, studied ? RandomMaps.profiles(maps) : List.of(), "");
        for (String view : List.of("head", "words", "depth", "heads")) {
          browser.open(view);
          browser.await("!document.getElementById('view-" + view + "').hidden");
        }
        browser.await("document.querySelector('#grid canvas[data-wanted]').width > 1");
        browser.run(
            "dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint'))");
        browser.assertQuiet();
      }
    }
  }

  @Test
  void aClickOpensTheHeadAndThePointerReadsItsWeights() throws IOException {
    browser.show(folder, MAPS, RandomMaps.profiles(MAPS), "");
    browser.find("[data-layer='2'][data-head='3']").click();
    browser.await("document.querySelector('#about h2')?.textContent === 'Layer 2, head 3'");
    assertTrue(browser.find("#view-head").isDisplayed());
    assertFalse(browser.find("#view-heads").isDisplayed());
    assertTrue(browser.text("#about").contains("mixed"), browser.text("#about"));
    WebElement map = browser.find("#map");
    // Cells are squares that end 4 pixels before the canvas does.
    double right = map.getRect().width - 4;
    double bottom = map.getRect().height - 4;
    browser.pointAt(map, right - 20, bottom - 20);
    browser.await("document.querySelector('#readout strong')");
    assertEquals(
        "[SEP] (8) looks at [SEP] (8): " + json(MAPS, 2, 3, 8, 8), browser.text("#readout"));
    browser.pointAt(map, right - 60, bottom - 20);
    assertEquals("[SEP] (8) looks at . (7): " + json(MAPS, 2, 3, 8, 7), browser.text("#readout"));
    browser.run("history.back()");
    browser.await("!document.getElementById('view-heads').hidden");
    browser.assertQuiet();
  }

  @Test
  void everyNumberEqualsTheJson() throws IOException {
    browser.show(folder, MAPS, RandomMaps.profiles(MAPS), "");
    for (int layer = 0; layer < MAPS.layers(); layer++) {
      for (int head = 0; head < MAPS.heads(); head++) {
        browser.run("location.hash = arguments[0]", "#words/" + layer + "." + head);
        browser.await(
            "document.querySelectorAll('#view-words select')[0].value === '%d'".formatted(layer));
        for (int query = 0; query < MAPS.queries().size(); query++) {
          browser.run(
              "location.hash = arguments[0]", "#words/%d.%d/%d".formatted(layer, head, query));
          String whose = "Head %d.%d: %s looks at".formatted(layer, head, label(query));
          browser.await(
              "document.querySelector('#strongest h2')?.textContent === '"
                  + whose
                  + "' && document.querySelector('#lines [data-query=\""
                  + query
                  + "\"]').ariaPressed === 'true'");
          assertEquals(row(layer, head, query), browser.run(WEIGHTS));
        }
        statisticsEqualTheJson(layer, head);
      }
    }
  }

  private static void statisticsEqualTheJson(int layer, int head) {
    browser.run("location.hash = arguments[0]", "#head/" + layer + "." + head);
    browser.await(
        "document.querySelector('#about h2')?.textContent === 'Layer %d, head %d'"
            .formatted(layer, head));
    HeadStatistics s = HeadStatistics.of(MAPS, layer, head);
    Map<String, String> wanted =
        Map.of(
            "distance", String.format(Locale.ROOT, "%.2f", s.distance()),
            "entropy", String.format(Locale.ROOT, "%.2f", s.entropy()),
            "previous", String.format(Locale.ROOT, "%.1f %%", 100 * s.previous()),
            "next", String.format(Locale.ROOT, "%.1f %%", 100 * s.next()),
            "delimiters", String.format(Locale.ROOT, "%.1f %%", 100 * s.delimiters()));
    wanted.forEach(
        (name, figure) ->
            assertEquals(
                figure, browser.text("#statistics [data-name='" + name + "'] td:nth-child(2)")));
  }

  @Test
  void keysReachEverything() throws IOException {
    browser.show(folder, MAPS, RandomMaps.profiles(MAPS), "");
    browser.run("document.querySelector('#grid [tabindex=\"0\"]').focus()");
    browser.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_DOWN);
    assertEquals("1", browser.run("return document.activeElement.dataset.layer"));
    assertEquals("2", browser.run("return document.activeElement.dataset.head"));
    assertEquals(
        1L, browser.run("return document.querySelectorAll('#grid [tabindex=\"0\"]').length"));
    assertFalse(
        browser.run("return getComputedStyle(document.activeElement).outlineStyle").equals("none"));
    browser.press(Keys.ENTER);
    browser.await("document.querySelector('#about h2')?.textContent === 'Layer 1, head 2'");
    browser.run("document.getElementById('map').focus()");
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT);
    assertEquals("The (1) looks at The (1): " + json(MAPS, 1, 2, 1, 1), browser.text("#readout"));
    browser.press(Keys.PAGE_DOWN);
    browser.await("document.querySelector('#about h2')?.textContent === 'Layer 1, head 3'");
    assertEquals("The (1) looks at The (1): " + json(MAPS, 1, 3, 1, 1), browser.text("#readout"));
    browser.press(Keys.ENTER);
    browser.await("document.querySelector('#strongest h2')");
    browser.run("document.querySelector('#lines [aria-pressed=\"true\"]').focus()");
    browser.press(Keys.ARROW_DOWN);
    browser.await(
        "document.querySelector('#strongest h2')?.textContent === 'Head 1.3: cat looks at'");
    browser.run("document.getElementById('tab-words').focus()");
    browser.press(Keys.ARROW_LEFT);
    browser.await("!document.getElementById('view-head').hidden");
    browser.run("document.getElementById('map').focus()");
    browser.press(Keys.ESCAPE);
    browser.await("document.activeElement.dataset.head === '3'");
    browser.assertQuiet();
  }

  @Test
  void textStaysText() throws IOException {
    String[] pieces = {
      "<script>window.hacked=1</script>",
      "</script>",
      "</script",
      "<!--",
      "\u2028",
      "\u0000",
      "{{data}}",
      "$1\\",
      "&lt;",
      "\u05E9\u05DC\u05D5\u05DD",
      "\u0645\u0631\u062D\u0628\u0627",
      "\uD83D\uDC69\u200D\uD83D\uDC67",
      "\"'`"
    };
    String text = String.join(" ", pieces);
    browser.show(folder, RandomMaps.self(1, 2, false, text, pieces), List.of(), "#words/0.1/2");
    browser.await("document.querySelectorAll('#lines .left bdi').length === 15");
    assertEquals("null", browser.run("return window.hacked"));
    assertEquals(text, browser.text("blockquote"));
    List<WebElement> tokens = browser.findAll("#lines .left bdi");
    for (int i = 0; i < pieces.length; i++) {
      String wanted =
          switch (pieces[i]) {
            case "\u2028" -> "\u2028"; // blank: its entry in the vocabulary
            case "\u0000" -> "U+0000";
            default -> pieces[i];
          };
      assertEquals(wanted, tokens.get(i + 1).getDomProperty("textContent"));
    }
    assertEquals(2, browser.findAll("script").size(), "the page's own and no other");
    browser.assertQuiet();
  }

  @Test
  void aCausalMapSaysWhatIsNotVisible() throws IOException {
    AttentionMaps maps = RandomMaps.self(1, 1, true, "a b c", "a", "b", "c");
    browser.show(folder, maps, List.of(), "#head/0.0/1/3");
    assertEquals("a (1) looks at c (3): not visible, it comes later", browser.text("#readout"));
    browser.run("location.hash = '#head/0.0/3/1'");
    browser.await("document.getElementById('readout').textContent.startsWith('c (3)')");
    assertEquals("c (3) looks at a (1): " + json(maps, 0, 0, 3, 1), browser.text("#readout"));
  }

  @Test
  void twoTextsStandBesideEachOther() throws IOException {
    AttentionMaps maps = RandomMaps.cross(2, 3);
    browser.show(folder, maps, List.of(), "#words/1.2/3");
    assertEquals(5, browser.findAll("#lines .left li").size());
    assertEquals(7, browser.findAll("#lines .right li").size());
    assertEquals(json(maps, 1, 2, 3, 4), browser.text("#lines [data-key='4'] .weight"));
    browser.run("location.hash = '#head/1.2/3/4'");
    browser.await("document.querySelector('#readout strong')");
    assertEquals("noir (3) looks at cat (4): " + json(maps, 1, 2, 3, 4), browser.text("#readout"));
    browser.assertQuiet();
  }

  @Test
  void aLayerShowsTheMeanOfItsHeads() throws IOException {
    browser.show(folder, MAPS, List.of(), "#words/1.0/2");
    browser.find("[name='mode'][value='layer']").click();
    browser.await("document.querySelector('#strongest h2')?.textContent.startsWith('The mean')");
    double mean = 0;
    for (int head = 0; head < MAPS.heads(); head++) {
      mean += Double.parseDouble(json(MAPS, 1, head, 2, 4)) / MAPS.heads();
    }
    double shown = Double.parseDouble(browser.text("#lines [data-key='4'] .weight"));
    assertEquals(mean, shown, 0.000051); // shown to four decimals
    assertEquals(MAPS.heads(), browser.findAll("#lines [data-key='4'] .strip i").size());
  }

  @Test
  void fiveHundredAndTwelveTokensWork() throws IOException {
    AttentionMaps maps = RandomMaps.self(3, 4, 512);
    browser.show(folder, maps, List.of(), "#head/2.3/400/17");
    assertEquals(
        "w399 (400) looks at w16 (17): " + json(maps, 2, 3, 400, 17), browser.text("#readout"));
    assertTrue(browser.find("#loupe").isDisplayed(), "cells too small for tokens have a loupe");
    browser.run("document.getElementById('map').focus()");
    browser.press(Keys.ARROW_DOWN);
    assertEquals(
        "w400 (401) looks at w16 (17): " + json(maps, 2, 3, 401, 17), browser.text("#readout"));
    browser.press(Keys.ENTER);
    browser.await("document.querySelector('#strongest h2')");
    assertEquals(json(maps, 2, 3, 401, 511), browser.text("#lines [data-key='511'] .weight"));
    browser.assertQuiet();
  }

  @Test
  void allMapsAreThereToBePrinted() throws IOException {
    AttentionMaps maps = RandomMaps.self(24, 4, 8);
    browser.show(folder, maps, List.of(), "");
    browser.await("[...document.querySelectorAll('#grid canvas')].every(c => c.width === 8)");
    browser.run("dispatchEvent(new Event('beforeprint'))");
    assertEquals(
        "rgb(253, 253, 252)",
        browser.run("return getComputedStyle(document.documentElement).backgroundColor"));
    browser.assertQuiet();
  }

  @Test
  void nothingIsCutOffOnNarrowScreens() throws IOException {
    browser.size(500, 900);
    try {
      for (String view : List.of("#heads", "#head/1.1/2/2", "#words/1.1/2", "#depth")) {
        browser.show(folder, MAPS, RandomMaps.profiles(MAPS), view);
        assertEquals(
            true,
            browser.run(
                "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"),
            view);
      }
    } finally {
      browser.size(1280, 1000);
    }
  }

  private static List<String> row(int layer, int head, int query) {
    return IntStream.range(0, MAPS.keys().size())
        .mapToObj(key -> json(MAPS, layer, head, query, key))
        .toList();
  }

  private static String label(int token) {
    return TokenLabels.of(MAPS.queries().get(token), MAPS.queryText());
  }

  /** The weight as a reader of the JSON rounds it to four decimals. */
  private static String json(AttentionMaps maps, int layer, int head, int query, int key) {
    String json = JsonLine.of(Map.of("weight", maps.weight(layer, head, query, key)));
    String number = json.substring(json.indexOf(':') + 1, json.length() - 1);
    return new BigDecimal(number).setScale(4, RoundingMode.HALF_UP).toPlainString();
  }

  static int bytes(AttentionMaps maps) throws IOException {
    return HtmlPage.html(maps, List.of()).getBytes(StandardCharsets.UTF_8).length;
  }
}
