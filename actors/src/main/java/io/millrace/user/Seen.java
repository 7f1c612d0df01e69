package io.millrace.user;

import java.util.Arrays;

/**
 * Items the user saw, and the last day of each. Immutable; 5 bytes each, and 10 for the newest.
 *
 * <p>An item that was only viewed is forgotten 254 days before the newest day; one that was acted
 * on is kept, as of "long ago". What comes out depends on what went in, not on the order.
 *
 * <p>Most lie sorted; what came since they were sorted lies beside them and counts before them, so
 * that one more does not copy them all.
 */
public final class Seen {

  /** Sees each item once, ascending. */
  public interface Visitor {
    /** An item, as of the day since 1970 it was last seen: any before the base day as that day. */
    void visit(int ordinal, boolean acted, int day);
  }

  private static final int LONGEST = 254;

  /** Bounds a user's memory (100 KB here): chosen, twenty thousand is more than a year of hours. */
  static final int MOST = 20_000;

  /** Below it all are sorted at once: a few hundred bytes to copy. */
  private static final int FEW = 64;

  private static final int MOST_FRESH = 128;
  private static final Rows NO_FRESH = Rows.none(2);

  public static final Seen NONE = new Seen(Integer.MIN_VALUE / 2, new int[0], new byte[0]);

  private final int baseDay;

  /** ordinal * 2, + 1 when acted on; ascending, each ordinal once. */
  private final int[] packed;

  /** Codes, unsigned. */
  private final byte[] days;

  /** Like the two columns, as they came: a later one counts before an earlier one. */
  private final Rows fresh;

  private Seen(int baseDay, int[] packed, byte[] days, Rows fresh) {
    this.baseDay = baseDay;
    this.packed = packed;
    this.days = days;
    this.fresh = fresh;
  }

  /**
   * From columns, which nobody may write to any more.
   *
   * @param baseDay day since 1970 that code 0 stands for, or any before it
   * @param packed ordinal * 2, + 1 when acted on; ascending, each ordinal once
   * @param days codes of the days, unsigned
   */
  public Seen(int baseDay, int[] packed, byte[] days) {
    this(baseDay, packed, days, NO_FRESH);
  }

  public int baseDay() {
    return baseDay;
  }

  public int size() {
    return sorted().packed.length;
  }

  boolean holds(int ordinal) {
    return found(ordinal) >= 0;
  }

  public void each(Visitor visitor) {
    Seen all = sorted();
    for (int row = 0; row < all.packed.length; row++) {
      visitor.visit(all.packed[row] >>> 1, (all.packed[row] & 1) != 0, all.day(row));
    }
  }

  private int day(int row) {
    return baseDay + (days[row] & 0xff);
  }

  /** Day code and whether acted on, -1 when it was never seen. */
  private int found(int ordinal) {
    for (int row = fresh.size() - 1; row >= 0; row--) {
      if (fresh.get(row, 0) >>> 1 == ordinal) {
        return fresh.get(row, 1) << 1 | (fresh.get(row, 0) & 1);
      }
    }
    int row = Arrays.binarySearch(packed, ordinal << 1);
    row = row < 0 ? -row - 1 : row;
    return row < packed.length && packed[row] >>> 1 == ordinal
        ? (days[row] & 0xff) << 1 | (packed[row] & 1)
        : -1;
  }

  Seen plus(int ordinal, boolean acted, int day) {
    Seen on = rebased(day);
    int code = Math.max(0, day - on.baseDay);
    int known = on.found(ordinal);
    if (known < 0 && code == 0 && !acted) {
      return on;
    }
    int now = known < 0 ? 0 : known;
    now = Math.max(code, now >>> 1) << 1 | (acted ? 1 : now & 1);
    return now == known ? on : on.with(ordinal << 1 | (now & 1), now >>> 1);
  }

  private Seen with(int value, int code) {
    int most = packed.length < FEW ? 0 : Math.min(MOST_FRESH, packed.length / 8);
    if (fresh.size() < most && packed.length + fresh.size() < MOST) {
      return new Seen(baseDay, packed, days, fresh.with(fresh.size(), value, code));
    }
    return sorted()
        .merged(new Seen(baseDay, new int[] {value}, new byte[] {(byte) code}))
        .bounded();
  }

  /** The same without any that are fresh. */
  private Seen sorted() {
    if (fresh.size() == 0) {
      return this;
    }
    long[] order = new long[fresh.size()];
    for (int row = 0; row < order.length; row++) {
      order[row] = (long) (fresh.get(row, 0) >>> 1) << 32 | row;
    }
    Arrays.sort(order);
    int[] values = new int[order.length];
    byte[] codes = new byte[order.length];
    int n = 0;
    for (int i = 0; i < order.length; i++) {
      if (i + 1 == order.length || order[i] >>> 32 != order[i + 1] >>> 32) {
        values[n] = fresh.get((int) order[i], 0);
        codes[n++] = (byte) fresh.get((int) order[i], 1);
      }
    }
    return new Seen(baseDay, packed, days)
        .merged(new Seen(baseDay, Arrays.copyOf(values, n), Arrays.copyOf(codes, n)));
  }

  /** What either saw, each item once, as of the later day. */
  Seen with(Seen other) {
    int base = Math.max(baseDay, other.baseDay);
    Seen both = rebased(base + LONGEST).sorted().merged(other.rebased(base + LONGEST).sorted());
    while (both.packed.length > MOST) {
      both = both.bounded();
    }
    return both;
  }

  /** Of two with one base day, both sorted. */
  private Seen merged(Seen other) {
    int[] values = new int[packed.length + other.packed.length];
    byte[] codes = new byte[values.length];
    int n = 0;
    int i = 0;
    int j = 0;
    while (i < packed.length || j < other.packed.length) {
      int own = i == packed.length ? Integer.MAX_VALUE : packed[i] >>> 1;
      int theirs = j == other.packed.length ? Integer.MAX_VALUE : other.packed[j] >>> 1;
      if (own == theirs) {
        values[n] = packed[i] | other.packed[j];
        codes[n++] = (byte) Math.max(days[i++] & 0xff, other.days[j++] & 0xff);
      } else if (own < theirs) {
        values[n] = packed[i];
        codes[n++] = days[i++];
      } else {
        values[n] = other.packed[j];
        codes[n++] = other.days[j++];
      }
    }
    return new Seen(baseDay, Arrays.copyOf(values, n), Arrays.copyOf(codes, n));
  }

  /** So that {@code day} has a code, of the newest day at most {@link #LONGEST}. */
  private Seen rebased(int day) {
    if (day - baseDay <= LONGEST) {
      return this;
    }
    if (fresh.size() > 0) {
      return sorted().rebased(day);
    }
    int base = day - LONGEST;
    int[] values = new int[packed.length];
    byte[] codes = new byte[packed.length];
    int n = 0;
    for (int row = 0; row < packed.length; row++) {
      long code = Math.max(0, (long) day(row) - base);
      if (code > 0 || (packed[row] & 1) != 0) {
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

  int bytes() {
    return 32 + 2 * 16 + 5 * packed.length + (fresh == NO_FRESH ? 0 : fresh.bytes());
  }
}
