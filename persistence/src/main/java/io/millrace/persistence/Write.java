package io.millrace.persistence;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** What the writer can be asked to do; done in the order handed in. */
abstract sealed class Write {

  /** Where the outcome of a write goes; called once, on the writer's thread. */
  @FunctionalInterface
  interface Outcome {
    /** The write is on the disk, or failed for this reason and is not. */
    void done(@Nullable Throwable failure);

    /** Nobody waits. */
    Outcome IGNORED = failure -> {};
  }

  final Outcome outcome;

  /** When it was handed in; set by the writer's queue. */
  long begun;

  Write(Outcome outcome) {
    this.outcome = outcome;
  }

  /** About how many bytes it adds to a group. */
  abstract int bytes();

  /** The persistence id whose reads must wait for it, if any. */
  @Nullable String orders() {
    return null;
  }

  /** Consecutive events of one persistence id, all or nothing. */
  static final class Append extends Write {
    final String persistenceId;
    final byte[] id;
    final String stream;
    final byte[] streamName;
    final long firstSequence;
    final byte[][] rows;
    private final int bytes;

    Append(
        String persistenceId, String stream, long firstSequence, byte[][] rows, Outcome outcome) {
      super(outcome);
      this.persistenceId = persistenceId;
      this.id = Keys.utf8(persistenceId);
      this.stream = stream;
      this.streamName = Keys.utf8(stream);
      this.firstSequence = firstSequence;
      this.rows = rows;
      int sum = 0;
      for (byte[] row : rows) {
        sum += row.length + 2 * id.length + 64;
      }
      this.bytes = sum;
      Keys.entity(id, 0); // refuses a name that is too long here, not on the writer's thread
      Keys.stream(streamName, 0);
    }

    long lastSequence() {
      return firstSequence + rows.length - 1;
    }

    @Override
    int bytes() {
      return bytes;
    }

    @Override
    String orders() {
      return persistenceId;
    }
  }

  /** The deletion of a persistence id's events, of which there are none before {@code from}. */
  static final class Truncate extends Write {
    final String persistenceId;
    final long from;
    final long to;

    Truncate(String persistenceId, long from, long to, Outcome outcome) {
      super(outcome);
      this.persistenceId = persistenceId;
      this.from = from;
      this.to = to;
    }

    @Override
    int bytes() {
      return 64;
    }

    @Override
    String orders() {
      return persistenceId;
    }
  }

  /**
   * Rows put or deleted, all or nothing.
   *
   * <p>{@code owed}: never given up while the process lives; when its group fails it goes before
   * the next one, so that nothing handed in after it is ever stored without it.
   *
   * <p>{@code lazy}: nobody waits for it, so that it needs no sync of its own.
   */
  static final class Change extends Write {
    final List<Edit> edits;
    final boolean owed;
    final boolean lazy;
    private final int bytes;

    private Change(List<Edit> edits, boolean owed, boolean lazy, Outcome outcome) {
      super(outcome);
      this.edits = List.copyOf(edits);
      this.owed = owed;
      this.lazy = lazy;
      int sum = 0;
      for (Edit edit : edits) {
        sum += edit.key.length + (edit.value == null ? 0 : edit.value.length) + 32;
      }
      this.bytes = sum;
    }

    static Change of(List<Edit> edits, Outcome outcome) {
      return new Change(edits, false, false, outcome);
    }

    static Change owed(List<Edit> edits, Outcome outcome) {
      return new Change(edits, true, false, outcome);
    }

    static Change lazy(List<Edit> edits, Outcome outcome) {
      return new Change(edits, false, true, outcome);
    }

    @Override
    int bytes() {
      return bytes;
    }
  }

  /** Nothing to write: its outcome says that all before it is done. */
  static final class Barrier extends Write {
    Barrier(Outcome outcome) {
      super(outcome);
    }

    @Override
    int bytes() {
      return 0;
    }
  }

  /** One row put, deleted (no value), or a range deleted (from key to end). */
  static final class Edit {
    final ColumnFamilyHandle family;
    final byte[] key;
    final byte @Nullable [] value;
    final byte @Nullable [] end;

    private Edit(
        ColumnFamilyHandle family, byte[] key, byte @Nullable [] value, byte @Nullable [] end) {
      this.family = family;
      this.key = key;
      this.value = value;
      this.end = end;
    }

    void addTo(WriteBatch batch) throws RocksDBException {
      if (value != null) {
        batch.put(family, key, value);
      } else if (end != null) {
        batch.deleteRange(family, key, end);
      } else {
        batch.delete(family, key);
      }
    }

    static Edit put(ColumnFamilyHandle family, byte[] key, byte[] value) {
      return new Edit(family, key, value, null);
    }

    static Edit delete(ColumnFamilyHandle family, byte[] key) {
      return new Edit(family, key, null, null);
    }

    static Edit deleteRange(ColumnFamilyHandle family, byte[] from, byte[] end) {
      return new Edit(family, from, null, end);
    }
  }
}
