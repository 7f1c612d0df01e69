package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.persistence.EventStream.Batch;
import java.io.File;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P1: a process killed at any moment loses nothing that it acknowledged, and repeats nothing. */
@Tag("server")
final class KillTest {
  private static final int KILLS = 4;

  @TempDir Path dir;

  @Test
  void everything_acknowledged_is_there_once_after_each_kill() throws Exception {
    Path folder = dir.resolve("store");
    Path file = dir.resolve("acknowledged");
    MappedByteBuffer notes = KilledWriter.acknowledged(file);
    Random random = new Random(7);
    int before = 0;

    for (int kill = 0; kill < KILLS; kill++) {
      Process child = start(folder, file);
      try {
        long end = System.nanoTime() + Stores.PATIENCE.toNanos();
        while (sum(notes) <= before && System.nanoTime() < end) {
          assertFalse(child.waitFor(5, TimeUnit.MILLISECONDS), "the child ended by itself");
        }
        String refusal =
            assertThrows(StoreUnusable.class, () -> Stores.open(folder).close()).getMessage();
        assertTrue(refusal.contains("in use by process " + child.pid()), refusal);
        assertFalse(child.waitFor(50 + random.nextInt(400), TimeUnit.MILLISECONDS));
      } finally {
        child.destroyForcibly().waitFor();
      }
      int acknowledged = sum(notes);
      assertTrue(acknowledged > before, "nothing was acknowledged");

      Map<String, List<String>> stored = stored(folder);

      for (int i = 0; i < KilledWriter.LEDGERS; i++) {
        List<String> lines = stored.getOrDefault(KilledWriter.ledger(i), List.of());
        assertTrue(
            lines.size() >= notes.getInt(i * Integer.BYTES),
            "ledger %d holds %d lines, %d were acknowledged"
                .formatted(i, lines.size(), notes.getInt(i * Integer.BYTES)));
        for (int n = 1; n <= lines.size(); n++) {
          assertEquals("line " + n, lines.get(n - 1));
        }
      }
      before = acknowledged;
    }
  }

  private static int sum(MappedByteBuffer notes) {
    int sum = 0;
    for (int i = 0; i < KilledWriter.LEDGERS; i++) {
      sum += notes.getInt(i * Integer.BYTES);
    }
    return sum;
  }

  /** The lines of each ledger, read offline; also checks that numbers have no gap and no repeat. */
  private static Map<String, List<String>> stored(Path folder) {
    Map<String, List<String>> lines = new HashMap<>();
    try (RocksStore store = RocksStore.openReadOnly(folder)) {
      for (String stream : store.streams().streams()) {
        Cursor cursor = Cursor.START;
        Batch batch;
        do {
          batch = store.streams().tail(stream, cursor, 1000);
          for (StoredEvent event : batch.events()) {
            List<String> of = lines.computeIfAbsent(event.persistenceId(), id -> new ArrayList<>());
            assertEquals(of.size() + 1, event.sequence());
            of.add(LedgerActor.open(store.keys(), event.payload()));
          }
          cursor = batch.next();
        } while (!batch.atHead());
      }
    }
    return lines;
  }

  private static Process start(Path folder, Path notes) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            KilledWriter.class.getName(),
            folder.toString(),
            notes.toString()));
    File log = notes.resolveSibling("child.log").toFile();
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
        .start();
  }
}
