package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;

/** The page in a real browser, against a node that knows its part by heart. */
@Tag("server")
class PageInBrowserTest {

  private static ChromeDriver browser;
  private ScriptedNode node;

  @BeforeAll
  static void open_the_browser() {
    assumeTrue(
        Chromium.isInstalled(),
        "needs chromium and chromedriver on the PATH (Debian: apt-get install chromium chromium-driver)");
    browser = Chromium.open();
  }

  @AfterAll
  static void close_the_browser() {
    if (browser != null) {
      browser.quit();
    }
  }

  @BeforeEach
  void open_the_page() throws IOException {
    node = new ScriptedNode();
    browser.get(node.address());
    awaitInPage("document.querySelectorAll('.deed.LIKE').length === 3");
    awaitInPage("document.querySelectorAll('.coming').length === 8");
  }

  @AfterEach
  void close_the_node() {
    node.close();
  }

  @Test
  void a_like_changes_the_next_cards_and_says_why() {
    String liked = "Film 1";
    assertEquals(liked, title(0));

    deed(0, "LIKE").click();
    awaitInPage(
        "document.querySelector('.coming .reason').textContent === 'Because you liked film-1'");
    awaitInPage(
        "document.querySelector('.card .reason').textContent === 'Because you liked film-1'");

    assertTrue(!title(0).equals(liked), "the liked card was replaced");
    Interaction like = node.recorded(Kind.LIKE).getFirst();
    assertEquals("film-1", like.getItemId());
    assertEquals("token-of-film-1", like.getToken());
    assertEquals("Drama", browser.findElement(By.cssSelector(".tastes .name")).getText());
    assertTrue(
        Pattern.matches(
            "Liked: Film 1\\. Durable in \\d+ ms, a new feed in \\d+ ms\\.",
            browser.findElement(By.cssSelector(".news")).getText()));
  }

  @Test
  void an_event_that_met_a_failure_is_sent_again_under_its_own_id() {
    node.refuse(2);

    deed(1, "SKIP").click();
    awaitInPage(
        "document.querySelector('.news.trouble')?.textContent.includes('the journal is away')");
    awaitInPage("document.querySelector('.news').textContent.startsWith('Skipped: Film 2')");

    List<String> ids = node.attempted(Kind.SKIP).stream().map(Interaction::getEventId).toList();
    assertTrue(ids.size() >= 2, () -> "attempts: " + ids);
    assertEquals(1, ids.stream().distinct().count());
    assertEquals(1, node.recorded(Kind.SKIP).size());
  }

  @Test
  void cards_that_were_in_sight_are_reported_once_with_their_token() {
    awaitInPage("window.seen ??= setTimeout(() => (window.sawThem = true), 1500), window.sawThem");

    List<Interaction> seen = node.recorded(Kind.IMPRESSION);

    assertEquals(
        List.of("film-1", "film-2", "film-3"),
        seen.stream().map(Interaction::getItemId).sorted().toList());
    assertTrue(
        seen.stream().allMatch(event -> event.getToken().equals("token-of-" + event.getItemId())));
  }

  @Test
  void every_card_on_the_page_keeps_its_line_in_the_map_of_origins() {
    for (int i = 0; i < 6; i++) {
      String before = title(i % 3);
      deed(i % 3, i % 2 == 0 ? "LIKE" : "SKIP").click();
      awaitInPage(
          "document.querySelectorAll('.card h3')[" + i % 3 + "].textContent !== '" + before + "'");
      assertEquals(11, browser.findElements(By.cssSelector(".origin")).size());
    }
  }

  @Test
  void the_keyboard_is_enough_and_keeps_its_place() {
    deed(0, "LIKE").sendKeys("x");
    awaitInPage("document.querySelector('.news').textContent.startsWith('Not for you: Film 1')");
    awaitInPage("document.querySelector('.card h3').textContent !== 'Film 1'");

    assertEquals("film-1", node.recorded(Kind.NOT_INTERESTED).getFirst().getItemId());
    assertTrue(
        deed(0, "LIKE").equals(browser.switchTo().activeElement()), "the focus stays where it was");
  }

  private static WebElement deed(int slot, String kind) {
    return browser.findElements(By.cssSelector(".card .deed." + kind)).get(slot);
  }

  private static String title(int slot) {
    return browser.findElements(By.cssSelector(".card h3")).get(slot).getText();
  }

  private static void awaitInPage(String condition) {
    Chromium.await(browser, condition);
  }
}
