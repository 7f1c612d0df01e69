package io.millrace.edge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * The pictures of the README, taken from a running demo that has its first generation: {@code
 * PagePictures http://127.0.0.1:8080/ docs/images}. A newcomer is photographed before anything is
 * known of them, picks three films, likes seven cards, and is photographed again: as a desk (light)
 * and as a phone (dark) shows it.
 */
final class PagePictures {
  private static final int PICKS = 3;
  private static final int LIKES = 7;

  private PagePictures() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException("expected URL FOLDER, got " + args.length + " arguments");
    }
    Path folder = Files.createDirectories(Path.of(args[1]));
    take(args[0], 1280, 960, "light", folder, "demo-");
    take(args[0], 390, 900, "dark", folder, "demo-phone-");
  }

  private static void take(
      String url, int width, int height, String scheme, Path folder, String name)
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
      Chromium.await(
          browser,
          "document.querySelectorAll('.starters li').length && document.querySelectorAll('.dot').length > 99");
      pause(browser, 2500);
      save(browser, folder.resolve(name + "before.png"));
      for (int pick = 0; pick < PICKS; pick++) {
        browser.executeScript(
            "document.querySelectorAll('.starters li button')[arguments[0]].click()", pick * 3);
        pause(browser, 1000);
      }
      Chromium.await(browser, "document.querySelectorAll('.deed.LIKE').length === 3");
      for (int like = 0; like < LIKES; like++) {
        pause(browser, 1500); // long enough that the cards count as seen
        String before =
            String.valueOf(
                browser.executeScript("return document.querySelector('.memory').textContent"));
        browser.executeScript(
            "document.querySelectorAll('.deed.LIKE')[arguments[0]].click()", like % 3);
        Chromium.await(
            browser, "document.querySelector('.memory').textContent !== '" + before + "'");
      }
      pause(browser, 1500); // long enough that all has come to rest, short enough to see what moved
      browser.executeScript("document.querySelector('.shown').scrollTo(0, 0)");
      save(browser, folder.resolve(name + "after.png"));
    } finally {
      browser.quit();
    }
  }

  private static void save(ChromeDriver browser, Path picture) throws IOException {
    Files.write(picture, browser.getScreenshotAs(OutputType.BYTES));
    System.out.println(picture + ": " + Files.size(picture) / 1024 + " KiB");
  }

  private static void pause(ChromeDriver browser, long ms) {
    browser.executeAsyncScript("setTimeout(arguments[1], arguments[0])", ms);
  }
}
