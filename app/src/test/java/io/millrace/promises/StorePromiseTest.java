package io.millrace.promises;

import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.item;
import static io.millrace.promises.WholeNode.items;
import static io.millrace.promises.WholeNode.question;
import static io.millrace.promises.WholeNode.reserved;
import static io.millrace.promises.WholeNode.within;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.edge.Refusal;
import io.millrace.edge.Trouble;
import io.millrace.feed.Feeds.Answer;
import io.millrace.index.ExactItemIndex;
import io.millrace.persistence.StoreFaults;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.EventResult.Status;
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
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** P1 and P8 on a whole node whose store hangs, fails or is slow. */
@Tag("server")
final class StorePromiseTest {
  private static final Duration HANG = Duration.ofSeconds(30);
  private static final Duration BUDGET = Duration.ofSeconds(2);

  /** How late an answer may be seen on a busy machine; the budget itself is the node's to keep. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private static final int USERS = 20;

  @TempDir Path folder;

  private WholeNode start() {
    WholeNode node =
        WholeNode.start(
            folder,
            Map.of("millrace.edge.max-deadline", "2 s"),
            InstantSource.system(),
            ExactItemIndex::new);
    node.putItems(150);
    return node;
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void an_fsync_that_hangs_for_30_s_loses_nothing_and_feeds_go_on() throws Exception {
    try (WholeNode node = start()) {
      Set<String> acknowledged = new HashSet<>();
      for (int user = 0; user < USERS; user++) {
        node.recorded(node.event("before/" + user, "user-" + user, item(user), Kind.LIKE));
        acknowledged.add("before/" + user);
        assertTrue(reserved(node.answer(question("user-" + user, 5, "before/" + user))));
      }
      StoreFaults faults = node.node().store().faults();

      faults.hang();
      long begun = System.nanoTime();
      List<Interaction> unknown = new ArrayList<>();
      List<CompletableFuture<EventResult>> held = new ArrayList<>();
      for (int user = 0; user < USERS / 2; user++) {
        unknown.add(node.event("held/" + user, "user-" + user, item(50 + user), Kind.LIKE));
        held.add(result(node, unknown.getLast()));
      }
      assertTrue(faults.awaitHeld(WholeNode.PATIENCE));
      for (int i = 0; System.nanoTime() - begun < HANG.toNanos(); i++) {
        boolean bad = !node.node().store().health().isHealthy();
        String writing = "user-" + i % (USERS / 2);
        String quiet = "user-" + (USERS / 2 + i % (USERS / 2));
        CompletableFuture<Answer> ofWriting = ask(node, writing, "hang/" + i);
        if (bad) {
          CompletableFuture<Answer> ofQuiet = ask(node, quiet, "hang/" + i);
          Interaction event = node.event("hang/" + i, "visitor-" + i, item(7), Kind.LIKE);
          unknown.add(event);
          assertEquals(Status.STORE_UNAVAILABLE, await(result(node, event)).getStatus());
          assertFull(await(ofQuiet), "user:not-durable");
        }
        // The user whose write is held cannot be asked: who they were when last seen is used.
        Answer feed = await(ofWriting);
        assertFull(feed, "user:late");
        assertFalse(items(feed).contains(item(i % (USERS / 2))));
      }
      for (CompletableFuture<EventResult> one : held) {
        assertEquals(Status.STORE_UNAVAILABLE, await(one).getStatus());
      }
      faults.release();

      for (Interaction event : unknown) {
        insist(node, event);
        acknowledged.add(event.getEventId());
      }
      for (int user = 0; user < USERS; user++) {
        insistOnFeed(node, "user-" + user);
      }
      assertEquals(acknowledged, Journalled.once(node));
      node.assertPromisesKept();
    }
    try (WholeNode node = WholeNode.start(folder)) {
      for (int user = 0; user < USERS; user++) {
        Answer feed = node.answer(question("user-" + user, 100, "restarted/" + user));
        assertFalse(items(feed).contains(item(user)));
        assertTrue(user >= USERS / 2 || !items(feed).contains(item(50 + user)));
      }
      node.assertPromisesKept();
    }
  }

  @Test
  void a_store_that_fails_or_is_slow_costs_the_reservation_and_not_the_feed() {
    try (WholeNode node = start()) {
      StoreFaults faults = node.node().store().faults();
      for (int user = 0; user < USERS; user++) {
        assertTrue(reserved(node.answer(question("user-" + user, 5, "before/" + user))));
      }

      faults.slow(Duration.ofMillis(300));
      assertFull(await(ask(node, "user-1", "slow/1")), "");
      faults.heal();
      faults.slow(Duration.ofSeconds(6));
      assertFull(await(ask(node, "user-2", "slow/2")), "reservation:late");
      faults.heal();
      for (int user = 0; user < USERS; user++) {
        insistOnFeed(node, "user-" + user);
      }
      faults.fail();
      for (int user = 0; user < USERS; user++) {
        Answer feed = await(ask(node, "user-" + user, "failed/" + user));
        assertEquals(20, feed.slots().size(), feed.degraded().toString());
        assertFalse(reserved(feed), feed.degraded().toString());
        Status status =
            await(result(node, node.event("failed/" + user, "user-" + user, item(1), Kind.LIKE)))
                .getStatus();
        assertEquals(Status.STORE_UNAVAILABLE, status);
      }
      faults.heal();

      for (int user = 0; user < USERS; user++) {
        insist(node, node.event("failed/" + user, "user-" + user, item(1), Kind.LIKE));
        insistOnFeed(node, "user-" + user);
      }
      node.assertPromisesKept();
    }
  }

  private static CompletableFuture<Answer> ask(WholeNode node, String user, String requestId) {
    return node.ask(within(question(user, 20, user + "/" + requestId), BUDGET))
        .orTimeout(BUDGET.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Full, and what is wanting named when something is. */
  private static void assertFull(Answer feed, String named) {
    assertEquals(20, feed.slots().size(), feed.degraded().toString());
    assertTrue(
        named.isEmpty() ? reserved(feed) : feed.degraded().contains(named),
        feed.degraded() + " without " + named);
  }

