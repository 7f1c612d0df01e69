package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.persistence.Write.Truncate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** The writer's rules: order, refusals, what a hanging or failing disk does. */
final class StoreWriterTest {
  @TempDir Path dir;
  private RocksStore store;

  @BeforeEach
  void open() {
    store = Stores.open(dir.resolve("store"), Map.of("queue-capacity", 64));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void reopen() {
    store.close();
    open();
  }

  private CompletableFuture<Void> append(String persistenceId, long sequence) {
    return Stores.append(store, "user-1", persistenceId, sequence, persistenceId + sequence);
  }

  private static Throwable failure(CompletableFuture<Void> future) {
    return assertThrows(CompletionException.class, () -> Stores.await(future)).getCause();
  }

  private List<Long> sequences() {
    return store.streams().tail("user-1", Cursor.START, 1000).events().stream()
        .map(StoredEvent::sequence)
        .toList();
  }

  @Test
  void a_sequence_number_that_is_not_above_the_stored_one_is_refused() {
    Stores.await(append("a", 1));
    Stores.await(append("a", 2));

    assertInstanceOf(WriteRefused.class, failure(append("a", 2)));
    assertInstanceOf(WriteRefused.class, failure(append("a", 1)));
    reopen();
    assertInstanceOf(WriteRefused.class, failure(append("a", 2)));
    Stores.await(append("a", 3));
    assertEquals(List.of(1L, 2L, 3L), sequences());
  }

  @Test
  void writes_go_on_while_several_full_tables_wait_to_be_written_to_files()
      throws RocksDBException {
    store.close();
    store = Stores.open(dir.resolve("small"), Map.of("write-buffer", "3 MiB"));
    RocksDB db = store.families().db;
    String megabyteAlmost = "x".repeat(900_000);
    db.pauseBackgroundWork();
    try {
      for (int sequence = 1; sequence <= 8; sequence++) {
        Stores.await(Stores.append(store, "user-1", "a", sequence, megabyteAlmost));
      }
      assertTrue(store.fullTables() >= 3, () -> store.fullTables() + " full tables wait");
    } finally {
      db.continueBackgroundWork();
    }
  }

  @Test
  void files_that_were_merged_hold_rows_of_one_stream_each() throws RocksDBException {
    for (int sequence = 1; sequence <= 3; sequence++) {
      for (String stream : List.of("user-1", "user-15", "evidence-1", "evidence-15")) {
        Stores.await(Stores.append(store, stream, "of " + stream, sequence, "x"));
      }
    }

    store.families().rewrite(List.of(store.families().streams));

    Map<String, Integer> files = new TreeMap<>();
    for (LiveFileMetaData file : store.families().db.getLiveFilesMetaData()) {
      if (new String(file.columnFamilyName(), StandardCharsets.UTF_8).equals("streams")) {
        String stream = Keys.streamOf(file.smallestKey());
        assertEquals(stream, Keys.streamOf(file.largestKey()));
        files.merge(stream, 1, Integer::sum);
      }
    }
    assertEquals(Map.of("evidence-1", 1, "evidence-15", 1, "user-1", 1, "user-15", 1), files);
    assertEquals(1, store.unmergedFiles(), "of a family that was not rewritten");
  }

  @Test
  void a_late_write_behind_a_hanging_disk_wins_over_the_one_made_without_knowing_it()
      throws InterruptedException {
    Stores.await(append("a", 1));
    store.faults().hang();
    CompletableFuture<Void> late = append("a", 2);
    assertTrue(store.faults().awaitHeld(Stores.PATIENCE));
    CompletableFuture<Void> second = append("a", 2);
    CompletableFuture<Void> other = append("b", 1);
    assertTrue(store.writer().isBusy("a"));

    store.faults().release();

    Stores.await(late);
    assertInstanceOf(WriteRefused.class, failure(second));
    Stores.await(other);
    assertEquals(List.of(1L, 2L, 1L), sequences());
    Stores.settle(store);
    assertFalse(store.writer().isBusy("a"));
  }

  @Test
  void a_persistence_id_belongs_to_one_stream_for_ever() {
    Stores.await(append("a", 1));

    Throwable refused = failure(Stores.append(store, "user-2", "a", 2, "x"));

    assertEquals("a belongs to stream user-1 and was written with user-2", refused.getMessage());
    reopen();
    assertInstanceOf(WriteRefused.class, failure(Stores.append(store, "user-2", "a", 2, "x")));
    Stores.await(append("a", 2));
  }

  @Test
  void the_highest_sequence_number_and_the_stream_outlive_a_deletion() {
    Stores.await(append("a", 1));
    Stores.await(append("a", 2));
    Stores.await(append("b", 1));
    CompletableFuture<Void> deleted = new CompletableFuture<>();
    store
        .writer()
        .submit(new Truncate("a", 0, Long.MAX_VALUE, failure -> Outcomes.tell(deleted, failure)));
    Stores.await(deleted);

    assertEquals(List.of(1L), sequences());
    reopen();
    assertInstanceOf(WriteRefused.class, failure(append("a", 2)));
    assertInstanceOf(WriteRefused.class, failure(Stores.append(store, "user-2", "a", 3, "x")));
    Stores.await(append("a", 3));
    assertEquals(List.of(1L, 3L), sequences());
  }

  @Test
  void a_failed_write_is_told_and_leaves_nothing_behind() {
    Stores.await(append("a", 1));
    store.faults().fail();

    assertInstanceOf(StoreFailed.class, failure(append("a", 2)));
    assertFalse(store.health().isHealthy());
    store.faults().heal();
    Stores.await(append("a", 2));
    assertEquals(List.of(1L, 2L), sequences());
  }

  @Test
  void a_full_queue_refuses_at_once_and_keeps_what_it_holds() throws InterruptedException {
    store.faults().hang();
    CompletableFuture<Void> held = append("a", 1);
    assertTrue(store.faults().awaitHeld(Stores.PATIENCE));
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int n = 2; n <= 65; n++) {
      waiting.add(append("a", n));
    }

    CompletableFuture<Void> refused = append("a", 66);

    assertTrue(refused.isCompletedExceptionally());
    assertEquals("the write queue is full, it holds 64", failure(refused).getMessage());
    store.faults().release();
    Stores.await(held);
    waiting.forEach(Stores::await);
  }

  @Test
  void a_slow_disk_makes_larger_groups_not_more_waiting() {
    store.faults().slow(Duration.ofMillis(50));
    List<CompletableFuture<Void>> all = new ArrayList<>();

    for (int n = 1; n <= 40; n++) {
      all.add(append("a", n));
    }

    all.forEach(Stores::await);
    assertEquals(40, sequences().size());
  }

  @Test
  void closing_writes_what_was_handed_in() {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int n = 1; n <= 50; n++) {
      all.add(append("a", n));
    }

    reopen();

    all.forEach(Stores::await);
    assertEquals(50, sequences().size());
  }
}
