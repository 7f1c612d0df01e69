package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
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
import org.openqa.selenium.interactions.Actions;

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
    assertEquals("Drama", text(browser.findElement(By.cssSelector(".tastes .name"))));
    assertTrue(
        Pattern.matches(
            "Liked: Film 1\\. Durable in \\d+ ms, a new feed in \\d+ ms\\.",
            text(browser.findElement(By.cssSelector(".news")))));
  }

  @Test
  void an_event_that_met_a_failure_is_sent_again_under_its_own_id() {
    node.refuse(Integer.MAX_VALUE);

    deed(1, "SKIP").click();
    awaitInPage(
        "document.querySelector('.news.trouble')?.textContent.includes('the journal is away')");
    node.refuse(0);
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

  @Test
  void each_like_moves_the_visitor_on_the_map_and_leaves_a_trail() {
    awaitInPage("document.querySelectorAll('.plane .dot').length === 40");
    assertEquals(0, browser.findElements(By.cssSelector(".plane .you")).size());

    deed(0, "LIKE").click();
    awaitInPage("document.querySelector('.plane .you')");
    String first = browser.findElement(By.cssSelector(".plane .you")).getDomAttribute("style");
    assertEquals("You stand near Drama.", text(browser.findElement(By.cssSelector(".where"))));

    awaitInPage(
        "document.querySelector('.news').textContent.startsWith('Liked: Film 1')"
            + " && !document.querySelector('.stamp')");
    deed(1, "LIKE").click();
    awaitInPage("document.querySelectorAll('.plane .step').length === 1");

    String second = browser.findElement(By.cssSelector(".plane .you")).getDomAttribute("style");
    assertTrue(!second.equals(first), () -> "still at " + second);
    assertEquals(2, browser.findElements(By.cssSelector(".plane .dot.liked")).size());
  }

  @Test
  void the_card_that_is_pointed_at_is_named_on_the_map() {
    awaitInPage("document.querySelectorAll('.plane .dot.shown').length === 3");

    new Actions(browser)
        .moveToElement(browser.findElement(By.cssSelector(".card .poster")))
        .perform();

    awaitInPage("document.querySelector('.plane .name text')?.textContent === 'Film 1'");
  }

  @Test
  void before_the_first_generation_the_map_says_how_far_learning_is() {
    node.learn("the first generation needs 2,000 interactions, 700 more than there are");
    browser.findElement(By.xpath("//button[text()='New visitor']")).click();
    awaitInPage("document.querySelector('.map .nothing')?.textContent.includes('700 more')");

    node.learn("");

    awaitInPage("document.querySelectorAll('.plane .dot').length === 40");
  }

  @Test
  void a_newcomer_picks_three_and_the_first_feed_is_because_of_them() {
    node.offer(12);
    browser.findElement(By.xpath("//button[text()='New visitor']")).click();
    awaitInPage("document.querySelectorAll('.starters li').length === 12");
    assertEquals(0, browser.findElements(By.cssSelector(".card")).size());

    for (int pick = 0; pick < 3; pick++) {
      browser.findElements(By.cssSelector(".starters li button")).get(pick * 4).click();
    }
    awaitInPage("document.querySelectorAll('.deed.LIKE').length === 3");

    assertEquals(
        List.of("film-41", "film-45", "film-49"),
        node.recorded(Kind.LIKE).stream().map(Interaction::getItemId).toList());
    assertEquals(
        "Because you liked film-49", text(browser.findElement(By.cssSelector(".card .reason"))));
  }

  @Test
  void the_picks_may_be_skipped() {
    node.offer(12);
    browser.findElement(By.xpath("//button[text()='New visitor']")).click();
    awaitInPage("document.querySelectorAll('.starters li').length === 12");

    browser.findElement(By.cssSelector(".starters .plain")).click();
    awaitInPage("document.querySelectorAll('.deed.LIKE').length === 3");

    assertEquals(List.of(), node.recorded(Kind.LIKE));
  }

  @Test
  void a_film_that_was_typed_in_is_placed_and_finds_its_audience() {
    awaitInPage("document.querySelectorAll('.newcomer fieldset button').length === 2");
    browser.findElement(By.name("title")).sendKeys("Robots of the Deep");
    browser.findElement(By.xpath("//fieldset/button[normalize-space()='Comedy']")).click();
    browser.findElement(By.name("words")).sendKeys("robot, deep sea");
    browser.findElement(By.cssSelector(".newcomer .strong")).click();
    awaitInPage("document.querySelector('.found dl')");

    Item typed = node.typed();
    assertEquals(List.of("Comedy"), typed.getCategoriesList());
    assertEquals(List.of("robot", "deep sea"), typed.getTagsList());
    String found = text(browser.findElement(By.cssSelector(".found")));
    assertTrue(found.contains("whoever likes Film 7, Film 8"), found);
    assertTrue(found.contains("place 2 among the 41 films"), found);
    assertTrue(found.contains("at place 12: new, and close to your taste"), found);
    assertEquals(1, browser.findElements(By.cssSelector(".plane .dot.typed")).size());
  }

  private static WebElement deed(int slot, String kind) {
    return browser.findElements(By.cssSelector(".card .deed." + kind)).get(slot);
  }

  private static String title(int slot) {
    return text(browser.findElements(By.cssSelector(".card h3")).get(slot));
  }

  /** What it says, also while it still fades in: to the driver that is no visible text. */
  private static String text(WebElement element) {
    return String.valueOf(element.getDomProperty("textContent"));
  }

  private static void awaitInPage(String condition) {
    Chromium.await(browser, condition);
  }
}
