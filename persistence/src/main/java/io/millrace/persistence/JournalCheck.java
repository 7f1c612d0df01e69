package io.millrace.persistence;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rocksdb.RocksIterator;

/**
 * What can be said of a store from its files alone: how large its families are, and whether what
 * they hold fits together. Reads all of it once, in bounded memory; used by one thread.
 */
public final class JournalCheck {
  /** Problems told in full at most; the rest would say the same. */
  private static final int MOST_TOLD = 100;

  private final Families families;
  private final List<String> problems = new ArrayList<>();
  private long found;

  private JournalCheck(Families families) {
    this.families = families;
  }

  /**
   * What was found.
   *
   * @param persistenceIds how many have events
   * @param problems how many there are
   * @param told the first of them, a line each
   */
  public record Report(long persistenceIds, long events, long problems, List<String> told) {}

  /** A family's bytes on disk, and how many rows it has by RocksDB's estimate. */
  public record Size(long bytes, long rows) {}

  /** The families of a store by name. */
  public static Map<String, Size> sizes(RocksStore store) {
    return new TreeMap<>(store.families().sizes());
  }

  /**
   * Reads every block against its checksum, then every event: each persistence id numbers its
   * events without a gap, each number leads to its event, and each event has a number.
   */
  public static Report verify(RocksStore store) {
    JournalCheck check = new JournalCheck(store.families());
    try {
      store.families().verifyChecksums();
      return check.numbers();
    } catch (StoreFailed damaged) {
      check.problem(String.valueOf(damaged.getMessage()));
      return check.report(0, 0);
    }
  }

  private Report report(long persistenceIds, long events) {
    return new Report(persistenceIds, events, found, List.copyOf(problems));
  }

  private void problem(String line) {
    found++;
    if (problems.size() < MOST_TOLD) {
      problems.add(line);
    }
  }

  private Report numbers() {
    return families.read(() -> {
      long ids = 0;
      long events = 0;
      byte[] last = new byte[0];
      try (RocksIterator places = families.iterator(families.journal)) {
        for (places.seekToFirst(); places.isValid(); places.next()) {
          byte[] key = places.key();
          boolean first = !Keys.sameName(key, last);
          if (first) {
            ids++;
          } else if (Keys.number(key) != Keys.number(last) + 1) {
            problem(
                "%s goes from event %d to %d"
                    .formatted(Keys.entityOf(key), Keys.number(last), Keys.number(key)));
          }
          last = key;
          Place place = Place.decode(places.value());
          if (!place.isDeleted()) {
            events++;
            check(key, place);
          }
        }
        places.status();
      }
      long rows = 0;
      try (RocksIterator stored = families.iterator(families.streams)) {
        for (stored.seekToFirst(); stored.isValid(); stored.next()) {
          rows++;
        }
        stored.status();
      }
      if (rows != events) {
        problem("the streams hold %d events, expected %d as numbered".formatted(rows, events));
      }
      return report(ids, events);
    });
  }

  private void check(byte[] key, Place place) throws org.rocksdb.RocksDBException {
    String id = Keys.entityOf(key);
    byte[] row =
        families
            .getAllWithinRead(
                families.streams, List.of(Keys.stream(Keys.utf8(place.stream()), place.offset())))
            .getFirst();
    if (row == null) {
      problem("event %d of %s is not in %s".formatted(Keys.number(key), id, place.stream()));
      return;
    }
    EventRow event = EventRow.decode(row);
    if (!event.persistenceId().equals(id) || event.sequence() != Keys.number(key)) {
      problem(
          "event %d of %s leads to event %d of %s"
              .formatted(Keys.number(key), id, event.sequence(), event.persistenceId()));
    }
  }
}
