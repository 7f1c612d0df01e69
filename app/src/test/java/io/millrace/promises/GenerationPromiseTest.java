package io.millrace.promises;

import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.facts;
import static io.millrace.promises.WholeNode.item;
import static io.millrace.promises.WholeNode.previewed;
import static io.millrace.promises.WholeNode.question;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.Feeds;
import io.millrace.index.ExactItemIndex;
import io.millrace.learning.GenerationActor;
import io.millrace.learning.GenerationActor.Decided;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Generations on a whole node: trained from its journal, used by its feeds, there again after a
 * restart, and never one that knows nothing.
 */
@Tag("server")
final class GenerationPromiseTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T12:00:00Z"));
  private static final int ITEMS = 400;
  private static final int TASTES = 8;
  private static final int USERS = 600;
  private static final int EVENTS = 20;

  @TempDir Path folder;

  @Test
  void a_generation_is_adopted_and_feeds_are_near_to_the_user_also_after_a_restart()
      throws Exception {
    try (WholeNode node = start("taste")) {
      feed(node, true);
      Decided first = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertTrue(first.adopted(), first.detail());
      assertOfTheirTaste(node, 1);

      Decided second = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertTrue(second.adopted(), second.detail());
      assertOfTheirTaste(node, 2);

      Decided back = await(node.node().decideGeneration(GenerationActor.Rollback::new));
      assertTrue(back.adopted(), back.detail());
      assertEquals(1, await(node.node().describeGenerations()).adopted());
      assertOfTheirTaste(node, 1);
      node.assertPromisesKept();
    }
    try (WholeNode node = start("taste")) {
      // What was adopted is prepared again before anything else is decided.
      Decided promoted =
          await(node.node().decideGeneration(replyTo -> new GenerationActor.Promote(2, replyTo)));
      while (!promoted.adopted()) {
        assertTrue(promoted.detail().contains("already"), promoted.detail());
        promoted =
            await(node.node().decideGeneration(replyTo -> new GenerationActor.Promote(2, replyTo)));
      }
      assertOfTheirTaste(node, 2);
    }
  }

  @Test
  void what_nobody_liked_for_a_reason_makes_no_generation() throws Exception {
    try (WholeNode node = start("chance")) {
      feed(node, false);
      Decided decided = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertFalse(decided.adopted(), decided.detail());
      assertTrue(decided.detail().contains("no taste"), decided.detail());
      assertEquals(0, await(node.node().describeGenerations()).adopted());
      assertFalse(Files.exists(folder.resolve("chance/generations/generation-1.bin")));
      Feeds.Answer answer = node.answer(previewed(question("user-1", 20, "p")));
      assertEquals(20, answer.slots().size());
    }
  }

  private static void assertOfTheirTaste(WholeNode node, int generation) {
    int near = 0;
    int own = 0;
    int slots = 0;
    for (int user = 0; user < 40; user++) {
      Feeds.Answer answer = node.answer(previewed(question("user-" + user, 20, "p" + user)));
      assertEquals(generation, answer.versions().generation());
      for (Feeds.Slot slot : answer.slots()) {
        slots++;
        near += slot.sources().contains("nearest") ? 1 : 0;
        own += number(slot.facts().itemId()) % TASTES == user % TASTES ? 1 : 0;
      }
    }
    assertTrue(near > slots / 2, near + " of " + slots + " slots came from nearest");
    assertTrue(own > slots / 4, own + " of " + slots + " slots are of the user's taste");
  }

  private static int number(String itemId) {
    for (int i = 0; i < ITEMS; i++) {
      if (item(i).equals(itemId)) {
        return i;
      }
    }
    throw new AssertionError(itemId);
  }

  private WholeNode start(String name) {
    return WholeNode.start(
        folder.resolve(name),
        Map.of(
            "millrace.generation.train-every", "0 s",
            "millrace.generation.cpu-share", "1",
            "millrace.surfaces.home.max-per-category", "0"),
        CLOCK,
        ExactItemIndex::new);
  }

  /** Users who act within their taste nine times of ten, or at random. */
  private static void feed(WholeNode node, boolean tasteful) {
    for (int i = 0; i < ITEMS; i++) {
      node.putItem(facts(item(i), 0));
    }
    node.drain();
    Random random = new Random(1);
    List<Interaction> together = new ArrayList<>();
    for (int n = 0; n < EVENTS; n++) {
      for (int user = 0; user < USERS; user++) {
        int taste = tasteful && random.nextInt(10) > 0 ? user % TASTES : random.nextInt(TASTES);
        together.add(
            Interaction.newBuilder()
                .setEventId("event/" + user + "/" + n)
                .setUserId("user-" + user)
                .setItemId(item(random.nextInt(ITEMS / TASTES) * TASTES + taste))
                .setKind(Kind.LIKE)
                .setTimeMillis(CLOCK.millis() - (EVENTS - n) * 3_600_000L + user * 1_000L)
                .build());
        if (together.size() == 300) {
          record(node, together);
        }
      }
    }
    node.drain();
  }

  private static void record(WholeNode node, List<Interaction> events) {
    await(node.record(events))
        .forEach(result -> assertEquals(EventResult.Status.RECORDED, result.getStatus()));
    events.clear();
  }
}