  /** A refusal of the whole call is the same to the caller: nothing is known. */
  private static CompletableFuture<EventResult> result(WholeNode node, Interaction event) {
    return node.record(List.of(event))
        .thenApply(List::getFirst)
        .exceptionally(failure -> {
          Throwable cause =
              failure instanceof CompletionException && failure.getCause() != null
                  ? failure.getCause()
                  : failure;
          if (cause instanceof Refusal refusal && refusal.trouble() != Trouble.INTERNAL) {
            return EventResult.newBuilder().setStatus(Status.STORE_UNAVAILABLE).build();
          }
          throw new CompletionException(cause);
        });
  }

  /** Sends an event until it is acknowledged, as clients do. */
  private static void insist(WholeNode node, Interaction event) {
    long end = System.nanoTime() + WholeNode.PATIENCE.toNanos();
    EventResult result;
    do {
      result = await(result(node, event));
    } while (result.getStatus() != Status.RECORDED
        && result.getStatus() != Status.REPEATED
        && System.nanoTime() < end);
    assertTrue(
        result.getStatus() == Status.RECORDED || result.getStatus() == Status.REPEATED,
        event.getEventId() + " " + result);
  }

  /** Asks until the user's own actor serves again. */
  private static void insistOnFeed(WholeNode node, String user) {
    long end = System.nanoTime() + WholeNode.PATIENCE.toNanos();
    Answer feed;
    int attempt = 0;
    do {
      feed = await(ask(node, user, "insist/" + System.nanoTime() + "/" + attempt++));
    } while (!reserved(feed) && System.nanoTime() < end);
    assertTrue(reserved(feed), user + " " + feed.degraded());
  }
}
