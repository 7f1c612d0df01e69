package io.millrace.persistence;

import io.millrace.persistence.Write.Change;
import io.millrace.persistence.Write.Edit;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The keys of a store: one per persistence id, which its stored bytes are encrypted with; one for
 * hashing user ids; one for signing. All lie in the keys family, wrapped by the master key.
 *
 * <pre>
 * 'p' persistence id   -> key id(8)
 * 'k' key id(8)        -> length(2) wrapped key, persistence id
 * 'd' key id(8)        -> destroyed at, ms since 1970(8)
 * 'h', 's'             -> wrapped key for hashing, for signing; made once, never changed
 * </pre>
 *
 * <p>Safe from any thread. Unwrapped keys are held in memory, the most recently used ones.
 */
public final class UserKeys {
  private static final byte[] HASHING = {'h'};
  private static final byte[] SIGNING = {'s'};
  private static final int HMAC_BYTES = 16;

  private final Families families;
  private final @Nullable StoreWriter writer; // absent in a store that is open for reading
  private final MasterKey master;
  private final ThreadLocal<Mac> hashing;
  private final byte[] signing;
  private final Set<Long> destroyed = ConcurrentHashMap.newKeySet();

  /** Keys that wait to be written: the store does not know them yet. */
  private final Map<String, DataKey> unwrittenByOwner = new ConcurrentHashMap<>();

  private final Map<Long, DataKey> unwrittenById = new ConcurrentHashMap<>();
  private final Recent recent;

