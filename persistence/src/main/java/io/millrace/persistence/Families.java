package io.millrace.persistence;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RateLimiter;
import org.rocksdb.RateLimiterMode;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SstPartitionerFixedPrefixFactory;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The open RocksDB and its column families. Reads go through {@link #read}, which keeps {@link
 * #close} from pulling the native memory away under them; writes are the writer's alone.
 */
final class Families implements AutoCloseable {
  static final byte[] NEXT_OFFSET = Keys.utf8("next-offset");
  static final byte[] PROBE = Keys.utf8("probe");

  private static final List<String> NAMES =
      List.of("default", "journal", "streams", "snapshots", "meta", "keys", "served");
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int BLOOM_BITS = 10;

  /** Unsynced bytes of log before RocksDB makes the oldest family write its rows to a file. */
  private static final long LOG_BYTES = 256L << 20;

  /**
   * Bytes a second that files are written with at most. RocksDB goes down to a twentieth of it
   * while less is asked for, and up again by a twentieth a second. Without a bound a compaction
   * takes a core from those that wait for an answer, for a second or two.
   */
  private static final long FILE_BYTES_A_SECOND = 512L << 20;

  private static final long REFILL_MICROS = 10_000;

  /**
   * Full tables of rows of one family that wait to be written to files: at so many RocksDB stops
   * all writes, at one less it slows them down. Two are its default: under a flood two were full
   * while the first was still written at the least of the rate above, and every write waited up to
   * 1.3 s. What they hold beyond the buffer of all families they hold for seconds.
   */
  private static final int MOST_TABLES = 8;

  /**
   * Leading bytes of a key of the streams family on which its files are parted: those of the kinds
   * that are written all the time, with their number (an offset changes them once in 16 million
   * events). Offsets only grow, so a file of one stream alone has nothing in common with older ones
   * and moves down the levels as it is; files of all streams had to be merged with all others again
   * and again.
   */
  private static final int STREAM_BYTES = 12;

  /**
   * Files of a family, as they come from memory, that are merged with older ones at a time, and
   * from how many on RocksDB slows all writes down and stops them: 4, 20 and 36 are its defaults.
   * Merging twice as many at a time writes half as much in all. Measured: decision record 33.
   */
  private static final int MERGED_AT = 8;

  private static final int SLOWED_AT = 32;
  private static final int STOPPED_AT = 48;

  /** Families of rows that look random: keys, and what is encrypted with them. */
  private static final Set<String> INCOMPRESSIBLE =
      Set.of("streams", "snapshots", "keys", "served");

  /** Something read while the store is kept open. */
  interface Read<T extends @Nullable Object> {
    T from() throws RocksDBException;
  }

  final ColumnFamilyHandle journal;
  final ColumnFamilyHandle streams;
  final ColumnFamilyHandle snapshots;
  final ColumnFamilyHandle meta;
  final ColumnFamilyHandle keys;
  final ColumnFamilyHandle served;

  final RocksDB db;
  private final List<ColumnFamilyHandle> all;
  private final List<AbstractNativeReference> owned; // closed from last to first
  private final StampedLock open = new StampedLock();
  private volatile boolean closed;

  private Families(
      RocksDB db, List<ColumnFamilyHandle> handles, List<AbstractNativeReference> owned) {
    this.db = db;
    this.all = List.copyOf(handles);
    this.owned = owned;
    this.journal = handles.get(1);
    this.streams = handles.get(2);
    this.snapshots = handles.get(3);
    this.meta = handles.get(4);
    this.keys = handles.get(5);
    this.served = handles.get(6);
  }

  static Families open(Path dir, StoreSettings settings, boolean readOnly) {
    RocksDB.loadLibrary();
    List<AbstractNativeReference> owned = new ArrayList<>();
    try {
      Cache cache = own(owned, new LRUCache(settings.blockCacheBytes()));
      BloomFilter bloom = own(owned, new BloomFilter(BLOOM_BITS, false));
      BlockBasedTableConfig table =
          new BlockBasedTableConfig()
              .setBlockCache(cache)
              .setBlockSize(BLOCK_BYTES)
              .setFilterPolicy(bloom)
              .setFormatVersion(5)
              .setCacheIndexAndFilterBlocks(true)
              .setPinL0FilterAndIndexBlocksInCache(true);
      List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
      for (String name : NAMES) {
        ColumnFamilyOptions options =
            own(owned, new ColumnFamilyOptions())
                .setTableFormatConfig(table)
                .setCompressionType(
                    INCOMPRESSIBLE.contains(name)
                        ? CompressionType.NO_COMPRESSION
                        : CompressionType.LZ4_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true)
                .setWriteBufferSize(Math.max(1 << 20, settings.writeBufferBytes() / 3))
                .setMaxWriteBufferNumber(MOST_TABLES)
                .setLevel0FileNumCompactionTrigger(MERGED_AT)
                .setLevel0SlowdownWritesTrigger(SLOWED_AT)
                .setLevel0StopWritesTrigger(STOPPED_AT);
        if (name.equals("streams")) {
          options.setSstPartitionerFactory(
              own(owned, new SstPartitionerFixedPrefixFactory(STREAM_BYTES)));
        }
        descriptors.add(new ColumnFamilyDescriptor(Keys.utf8(name), options));
      }
      DBOptions options =
          own(owned, new DBOptions())
              .setCreateIfMissing(true)
              .setCreateMissingColumnFamilies(true)
              .setDbWriteBufferSize(settings.writeBufferBytes())
              .setMaxTotalWalSize(LOG_BYTES)
              .setMaxBackgroundJobs(2)
              .setBytesPerSync(1 << 20)
              .setRateLimiter(
                  own(
                      owned,
                      new RateLimiter(
                          FILE_BYTES_A_SECOND,
                          REFILL_MICROS,
                          RateLimiter.DEFAULT_FAIRNESS,
                          RateLimiterMode.WRITES_ONLY,
                          true)))
              .setKeepLogFileNum(3)
              .setInfoLogLevel(InfoLogLevel.WARN_LEVEL);
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB db =
          readOnly
              ? RocksDB.openReadOnly(options, dir.toString(), descriptors, handles)
              : RocksDB.open(options, dir.toString(), descriptors, handles);
      owned.add(db);
      owned.addAll(handles);
      return new Families(db, handles, owned);
    } catch (RocksDBException e) {
      closeAll(owned);
      throw unopened(dir, String.valueOf(e.getMessage()), e);
    }
  }

  private static StoreUnusable unopened(Path dir, String message, RocksDBException e) {
    String advice =
        message.contains("No space left")
            ? "; free some space"
            : message.contains("Corruption") || message.contains("No such file")
                ? "; if the folder was copied in part copy it again, or restore a backup"
                : "";
    return new StoreUnusable(
        "the journal in " + dir + " cannot be opened: " + message.strip() + advice, e);
  }

  private static <T extends AbstractNativeReference> T own(
      List<AbstractNativeReference> owned, T reference) {
    owned.add(reference);
    return reference;
  }

  /** Runs a read; blocks {@link #close}, never the writer. Not to be nested. */
  <T extends @Nullable Object> T read(Read<T> read) {
    long stamp = open.readLock();
    try {
      if (closed) {
        throw new StoreClosed();
      }
      return read.from();
    } catch (RocksDBException e) {
      throw new StoreFailed("a read failed: " + e.getMessage(), e);
    } finally {
      open.unlockRead(stamp);
    }
  }

  byte @Nullable [] get(ColumnFamilyHandle family, byte[] key) {
    return this.<byte @Nullable []>read(() -> db.get(family, key));
  }

  /** The rows of many keys, null where there is none; within {@link #read}. */
  List<byte[]> getAllWithinRead(ColumnFamilyHandle family, List<byte[]> wanted)
      throws RocksDBException {
    return wanted.isEmpty()
        ? List.of()
        : db.multiGetAsList(Collections.nCopies(wanted.size(), family), wanted);
  }

  /** A view of the rows as of now; to be closed, and used within {@link #read} or by the writer. */
  RocksIterator iterator(ColumnFamilyHandle family) {
    return db.newIterator(family);
  }

  /**
   * Rewrites families, so that no file holds what was deleted or overwritten in them, the log's
   * neither. Writes go on meanwhile.
   */
  void rewrite(List<ColumnFamilyHandle> some) {
    read(() -> {
      try (FlushOptions flush = new FlushOptions().setWaitForFlush(true);
          CompactRangeOptions whole =
              new CompactRangeOptions()
                  .setBottommostLevelCompaction(BottommostLevelCompaction.kForce)) {
        db.flush(flush, all);
        for (ColumnFamilyHandle family : some) {
          db.compactRange(family, null, null, whole);
        }
      }
      return null;
    });
  }

  /** Reads every block of every file and compares it with its checksum. */
  void verifyChecksums() {
    read(() -> {
      db.verifyChecksum();
      return null;
    });
  }

  /** Of each family: bytes of its files and of its rows in memory, rows by estimate. */
  Map<String, JournalCheck.Size> sizes() {
    return read(() -> {
      Map<String, JournalCheck.Size> sizes = new HashMap<>();
      for (int i = 1; i < all.size(); i++) {
        sizes.put(
            NAMES.get(i),
            new JournalCheck.Size(
                db.getLongProperty(all.get(i), "rocksdb.total-sst-files-size")
                    + db.getLongProperty(all.get(i), "rocksdb.cur-size-all-mem-tables"),
                db.getLongProperty(all.get(i), "rocksdb.estimate-num-keys")));
      }
      return sizes;
    });
  }

  /**
   * Tables of rows that are full and not in files yet, of the family that has most. Writes stop at
   * {@value #MOST_TABLES}.
   */
  long fullTables() {
    return read(() -> {
      long most = 0;
      for (ColumnFamilyHandle family : all) {
        most = Math.max(most, db.getLongProperty(family, "rocksdb.num-immutable-mem-table"));
      }
      return most;
    });
  }

  /**
   * Files that hold what was written lately and wait to be merged with older ones, of the family
   * that has most. From {@value #SLOWED_AT} on RocksDB slows all writes down.
   */
  long unmergedFiles() {
    return read(() -> {
      long most = 0;
      for (ColumnFamilyHandle family : all) {
        most =
            Math.max(most, Long.parseLong(db.getProperty(family, "rocksdb.num-files-at-level0")));
      }
      return most;
    });
  }

  /** Links the files as of now into a folder that is not there yet. */
  void checkpoint(Path folder) {
    read(() -> {
      try (Checkpoint checkpoint = Checkpoint.create(db)) {
        checkpoint.createCheckpoint(folder.toString());
      }
      return null;
    });
  }

  void write(WriteOptions options, WriteBatch batch) throws RocksDBException {
    db.write(options, batch);
  }

  @Override
  public void close() {
    long stamp = open.writeLock();
    try {
      if (!closed) {
        closed = true;
        closeAll(owned);
      }
    } finally {
      open.unlockWrite(stamp);
    }
  }

  private static void closeAll(List<AbstractNativeReference> owned) {
    for (AbstractNativeReference reference : owned.reversed()) {
      reference.close();
    }
  }
}
