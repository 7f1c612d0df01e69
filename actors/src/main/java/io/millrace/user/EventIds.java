package io.millrace.user;

/**
 * The last 1,024 event ids of the last 24 hours by acceptance, as 64-bit hashes, in order of
 * acceptance. Immutable; 12 bytes each.
 */
public final class EventIds {

  private static final int HASH = 0;
  private static final int SECONDS = 2;
  private static final int WIDTH = 3;

  public static final EventIds NONE = new EventIds(Rows.none(WIDTH));

  /** Part of the promise P2. */
  public static final int MOST = 1_024;

  /** Part of the promise P2. */
  public static final int LONGEST_SECONDS = 86_400;

  private final Rows rows;

  private EventIds(Rows rows) {
    this.rows = rows;
  }

  /**
   * From columns of one length, in order of acceptance.
   *
   * @param seconds acceptance, seconds since 1970
   */
  public static EventIds of(long[] hashes, int[] seconds) {
    return new EventIds(Rows.of(WIDTH, hashes.length, n -> row(hashes[n], seconds[n])));
  }

  public int size() {
    return rows.size();
  }

  public long hash(int row) {
    return rows.getLong(row, HASH);
  }

  /** Acceptance, seconds since 1970. */
  public int seconds(int row) {
    return rows.get(row, SECONDS);
  }

  /** From the newest back, for what is told twice is told again soon. */
  boolean contains(long hash) {
    for (int row = size() - 1; row >= 0; row--) {
      if (hash(row) == hash) {
        return true;
      }
    }
    return false;
  }

  /** Those of two users, in order of acceptance; the newest when they are too many. */
  EventIds with(EventIds other) {
    Rows both = Rows.none(WIDTH);
    int i = 0;
    int j = 0;
    while (i < size() || j < other.size()) {
      boolean own = j == other.size() || (i < size() && seconds(i) <= other.seconds(j));
      both =
          own
              ? both.with(both.size(), row(hash(i), seconds(i++)))
              : both.with(both.size(), row(other.hash(j), other.seconds(j++)));
    }
    return new EventIds(both.withoutFirst(Math.max(0, both.size() - MOST)));
  }

  private static int[] row(long hash, int seconds) {
    return new int[] {(int) (hash >>> 32), (int) hash, seconds};
  }

  EventIds plus(long[] added, long acceptedAtMs) {
    int now = (int) (acceptedAtMs / 1_000);
    Rows more = rows;
    while (more.size() > 0 && now - more.get(0, SECONDS) > LONGEST_SECONDS) {
      more = more.withoutFirst(1);
    }
    for (long hash : added) {
      more = more.withoutFirst(more.size() < MOST ? 0 : 1);
      more = more.with(more.size(), row(hash, now));
    }
    return new EventIds(more);
  }

  int bytes() {
    return 16 + rows.bytes();
  }
}
