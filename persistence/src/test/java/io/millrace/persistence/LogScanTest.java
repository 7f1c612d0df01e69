package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.persistence.EventStream.Batch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bytes of the log that are cut or flipped: told, and nothing acknowledged is lost without a word.
 */
final class LogScanTest {
  private static final int EVENTS = 400;

  @TempDir Path temp;

  /** A folder as a crash leaves it: all acknowledged, then rows that nobody waited for. */
  private long crashed(Path folder) throws IOException {
    Path data = temp.resolve("data");
    long acknowledged;
    try (RocksStore store = Stores.open(data)) {
      for (int i = 1; i <= EVENTS; i++) {
        Stores.await(Stores.append(store, "user-1", "a", i, "event " + i + "x".repeat(i)));
      }
      acknowledged = Files.size(log(data));
      byte[] row = new byte[9_000];
      new Random(5).nextBytes(row);
      for (int i = 0; i < 12; i++) {
        store.served().append("request " + i, Instant.EPOCH, row.clone());
      }
      Stores.settle(store);
      copy(data, folder);
    }
    assertTrue(Files.size(log(folder)) > acknowledged + 100_000);
    assertEquals(Optional.empty(), LogScan.of(folder.resolve("journal"), false));
    return acknowledged;
  }

  private static Path log(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("journal"))) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .max(Comparator.naturalOrder())
          .orElseThrow();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static List<String> texts(RocksStore store) {
    Batch batch = store.streams().tail("user-1", Cursor.START, 10_000);
    return batch.events().stream()
        .map(event -> new String(event.payload(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void bytes_cut_or_flipped_behind_the_last_sync_are_told_and_cost_nothing_acknowledged()
      throws IOException {
    Path crashed = temp.resolve("crashed");
    long acknowledged = crashed(crashed);
    byte[] whole = Files.readAllBytes(log(crashed));
    Random random = new Random(3);
    for (int trial = 0; trial < 12; trial++) {
      Path folder = temp.resolve("trial-" + trial);
      copy(crashed, folder);
      // The last record's: what a crash can leave, for a record is written when the last is.
      int at = whole.length - 1 - random.nextInt(9_000);
      byte[] damaged = trial % 2 == 0 ? Arrays.copyOf(whole, at) : whole.clone();
      if (trial % 2 == 1) {
        damaged[at] ^= (byte) (1 + random.nextInt(255));
      }
      Files.write(log(folder), damaged);

      LogScan.Tail tail = LogScan.of(folder.resolve("journal"), false).orElseThrow();

      assertTrue(tail.whole() >= acknowledged && tail.whole() <= at, tail + " at " + at);
      assertEquals(damaged.length - tail.whole(), tail.dropped());
      try (RocksStore store = Stores.open(folder)) {
        assertEquals(EVENTS, texts(store).size());
        Stores.await(Stores.append(store, "user-1", "a", EVENTS + 1, "on and on"));
      }
      try (RocksStore store = Stores.open(folder)) {
        assertEquals("on and on", texts(store).getLast());
        assertEquals(Optional.empty(), LogScan.of(folder.resolve("journal"), false));
      }
    }
  }

  @Test
  void a_log_damaged_before_its_end_is_refused_and_left_as_it_is_unless_the_loss_is_accepted()
      throws IOException {
    Path folder = temp.resolve("crashed");
    crashed(folder);
    byte[] damaged = Files.readAllBytes(log(folder));
    damaged[damaged.length / 4] ^= 1;
    Files.write(log(folder), damaged);

    String refusal =
        assertThrows(StoreUnusable.class, () -> Stores.open(folder).close()).getMessage();

    assertTrue(refusal.contains("with whole records behind it"), refusal);
    assertTrue(Arrays.equals(damaged, Files.readAllBytes(log(folder))));
    try (RocksStore store = Stores.open(folder, Map.of("drop-damaged-log", "on"))) {
      int kept = texts(store).size();
      assertTrue(kept > 0 && kept < EVENTS, "kept " + kept);
    }
  }
}
