package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys of users and of the store. */
final class UserKeysTest {
  @TempDir Path temp;
  private Path dir;
  private RocksStore store;

  @BeforeEach
  void open() {
    dir = temp.resolve("store");
    store = Stores.open(dir, Map.of("key-cache", 16));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void reopen() {
    store.close();
    open();
  }

  @Test
  void a_persistence_id_keeps_its_key_and_shares_it_with_nobody() {
    DataKey mine = store.keys().keyFor("user|a");
    DataKey yours = store.keys().keyFor("user|b");

    assertNotEquals(mine, yours);
    assertEquals(mine, store.keys().keyFor("user|a"));
    reopen();
    assertEquals(mine, store.keys().keyFor("user|a"));
    assertEquals(Optional.of(yours), store.keys().find(yours.id()));
    assertEquals(Optional.empty(), store.keys().find(7));
  }

  @Test
  void more_keys_than_fit_in_memory_are_found_while_they_wait_and_afterwards() {
    store.faults().hang();
    Map<String, DataKey> keys = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      keys.put("user|" + i, store.keys().keyFor("user|" + i));
    }

    keys.forEach((id, key) -> assertEquals(key, store.keys().keyFor(id)));
    store.faults().release();
    Stores.settle(store);
    keys.forEach((id, key) -> assertEquals(key, store.keys().keyFor(id)));
    keys.forEach((id, key) -> assertEquals(Optional.of(key), store.keys().find(key.id())));
  }

  @Test
  void a_key_whose_write_failed_goes_before_the_first_event_that_is_stored() {
    store.faults().fail();
    DataKey key = store.keys().keyFor("user|a");
    CompletableFuture<Void> failed = Stores.append(store, "user-1", "user|a", 1, "lost");
    assertThrows(Exception.class, () -> Stores.await(failed));
    store.faults().heal();
    Stores.await(Stores.append(store, "user-1", "user|a", 1, "kept"));

    reopen();

    assertEquals(Optional.of(key), store.keys().find(key.id()));
    assertEquals(key, store.keys().keyFor("user|a"));
  }

  @Test
  void a_destroyed_key_is_gone_at_once_and_for_ever_and_remembered() {
    DataKey key = store.keys().keyFor("user|a");

    CompletableFuture<Void> destroyed =
        store.keys().destroy(key.id(), 1_700_000_000_000L).toCompletableFuture();

    assertEquals(Optional.empty(), store.keys().find(key.id()));
    DataKey next = store.keys().keyFor("user|a");
    assertNotEquals(key, next);
    Stores.await(destroyed);
    Stores.settle(store);
    reopen();
    assertEquals(Optional.empty(), store.keys().find(key.id()));
    assertEquals(next, store.keys().keyFor("user|a"));
    assertEquals(Set.of(key.id()), store.keys().destroyedIds());
  }

  @Test
  void the_names_of_users_and_the_signing_key_never_change() {
    String name = store.keys().hmac("alice");
    byte[] signing = store.keys().signingKey();

    assertEquals(22, name.length());
    assertNotEquals(name, store.keys().hmac("bob"));
    assertEquals(32, signing.length);
    reopen();
    assertEquals(name, store.keys().hmac("alice"));
    assertArrayEquals(signing, store.keys().signingKey());
  }

  @Test
  void the_master_key_is_for_its_owner_alone() throws IOException {
    Path file = dir.resolve("master.key");

    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertTrue(Files.readString(file).matches("[0-9a-f]{64}\n"));
  }

  @Test
  void without_its_master_key_or_with_another_the_folder_is_refused() throws IOException {
    store.close();
    Path file = dir.resolve("master.key");
    Path kept = temp.resolve("kept.key");
    Files.move(file, kept);

    assertThrows(StoreUnusable.class, () -> Stores.open(dir).close());
    assertFalse(Files.exists(file));
    Files.writeString(file, "00".repeat(32));
    assertThrows(StoreUnusable.class, () -> Stores.open(dir).close());
    Files.writeString(file, "not a key");
    assertThrows(StoreUnusable.class, () -> Stores.open(dir).close());

    Files.move(kept, file, StandardCopyOption.REPLACE_EXISTING);
    open();
  }

