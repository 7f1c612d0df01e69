package io.millrace.user;

import it.unimi.dsi.fastutil.longs.Long2LongRBTreeMap;
import it.unimi.dsi.fastutil.longs.Long2LongSortedMap;
import java.util.Arrays;

/**
 * Strengths summed by what they are about, in buckets aligned to the epoch: five minutes for two
 * hours, hours for two days, days for 60 days, blocks of 30 days for 720 days, then a total.
 * Integers, so folds commute; half-lives are applied when read. Immutable; 16 bytes a bucket.
 *
 * @param keys 4 bits dimension, 16 bits name or band, 4 bits level, 40 bits bucket; ascending
 * @param values in hundredths
 */
public record Sums(long[] keys, long[] values) {

  static final int CATEGORY = 0;
  static final int CREATOR = 1;
  static final int BAND = 2;
  static final int ROW_BYTES = 16;

  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;
  private static final long[] WIDTH = {300_000, HOUR, DAY, 30 * DAY, Long.MAX_VALUE};

  /** How long a bucket stays in its level, plus the hour that an event may come late. */
  private static final long[] STAYS = {
    2 * HOUR + HOUR, 2 * DAY + HOUR, 60 * DAY + HOUR, 720 * DAY + HOUR
  };

  private static final int TOTAL = 4;

  public static final Sums NONE = new Sums(new long[0], new long[0]);

  static int dimension(long key) {
    return (int) (key >>> 60);
  }

  static int name(long key) {
    return (int) (key >>> 44) & 0xffff;
  }

  private static int level(long key) {
    return (int) (key >>> 40) & 0xf;
  }

  private static long bucket(long key) {
    return key << 24 >> 24;
  }

  static long withName(long key, int name) {
    return (key & ~(0xffffL << 44)) | ((long) name << 44);
  }

  /** Middle of the bucket, {@code Long.MIN_VALUE} for a total. */
  static long middleMs(long key) {
    int level = level(key);
    return level == TOTAL ? Long.MIN_VALUE : bucket(key) * WIDTH[level] + WIDTH[level] / 2;
  }

  private static long key(int dimension, int name, long atMs, long nowMs) {
    for (int level = 0; level < TOTAL; level++) {
      long bucket = Math.floorDiv(atMs, WIDTH[level]);
      if (nowMs - (bucket + 1) * WIDTH[level] <= STAYS[level]) {
        return key(dimension, name, level, bucket);
      }
    }
    return key(dimension, name, TOTAL, 0);
  }

  private static long key(int dimension, int name, int level, long bucket) {
    return (long) dimension << 60
        | (long) name << 44
        | (long) level << 40
        | (bucket & 0xff_ffff_ffffL);
  }

  /** Adds to the bucket that holds {@code atMs} as seen from {@code nowMs}. */
  Sums plus(int dimension, int name, long atMs, long nowMs, int value) {
    if (value == 0) {
      return this;
    }
    long key = key(dimension, name, atMs, nowMs);
    int at = Arrays.binarySearch(keys, key);
    if (at >= 0) {
      if (values[at] + value == 0) {
        return without(at);
      }
      long[] changed = values.clone();
      changed[at] += value;
      return new Sums(keys, changed);
    }
    at = -at - 1;
    long[] newKeys = new long[keys.length + 1];
    long[] newValues = new long[keys.length + 1];
    System.arraycopy(keys, 0, newKeys, 0, at);
    System.arraycopy(keys, at, newKeys, at + 1, keys.length - at);
    System.arraycopy(values, 0, newValues, 0, at);
    System.arraycopy(values, at, newValues, at + 1, keys.length - at);
    newKeys[at] = key;
    newValues[at] = value;
    return new Sums(newKeys, newValues);
  }

  private Sums without(int at) {
    long[] newKeys = Arrays.copyOf(keys, keys.length - 1);
    long[] newValues = Arrays.copyOf(values, keys.length - 1);
    System.arraycopy(keys, at + 1, newKeys, at, newKeys.length - at);
    System.arraycopy(values, at + 1, newValues, at, newKeys.length - at);
    return new Sums(newKeys, newValues);
  }

  /** Moves every bucket to the level it has as seen from {@code nowMs}. */
  Sums folded(long nowMs) {
    boolean stays = true;
    for (long key : keys) {
      stays &= moved(key, nowMs) == key;
    }
    if (stays) {
      return this;
    }
    Long2LongSortedMap sums = new Long2LongRBTreeMap();
    for (int i = 0; i < keys.length; i++) {
      long key = moved(keys[i], nowMs);
      sums.put(key, sums.get(key) + values[i]);
    }
    return of(sums);
  }

  static Sums of(Long2LongSortedMap sums) {
    sums.values().removeIf(value -> value == 0);
    return new Sums(sums.keySet().toLongArray(), sums.values().toLongArray());
  }

  private static long moved(long key, long nowMs) {
    int level = level(key);
    return level == TOTAL ? key : key(dimension(key), name(key), bucket(key) * WIDTH[level], nowMs);
  }
}
