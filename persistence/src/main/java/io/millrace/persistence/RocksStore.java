package io.millrace.persistence;

import io.millrace.persistence.Write.Barrier;
import io.millrace.persistence.Write.Truncate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The durable store of one node: everything it must not forget, in one data folder that it holds
 * alone until closed. Actors reach it through {@link RocksStoreExtension}, offline tools through
 * {@link #openReadOnly}.
 *
 * <p>Reads come from any thread; every write goes through one writer thread and is acknowledged
 * when it is on the disk. What was acknowledged survives a restart, however the last run ended.
 */
public final class RocksStore implements EventRemoval, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RocksStore.class);
  private static final String JOURNAL = "journal";
  private static final String CHECKPOINT = "journal.checkpoint";

  /** How long closing waits for a disk that does not answer. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(20);

  /** How often it is asked whether the master key is too old. */
  private static final Duration ROTATION_LOOK = Duration.ofMinutes(10);

  private final ScheduledExecutorService upkeep =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("millrace-store-upkeep").factory());
  private final DataFolder folder;
  private final Families families;
  private final @Nullable StoreWriter writer;
  private final StoreHealth health;
  private final StoreFaults faults = new StoreFaults();
  private final EventStream streams;
  private final UserKeys keys;
  private final @Nullable ServedLog served;

  private RocksStore(
      DataFolder folder, Families families, StoreSettings settings, boolean readOnly) {
    this.folder = folder;
    this.families = families;
    this.health = new StoreHealth(settings.unhealthyAfter(), System::nanoTime);
    CommitListeners listeners = new CommitListeners();
    this.streams = new RocksEventStream(families, listeners);
    if (readOnly) {
      this.writer = null;
      this.served = null;
      this.keys = UserKeys.openReadOnly(families, folder.dir, settings);
    } else {
      this.writer =
          new StoreWriter(families, settings, health, faults, listeners, System::nanoTime);
      this.served = new ServedLog(families, writer, settings.servedKeep());
      this.keys = UserKeys.open(families, writer, folder.dir, settings, System.currentTimeMillis());
      writer.start();
      long every = settings.rotateMasterKeyEvery().toMillis();
      long look = Math.min(every, ROTATION_LOOK.toMillis());
      var _ =
          upkeep.scheduleWithFixedDelay(
              () -> rotateWhenOlder(every), look, look, TimeUnit.MILLISECONDS);
    }
  }

  private void rotateWhenOlder(long everyMs) {
    long now = System.currentTimeMillis();
    try {
      if (now - keys.rotatedAt() >= everyMs) {
        keys.rotate(now);
        log.info("the master key is replaced, and files of keys are rewritten");
      }
    } catch (StoreClosed stopped) {
      // the next start goes on
    } catch (StoreFailed | StoreUnusable trouble) {
      log.error("the master key is older than it may be, tried again later", trouble);
    }
  }

  /**
   * Opens the store, making it when the folder is absent or empty.
   *
   * @throws StoreUnusable when the folder is held, newer or another product's; it is left as it is
   */
  public static RocksStore open(StoreSettings settings) {
    return open(settings, DataFolder.open(settings.dir()), false);
  }

  /**
   * Opens a store to read it while no node runs; nothing of it is changed.
   *
   * @throws StoreUnusable when the folder holds no store, is held, newer or another product's
   */
  public static RocksStore openReadOnly(Path dir) {
    return open(StoreSettings.in(dir), DataFolder.openExisting(dir), true);
  }

  private static RocksStore open(StoreSettings settings, DataFolder folder, boolean readOnly) {
    Families families = null;
    try {
      Path journal = folder.dir.resolve(JOURNAL);
      if (readOnly && !Files.exists(journal)) {
        throw new StoreUnusable("data folder " + folder.dir + " holds no journal");
      }
      Optional<LogScan.Tail> damaged = LogScan.of(journal, settings.dropDamagedLog());
      families = Families.open(journal, settings, readOnly);
      if (!readOnly) {
        folder.upgrade();
      }
      RocksStore store = new RocksStore(folder, families, settings, readOnly);
      damaged.ifPresent(store::tellDamage);
      return store;
    } catch (IOException e) {
      folder.close();
      throw new StoreUnusable("the journal in " + folder.dir + " cannot be read: " + e, e);
    } catch (RuntimeException | Error e) {
      if (families != null) {
        families.close();
      }
      folder.close();
      throw e;
    }
  }

  /** Bytes that were never acknowledged: a write is, when it is whole and on the disk. */
  private void tellDamage(LogScan.Tail tail) {
    long last =
        streams.streams().stream().mapToLong(s -> streams.head(s).position()).max().orElse(0);
    log.warn(
        "the end of the journal was damaged: dropped {} bytes behind byte {} of {}; the last event"
            + " kept is offset={}",
        tail.dropped(),
        tail.whole(),
        tail.log().getFileName(),
        last);
  }

  /** The data folder. */
  public Path dir() {
    return folder.dir;
  }

  /** The journal, read by stream. */
  public EventStream streams() {
    return streams;
  }

  /** The keys of users and of the store. */
  public UserKeys keys() {
    return keys;
  }

  /** What was served; a store that is open for reading throws. */
  public ServedLog served() {
    if (served == null) {
      throw readOnly();
    }
    return served;
  }

  /** Tables of rows that are full and wait to be written to files; 0 once the store is closed. */
  public long fullTables() {
    try {
      return families.fullTables();
    } catch (StoreClosed e) {
      return 0;
    }
  }

  /** Files that wait to be merged with older ones; 0 once the store is closed. */
  public long unmergedFiles() {
    try {
      return families.unmergedFiles();
    } catch (StoreClosed e) {
      return 0;
    }
  }

  /** Whether writes can be taken now. */
  public StoreHealth health() {
    return health;
  }

  /** The switch for failures on purpose. */
  public StoreFaults faults() {
    return faults;
  }

  /** Done when every write handed in before it is done, whatever its outcome. */
  public CompletionStage<Void> settled() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    writer().submit(new Barrier(failure -> Outcomes.tell(done, failure)));
    return done;
  }

  @Override
  public CompletionStage<Void> remove(String persistenceId, long from, long to) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    writer().submit(new Truncate(persistenceId, from, to, failure -> Outcomes.tell(done, failure)));
    return done;
  }

  /** Something done with the files of the journal while they do not change. */
  interface WithFiles {
    void run(Path journal) throws IOException;
  }

  /**
   * Shows the journal's files as of now, and the master key that belongs to them, while writes go
   * on.
   */
  void frozen(WithFiles use) throws IOException {
    keys.keepMaster(() -> {
      if (writer == null) {
        use.run(folder.dir.resolve(JOURNAL));
        return;
      }
      Path frozen = folder.dir.resolve(CHECKPOINT);
      try {
        Backup.deleteAll(frozen);
        families.checkpoint(frozen);
        use.run(frozen);
      } finally {
        Backup.deleteAll(frozen);
      }
    });
  }

  Families families() {
    return families;
  }

  StoreWriter writer() {
    if (writer == null) {
      throw readOnly();
    }
    return writer;
  }

  /** Runs a read of a persistence id behind the writes of it that wait, if any. */
  void behindWrites(String persistenceId, CompletableFuture<?> result, Runnable read) {
    if (!writer().isBusy(persistenceId)) {
      read.run();
      return;
    }
    writer()
        .submit(
            new Barrier(failure -> {
              if (failure == null) {
                read.run();
              } else {
                result.completeExceptionally(failure);
              }
            }));
  }

  private static IllegalStateException readOnly() {
    return new IllegalStateException("the store is open for reading");
  }

  /** Writes what waits, then lets the folder go. */
  @Override
  public void close() {
    faults.heal();
    upkeep.shutdownNow();
    if (writer != null && !writer.close(CLOSE_PATIENCE)) {
      log.error("the disk did not answer; the store stays open until the process ends");
      return;
    }
    families.close();
    folder.close();
  }
}