  @Test
  void the_master_key_may_lie_elsewhere() throws IOException {
    Path elsewhere = Files.createDirectory(temp.resolve("secrets")).resolve("m.key");
    Map<String, String> settings = Map.of("master-key-file", elsewhere.toString());
    DataKey key;
    try (RocksStore other = Stores.open(temp.resolve("other"), settings)) {
      key = other.keys().keyFor("a");
    }

    assertFalse(Files.exists(temp.resolve("other/master.key")));
    try (RocksStore other = Stores.open(temp.resolve("other"), settings)) {
      assertEquals(key, other.keys().keyFor("a"));
    }
  }

  // the list of destroyed keys, outside the folder

  private Path list() {
    return temp.resolve("store.forgotten");
  }

  @Test
  void a_folder_that_is_put_back_in_time_does_not_bring_a_destroyed_key_with_it()
      throws IOException {
    DataKey key = store.keys().keyFor("user|a");
    DataKey kept = store.keys().keyFor("user|b");
    store.close();
    Path before = copy(dir, temp.resolve("before"));
    open();
    Stores.await(store.keys().destroy(key.id(), 1_700_000_000_000L).toCompletableFuture());
    store.close();

    delete(dir);
    Files.move(before, dir);
    try (RocksStore read = RocksStore.openReadOnly(dir)) {
      assertEquals(Optional.empty(), read.keys().find(key.id()));
    }
    open();

    assertEquals(Optional.empty(), store.keys().find(key.id()));
    assertNotEquals(key, store.keys().keyFor("user|a"));
    assertEquals(kept, store.keys().keyFor("user|b"));
    assertEquals(Set.of(key.id()), store.keys().destroyedIds());
    assertEquals(
        "millrace forgotten keys, format 1\n%016x 1700000000000\n".formatted(key.id()),
        Files.readString(list()));
  }

  @Test
  void a_lost_list_is_made_again_from_the_folder_and_a_torn_line_is_passed_over()
      throws IOException {
    DataKey first = store.keys().keyFor("user|a");
    DataKey second = store.keys().keyFor("user|b");
    Stores.await(store.keys().destroy(first.id(), 5).toCompletableFuture());
    store.close();
    Files.delete(list());
    open();
    Files.writeString(list(), "00112233", StandardOpenOption.APPEND);
    Stores.await(store.keys().destroy(second.id(), 6).toCompletableFuture());

    assertEquals(
        "millrace forgotten keys, format 1\n%016x 5\n%016x 6\n".formatted(first.id(), second.id()),
        Files.readString(list()));
  }

