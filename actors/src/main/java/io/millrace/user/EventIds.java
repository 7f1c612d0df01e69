package io.millrace.user;

import java.util.Arrays;

/**
 * The last 1,024 event ids of the last 24 hours by acceptance, as 64-bit hashes, in order of
 * acceptance. Immutable; 12 bytes each.
 *
 * @param seconds acceptance, seconds since 1970
 */
public record EventIds(long[] hashes, int[] seconds) {

  public static final EventIds NONE = new EventIds(new long[0], new int[0]);

  /** Part of the promise P2. */
  public static final int MOST = 1_024;

  /** Part of the promise P2. */
  public static final int LONGEST_SECONDS = 86_400;

  static final int ROW_BYTES = 12;

  public int size() {
    return hashes.length;
  }

  boolean contains(long hash) {
    for (long known : hashes) {
      if (known == hash) {
        return true;
      }
    }
    return false;
  }

  /** Those of two users, in order of acceptance; the newest when they are too many. */
  EventIds with(EventIds other) {
    long[] values = new long[size() + other.size()];
    int[] times = new int[values.length];
    int n = 0;
    int i = 0;
    int j = 0;
    while (i < size() || j < other.size()) {
      boolean own = j == other.size() || (i < size() && seconds[i] <= other.seconds[j]);
      long hash = own ? hashes[i] : other.hashes[j];
      times[n] = own ? seconds[i++] : other.seconds[j++];
      values[n++] = hash;
    }
    int from = Math.max(0, n - MOST);
    return new EventIds(Arrays.copyOfRange(values, from, n), Arrays.copyOfRange(times, from, n));
  }

  EventIds plus(long[] added, long acceptedAtMs) {
    int now = (int) (acceptedAtMs / 1_000);
    int first = Math.max(0, hashes.length + added.length - MOST);
    while (first < hashes.length && now - seconds[first] > LONGEST_SECONDS) {
      first++;
    }
    int kept = Math.max(0, hashes.length - first);
    int skipped = Math.max(0, first - hashes.length);
    long[] values = new long[kept + added.length - skipped];
    int[] times = new int[values.length];
    System.arraycopy(hashes, hashes.length - kept, values, 0, kept);
    System.arraycopy(seconds, hashes.length - kept, times, 0, kept);
    System.arraycopy(added, skipped, values, kept, added.length - skipped);
    Arrays.fill(times, kept, times.length, now);
    return new EventIds(values, times);
  }
}
