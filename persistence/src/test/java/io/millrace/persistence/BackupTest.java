package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.persistence.EventStream.Batch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups are whole or refused, and bring nobody back who was forgotten. */
final class BackupTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir Path temp;

  private Path data() {
    return temp.resolve("data");
  }

  private Path backup() {
    return temp.resolve("backup");
  }

  private Backup.Contents write(RocksStore store) {
    return Backup.write(store, backup(), NOW, List.of("index"), List.of("generations"));
  }

  private static List<String> texts(RocksStore store) {
    Batch batch = store.streams().tail("user-1", Cursor.START, 100_000);
    return batch.events().stream()
        .map(event -> new String(event.payload(), StandardCharsets.UTF_8))
        .toList();
  }

  private static String refusal(Runnable action) {
    return assertThrows(StoreUnusable.class, action::run).getMessage();
  }

  private static Map<String, String> contents(Path dir) throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.put(
            dir.relativize(file).toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return all;
  }

  @Test
  void a_backup_taken_while_events_come_restores_to_a_prefix_with_its_files() throws Exception {
    try (RocksStore store = Stores.open(data())) {
      Files.createDirectories(data().resolve("generations"));
      Files.writeString(data().resolve("generations/generation-1.bin"), "vectors");
      DataKey key = store.keys().keyFor("user|a");
      List<CompletableFuture<Void>> written = new ArrayList<>();
      for (int i = 1; i <= 500; i++) {
        written.add(Stores.append(store, "user-1", "user|a", i, "event " + i));
      }
      written.forEach(Stores::await);
      Thread more =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 501; i <= 3_000; i++) {
                  written.add(Stores.append(store, "user-1", "user|a", i, "event " + i));
                }
              });

      Backup.Contents taken = write(store);
      more.join();
      written.forEach(Stores::await);

      assertEquals(taken, Backup.verify(backup()));
      Path restored = temp.resolve("elsewhere/restored");
      assertEquals(taken, Backup.restore(backup(), restored, Optional.empty()));
      try (RocksStore other = Stores.open(restored)) {
        List<String> texts = texts(other);
        assertTrue(texts.size() >= 500, "only " + texts.size());
        assertEquals(texts(store).subList(0, texts.size()), texts);
        assertEquals(key, other.keys().keyFor("user|a"));
        assertEquals("vectors", Files.readString(restored.resolve("generations/generation-1.bin")));
        Stores.await(Stores.append(other, "user-1", "user|a", texts.size() + 1, "on and on"));
      }
      assertFalse(Files.exists(data().resolve("journal.checkpoint")));
    }
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(backup().resolve("master.key"))));
  }

  @Test
  void a_folder_that_nobody_holds_is_backed_up_as_it_lies() {
    try (RocksStore store = Stores.open(data())) {
      Stores.await(Stores.append(store, "user-1", "user|a", 1, "one"));
    }
    try (RocksStore store = RocksStore.openReadOnly(data())) {
      write(store);
    }
    Backup.restore(backup(), temp.resolve("restored"), Optional.empty());
    try (RocksStore store = Stores.open(temp.resolve("restored"))) {
      assertEquals(List.of("one"), texts(store));
    }
  }

  @Test
  void who_was_forgotten_after_the_backup_stays_forgotten() throws IOException {
    DataKey gone;
    DataKey kept;
    try (RocksStore store = Stores.open(data())) {
      gone = store.keys().keyFor("user|gone");
      kept = store.keys().keyFor("user|kept");
      Stores.settle(store);
      write(store);
      Stores.await(store.keys().destroy(gone.id(), 7).toCompletableFuture());
      store.keys().rotate(8); // the backup has a master key of its own
    }

    Backup.restore(backup(), temp.resolve("restored"), Optional.empty());

    try (RocksStore store = Stores.open(temp.resolve("restored"))) {
      assertEquals(Optional.empty(), store.keys().find(gone.id()));
      assertEquals(Optional.of(kept), store.keys().find(kept.id()));
    }
    assertTrue(
        Files.readString(temp.resolve("restored.forgotten"))
            .contains("%016x 7".formatted(gone.id())));
  }

  @Test
  void without_the_list_of_the_forgotten_nothing_is_restored() throws IOException {
    try (RocksStore store = Stores.open(data())) {
      write(store);
    }
    Path list = temp.resolve("data.forgotten");
    Files.delete(list);
    Path restored = temp.resolve("restored");

    assertEquals(
        "list of forgotten keys %s is missing: give the present one with --forgotten FILE, or users forgotten after 2026-11-20T12:00:00Z would come back"
            .formatted(list),
        refusal(() -> Backup.restore(backup(), restored, Optional.empty())));
    assertFalse(Files.exists(restored));
  }

  @Test
  void a_backup_of_which_anything_is_missing_or_changed_is_refused_and_nothing_is_touched()
      throws IOException {
    try (RocksStore store = Stores.open(data())) {
      Stores.await(Stores.append(store, "user-1", "user|a", 1, "one"));
      write(store);
    }
    Map<String, String> before = contents(backup());
    assertTrue(before.size() > 5);
    for (String name : before.keySet()) {
      Path file = backup().resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      Files.delete(file);
      assertRefused("");
      if (bytes.length > 0) {
        byte[] changed = bytes.clone();
        changed[bytes.length / 2] ^= 1;
        Files.write(file, changed);
        assertRefused("was changed");
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
        assertRefused("was changed");
      }
      Files.write(file, bytes);
    }
    Files.writeString(backup().resolve("journal/more.sst"), "x");
    assertRefused("holds journal/more.sst, which its manifest does not name");
    Files.delete(backup().resolve("journal/more.sst"));
    assertEquals(before, contents(backup()));
    Files.writeString(backup().resolve("MANIFEST"), "millrace backup, format 2\n");
    assertRefused("has format 2, this version reads 1: use a newer Millrace");
  }

  private void assertRefused(String why) {
    Path restored = temp.resolve("restored");
    String refusal = refusal(() -> Backup.restore(backup(), restored, Optional.empty()));
    assertTrue(refusal.contains(why) && refusal.lines().count() == 1, refusal);
    assertFalse(Files.exists(restored));
  }

  @Test
  void a_folder_that_holds_something_is_neither_backed_up_to_nor_restored_to() throws IOException {
    try (RocksStore store = Stores.open(data())) {
      Files.createDirectories(backup());
      Files.writeString(backup().resolve("precious"), "x");
      assertTrue(
          refusal(() -> write(store)).endsWith("is not empty, it holds precious: choose another"));
      Files.delete(backup().resolve("precious"));
      write(store);
    }
    assertTrue(
        refusal(() -> Backup.restore(backup(), data(), Optional.empty()))
            .contains("data folder " + data() + " is not empty"));
  }
}
