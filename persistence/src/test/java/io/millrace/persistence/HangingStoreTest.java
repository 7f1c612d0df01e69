package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * P1 with a store that hangs: the breaker gives up while the write still waits, the entity starts
 * again and asks what is stored. Whatever the order, nothing acknowledged is lost and no number is
 * used twice.
 */
final class HangingStoreTest {
  @TempDir Path dir;

  private ActorTestKit start() {
    return start("150 ms");
  }

  private ActorTestKit start(String callTimeout) {
    Config config =
        TestSystems.config(
            dir.resolve("store"),
            Map.of(
                "millrace.persistence.journal.circuit-breaker.call-timeout", callTimeout,
                "millrace.persistence.journal.circuit-breaker.reset-timeout", "50 ms",
                "millrace.persistence.journal.circuit-breaker.max-failures", 1000,
                "millrace.persistence.unhealthy-after", "100 ms",
                "millrace.persistence.probe-interval", "10 ms"));
    return ActorTestKit.create("hanging", config);
  }

  private static <T> T ask(
      ActorTestKit kit,
      ActorRef<LedgerActor.Command> ledger,
      org.apache.pekko.japi.function.Function<ActorRef<T>, LedgerActor.Command> message,
      Duration timeout) {
    CompletionStage<T> reply = AskPattern.ask(ledger, message, timeout, kit.system().scheduler());
    return reply.toCompletableFuture().join();
  }

  /** A client that retries until it is acknowledged, as ours do. */
  private static int insist(ActorTestKit kit, ActorRef<LedgerActor.Command> ledger, String line) {
    for (int i = 0; i < 60; i++) {
      try {
        return LedgerAsk.add(kit, ledger, line, Duration.ofMillis(500));
      } catch (CompletionException timedOut) {
        // the next attempt says the same
      }
    }
    throw new AssertionError("never acknowledged: " + line);
  }

  /** Asks with the reply types of the ledger. */
  private static final class LedgerAsk {
    static int add(
        ActorTestKit kit, ActorRef<LedgerActor.Command> ledger, String line, Duration timeout) {
      return HangingStoreTest.<Integer>ask(
          kit, ledger, replyTo -> new LedgerActor.Add(line, replyTo), timeout);
    }

    static List<String> read(ActorTestKit kit, ActorRef<LedgerActor.Command> ledger) {
      return HangingStoreTest.<List<String>>ask(
          kit, ledger, LedgerActor.Read::new, Stores.PATIENCE);
    }
  }

  @Test
  void a_write_that_timed_out_and_landed_late_is_known_to_the_entity_that_started_again()
      throws InterruptedException {
    ActorTestKit kit = start();
    try {
      RocksStore store = RocksStoreExtension.of(kit.system());
      ActorRef<LedgerActor.Command> ledger =
          kit.spawn(LedgerActor.create("user|a", "user-1", store.keys()));
      assertEquals(1, insist(kit, ledger, "one"));

      store.faults().hang();
      ledger.tell(new LedgerActor.Add("late", kit.system().ignoreRef()));
      assertTrue(store.faults().awaitHeld(Stores.PATIENCE));
      Stores.until(() -> !store.health().isHealthy());
      // Long enough for the breaker to give up and for the entity to try to recover.
      Thread insisting =
          Thread.ofVirtual().start(() -> assertEquals(3, insist(kit, ledger, "after")));
      assertFalse(insisting.join(Duration.ofMillis(1500)), "acknowledged while the disk hung");
      store.faults().release();
      insisting.join();

      List<String> lines = LedgerAsk.read(kit, ledger);
      assertEquals(List.of("one", "late", "after"), lines);
      List<StoredEvent> stored = store.streams().tail("user-1", Cursor.START, 100).events();
      assertEquals(List.of(1L, 2L, 3L), stored.stream().map(StoredEvent::sequence).toList());
      assertEquals(
          lines, stored.stream().map(e -> LedgerActor.open(store.keys(), e.payload())).toList());
    } finally {
      kit.shutdownTestKit();
    }

    ActorTestKit again = start();
    try {
      RocksStore store = RocksStoreExtension.of(again.system());
      ActorRef<LedgerActor.Command> ledger =
          again.spawn(LedgerActor.create("user|a", "user-1", store.keys()));
      assertEquals(List.of("one", "late", "after"), LedgerAsk.read(again, ledger));
    } finally {
      again.shutdownTestKit();
    }
  }

  @Test
  void an_entity_woken_while_a_write_of_it_waits_answers_behind_that_write()
      throws InterruptedException {
    ActorTestKit kit = start("30 s");
    try {
      RocksStore store = RocksStoreExtension.of(kit.system());
      ActorRef<LedgerActor.Command> first =
          kit.spawn(LedgerActor.create("user|c", "user-1", store.keys()));
      assertEquals(1, insist(kit, first, "one"));
      store.faults().hang();
      first.tell(new LedgerActor.Add("late", kit.system().ignoreRef()));
      assertTrue(store.faults().awaitHeld(Stores.PATIENCE));
      kit.stop(first);

      ActorRef<LedgerActor.Command> second =
          kit.spawn(LedgerActor.create("user|c", "user-1", store.keys()));
      assertThrows(
          CompletionException.class,
          () ->
              HangingStoreTest.<List<String>>ask(
                  kit, second, LedgerActor.Read::new, Duration.ofMillis(500)));
      ActorRef<LedgerActor.Command> other =
          kit.spawn(LedgerActor.create("user|idle", "user-1", store.keys()));
      assertEquals(List.of(), LedgerAsk.read(kit, other));
      store.faults().release();

      assertEquals(List.of("one", "late"), LedgerAsk.read(kit, second));
    } finally {
      kit.shutdownTestKit();
    }
  }

  @Test
  void snapshots_that_delete_their_events_bring_the_same_state_back() {
    ActorTestKit kit = start();
    List<String> before;
    try {
      RocksStore store = RocksStoreExtension.of(kit.system());
      ActorRef<LedgerActor.Command> ledger =
          kit.spawn(LedgerActor.create("user|b", "user-2", store.keys(), 10));
      for (int i = 1; i <= 57; i++) {
        assertEquals(i, insist(kit, ledger, "line " + i));
      }
      before = LedgerAsk.read(kit, ledger);
    } finally {
      kit.shutdownTestKit();
    }

    ActorTestKit again = start();
    try {
      RocksStore store = RocksStoreExtension.of(again.system());
      ActorRef<LedgerActor.Command> ledger =
          again.spawn(LedgerActor.create("user|b", "user-2", store.keys(), 10));
      assertEquals(before, LedgerAsk.read(again, ledger));
      assertEquals(58, insist(again, ledger, "one more"));
      assertTrue(store.streams().tail("user-2", Cursor.START, 100).events().size() < 58);
    } finally {
      again.shutdownTestKit();
    }
  }
}
