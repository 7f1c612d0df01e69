package io.millrace.persistence;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.persistence.Write.Change;
import io.millrace.persistence.Write.Edit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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
 * hashing user ids; one for signing. All lie in the keys family, wrapped by the master key, which
 * is replaced from time to time: {@link #rotate} takes what was destroyed out of every file.
 *
 * <pre>
 * 'p' persistence id   -> key id(8)
 * 'k' key id(8)        -> length(2) wrapped key, persistence id
 * 'd' key id(8)        -> destroyed at, ms since 1970(8)
 * 'h', 's'             -> wrapped key for hashing, for signing; made once, never changed
 * 'r'                  -> master key made at, ms since 1970(8)
 * </pre>
 *
 * <p>Safe from any thread. Unwrapped keys are held in memory, the most recently used ones.
 */
public final class UserKeys {
  private static final byte[] HASHING = {'h'};
  private static final byte[] SIGNING = {'s'};
  private static final byte[] ROTATED = {'r'};
  private static final int HMAC_BYTES = 16;

  /** Keys that are wrapped anew at a time (chosen: about 50 KB, some milliseconds). */
  private static final int REWRAPPED = 512;

  private static final Duration WRITE_PATIENCE = Duration.ofMinutes(1);

  private final Families families;
  private final @Nullable StoreWriter writer; // absent in a store that is open for reading
  private final Path masterFile;
  private final ForgottenKeys forgotten;

  /** Held while keys are wrapped and handed to the writer, and while some are destroyed. */
  private final ReentrantLock changing = new ReentrantLock();

  private volatile MasterKey master;

  /** Wrapped what has not been wrapped anew yet; null but while it is being replaced. */
  private volatile @Nullable MasterKey previous;

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
      Path dir,
      StoreSettings settings,
      byte[] hashing,
      byte[] signing)
      throws IOException {
    this.families = families;
    this.writer = writer;
    this.masterFile = masterFile(dir, settings);
    this.forgotten = new ForgottenKeys(settings.forgottenFileOf(dir));
    if (Files.exists(nextFile(masterFile))) {
      this.master = MasterKey.read(nextFile(masterFile));
      this.previous = MasterKey.read(masterFile);
    } else {
      this.master = MasterKey.read(masterFile);
    }
    byte[] hashingKey = unwrap(hashing);
    this.signing = unwrap(signing);
    this.recent = new Recent(settings.keyCacheEntries());
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
    applyForgotten();
  }

  private static Path masterFile(Path dir, StoreSettings settings) {
    return settings.masterKeyFile().orElse(dir.resolve("master.key"));
  }

  /** Where the master key that takes the place of this one lies until it has. */
  private static Path nextFile(Path masterFile) {
    return masterFile.resolveSibling(masterFile.getFileName() + ".next");
  }

  /** Opens the keys, making the master key, the hashing and the signing key at the first start. */
  static UserKeys open(
      Families families, StoreWriter writer, Path dir, StoreSettings settings, long nowMs) {
    Path file = masterFile(dir, settings);
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
          batch.put(families.keys, ROTATED, number(nowMs));
          families.write(synced, batch);
        }
      }
      return open(families, writer, dir, settings, hashing, signing);
    } catch (IOException | RocksDBException e) {
      throw new StoreUnusable("master key file " + file + " cannot be used: " + e, e);
    }
  }

  /** Opens the keys of a store that is only read. */
  static UserKeys openReadOnly(Families families, Path dir, StoreSettings settings) {
    byte[] hashing = families.get(families.keys, HASHING);
    byte[] signing = families.get(families.keys, SIGNING);
    if (hashing == null || signing == null) {
      throw new StoreUnusable("data folder " + dir + " holds no keys");
    }
    try {
      return open(families, null, dir, settings, hashing, signing);
    } catch (IOException e) {
      throw new StoreUnusable(
          "master key file " + masterFile(dir, settings) + " cannot be read: " + e, e);
    }
  }

  private static UserKeys open(
      Families families,
      @Nullable StoreWriter writer,
      Path dir,
      StoreSettings settings,
      byte[] hashing,
      byte[] signing)
      throws IOException {
    Path file = masterFile(dir, settings);
    if (!Files.exists(file)) {
      throw new StoreUnusable(
          "master key file %s is missing: without it nothing of a user can be read"
              .formatted(file));
    }
    try {
      return new UserKeys(families, writer, dir, settings, hashing, signing);
    } catch (StoreFailed another) {
      throw new StoreUnusable(
          "master key file %s does not belong to this data folder".formatted(file), another);
    }
  }

  private byte[] unwrap(byte[] wrapped) {
    MasterKey old = previous;
    return old != null && old.wrapped(wrapped) ? old.unwrap(wrapped) : master.unwrap(wrapped);
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
    changing.lock();
    try {
      unwrittenById.put(key.id(), key);
      to.submit(
          Change.owed(
              List.of(
                  Edit.put(
                      families.keys,
                      numbered('k', key.id()),
                      row(master.wrap(bytes), Keys.utf8(persistenceId))),
                  Edit.put(families.keys, ownerKey(persistenceId), number(key.id()))),
              failure -> {
                if (failure == null) {
                  recent.put(persistenceId, key);
                  unwrittenByOwner.remove(persistenceId, key);
                  unwrittenById.remove(key.id(), key);
                }
              }));
    } finally {
      changing.unlock();
    }
    return key;
  }

  private static byte[] row(byte[] wrapped, byte[] owner) {
    return ByteBuffer.allocate(2 + wrapped.length + owner.length)
        .putShort((short) wrapped.length)
        .put(wrapped)
        .put(owner)
        .array();
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
    byte[] bytes = unwrap(wrapped(row));
    DataKey key = new DataKey(keyId, new SecretKeySpec(bytes, "AES"));
    recent.put(owner(row), key);
    return destroyed.contains(keyId) ? Optional.empty() : Optional.of(key);
  }

  private static int wrappedBytes(byte[] row) {
    return Byte.toUnsignedInt(row[0]) << 8 | Byte.toUnsignedInt(row[1]);
  }

  private static byte[] wrapped(byte[] row) {
    return Arrays.copyOfRange(row, 2, 2 + wrappedBytes(row));
  }

  private static String owner(byte[] row) {
    int from = 2 + wrappedBytes(row);
    return new String(row, from, row.length - from, StandardCharsets.UTF_8);
  }

  /**
   * Destroys the key of a persistence id, if it has one, as {@link #destroy}.
   *
   * @param at when, by the caller's clock, in ms since 1970
   */
  public CompletionStage<Void> forget(String persistenceId, long at) {
    DataKey unwritten = unwrittenByOwner.get(persistenceId);
    if (unwritten != null) {
      return destroy(unwritten.id(), at);
    }
    byte[] stored = families.get(families.keys, ownerKey(persistenceId));
    return stored == null
        ? CompletableFuture.completedStage(null)
        : destroy(Keys.getLong(stored, 0), at);
  }

  /**
   * Destroys a key: what it encrypts is unreadable from now on, for good once the result is there.
   * The number of a destroyed key is remembered for ever, in the store and in the list outside it,
   * which it waits for. When that list cannot be written the key stays and {@link StoreFailed} is
   * thrown.
   *
   * @param at when, by the caller's clock, in ms since 1970
   */
  public CompletionStage<Void> destroy(long keyId, long at) {
    StoreWriter to = writer;
    if (to == null) {
      throw new StoreFailed("the store is open for reading");
    }
    try {
      forgotten.add(Map.of(keyId, at));
    } catch (IOException e) {
      throw new StoreFailed(
          "list of forgotten keys %s cannot be written: %s".formatted(forgotten.file, e), e);
    }
    Optional<DataKey> key = find(keyId);
    CompletableFuture<Void> done = new CompletableFuture<>();
    changing.lock();
    try {
      List<Edit> edits = destroyed(keyId, at);
      to.submit(Change.owed(edits, failure -> Outcomes.tell(done, failure)));
    } finally {
      changing.unlock();
    }
    key.ifPresent(known -> unwrittenByOwner.values().remove(known));
    unwrittenById.remove(keyId);
    return done;
  }

  private List<Edit> destroyed(long keyId, long at) {
    destroyed.add(keyId);
    List<Edit> edits = new ArrayList<>();
    byte[] row = families.get(families.keys, numbered('k', keyId));
    String owner = row == null ? ownerOfUnwritten(keyId) : owner(row);
    if (owner != null) {
      edits.add(Edit.delete(families.keys, ownerKey(owner)));
      recent.remove(owner, keyId);
    }
    edits.add(Edit.delete(families.keys, numbered('k', keyId)));
    edits.add(Edit.put(families.keys, numbered('d', keyId), number(at)));
    return edits;
  }

  /** What the list outside the folder knows and the folder does not, and the other way round. */
  private void applyForgotten() {
    Map<Long, Long> listed = forgotten.read();
    if (writer == null) {
      destroyed.addAll(listed.keySet());
      return;
    }
    Map<Long, Long> unlisted = new LinkedHashMap<>();
    for (long id : destroyed) {
      if (!listed.containsKey(id)) {
        byte[] at = families.get(families.keys, numbered('d', id));
        unlisted.put(id, at == null ? 0 : Keys.getLong(at, 0));
      }
    }
    try (WriteBatch batch = new WriteBatch();
        WriteOptions synced = new WriteOptions().setSync(true)) {
      for (Map.Entry<Long, Long> one : listed.entrySet()) {
        if (!destroyed.contains(one.getKey())) {
          for (Edit edit : destroyed(one.getKey(), one.getValue())) {
            edit.addTo(batch);
          }
        }
      }
      if (batch.count() > 0) {
        families.write(synced, batch);
      }
      if (!unlisted.isEmpty()) {
        forgotten.add(unlisted);
      }
    } catch (RocksDBException | IOException e) {
      throw new StoreUnusable(
          ("list of forgotten keys %s cannot be kept: %s; set millrace.persistence.forgotten-file"
                  + " to a file that can be written")
              .formatted(forgotten.file, e),
          e);
    }
  }

  /** Something done while the master key stays what it is. */
  interface WithMaster {
    void run() throws IOException;
  }

  synchronized void keepMaster(WithMaster use) throws IOException {
    use.run();
  }

  /** The files of the master key: one, or two while it is being replaced. */
  List<Path> masterFiles() {
    return previous == null ? List.of(masterFile) : List.of(masterFile, nextFile(masterFile));
  }

  /** The list of destroyed keys, made when there is none yet. */
  Path forgottenList() throws IOException {
    if (!Files.exists(forgotten.file)) {
      forgotten.add(Map.of());
    }
    return forgotten.file.toAbsolutePath();
  }

  /** When the present master key was made, in ms since 1970; 0 when that is not known. */
  public long rotatedAt() {
    byte[] at = families.get(families.keys, ROTATED);
    return at == null ? 0 : Keys.getLong(at, 0);
  }

  /**
   * Replaces the master key: every key is wrapped anew, then the files are rewritten, so that what
   * was destroyed before is in none of them, then the old master key goes. Ended by a crash it goes
   * on with the next call. Blocks for all of it; users' keys are made and read meanwhile.
   *
   * @param nowMs by the caller's clock, in ms since 1970
   */
  public synchronized void rotate(long nowMs) {
    StoreWriter to = writer;
    if (to == null) {
      throw new StoreFailed("the store is open for reading");
    }
    try {
      Set<Long> waiting;
      changing.lock();
      try {
        if (previous == null) {
          MasterKey next = MasterKey.create(nextFile(masterFile));
          previous = master;
          master = next;
        }
        waiting = Set.copyOf(unwrittenById.keySet());
      } finally {
        changing.unlock();
      }
      write(to, List.of());
      if (waiting.stream().anyMatch(unwrittenById::containsKey)) {
        throw new StoreFailed("new keys wait for the disk");
      }
      rewrap(to);
      write(to, List.of(Edit.put(families.keys, ROTATED, number(nowMs))));
      families.rewrite(List.of(families.keys, families.served));
      MasterKey.replace(nextFile(masterFile), masterFile);
      previous = null;
    } catch (IOException e) {
      throw new StoreFailed("the master key cannot be replaced: " + e.getMessage(), e);
    }
  }

  private void rewrap(StoreWriter to) {
    byte[] from = {0};
    while (from.length > 0) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      changing.lock();
      try {
        List<Edit> edits = new ArrayList<>();
        from = rewrapped(from, edits);
        to.submit(Change.of(edits, failure -> Outcomes.tell(done, failure)));
      } finally {
        changing.unlock();
      }
      await(done);
    }
  }

  /** Collects some edits from a key on; where to go on, or nothing. */
  private byte[] rewrapped(byte[] from, List<Edit> edits) {
    MasterKey old = previous;
    return families.read(() -> {
      try (RocksIterator rows = families.iterator(families.keys)) {
        for (rows.seek(from); rows.isValid(); rows.next()) {
          byte[] key = rows.key();
          if (edits.size() == REWRAPPED) {
            return key;
          }
          byte[] row = rows.value();
          boolean named = key[0] == 'k';
          if (named ? destroyed.contains(Keys.number(key)) : key[0] != 'h' && key[0] != 's') {
            continue;
          }
          byte[] wrapped = named ? wrapped(row) : row;
          if (old != null && old.wrapped(wrapped)) {
            byte[] anew = master.wrap(old.unwrap(wrapped));
            edits.add(
                Edit.put(families.keys, key, named ? row(anew, Keys.utf8(owner(row))) : anew));
          }
        }
        rows.status();
        return new byte[0];
      }
    });
  }

  private static void write(StoreWriter to, List<Edit> edits) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    to.submit(Change.of(edits, failure -> Outcomes.tell(done, failure)));
    await(done);
  }

  private static void await(CompletableFuture<Void> done) {
    try {
      done.orTimeout(WRITE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException e) {
      throw new StoreFailed("the master key is not replaced yet: " + e.getCause(), e);
    }
  }

  private static byte[] number(long value) {
    byte[] bytes = new byte[Long.BYTES];
    Keys.putLong(bytes, 0, value);
    return bytes;
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

  /**
   * The keys used last, by number and by owner, about so many of each. Without a lock: whoever
   * folds statistics asks here too, and may be put aside in the middle of it for as long as others
   * need its processor, which callers would then wait for.
   */
  private static final class Recent {
    private final Cache<Long, DataKey> byId;
    private final Cache<String, DataKey> byOwner;

    Recent(int capacity) {
      this.byId = Caffeine.newBuilder().maximumSize(capacity).executor(Runnable::run).build();
      this.byOwner = Caffeine.newBuilder().maximumSize(capacity).executor(Runnable::run).build();
    }

    @Nullable DataKey get(long id) {
      return byId.getIfPresent(id);
    }

    @Nullable DataKey get(String owner) {
      return byOwner.getIfPresent(owner);
    }

    void put(String owner, DataKey key) {
      byId.put(key.id(), key);
      byOwner.put(owner, key);
    }

    void remove(String owner, long id) {
      byId.invalidate(id);
      byOwner.invalidate(owner);
    }
  }
}
