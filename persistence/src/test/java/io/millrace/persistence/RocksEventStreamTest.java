package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.persistence.EventStream.Batch;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded store keeps the contract, also across restarts. */
final class RocksEventStreamTest extends EventStreamContract {
  @TempDir Path dir;
  private RocksStore store;

  @BeforeEach
  void open() {
    store = Stores.open(dir.resolve("store"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Override
  EventStream stream() {
    return store.streams();
  }

  @Override
  CompletableFuture<Void> append(String stream, String persistenceId, long sequence, String text) {
    return Stores.append(store, stream, persistenceId, sequence, text);
  }

  @Test
  void a_cursor_is_good_after_a_restart_and_offsets_go_on() {
    Stores.await(append("user-1", "a", 1, "one"));
    Cursor cursor = stream().head("user-1");
    store.close();

    open();
    Stores.await(append("user-1", "a", 2, "two"));

    Batch batch = stream().tail("user-1", cursor, 10);
    assertEquals(List.of(2L), batch.events().stream().map(StoredEvent::sequence).toList());
    assertTrue(batch.next().position() > cursor.position());
  }

  @Test
  void deleted_events_leave_their_stream_and_a_cursor_among_them_stays_good() {
    for (int n = 1; n <= 4; n++) {
      Stores.await(append("evidence-0", "e", n, "n" + n));
    }
    Cursor second = stream().tail("evidence-0", Cursor.START, 2).next();
    Stores.await(store.remove("e", 1, 2).toCompletableFuture());
    Stores.await(store.remove("e", 3, 3).toCompletableFuture());

    assertEquals(1, stream().tail("evidence-0", Cursor.START, 10).events().size());
    assertEquals(4, stream().tail("evidence-0", second, 10).events().getFirst().sequence());
  }

  @Test
  void offline_tools_read_every_stream_while_no_node_runs_and_change_nothing() {
    Stores.await(append("user-1", "a", 1, "one"));
    Stores.await(append("item-1", "i", 1, "two"));
    DataKey key = store.keys().keyFor("a");
    Stores.settle(store);
    Path folder = dir.resolve("store");
    assertThrows(StoreUnusable.class, () -> RocksStore.openReadOnly(folder));
    store.close();

    try (RocksStore reading = RocksStore.openReadOnly(folder)) {
      assertEquals(List.of("item-1", "user-1"), reading.streams().streams());
      assertEquals(1, reading.streams().tail("user-1", Cursor.START, 10).events().size());
      assertEquals(key, reading.keys().find(key.id()).orElseThrow());
      assertThrows(IllegalStateException.class, reading::served);
      assertThrows(IllegalStateException.class, reading::settled);
      assertThrows(StoreFailed.class, () -> reading.keys().keyFor("new"));
    }
    open();
    assertEquals(1, stream().tail("item-1", Cursor.START, 10).events().size());
  }

  @Test
  void a_closed_store_throws_and_does_not_crash() {
    store.close();

    assertThrows(StoreClosed.class, () -> stream().tail("user-1", Cursor.START, 1));
    assertThrows(StoreClosed.class, () -> store.keys().find(1));
    assertThrows(Exception.class, () -> Stores.await(append("user-1", "a", 1, "one")));
  }
}
