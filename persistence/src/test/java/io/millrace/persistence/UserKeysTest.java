package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
}
