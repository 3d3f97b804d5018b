package io.github.lanewise.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A real headless Chromium, as installed; nothing is downloaded. */
final class Browser implements AutoCloseable {
  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Opens it; the test that asks is skipped where there is none. */
  static Browser open() {
    Optional<File> chromium =
        onPath("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
    Optional<File> chromedriver = onPath("chromedriver");
    assumeTrue(
        chromium.isPresent() && chromedriver.isPresent(),
        "SKIPPED: pages are tested in a browser, and there is no chromium or no chromedriver on the"
            + " PATH (Debian: apt install chromium chromium-driver)");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.orElseThrow());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1280,1000");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(chromedriver.orElseThrow())
            .usingAnyFreePort()
            .build();
    ChromeDriver driver = new ChromeDriver(service, options);
    driver.manage().timeouts().implicitlyWait(Duration.ofSeconds(20));
    return new Browser(driver);
  }

  private static Optional<File> onPath(String... names) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    return Stream.of(names)
        .flatMap(name -> Stream.of(path.split(File.pathSeparator)).map(at -> new File(at, name)))
        .filter(File::canExecute)
        .findFirst();
  }

  /** Shows a page, at a view such as {@code #head/3.1}, and waits until its script is done. */
  void show(Path page, String view) {
    driver.get("about:blank");
    driver.get(page.toUri() + view);
    find("html[data-ready='yes']");
  }

  /** Shows a page of maps. */
  void show(Path folder, AttentionMaps maps, List<HeadProfile> heads, String view)
      throws IOException {
    Path page = Files.createTempFile(folder, "page", ".html");
    new HtmlPage().write(maps, heads, page);
    show(page, view);
  }

  /** The first element of a CSS selector, once there is one. */
  WebElement find(String selector) {
    return driver.findElement(By.cssSelector(selector));
  }

  List<WebElement> findAll(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  /** Its text as the document has it, shown or not. */
  String text(String selector) {
    return Objects.requireNonNull(find(selector).getDomProperty("textContent"));
  }

  void press(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  /** Moves the pointer to a place in an element, in CSS pixels from its top left. */
  void pointAt(WebElement element, double x, double y) {
    int left = (int) Math.round(x - element.getRect().width / 2.0);
    int top = (int) Math.round(y - element.getRect().height / 2.0);
    new Actions(driver).moveToElement(element, left, top).perform();
  }

  Object run(String script, Object... arguments) {
    return Objects.requireNonNullElse(driver.executeScript(script, arguments), "null");
  }

  /** Waits until a script gives true. */
  void await(String condition) {
    for (int i = 0; i < 2000; i++) {
      if (run("return Boolean(" + condition + ")").equals(true)) {
        return;
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException stopped) {
        throw new IllegalStateException(stopped);
      }
    }
    throw new AssertionError("never true: " + condition);
  }

  void size(int width, int height) {
    driver.manage().window().setSize(new Dimension(width, height));
  }

  /** A tab, by its view. */
  void open(String view) {
    find("#tab-" + view.toLowerCase(Locale.ROOT)).click();
  }

  /** Neither errors nor warnings in the console, and nothing loaded from anywhere. */
  void assertQuiet() {
    List<String> logs =
        driver.manage().logs().get(LogType.BROWSER).getAll().stream()
            .map(LogEntry::getMessage)
            .toList();
    assertEquals(List.of(), logs);
    assertEquals(
        0L,
        run(
            "return performance.getEntriesByType('resource').filter(r =>"
                + " !r.name.startsWith('data:') && !r.name.startsWith('blob:')).length"));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
