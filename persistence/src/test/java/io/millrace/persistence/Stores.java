package io.millrace.persistence;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.persistence.Write.Append;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Stores and rows for tests. */
final class Stores {
  /** How long a test waits for what must come. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private Stores() {}

  static RocksStore open(Path dir) {
    return open(dir, Map.of());
  }

  /** Opens with settings relative to {@code millrace.persistence}. */
  static RocksStore open(Path dir, Map<String, ?> settings) {
    Config own = ConfigFactory.parseMap(settings).atPath("millrace.persistence");
    Config at = ConfigFactory.parseMap(Map.of("millrace.persistence.dir", dir.toString()));
    return RocksStore.open(
        StoreSettings.of(own.withFallback(at).withFallback(ConfigFactory.defaultReference())));
  }

  static EventRow row(String persistenceId, long sequence, byte[] payload) {
    return new EventRow(
        persistenceId,
        sequence,
        1_700_000_000_000L + sequence,
        4,
        "",
        "",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        payload);
  }

  /** Hands one event in. */
  static CompletableFuture<Void> append(
      RocksStore store, String stream, String persistenceId, long sequence, String text) {
    byte[] row = row(persistenceId, sequence, text.getBytes(StandardCharsets.UTF_8)).encode();
    CompletableFuture<Void> done = new CompletableFuture<>();
    store
        .writer()
        .submit(
            new Append(
                persistenceId,
                stream,
                sequence,
                new byte[][] {row},
                failure -> Outcomes.tell(done, failure)));
    return done;
  }

  static void settle(RocksStore store) {
    await(store.settled().toCompletableFuture());
  }

  static <T> T await(CompletableFuture<T> future) {
    return future.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  static void until(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    CountDownLatch never = new CountDownLatch(1);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end || never.await(2, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("it did not come about within " + PATIENCE);
      }
    }
  }
}
