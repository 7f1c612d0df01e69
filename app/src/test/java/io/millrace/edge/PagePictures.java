package io.millrace.edge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * The pictures of the README, taken from a running demo: {@code PagePictures http://127.0.0.1:8080/
 * docs/images}. A new visitor likes four cards and skips two, then the page is photographed as a
 * desk (light) and as a phone (dark) shows it.
 */
final class PagePictures {
  private static final List<String> DEEDS = List.of("LIKE", "LIKE", "SKIP", "LIKE", "SKIP", "LIKE");

  private PagePictures() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException("expected URL FOLDER, got " + args.length + " arguments");
    }
    Path folder = Files.createDirectories(Path.of(args[1]));
    take(args[0], 1280, 900, "light", folder.resolve("demo-desktop.png"));
    take(args[0], 390, 844, "dark", folder.resolve("demo-phone.png"));
  }

  private static void take(String url, int width, int height, String scheme, Path picture)
      throws IOException {
    ChromeDriver browser = Chromium.open();
    try {
      browser.executeCdpCommand(
          "Emulation.setDeviceMetricsOverride",
          Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
      browser.executeCdpCommand(
          "Emulation.setEmulatedMedia",
          Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
      browser.get(url);
      Chromium.await(browser, "document.querySelectorAll('.deed.LIKE').length === 3");
      for (int i = 0; i < DEEDS.size(); i++) {
        pause(browser, 1500); // long enough that the cards count as seen
        browser.executeScript(
            "document.querySelectorAll('.card')[arguments[0]].querySelector(arguments[1]).click()",
            i % 3,
            ".deed." + DEEDS.get(i));
      }
      pause(browser, 2500); // long enough that all has come to rest, short enough to see what moved
      Files.write(picture, browser.getScreenshotAs(OutputType.BYTES));
      System.out.println(picture + ": " + Files.size(picture) / 1024 + " KiB");
    } finally {
      browser.quit();
    }
  }

  private static void pause(ChromeDriver browser, long ms) {
    browser.executeAsyncScript("setTimeout(arguments[1], arguments[0])", ms);
  }
}
