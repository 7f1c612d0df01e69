package io.millrace.user;

/**
 * Interactions, oldest first by (client's time, event id). Immutable; 24 bytes each.
 *
 * <p>A row is its key, its ordinal, its kind, strength and mark ({@link Meaning#bits} in the low
 * five bits, the duration band above) a byte each, and its names: three categories and the creator,
 * 16 bits each from the lowest up: 1 + the place in the user's names, 0 for none.
 */
public final class Acts {

  private static final int KEY = 0;
  private static final int ORDINAL = 2;
  private static final int WHAT = 3;
  private static final int NAMES = 4;
  private static final int WIDTH = 6;

  public static final Acts NONE = new Acts(Rows.none(WIDTH));

  private static final int TIE_BITS = 21;
  private static final int BITS = 0x1f;

  private final Rows rows;

  private Acts(Rows rows) {
    this.rows = rows;
  }

  /** From columns of one length, in order; see {@link #key(int)} and the like. */
  public static Acts of(
      long[] keys, int[] ordinals, byte[] kinds, byte[] strengths, byte[] marks, long[] names) {
    return new Acts(
        Rows.of(
            WIDTH,
            keys.length,
            n -> row(keys[n], ordinals[n], what(kinds[n], strengths[n], marks[n]), names[n])));
  }

  private static int[] row(long key, int ordinal, int what, long names) {
    return new int[] {
      (int) (key >>> 32), (int) key, ordinal, what, (int) (names >>> 32), (int) names
    };
  }

  private static int what(int kind, int strength, int mark) {
    return (kind & 0xff) << 16 | (strength & 0xff) << 8 | (mark & 0xff);
  }

  /** Time, then the event's hash: the order of everything that is told twice. */
  public static long key(long atMs, long eventHash) {
    return atMs << TIE_BITS | eventHash >>> (64 - TIE_BITS);
  }

  static long atMs(long key) {
    return key >> TIE_BITS;
  }

  public int size() {
    return rows.size();
  }

  public long key(int row) {
    return rows.getLong(row, KEY);
  }

  public int ordinal(int row) {
    return rows.get(row, ORDINAL);
  }

  /** {@link InteractionKind#code}. */
  public byte kind(int row) {
    return (byte) (rows.get(row, WHAT) >> 16);
  }

  /** In hundredths. */
  public byte strength(int row) {
    return (byte) (rows.get(row, WHAT) >> 8);
  }

  public byte mark(int row) {
    return (byte) rows.get(row, WHAT);
  }

  public long names(int row) {
    return rows.getLong(row, NAMES);
  }

  long at(int row) {
    return key(row) >> TIE_BITS;
  }

  int bits(int row) {
    return mark(row) & BITS;
  }

  int band(int row) {
    return (mark(row) & 0xff) >>> 5;
  }

  boolean is(int row, int bit) {
    return (mark(row) & bit) != 0;
  }

  Acts plus(long key, int ordinal, int kind, int strength, int bits, int band, long rowNames) {
    byte mark = (byte) (bits | band << 5);
    int row = size();
    while (row > 0 && after(row - 1, key, ordinal, kind, strength, mark)) {
      row--;
    }
    return new Acts(rows.with(row, row(key, ordinal, what(kind, strength, mark), rowNames)));
  }

  /** With a row of another one, which speaks of the same names. */
  Acts plus(Acts from, int row) {
    return plus(
        from.key(row),
        from.ordinal(row),
        from.kind(row),
        from.strength(row),
        from.bits(row),
        from.band(row),
        from.names(row));
  }

  /** Whether a row of another one is one of these: the same event, told to two users. */
  boolean holds(Acts from, int row) {
    for (int own = size() - 1; own >= 0 && key(own) >= from.key(row); own--) {
      if (key(own) == from.key(row)
          && ordinal(own) == from.ordinal(row)
          && kind(own) == from.kind(row)) {
        return true;
      }
    }
    return false;
  }

  /** All columns but the names decide, so that equal sets are equal rows. */
  private boolean after(int row, long key, int ordinal, int kind, int strength, int mark) {
    int order = Long.compare(key(row), key);
    order = order != 0 ? order : Integer.compare(ordinal(row), ordinal);
    order = order != 0 ? order : Integer.compare(kind(row), kind);
    order = order != 0 ? order : Integer.compare(strength(row), strength);
    order = order != 0 ? order : Integer.compare(mark(row), mark);
    return order > 0;
  }

  Acts without(int row) {
    return new Acts(rows.without(row));
  }

  /**
   * @param numbers by the number a name had, the one it has now; 0 for none
   */
  Acts renamed(int[] numbers) {
    return new Acts(
        Rows.of(
            WIDTH,
            size(),
            n -> row(key(n), ordinal(n), rows.get(n, WHAT), renamed(names(n), numbers))));
  }

  private static long renamed(long names, int[] numbers) {
    long changed = 0;
    for (int shift = 0; shift < 64; shift += 16) {
      changed |= (long) numbers[(int) (names >>> shift) & 0xffff] << shift;
    }
    return changed;
  }

  /** The row that speaks for an item: its latest opinion, or else its latest view; -1 for none. */
  int winner(int ordinal) {
    int view = -1;
    for (int row = size() - 1; row >= 0; row--) {
      if (ordinal(row) == ordinal) {
        if (is(row, Meaning.OPINION)) {
          return row;
        }
        if (view < 0 && is(row, Meaning.VIEW)) {
          view = row;
        }
      }
    }
    return view;
  }

  /** Whether (bits, key) outranks a row: an opinion any view, and the later of two alike. */
  boolean outranked(int row, int bits, long key) {
    int own = mark(row) & Meaning.OPINION;
    int other = bits & Meaning.OPINION;
    return own != other ? other > own : key > key(row);
  }

  int bytes() {
    return 16 + rows.bytes();
  }
}
