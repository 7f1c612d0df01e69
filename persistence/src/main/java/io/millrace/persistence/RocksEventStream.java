package io.millrace.persistence;

import java.util.ArrayList;
import java.util.List;
import org.rocksdb.RocksIterator;

/** The event streams of a RocksDB store: a prefix of the streams family each, by offset. */
final class RocksEventStream implements EventStream {
  private final Families families;
  private final CommitListeners listeners;

  RocksEventStream(Families families, CommitListeners listeners) {
    this.families = families;
    this.listeners = listeners;
  }

  @Override
  public List<String> streams() {
    return families.read(() -> {
      List<String> names = new ArrayList<>();
      try (RocksIterator rows = families.iterator(families.streams)) {
        rows.seekToFirst();
        while (rows.isValid()) {
          String name = Keys.streamOf(rows.key());
          names.add(name);
          rows.seek(Keys.stream(Keys.utf8(name), Long.MAX_VALUE));
        }
        rows.status();
      }
      return names;
    });
  }

  @Override
  public Batch tail(String stream, Cursor cursor, int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is " + max + ", expected 1 or more");
    }
    return families.read(() -> {
      byte[] from = Keys.stream(Keys.utf8(stream), cursor.position() + 1);
      List<StoredEvent> events = new ArrayList<>(Math.min(max, 1024));
      try (RocksIterator rows = families.iterator(families.streams)) {
        rows.seek(from);
        boolean atHead = true;
        while (rows.isValid()) {
          byte[] key = rows.key();
          if (!Keys.sameName(key, from)) {
            break;
          }
          if (events.size() == max) {
            atHead = false;
            break;
          }
          events.add(EventRow.decode(rows.value()).stored(Keys.number(key)));
          rows.next();
        }
        rows.status();
        return new Batch(events, events.isEmpty() ? cursor : events.getLast().cursor(), atHead);
      }
    });
  }

  @Override
  public Cursor head(String stream) {
    return families.read(() -> {
      byte[] end = Keys.stream(Keys.utf8(stream), Long.MAX_VALUE);
      try (RocksIterator rows = families.iterator(families.streams)) {
        rows.seekForPrev(end);
        if (rows.isValid() && Keys.sameName(rows.key(), end)) {
          return new Cursor(Keys.number(rows.key()), "");
        }
        rows.status();
        return Cursor.START;
      }
    });
  }

  @Override
  public List<StoredEvent> of(String persistenceId, long fromSequence, int max) {
    return rows(families, Keys.utf8(persistenceId), fromSequence, Long.MAX_VALUE, max).stream()
        .map(placed -> placed.row.stored(placed.offset))
        .toList();
  }

  /** A row of an event and its number in the store. */
  record Placed(long offset, EventRow row) {}

  /** The rows of a persistence id, deleted ones left out. */
  static List<Placed> rows(Families families, byte[] id, long from, long to, int max) {
    byte[] first = Keys.entity(id, from);
    return families.read(() -> {
      List<byte[]> found = new ArrayList<>();
      try (RocksIterator places = families.iterator(families.journal)) {
        for (places.seek(first); places.isValid() && found.size() < max; places.next()) {
          byte[] key = places.key();
          if (!Keys.sameName(key, first) || Keys.number(key) > to) {
            break;
          }
          Place place = Place.decode(places.value());
          if (!place.isDeleted()) {
            found.add(Keys.stream(Keys.utf8(place.stream()), place.offset()));
          }
        }
        places.status();
      }
      List<Placed> rows = new ArrayList<>(found.size());
      for (byte[] row : families.getAllWithinRead(families.streams, found)) {
        if (row == null) {
          throw new StoreFailed("events were deleted while they were being read");
        }
        rows.add(new Placed(Keys.number(found.get(rows.size())), EventRow.decode(row)));
      }
      return rows;
    });
  }

  @Override
  public Subscription onCommit(String stream, Runnable wakeUp) {
    return listeners.add(stream, wakeUp);
  }
}