  @Test
  void nothing_is_destroyed_when_the_list_cannot_be_written() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "not a folder");
    try (RocksStore other =
        Stores.open(temp.resolve("other"), Map.of("forgotten-file", file + "/list"))) {
      DataKey key = other.keys().keyFor("user|a");

      StoreFailed refusal =
          assertThrows(StoreFailed.class, () -> other.keys().destroy(key.id(), 1));

      assertTrue(refusal.getMessage().contains(file + "/list cannot be written"));
      assertEquals(Optional.of(key), other.keys().find(key.id()));
    }
  }

  @Test
  void a_list_that_is_none_is_refused() throws IOException {
    store.close();
    Files.writeString(list(), "shopping\n");

    StoreUnusable refusal = assertThrows(StoreUnusable.class, () -> Stores.open(dir).close());

    assertTrue(
        refusal.getMessage().endsWith("expected a first line 'millrace forgotten keys, format 1'"));
    Files.delete(list());
    open();
  }

  // the master key is replaced

  @Test
  void after_a_rotation_all_keys_are_the_same_and_nothing_of_the_old_ones_is_in_any_file()
      throws Exception {
    DataKey kept = store.keys().keyFor("user|a");
    DataKey gone = store.keys().keyFor("user|b");
    String name = store.keys().hmac("alice");
    byte[] signing = store.keys().signingKey();
    Stores.settle(store);
    byte[] keptWrapped = wrapped(kept);
    byte[] goneWrapped = wrapped(gone);
    byte[] master = Files.readAllBytes(dir.resolve("master.key"));
    assertTrue(found(keptWrapped) && found(goneWrapped) && found(master));

    Stores.await(store.keys().destroy(gone.id(), 1).toCompletableFuture());
    store.keys().rotate(1_700_000_000_000L);

    Stores.until(() -> !found(keptWrapped) && !found(goneWrapped) && !found(master));
    assertEquals(1_700_000_000_000L, store.keys().rotatedAt());
    for (int open = 0; open < 2; open++) {
      assertEquals(Optional.of(kept), store.keys().find(kept.id()));
      assertEquals(Optional.empty(), store.keys().find(gone.id()));
      assertEquals(name, store.keys().hmac("alice"));
      assertArrayEquals(signing, store.keys().signingKey());
      reopen();
    }
    assertFalse(found(keptWrapped) || found(goneWrapped) || found(master));
  }

  @Test
  void a_rotation_that_broke_off_loses_no_key_and_is_ended_by_the_next() {
    Map<String, DataKey> keys = new HashMap<>();
    for (int i = 0; i < 1_200; i++) {
      keys.put("user|" + i, store.keys().keyFor("user|" + i));
    }
    Stores.settle(store);
    store.faults().fail();
    assertThrows(StoreFailed.class, () -> store.keys().rotate(1));
    store.faults().heal();
    keys.put("user|new", store.keys().keyFor("user|new"));
    Stores.settle(store);

    reopen();
    assertTrue(Files.exists(dir.resolve("master.key.next")));
    keys.forEach((id, key) -> assertEquals(key, store.keys().keyFor(id)));
    store.keys().rotate(2);

    assertFalse(Files.exists(dir.resolve("master.key.next")));
    reopen();
    keys.forEach((id, key) -> assertEquals(key, store.keys().keyFor(id)));
    assertEquals(2, store.keys().rotatedAt());
  }

  @Test
  void keys_made_and_destroyed_while_the_master_key_is_replaced_are_kept_and_gone()
      throws Exception {
    Map<String, DataKey> keys = new ConcurrentHashMap<>();
    Set<Long> gone = ConcurrentHashMap.newKeySet();
    AtomicBoolean stop = new AtomicBoolean();
    Thread maker =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; !stop.get() || i < 200; i++) {
                String id = "user|" + i;
                DataKey key = store.keys().keyFor(id);
                if (i % 7 == 0) {
                  store.keys().destroy(key.id(), i);
                  gone.add(key.id());
                } else {
                  keys.put(id, key);
                }
              }
            });
    for (int round = 1; round <= 5; round++) {
      store.keys().rotate(round);
    }
    stop.set(true);
    maker.join();
    Stores.settle(store);

    reopen();

    keys.forEach((id, key) -> assertEquals(key, store.keys().keyFor(id)));
    gone.forEach(id -> assertEquals(Optional.empty(), store.keys().find(id)));
    assertEquals(gone, store.keys().destroyedIds());
  }

  private byte[] wrapped(DataKey key) {
    Families families = store.families();
    byte[] id = new byte[9];
    id[0] = 'k';
    Keys.putLong(id, 1, key.id());
    byte[] row = families.get(families.keys, id);
    return Arrays.copyOfRange(row, 2, 2 + row[1]);
  }

  /** Whether the bytes are in any file of the folder, looked at from outside. */
  private boolean found(byte[] bytes) {
    String wanted = new String(bytes, StandardCharsets.ISO_8859_1);
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(wanted)) {
          return true;
        }
      }
      return false;
    } catch (IOException | UncheckedIOException fileWentAway) {
      return true;
    }
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
    return to;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
