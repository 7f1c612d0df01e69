package io.millrace.user;

import java.util.Arrays;

/**
 * Items the user saw, and the last day of each. Immutable; 5 bytes each.
 *
 * <p>An item that was only viewed is forgotten 254 days before the newest day; one that was acted
 * on is kept, as of "long ago". What comes out depends on what went in, not on the order.
 *
 * @param baseDay day since 1970 that code 0 stands for, or any before it
 * @param packed ordinal * 2, + 1 when acted on; ascending, each ordinal once
 * @param days codes, unsigned
 */
public record Seen(int baseDay, int[] packed, byte[] days) {

  private static final int LONGEST = 254;

  /** Bounds a user's memory (100 KB here): chosen, twenty thousand is more than a year of hours. */
  static final int MOST = 20_000;

  static final int ROW_BYTES = 5;

  public static final Seen NONE = new Seen(Integer.MIN_VALUE / 2, new int[0], new byte[0]);

  public int size() {
    return packed.length;
  }

  int ordinal(int row) {
    return packed[row] >>> 1;
  }

  boolean acted(int row) {
    return (packed[row] & 1) != 0;
  }

  /** Day since 1970 it was last seen, or any before {@code baseDay} when it is {@code baseDay}. */
  int day(int row) {
    return baseDay + (days[row] & 0xff);
  }

  /** -1 when it was never seen. */
  int find(int ordinal) {
    int at = Arrays.binarySearch(packed, ordinal << 1);
    if (at < 0) {
      at = -at - 1;
    }
    return at < packed.length && packed[at] >>> 1 == ordinal ? at : -1;
  }

  Seen plus(int ordinal, boolean acted, int day) {
    Seen on = rebased(day);
    byte code = (byte) Math.max(0, day - on.baseDay);
    int row = on.find(ordinal);
    if (row < 0) {
      return code == 0 && !acted ? on : on.inserted(ordinal << 1 | (acted ? 1 : 0), code);
    }
    int value = on.packed[row] | (acted ? 1 : 0);
    int newest = Math.max(code & 0xff, on.days[row] & 0xff);
    if (value == on.packed[row] && newest == (on.days[row] & 0xff)) {
      return on;
    }
    int[] values = on.packed.clone();
    byte[] codes = on.days.clone();
    values[row] = value;
    codes[row] = (byte) newest;
    return new Seen(on.baseDay, values, codes);
  }

  /** What either saw, each item once, as of the later day. */
  Seen with(Seen other) {
    int base = Math.max(baseDay, other.baseDay);
    Seen a = rebased(base + LONGEST);
    Seen b = other.rebased(base + LONGEST);
    int[] values = new int[a.size() + b.size()];
    byte[] codes = new byte[values.length];
    int n = 0;
    int i = 0;
    int j = 0;
    while (i < a.size() || j < b.size()) {
      int left = i < a.size() ? a.ordinal(i) : Integer.MAX_VALUE;
      int right = j < b.size() ? b.ordinal(j) : Integer.MAX_VALUE;
      if (left == right) {
        values[n] = a.packed[i] | b.packed[j];
        codes[n++] = (byte) Math.max(a.days[i++] & 0xff, b.days[j++] & 0xff);
      } else if (left < right) {
        values[n] = a.packed[i];
        codes[n++] = a.days[i++];
      } else {
        values[n] = b.packed[j];
        codes[n++] = b.days[j++];
      }
    }
    Seen both = new Seen(base, Arrays.copyOf(values, n), Arrays.copyOf(codes, n));
    while (both.size() > MOST) {
      both = both.bounded();
    }
    return both;
  }

  private Seen inserted(int value, byte code) {
    int at = -Arrays.binarySearch(packed, value) - 1;
    int[] values = new int[packed.length + 1];
    byte[] codes = new byte[packed.length + 1];
    System.arraycopy(packed, 0, values, 0, at);
    System.arraycopy(packed, at, values, at + 1, packed.length - at);
    System.arraycopy(days, 0, codes, 0, at);
    System.arraycopy(days, at, codes, at + 1, days.length - at);
    values[at] = value;
    codes[at] = code;
    return new Seen(baseDay, values, codes).bounded();
  }

  /** So that {@code day} has a code, of the newest day at most {@link #LONGEST}. */
  private Seen rebased(int day) {
    if (day - baseDay <= LONGEST) {
      return this;
    }
    int base = day - LONGEST;
    int[] values = new int[packed.length];
    byte[] codes = new byte[packed.length];
    int n = 0;
    for (int row = 0; row < packed.length; row++) {
      long code = Math.max(0, (long) day(row) - base);
      if (code > 0 || acted(row)) {
        values[n] = packed[row];
        codes[n++] = (byte) code;
      }
    }
    return new Seen(base, Arrays.copyOf(values, n), Arrays.copyOf(codes, n));
  }

  /** Drops the oldest tenth, what was only viewed first. */
  private Seen bounded() {
    if (packed.length <= MOST) {
      return this;
    }
    int[] count = new int[512];
    for (int row = 0; row < packed.length; row++) {
      count[age(row)]++;
    }
    int drop = packed.length / 10;
    int limit = 0;
    for (int sum = count[0]; sum < drop; sum += count[++limit]) {
      // looks for the rank up to which to drop
    }
    int[] values = new int[packed.length];
    byte[] codes = new byte[packed.length];
    int n = 0;
    int dropped = 0;
    for (int row = 0; row < packed.length; row++) {
      if (age(row) < limit || (age(row) == limit && dropped < drop)) {
        dropped++;
      } else {
        values[n] = packed[row];
        codes[n++] = days[row];
      }
    }
    return new Seen(baseDay, Arrays.copyOf(values, n), Arrays.copyOf(codes, n));
  }

  private int age(int row) {
    return (packed[row] & 1) << 8 | (days[row] & 0xff);
  }
}
