package io.millrace.promises;

import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.facts;
import static io.millrace.promises.WholeNode.filtered;
import static io.millrace.promises.WholeNode.item;
import static io.millrace.promises.WholeNode.items;
import static io.millrace.promises.WholeNode.paged;
import static io.millrace.promises.WholeNode.previewed;
import static io.millrace.promises.WholeNode.question;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.Feeds.Answer;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.item.ItemActor;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P3, P5 and P6 on one whole node: fresh, never empty, and without what was withdrawn. */
@Tag("server")
final class FeedPromiseTest {
  private static final int ITEMS = 150;
  private static final int ALL = 100;

  @TempDir static Path folder;
  private static final Switched INDEX = new Switched();
  private static WholeNode node;

  @BeforeAll
  static void start() {
    node =
        WholeNode.start(
            folder,
            Map.of("millrace.feed.floor-refresh", "100 ms"),
            InstantSource.system(),
            () -> INDEX);
    node.putItems(ITEMS);
  }

  @AfterEach
  void heal() {
    INDEX.heal();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void the_next_feed_of_a_thousand_users_knows_the_like_of_an_item_they_were_never_served() {
    List<CompletableFuture<EventResult>> likes = new ArrayList<>();
    List<CompletableFuture<Answer>> feeds = new ArrayList<>();
    for (int from = 0; from < 1_000; from += ALL) {
      for (int user = from; user < from + ALL; user++) {
        String userId = "reader-" + user;
        Interaction like = node.event("like/" + user, userId, item(user % 60), Kind.LIKE);
        CompletableFuture<EventResult> liked = node.record(List.of(like)).thenApply(List::getFirst);
        likes.add(liked);
        feeds.add(liked.thenCompose(done -> node.ask(question(userId, ALL, "next/" + userId))));
      }
      CompletableFuture.allOf(feeds.toArray(CompletableFuture[]::new)).join();
    }

    for (int user = 0; user < 1_000; user++) {
      EventResult acknowledged = await(likes.get(user));
      Answer feed = await(feeds.get(user));
      assertEquals(EventResult.Status.RECORDED, acknowledged.getStatus());
      assertEquals(List.of(), degradedOfUser(feed));
      assertTrue(feed.asOfUserSeq() >= acknowledged.getUserSeq());
      assertEquals(ALL, feed.slots().size(), feed.degraded().toString());
      assertFalse(items(feed).contains(item(user % 60)), "reader-" + user);
    }
    node.assertPromisesKept();
  }

  @Test
  void somebody_new_gets_a_full_feed() {
    Answer feed = node.answer(question("newcomer", 20, "newcomer/1"));

    assertEquals(20, feed.slots().size(), feed.degraded().toString());
    assertEquals(List.of(), degradedOfUser(feed));
    assertFalse(feed.slots().getFirst().reasons().isEmpty());
    node.assertPromisesKept();
  }

  @Test
  void who_has_acted_on_everything_is_told_that_nothing_is_left() {
    List<Interaction> all = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      all.add(node.event("all/" + i, "exhausted", item(i), Kind.LIKE));
    }
    await(node.record(all))
        .forEach(result -> assertEquals(EventResult.Status.RECORDED, result.getStatus()));
    // Other tests put items of their own: whatever is served now is not what was acted on.
    Set<String> acted = new HashSet<>();
    all.forEach(event -> acted.add(event.getItemId()));

    Answer feed = node.answer(question("exhausted", 20, "exhausted/1"));
    Answer again = node.answer(question("exhausted", 20, "exhausted/2"));

    assertTrue(items(feed).stream().noneMatch(acted::contains), items(feed).toString());
    assertEquals(List.of(), items(again));
    assertEquals(List.of("short:no-more-eligible-items"), again.degraded());
    node.assertPromisesKept();
  }