  private UserKeys(
      Families families,
      @Nullable StoreWriter writer,
      MasterKey master,
      byte[] hashingKey,
      byte[] signing,
      int cacheEntries) {
    this.families = families;
    this.writer = writer;
    this.master = master;
    this.signing = signing;
    this.recent = new Recent(cacheEntries);
    SecretKeySpec hashingSpec = new SecretKeySpec(hashingKey, "HmacSHA256");
    this.hashing =
        ThreadLocal.withInitial(() -> {
          try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(hashingSpec);
            return mac;
          } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HMAC-SHA-256", e);
          }
        });
    loadDestroyed();
  }

  /** Opens the keys, making the master key, the hashing and the signing key at the first start. */
  static UserKeys open(Families families, StoreWriter writer, Path dir, StoreSettings settings) {
    Path file = settings.masterKeyFile().orElse(dir.resolve("master.key"));
    byte[] hashing = families.get(families.keys, HASHING);
    byte[] signing = families.get(families.keys, SIGNING);
    try {
      if (hashing == null || signing == null) {
        MasterKey master = Files.exists(file) ? MasterKey.read(file) : MasterKey.create(file);
        hashing = master.wrap(AesGcm.random(AesGcm.KEY_BYTES));
        signing = master.wrap(AesGcm.random(AesGcm.KEY_BYTES));
        try (WriteBatch batch = new WriteBatch();
            WriteOptions synced = new WriteOptions().setSync(true)) {
          batch.put(families.keys, HASHING, hashing);
          batch.put(families.keys, SIGNING, signing);
          families.write(synced, batch);
        }
      }
      return open(families, writer, file, settings, hashing, signing);
    } catch (IOException | RocksDBException e) {
      throw new StoreUnusable("master key file " + file + " cannot be used: " + e, e);
    }
  }

  /** Opens the keys of a store that is only read. */
  static UserKeys openReadOnly(Families families, Path dir, StoreSettings settings) {
    Path file = settings.masterKeyFile().orElse(dir.resolve("master.key"));
    byte[] hashing = families.get(families.keys, HASHING);
    byte[] signing = families.get(families.keys, SIGNING);
    if (hashing == null || signing == null) {
      throw new StoreUnusable("data folder " + dir + " holds no keys");
    }
    try {
      return open(families, null, file, settings, hashing, signing);
    } catch (IOException e) {
      throw new StoreUnusable("master key file " + file + " cannot be read: " + e, e);
    }
  }

  private static UserKeys open(
      Families families,
      @Nullable StoreWriter writer,
      Path file,
      StoreSettings settings,
      byte[] hashing,
      byte[] signing)
      throws IOException {
    if (!Files.exists(file)) {
      throw new StoreUnusable(
          "master key file %s is missing: without it nothing of a user can be read"
              .formatted(file));
    }
    MasterKey master = MasterKey.read(file);
    try {
      return new UserKeys(
          families,
          writer,
          master,
          master.unwrap(hashing),
          master.unwrap(signing),
          settings.keyCacheEntries());
    } catch (StoreFailed another) {
      throw new StoreUnusable(
          "master key file %s does not belong to this data folder".formatted(file), another);
    }
  }

  /**
   * The key of a persistence id, made when it has none. A new key has been handed to the journal's
   * writer when this returns, so it is durable before, or together with, any event that is
   * persisted afterwards.
   */
  public DataKey keyFor(String persistenceId) {
    DataKey known = recent.get(persistenceId);
    if (known == null) {
      known = unwrittenByOwner.get(persistenceId);
    }
    if (known != null && !destroyed.contains(known.id())) {
      return known;
    }
    byte[] id = families.get(families.keys, ownerKey(persistenceId));
    if (id != null) {
      Optional<DataKey> stored = find(Keys.getLong(id, 0));
      if (stored.isPresent()) {
        recent.put(persistenceId, stored.get());
        return stored.get();
      }
    }
    // Two threads that ask for a new one at the same moment must get the same.
    DataKey key =
        unwrittenByOwner.compute(
            persistenceId,
            (owner, other) ->
                other != null && !destroyed.contains(other.id()) ? other : createOrLoad(owner));
    if (!unwrittenById.containsKey(key.id())) {
      unwrittenByOwner.remove(persistenceId, key);
    }
    return key;
  }

  private DataKey createOrLoad(String persistenceId) {
    byte[] stored = families.get(families.keys, ownerKey(persistenceId));
    if (stored != null) {
      Optional<DataKey> other = find(Keys.getLong(stored, 0));
      if (other.isPresent()) {
        return other.get();
      }
    }
    StoreWriter to = writer;
    if (to == null) {
      throw new StoreFailed(
          "the store is open for reading, %s has no key".formatted(persistenceId));
    }
    byte[] bytes = AesGcm.random(AesGcm.KEY_BYTES);
    DataKey key = new DataKey(unusedId(), new SecretKeySpec(bytes, "AES"));
    byte[] wrapped = master.wrap(bytes);
    byte[] owner = Keys.utf8(persistenceId);
    byte[] row = new byte[2 + wrapped.length + owner.length];
    ByteBuffer.wrap(row).putShort((short) wrapped.length).put(wrapped).put(owner);
    byte[] id = new byte[Long.BYTES];
    Keys.putLong(id, 0, key.id());
    unwrittenById.put(key.id(), key);
    to.submit(
        Change.owed(
            List.of(
                Edit.put(families.keys, numbered('k', key.id()), row),
                Edit.put(families.keys, ownerKey(persistenceId), id)),
            failure -> {
              if (failure == null) {
                recent.put(persistenceId, key);
                unwrittenByOwner.remove(persistenceId, key);
                unwrittenById.remove(key.id(), key);
              }
            }));
    return key;
  }

  private long unusedId() {
    while (true) {
      long id = Keys.getLong(AesGcm.random(Long.BYTES), 0);
      if (id != 0
          && !destroyed.contains(id)
          && !unwrittenById.containsKey(id)
          && families.get(families.keys, numbered('k', id)) == null) {
        return id;
      }
    }
  }

  /** The key with a number; none when it never was or has been destroyed. */
  public Optional<DataKey> find(long keyId) {
    if (destroyed.contains(keyId)) {
      return Optional.empty();
    }
    DataKey known = recent.get(keyId);
    if (known == null) {
      known = unwrittenById.get(keyId);
    }
    if (known != null) {
      return Optional.of(known);
    }
    byte[] row = families.get(families.keys, numbered('k', keyId));
    if (row == null) {
      return Optional.ofNullable(unwrittenById.get(keyId));
    }
    int length = wrappedBytes(row);
    byte[] bytes = master.unwrap(Arrays.copyOfRange(row, 2, 2 + length));
    DataKey key = new DataKey(keyId, new SecretKeySpec(bytes, "AES"));
    recent.put(owner(row), key);
    return destroyed.contains(keyId) ? Optional.empty() : Optional.of(key);
  }

  private static int wrappedBytes(byte[] row) {
    return Byte.toUnsignedInt(row[0]) << 8 | Byte.toUnsignedInt(row[1]);
  }

  private static String owner(byte[] row) {
    int from = 2 + wrappedBytes(row);
    return new String(row, from, row.length - from, StandardCharsets.UTF_8);
  }

  /**
   * Destroys a key: what it encrypts is unreadable from now on, for good once the result is there.
   * The number of a destroyed key is remembered for ever.
   *
   * @param at when, by the caller's clock, in ms since 1970
   */
  public CompletionStage<Void> destroy(long keyId, long at) {
    StoreWriter to = writer;
    if (to == null) {
      throw new StoreFailed("the store is open for reading");
    }
    Optional<DataKey> key = find(keyId);
    destroyed.add(keyId);
    List<Edit> edits = new ArrayList<>();
    byte[] row = families.get(families.keys, numbered('k', keyId));
    String owner = row == null ? ownerOfUnwritten(keyId) : owner(row);
    if (owner != null) {
      edits.add(Edit.delete(families.keys, ownerKey(owner)));
      recent.remove(owner, keyId);
    }
    key.ifPresent(known -> unwrittenByOwner.values().remove(known));
    unwrittenById.remove(keyId);
    byte[] when = new byte[Long.BYTES];
    Keys.putLong(when, 0, at);
    edits.add(Edit.delete(families.keys, numbered('k', keyId)));
    edits.add(Edit.put(families.keys, numbered('d', keyId), when));
    CompletableFuture<Void> done = new CompletableFuture<>();
    to.submit(Change.owed(edits, failure -> Outcomes.tell(done, failure)));
    return done;
  }

  private @Nullable String ownerOfUnwritten(long keyId) {
    for (Map.Entry<String, DataKey> entry : unwrittenByOwner.entrySet()) {
      if (entry.getValue().id() == keyId) {
        return entry.getKey();
      }
    }
    return null;
  }

  /** The numbers of all keys that were destroyed; a restore of a backup has to apply them. */
  public Set<Long> destroyedIds() {
    return Set.copyOf(destroyed);
  }

  /**
   * The name under which a user is stored: base64url of the first 128 bits of the HMAC-SHA-256 of
   * the id, 22 characters. The same for ever in this store, meaningless outside it.
   */
  public String hmac(String userId) {
    byte[] full = hashing.get().doFinal(Keys.utf8(userId));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(full, HMAC_BYTES));
  }

  /** The 32 bytes that tokens are signed with. */
  public byte[] signingKey() {
    return signing.clone();
  }

  private void loadDestroyed() {
    families.read(() -> {
      try (RocksIterator rows = families.iterator(families.keys)) {
        for (rows.seek(new byte[] {'d'}); rows.isValid(); rows.next()) {
          byte[] key = rows.key();
          if (key[0] != 'd') {
            break;
          }
          destroyed.add(Keys.number(key));
        }
        rows.status();
      }
      return null;
    });
  }

  private static byte[] ownerKey(String persistenceId) {
    byte[] id = Keys.utf8(persistenceId);
    byte[] key = new byte[1 + id.length];
    key[0] = 'p';
    System.arraycopy(id, 0, key, 1, id.length);
    return key;
  }

  private static byte[] numbered(char kind, long id) {
    byte[] key = new byte[1 + Long.BYTES];
    key[0] = (byte) kind;
    Keys.putLong(key, 1, id);
    return key;
  }

  /** The keys used last, by number and by owner. */
  private static final class Recent {
    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();
    private final Long2ObjectLinkedOpenHashMap<Entry> byId = new Long2ObjectLinkedOpenHashMap<>();
    private final Map<String, Entry> byOwner = new java.util.HashMap<>();

    private record Entry(String owner, DataKey key) {}

    Recent(int capacity) {
      this.capacity = capacity;
    }

    @Nullable DataKey get(long id) {
      lock.lock();
      try {
        Entry entry = byId.getAndMoveToLast(id);
        return entry == null ? null : entry.key;
      } finally {
        lock.unlock();
      }
    }

    @Nullable DataKey get(String owner) {
      lock.lock();
      try {
        Entry entry = byOwner.get(owner);
        return entry == null ? null : entry.key;
      } finally {
        lock.unlock();
      }
    }

    void put(String owner, DataKey key) {
      lock.lock();
      try {
        Entry entry = new Entry(owner, key);
        byId.putAndMoveToLast(key.id(), entry);
        byOwner.put(owner, entry);
        if (byId.size() > capacity) {
          Entry eldest = byId.removeFirst();
          byOwner.remove(eldest.owner, eldest);
        }
      } finally {
        lock.unlock();
      }
    }

    void remove(String owner, long id) {
      lock.lock();
      try {
        Entry entry = byId.remove(id);
        if (entry != null) {
          byOwner.remove(owner, entry);
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
