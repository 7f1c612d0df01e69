package io.millrace.edge;

import java.io.File;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * The browser of this machine, driven without a window and without asking any host but the page's.
 */
final class Chromium {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private Chromium() {}

  static boolean isInstalled() {
    return browser().isPresent() && driver().isPresent();
  }

  /** A new browser with an empty profile; the caller quits it. */
  static ChromeDriver open() {
    System.setProperty("webdriver.chrome.driver", driver().orElseThrow().getPath());
    ChromeOptions options = new ChromeOptions();
    options.setBinary(browser().orElseThrow());
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--window-size=1280,900");
    ChromeDriver driver = new ChromeDriver(options);
    driver.manage().timeouts().scriptTimeout(PATIENCE);
    return driver;
  }

  /** Waits, in the page's own frames, until a JavaScript condition holds. */
  static void await(ChromeDriver driver, String condition) {
    driver.executeAsyncScript(
        "const done = arguments[0];"
            + "const look = () => ("
            + condition
            + ") ? done() : requestAnimationFrame(look); look();");
  }

  private static Optional<File> browser() {
    return onPath("chromium", "chromium-browser", "google-chrome");
  }

  private static Optional<File> driver() {
    return onPath("chromedriver");
  }

  private static Optional<File> onPath(String... names) {
    return Stream.of(names)
        .flatMap(name ->
            Pattern.compile(File.pathSeparator)
                .splitAsStream(String.valueOf(System.getenv("PATH")))
                .map(folder -> new File(folder, name)))
        .filter(File::canExecute)
        .findFirst();
  }
}
