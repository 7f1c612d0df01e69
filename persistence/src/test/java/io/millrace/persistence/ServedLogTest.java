package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of what was served. */
final class ServedLogTest {
  private static final Instant MONDAY = Instant.parse("2026-11-02T23:59:59Z");

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

  private boolean holds(String requestId) {
    return store.served().find(requestId).isPresent();
  }

  @Test
  void a_row_is_found_by_its_request_also_after_a_restart() {
    store.served().append("r1", MONDAY, new byte[] {1});
    store.served().append("r2", MONDAY.plusSeconds(2), new byte[] {2});
    Stores.settle(store);

    assertArrayEquals(new byte[] {1}, store.served().find("r1").orElseThrow());
    assertTrue(store.served().find("r3").isEmpty());
    store.close();
    open();
    assertArrayEquals(new byte[] {2}, store.served().find("r2").orElseThrow());
  }

  @Test
  void rows_older_than_the_days_kept_go_when_a_new_day_begins() {
    store.served().append("monday", MONDAY, new byte[] {1});
    store.served().append("tuesday", MONDAY.plus(Duration.ofDays(1)), new byte[] {2});
    store.served().append("next", MONDAY.plus(Duration.ofDays(8)), new byte[] {3});
    Stores.settle(store);
    assertTrue(holds("monday"));
    store.close();
    open();

    store.served().append("after", MONDAY.plus(Duration.ofDays(9)), new byte[] {4});
    Stores.settle(store);

    assertTrue(!holds("monday") && holds("tuesday") && holds("next") && holds("after"));
    store.close();
    open();
    assertTrue(!holds("monday") && holds("tuesday") && holds("next") && holds("after"));
  }

  @Test
  void rows_that_a_hanging_store_cannot_take_are_dropped_and_counted() throws InterruptedException {
    store.faults().hang();
    byte[] large = new byte[8 << 20];
    for (int i = 0; i < 10; i++) {
      store.served().append("r" + i, MONDAY, large);
    }

    assertEquals(2, store.served().dropped());
    store.faults().release();
    Stores.settle(store);
    assertTrue(holds("r7") && !holds("r8"));
  }
}
