package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.persistence.EventStream.Batch;
import io.millrace.persistence.EventStream.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every event stream promises its readers. */
abstract class EventStreamContract {

  /** The stream under test. */
  abstract EventStream stream();

  /** Appends one event; done when it is committed. */
  abstract CompletableFuture<Void> append(
      String stream, String persistenceId, long sequence, String text);

  private void appended(String stream, String persistenceId, long sequence, String text) {
    Stores.await(append(stream, persistenceId, sequence, text));
  }

  private static List<String> texts(Batch batch) {
    return batch.events().stream()
        .map(e -> new String(e.payload(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void an_unknown_stream_is_empty() {
    Batch batch = stream().tail("user-0", Cursor.START, 10);

    assertEquals(List.of(), batch.events());
    assertEquals(Cursor.START, batch.next());
    assertTrue(batch.atHead());
    assertEquals(Cursor.START, stream().head("user-0"));
    assertEquals(List.of(), stream().streams());
  }

  @Test
  void a_tail_gives_the_events_of_its_stream_in_order_and_whole() {
    appended("user-1", "a", 1, "a1");
    appended("user-10", "x", 1, "x1");
    appended("user-1", "b", 1, "b1");
    appended("user-1", "a", 2, "a2");

    Batch batch = stream().tail("user-1", Cursor.START, 10);

    assertEquals(List.of("a1", "b1", "a2"), texts(batch));
    StoredEvent last = batch.events().getLast();
    assertEquals("a", last.persistenceId());
    assertEquals(2, last.sequence());
    assertEquals(4, last.serializerId());
    assertEquals(batch.next(), last.cursor());
    assertTrue(batch.atHead());
    assertEquals(List.of("user-1", "user-10"), stream().streams());
  }

  @Test
  void the_events_of_one_persistence_id_come_in_order_from_a_number_on() {
    for (int i = 1; i <= 4; i++) {
      appended("user-1", "a", i, "a" + i);
      appended("user-1", "ab", i, "ab" + i);
    }

    List<StoredEvent> middle = stream().of("a", 2, 2);

    assertEquals(List.of(2L, 3L), middle.stream().map(StoredEvent::sequence).toList());
    assertEquals("a2", new String(middle.getFirst().payload(), StandardCharsets.UTF_8));
    assertEquals(4, stream().of("a", 1, 100).size());
    assertEquals(List.of(), stream().of("a", 5, 10));
    assertEquals(List.of(), stream().of("nobody", 1, 10));
  }

  @Test
  void a_tail_goes_on_behind_its_cursor_in_batches_of_the_asked_size() {
    for (int i = 1; i <= 5; i++) {
      appended("item-3", "i", i, "e" + i);
    }

    Batch first = stream().tail("item-3", Cursor.START, 2);
    Batch second = stream().tail("item-3", Cursor.fromBytes(first.next().toBytes()), 2);
    Batch third = stream().tail("item-3", Cursor.parse(second.next().toString()), 2);
    Batch none = stream().tail("item-3", third.next(), 2);

    assertEquals(List.of("e1", "e2"), texts(first));
    assertEquals(List.of("e3", "e4"), texts(second));
    assertEquals(List.of("e5"), texts(third));
    assertEquals(List.of(), texts(none));
    assertEquals(third.next(), none.next());
    assertFalse(first.atHead());
    assertTrue(third.atHead());
  }

  @Test
  void a_tail_from_inside_a_batch_repeats_only_what_lies_behind_it() {
    for (int i = 1; i <= 3; i++) {
      appended("label-0", "l", i, "e" + i);
    }

    Batch all = stream().tail("label-0", Cursor.START, 10);
    Batch rest = stream().tail("label-0", all.events().getFirst().cursor(), 10);

    assertEquals(List.of("e2", "e3"), texts(rest));
  }

  @Test
  void the_head_lies_behind_the_last_committed_event() {
    appended("user-2", "a", 1, "before");
    Cursor head = stream().head("user-2");
    appended("user-2", "a", 2, "after");

    assertEquals(List.of("after"), texts(stream().tail("user-2", head, 10)));
    assertTrue(stream().head("user-2").position() > head.position());
  }

  @Test
  void a_commit_wakes_the_readers_of_its_stream_until_they_unsubscribe()
      throws InterruptedException {
    Semaphore woken = new Semaphore(0);
    Semaphore others = new Semaphore(0);
    Subscription subscription = stream().onCommit("user-4", woken::release);
    Subscription other = stream().onCommit("user-5", others::release);

    appended("user-4", "a", 1, "one");
    assertTrue(woken.tryAcquire(Stores.PATIENCE.toSeconds(), TimeUnit.SECONDS));
    assertEquals(List.of("one"), texts(stream().tail("user-4", Cursor.START, 10)));

    subscription.close();
    appended("user-4", "a", 2, "two");
    appended("user-5", "b", 1, "three");
    assertTrue(others.tryAcquire(Stores.PATIENCE.toSeconds(), TimeUnit.SECONDS));
    assertEquals(0, woken.availablePermits());
    other.close();
  }

  @Test
  void a_reader_beside_many_writers_sees_each_persistence_id_without_gaps() {
    int writers = 4;
    int each = 500;
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int w = 0; w < writers; w++) {
      String id = "writer-" + w;
      all.add(
          CompletableFuture.runAsync(() -> {
            List<CompletableFuture<Void>> written = new ArrayList<>();
            for (int n = 1; n <= each; n++) {
              written.add(append("evidence-7", id, n, id + ":" + n));
            }
            written.forEach(Stores::await);
          }));
    }

    Map<String, Long> seen = new HashMap<>();
    Cursor cursor = Cursor.START;
    int events = 0;
    long end = System.nanoTime() + Stores.PATIENCE.toNanos();
    while (events < writers * each && System.nanoTime() < end) {
      Batch batch = stream().tail("evidence-7", cursor, 97);
      for (StoredEvent event : batch.events()) {
        long before = seen.getOrDefault(event.persistenceId(), 0L);
        assertEquals(before + 1, event.sequence(), event.persistenceId());
        seen.put(event.persistenceId(), event.sequence());
        events++;
      }
      cursor = batch.next();
    }

    all.forEach(Stores::await);
    assertEquals(writers * each, events);
    assertTrue(stream().tail("evidence-7", cursor, 10).events().isEmpty());
  }
}