  @Test
  void a_filter_that_nothing_passes_is_answered_with_the_reason() {
    Filter nothing =
        new Filter(
            List.of("no-such-category"),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            Double.NaN,
            Double.NaN,
            -1,
            false,
            -1,
            -1);

    Answer feed = node.answer(filtered(question("picky", 20, "picky/1"), nothing));
    Answer preview = node.answer(previewed(filtered(question("picky", 20, "picky/2"), nothing)));
    INDEX.fail();
    Answer floor = node.answer(filtered(question("picky", 20, "picky/3"), nothing));

    assertEquals(List.of(), items(feed));
    assertEquals(List.of("short:no-more-eligible-items"), feed.degraded());
    assertEquals(feed.degraded(), preview.degraded());
    assertEquals(List.of(), items(floor));
    assertTrue(floor.degraded().contains("short:floor"), floor.degraded().toString());
    node.assertPromisesKept();
  }

  @Test
  void pages_of_one_session_follow_each_other_without_a_repeat() {
    Set<String> seen = new HashSet<>();
    for (int page = 0; page < 6; page++) {
      Answer answer = node.answer(paged(question("pager", 20, "page/" + page), "session"));
      assertEquals(20, answer.slots().size(), answer.degraded().toString());
      items(answer).forEach(item -> assertTrue(seen.add(item), item));
    }
    node.assertPromisesKept();
  }

  @Test
  void what_was_retired_is_in_no_feed_page_retry_similar_or_floor_from_its_acknowledgement_on() {
    for (int i = 0; i < 10; i++) {
      String gone = "gone-" + i;
      await(node.put(facts(gone, i)));
      node.drain();
      String user = "mourner-" + i;
      for (int fan = 0; fan < 5; fan++) {
        node.recorded(node.event("fan/" + i + "/" + fan, "fan-" + fan, gone, Kind.LIKE));
      }
      Answer page = node.answer(paged(only(question(user, 5, "m/" + i), gone, item(i)), "m"));
      assertTrue(items(page).contains(gone), items(page) + " " + page.degraded());

      if (i % 2 == 0) {
        assertInstanceOf(ItemActor.Stored.class, node.retire(gone));
      } else {
        assertInstanceOf(ItemActor.Stored.class, await(node.put(outOfStock(facts(gone, i)))));
      }

      Answer retried = node.answer(paged(only(question(user, 5, "m/" + i), gone, item(i)), "m"));
      assertTrue(retried.replayed());
      List<Answer> later =
          List.of(
              retried,
              node.answer(paged(question(user, 50, "m/next/" + i), "m")),
              node.answer(question("other-" + i, ALL, "o/" + i)),
              node.answer(previewed(question("other-" + i, ALL, "p/" + i))),
              node.answer(only(question("asking-" + i, 5, "a/" + i), gone, item(i))),
              await(node.node().feeds().similar(item(i), ALL, Filter.NONE, WholeNode.AMPLE)));
      INDEX.fail();
      Answer floor =
          node.answer(
              WholeNode.within(question("floor-" + i, ALL, "f/" + i), Duration.ofSeconds(2)));
      INDEX.heal();
      assertTrue(floor.slots().size() > 50, floor.degraded().toString());
      for (Answer answer : later) {
        assertFalse(items(answer).contains(gone), gone + " is in " + items(answer));
      }
      assertFalse(items(floor).contains(gone));
    }
    node.assertPromisesKept();
  }

  private static List<String> degradedOfUser(Answer feed) {
    return feed.degraded().stream()
        .filter(part -> !part.startsWith("rules:") && !part.startsWith("source:"))
        .toList();
  }

  private static io.millrace.feed.Feeds.Question only(
      io.millrace.feed.Feeds.Question question, String... candidates) {
    return new io.millrace.feed.Feeds.Question(
        question.userId(),
        question.surface(),
        question.purpose(),
        question.size(),
        question.requestId(),
        question.feedSession(),
        List.of(candidates),
        question.exclude(),
        question.filter(),
        question.explain(),
        question.reserveFirst(),
        question.budget());
  }

  private static ItemFacts outOfStock(ItemFacts facts) {
    return new ItemFacts(
        facts.itemId(),
        facts.title(),
        facts.categories(),
        facts.tags(),
        facts.creator(),
        facts.createdAtMs(),
        facts.language(),
        facts.price(),
        0,
        facts.ageRating(),
        facts.safety(),
        facts.sponsor(),
        facts.durationMs(),
        facts.attributes(),
        facts.variants(),
        facts.vector());
  }
}
