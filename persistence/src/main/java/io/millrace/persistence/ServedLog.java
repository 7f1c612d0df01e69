package io.millrace.persistence;

import io.millrace.persistence.Write.Change;
import io.millrace.persistence.Write.Edit;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RocksIterator;

/**
 * What was served, under its request id: written and not waited for, kept by day for a while. A
 * lost tail costs training rows and touches no promise.
 *
 * <p>Days are those of the given times, not of a clock: a day newer than all before ends the days
 * that it makes too old. Safe from any thread.
 */
public final class ServedLog {
  /** Bytes that may wait to be written; beyond it rows are dropped and counted (chosen). */
  private static final long WAITING_BYTES = 64L << 20;

  private final Families families;
  private final StoreWriter writer;
  private final int keepDays;
  private final ConcurrentSkipListSet<Integer> days = new ConcurrentSkipListSet<>();
  private final AtomicLong waitingBytes = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  ServedLog(Families families, StoreWriter writer, Duration keep) {
    this.families = families;
    this.writer = writer;
    this.keepDays = (int) keep.toDays();
    loadDays();
  }

  /** Appends a row; the bytes are not to be changed afterwards. A repeated id replaces its row. */
  public void append(String requestId, Instant at, byte[] bytes) {
    if (waitingBytes.addAndGet(bytes.length) > WAITING_BYTES) {
      waitingBytes.addAndGet(-bytes.length);
      dropped.incrementAndGet();
      return;
    }
    int day = dayOf(at);
    List<Edit> edits = new ArrayList<>(1);
    edits.add(Edit.put(families.served, Keys.served(day, Keys.utf8(requestId)), bytes));
    if (days.add(day)) {
      dropOldDays(edits);
    }
    writer.submit(
        Change.lazy(
            edits,
            failure -> {
              waitingBytes.addAndGet(-bytes.length);
              if (failure != null) {
                dropped.incrementAndGet();
              }
            }));
  }

  private void dropOldDays(List<Edit> edits) {
    int firstKept = days.last() - keepDays;
    if (days.headSet(firstKept).isEmpty()) {
      return;
    }
    days.headSet(firstKept).clear();
    edits.add(Edit.deleteRange(families.served, dayKey(Integer.MIN_VALUE), dayKey(firstKept)));
  }

  /** The row of a request that was appended within the days kept and has been written. */
  public Optional<byte[]> find(String requestId) {
    byte[] id = Keys.utf8(requestId);
    for (int day : days.descendingSet()) {
      byte[] row = families.get(families.served, Keys.served(day, id));
      if (row != null) {
        return Optional.of(row);
      }
    }
    return Optional.empty();
  }

  /** How many rows were not written since the start. */
  public long dropped() {
    return dropped.get();
  }

  private static int dayOf(Instant at) {
    return (int) Math.floorDiv(at.getEpochSecond(), TimeUnit.DAYS.toSeconds(1));
  }

  private static byte[] dayKey(int day) {
    return Keys.served(day, new byte[0]);
  }

  private void loadDays() {
    families.read(() -> {
      try (RocksIterator rows = families.iterator(families.served)) {
        rows.seekToFirst();
        while (rows.isValid()) {
          int day = Keys.servedDay(rows.key());
          days.add(day);
          rows.seek(dayKey(day + 1));
        }
        rows.status();
      }
      return null;
    });
  }
}
