package io.millrace.persistence;

import io.millrace.persistence.Write.Append;
import io.millrace.persistence.Write.Barrier;
import io.millrace.persistence.Write.Change;
import io.millrace.persistence.Write.Edit;
import io.millrace.persistence.Write.Truncate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a store: it takes what waits in the queue, makes one batch and one sync of it,
 * then tells everyone. Offsets are given in queue order and groups are committed in order, so a
 * reader that tails the offsets sees no gap.
 *
 * <p>The queue may be filled from any thread; all else belongs to the writer's thread. After a
 * restart the next offset and the highest sequence numbers are read from the store again.
 *
 * <p>The rule for a store that hangs: an entity whose write timed out restarts while that write
 * still waits. So a sequence number that is not above the stored one is refused, and {@link
 * #isBusy} tells the journal to read behind the queue.
 */
final class StoreWriter {
  private static final Logger log = LoggerFactory.getLogger(StoreWriter.class);

  /** Bytes from which a group is closed (chosen: some 10 ms of a slow disk). */
  private static final int GROUP_BYTES = 8 << 20;

  /** Heads held in memory (chosen: about 20 MB); others are read again from the store. */
  private static final int HEADS = 1 << 17;

  /** Slots of the counters of waiting writes; a collision costs one needless wait. */
  private static final int SLOTS = 1 << 14;

  private final Families families;
  private final StoreSettings settings;
  private final StoreHealth health;
  private final StoreFaults faults;
  private final CommitListeners listeners;
  private final LongSupplier nanoClock;
  private final Thread thread = new Thread(this::run, "millrace-store-writer");
  private final AtomicIntegerArray waitingBySlot = new AtomicIntegerArray(SLOTS);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final ArrayDeque<Write> queue = new ArrayDeque<>(); // guarded by lock
  private boolean closing; // guarded by lock
  private boolean idle; // guarded by lock

  // All below: the writer's thread alone.
  private final WriteOptions synced;
  private final WriteOptions unsynced = new WriteOptions();
  private final WriteBatch batch = new WriteBatch();
  private final List<Write> taken = new ArrayList<>();
  private final List<Write> group = new ArrayList<>();
  private final List<Change> owed = new ArrayList<>();
  private final Set<String> touched = new HashSet<>();
  private final Heads heads = new Heads();
  private long nextOffset;

  StoreWriter(
      Families families,
      StoreSettings settings,
      StoreHealth health,
      StoreFaults faults,
      CommitListeners listeners,
      LongSupplier nanoClock) {
    this.families = families;
    this.settings = settings;
    this.health = health;
    this.faults = faults;
    this.listeners = listeners;
    this.nanoClock = nanoClock;
    this.synced = new WriteOptions().setSync(settings.sync());
    byte[] next = families.get(families.meta, Families.NEXT_OFFSET);
    this.nextOffset = next == null ? 1 : Keys.getLong(next, 0);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Hands a write in. Its outcome always comes: on the writer's thread, or here when refused. */
  void submit(Write write) {
    String id = write.orders();
    if (id != null) {
      waitingBySlot.incrementAndGet(slot(id));
    }
    RuntimeException refusal = null;
    write.begun = nanoClock.getAsLong();
    lock.lock();
    try {
      if (closing) {
        refusal = new StoreClosed();
      } else if (queue.size() >= settings.queueCapacity()
          && !(write instanceof Change change && change.owed)) {
        refusal = WriteRefused.full(settings.queueCapacity());
      } else {
        queue.add(write);
        if (idle) {
          filled.signal();
        }
      }
    } finally {
      lock.unlock();
    }
    if (refusal != null) {
      finish(write, refusal);
    }
  }

  /** Whether a write of the persistence id may be waiting; no when it surely is not. */
  boolean isBusy(String persistenceId) {
    return waitingBySlot.get(slot(persistenceId)) != 0;
  }

  private static int slot(String persistenceId) {
    int hash = persistenceId.hashCode();
    return (hash ^ (hash >>> 16)) & (SLOTS - 1);
  }

  /** Takes no more, writes what waits and ends; waits for that at most this long. */
  boolean close(Duration atMost) {
    lock.lock();
    try {
      closing = true;
      filled.signal();
    } finally {
      lock.unlock();
    }
    try {
      thread.join(atMost);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  private void run() {
    try {
      while (take()) {
        if (taken.isEmpty()) {
          probe();
        } else {
          health.working(taken.getFirst().begun);
          commitAll();
          health.done();
          if (health.needsProbe()) {
            probe();
          }
        }
      }
    } catch (RuntimeException | Error e) {
      log.error("the writer ended: no write will be taken until the next start", e);
      health.failed(e);
      refuseAll(e);
    } finally {
      batch.close();
      synced.close();
      unsynced.close();
    }
  }

  private void refuseAll(Throwable cause) {
    List<Write> left = new ArrayList<>(group);
    lock.lock();
    try {
      closing = true;
      left.addAll(queue);
      queue.clear();
    } finally {
      lock.unlock();
    }
    for (Write write : left) {
      finish(write, new StoreFailed("the writer ended: " + cause.getMessage(), cause));
    }
  }

  /** Fills {@code taken}; empty when it is time for a probe; false when all is written at close. */
  private boolean take() {
    taken.clear();
    lock.lock();
    try {
      long patience = settings.probeInterval().toNanos();
      while (queue.isEmpty()) {
        if (closing) {
          return false;
        }
        if (patience <= 0 && health.needsProbe()) {
          return true;
        }
        idle = true;
        try {
          if (health.needsProbe()) {
            patience = filled.awaitNanos(patience);
          } else {
            filled.awaitUninterruptibly();
          }
        } catch (InterruptedException e) {
          log.warn("the writer was interrupted and goes on");
        } finally {
          idle = false;
        }
      }
      int bytes = 0;
      while (!queue.isEmpty() && taken.size() < settings.groupLimit() && bytes < GROUP_BYTES) {
        Write write = queue.poll();
        bytes += write.bytes();
        taken.add(write);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void commitAll() {
    for (Write write : taken) {
      try {
        add(write);
      } catch (RocksDBException | RuntimeException e) {
        // The batch may hold half of it: nothing of this group can be trusted.
        if (group.isEmpty() || group.getLast() != write) {
          group.add(write);
        }
        fail(e);
      }
    }
    commit();
  }

  private void add(Write write) throws RocksDBException {
    if (group.isEmpty() && !owed.isEmpty()) {
      for (Change change : owed) {
        addEdits(change);
      }
      group.addAll(owed);
      owed.clear();
    }
    switch (write) {
      case Append append -> addAppend(append);
      case Change change -> {
        addEdits(change);
        group.add(change);
      }
      case Truncate truncate -> {
        commit(); // it reads what it deletes
        addTruncate(truncate);
        group.add(truncate);
      }
      case Barrier barrier -> group.add(barrier);
    }
  }

  private void addAppend(Append append) throws RocksDBException {
    Head head = heads.of(append.persistenceId, append.id);
    if (append.firstSequence <= head.sequence) {
      finish(
          append, WriteRefused.sequence(append.persistenceId, append.firstSequence, head.sequence));
      return;
    }
    if (!head.stream.isEmpty() && !head.stream.equals(append.stream)) {
      finish(append, WriteRefused.stream(append.persistenceId, append.stream, head.stream));
      return;
    }
    group.add(append);
    long sequence = append.firstSequence;
    for (byte[] row : append.rows) {
      long offset = nextOffset++;
      batch.put(
          families.journal,
          Keys.entity(append.id, sequence),
          Place.encode(offset, append.streamName));
      batch.put(families.streams, Keys.stream(append.streamName, offset), row);
      sequence++;
    }
    head.sequence = append.lastSequence();
    head.stream = append.stream;
    touched.add(append.stream);
  }

  private void addEdits(Change change) throws RocksDBException {
    for (Edit edit : change.edits) {
      edit.addTo(batch);
    }
  }

  /**
   * Deletes rows up to a number. When that is all of them the last place stays, marked, so that the
   * highest sequence number and the stream outlive it.
   */
  private void addTruncate(Truncate truncate) throws RocksDBException {
    byte[] id = Keys.utf8(truncate.persistenceId);
    long highest = heads.of(truncate.persistenceId, id).sequence;
    byte[] first = Keys.entity(id, 0);
    try (RocksIterator places = families.iterator(families.journal)) {
      places.seek(Keys.entity(id, truncate.from)); // before it lie the marks of what was deleted
      for (; places.isValid(); places.next()) {
        byte[] key = places.key();
        long sequence = Keys.number(key);
        if (!Keys.sameName(key, first) || sequence > truncate.to) {
          break;
        }
        Place place = Place.decode(places.value());
        if (!place.isDeleted()) {
          batch.delete(families.streams, Keys.stream(Keys.utf8(place.stream()), place.offset()));
        }
        if (sequence == highest) {
          batch.put(families.journal, key, Place.encode(Place.DELETED, Keys.utf8(place.stream())));
        } else {
          batch.delete(families.journal, key);
        }
      }
      places.status();
    }
  }

  private void commit() {
    if (group.isEmpty()) {
      return;
    }
    try {
      if (batch.count() > 0) {
        if (!touched.isEmpty()) {
          byte[] next = new byte[Long.BYTES];
          Keys.putLong(next, 0, nextOffset);
          batch.put(families.meta, Families.NEXT_OFFSET, next);
        }
        faults.pass();
        families.write(needsSync() ? synced : unsynced, batch);
      }
    } catch (RocksDBException | RuntimeException e) {
      fail(e);
      return;
    }
    batch.clear();
    // First, so that who was acknowledged and then asks a reader to catch up finds it woken.
    listeners.committed(touched);
    touched.clear();
    for (Write write : group) {
      finish(write, null);
    }
    group.clear();
  }

  private boolean needsSync() {
    for (Write write : group) {
      if (!(write instanceof Change change && change.lazy)) {
        return true;
      }
    }
    return false;
  }

  /** Nothing of the group was stored: tells everyone but those that are owed. */
  private void fail(Exception cause) {
    health.failed(cause);
    batch.clear();
    touched.clear();
    for (Write write : group) {
      if (write instanceof Append append) {
        heads.forget(append.persistenceId);
      }
      switch (write) {
        case Change change when change.owed -> owed.add(change);
        case Barrier barrier -> finish(barrier, null); // what it waited for is decided
        default -> finish(write, new StoreFailed("a write failed: " + cause.getMessage(), cause));
      }
    }
    group.clear();
  }

  private void finish(Write write, @Nullable Throwable failure) {
    String id = write.orders();
    if (id != null) {
      waitingBySlot.decrementAndGet(slot(id));
    }
    try {
      write.outcome.done(failure);
    } catch (RuntimeException e) {
      log.error("the outcome of a write could not be told", e);
    }
  }

  /** Writes and syncs a row of its own; the store is good again when that was quick. */
  private void probe() {
    long begun = nanoClock.getAsLong();
    try {
      faults.pass();
      batch.put(families.meta, Families.PROBE, new byte[0]);
      families.write(synced, batch);
      health.proven(begun);
      if (!owed.isEmpty()) {
        batch.clear();
        add(new Barrier(Write.Outcome.IGNORED));
        commit();
      }
    } catch (RocksDBException | RuntimeException e) {
      health.failed(e);
    } finally {
      batch.clear();
    }
  }

  /** The highest sequence number of a persistence id, and its stream (empty: none yet). */
  private static final class Head {
    long sequence;
    String stream;

    Head(long sequence, String stream) {
      this.sequence = sequence;
      this.stream = stream;
    }
  }

  /** The heads used last; a missing one is read from the store. */
  private final class Heads {
    private final LinkedHashMap<String, Head> recent =
        new LinkedHashMap<>(1024, .75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Head> eldest) {
            return size() > HEADS;
          }
        };

    Head of(String persistenceId, byte[] id) throws RocksDBException {
      Head head = recent.get(persistenceId);
      if (head == null) {
        head = read(id);
        recent.put(persistenceId, head);
      }
      return head;
    }

    void forget(String persistenceId) {
      recent.remove(persistenceId);
    }

    private Head read(byte[] id) throws RocksDBException {
      byte[] last = Keys.entity(id, Long.MAX_VALUE);
      try (RocksIterator places = families.iterator(families.journal)) {
        places.seekForPrev(last);
        if (places.isValid() && Keys.sameName(places.key(), last)) {
          return new Head(Keys.number(places.key()), Place.decode(places.value()).stream());
        }
        places.status();
        return new Head(0, "");
      }
    }
  }
}
