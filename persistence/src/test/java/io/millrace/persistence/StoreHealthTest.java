package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the store says that it is bad, and when good again. */
final class StoreHealthTest {
  private final AtomicLong nanos = new AtomicLong();
  private final StoreHealth health = new StoreHealth(Duration.ofSeconds(2), nanos::get);

  @Test
  void it_is_bad_from_the_age_of_the_oldest_waiting_write() {
    health.working(nanos.get());
    nanos.addAndGet(Duration.ofMillis(1999).toNanos());
    assertTrue(health.isHealthy());
    assertEquals("", health.reason());

    nanos.addAndGet(Duration.ofMillis(2).toNanos());

    assertFalse(health.isHealthy());
    assertEquals("a write has waited 2001 ms, expected at most 2000", health.reason());
  }

  @Test
  void a_write_that_came_through_late_leaves_it_bad_until_a_probe_passes_quickly() {
    health.working(nanos.get());
    nanos.addAndGet(Duration.ofSeconds(30).toNanos());
    health.done();
    assertFalse(health.isHealthy());

    long slow = nanos.getAndAdd(Duration.ofSeconds(3).toNanos());
    health.proven(slow);
    assertFalse(health.isHealthy());

    health.proven(nanos.get());
    assertTrue(health.isHealthy());
  }

  @Test
  void a_failed_write_makes_it_bad() {
    health.failed(new StoreFailed("no space left"));

    assertFalse(health.isHealthy());
    assertEquals("a write failed: no space left", health.reason());
  }

  @Test
  void a_store_that_hung_is_bad_meanwhile_and_good_again_by_its_own_probe(@TempDir Path dir)
      throws InterruptedException {
    Map<String, String> settings = Map.of("unhealthy-after", "100 ms", "probe-interval", "5 ms");
    try (RocksStore store = Stores.open(dir.resolve("store"), settings)) {
      store.faults().hang();
      CompletableFuture<Void> held = Stores.append(store, "user-1", "a", 1, "one");
      Stores.until(() -> !store.health().isHealthy());
      store.faults().release();
      Stores.await(held);
      Stores.until(store.health()::isHealthy);

      store.faults().fail();
      CompletableFuture<Void> failed = Stores.append(store, "user-1", "a", 2, "two");
      Stores.until(failed::isCompletedExceptionally);
      Stores.until(() -> !store.health().isHealthy());
      store.faults().heal();
      Stores.until(store.health()::isHealthy);
    }
  }
}
