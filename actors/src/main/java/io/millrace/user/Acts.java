package io.millrace.user;

import java.util.Arrays;

/**
 * Interactions packed in columns, oldest first by (client's time, event id). Immutable; 26 bytes
 * each.
 *
 * @param keys {@link #key}
 * @param marks {@link Meaning#bits} in the low five bits, the duration band above
 * @param names three categories and the creator, 16 bits each from the lowest up: 1 + the place in
 *     the user's names, 0 for none
 */
public record Acts(
    long[] keys, int[] ordinals, byte[] kinds, byte[] strengths, byte[] marks, long[] names) {

  public static final Acts NONE =
      new Acts(new long[0], new int[0], new byte[0], new byte[0], new byte[0], new long[0]);

  /** What a row costs, without the arrays' headers. */
  static final int ROW_BYTES = 8 + 4 + 1 + 1 + 1 + 8;

  private static final int TIE_BITS = 21;
  private static final int BITS = 0x1f;

  /** Time, then the event's hash: the order of everything that is told twice. */
  public static long key(long atMs, long eventHash) {
    return atMs << TIE_BITS | eventHash >>> (64 - TIE_BITS);
  }

  static long atMs(long key) {
    return key >> TIE_BITS;
  }

  public int size() {
    return keys.length;
  }

  long at(int row) {
    return keys[row] >> TIE_BITS;
  }

  int bits(int row) {
    return marks[row] & BITS;
  }

  int band(int row) {
    return (marks[row] & 0xff) >>> 5;
  }

  boolean is(int row, int bit) {
    return (marks[row] & bit) != 0;
  }

  Acts plus(long key, int ordinal, int kind, int strength, int bits, int band, long rowNames) {
    byte mark = (byte) (bits | band << 5);
    int row = size();
    while (row > 0 && after(row - 1, key, ordinal, kind, strength, mark)) {
      row--;
    }
    return new Acts(
        inserted(keys, row, key),
        inserted(ordinals, row, ordinal),
        inserted(kinds, row, (byte) kind),
        inserted(strengths, row, (byte) strength),
        inserted(marks, row, mark),
        inserted(names, row, rowNames));
  }

  /** With a row of another one, which speaks of the same names. */
  Acts plus(Acts from, int row) {
    return plus(
        from.keys[row],
        from.ordinals[row],
        from.kinds[row],
        from.strengths[row],
        from.bits(row),
        from.band(row),
        from.names[row]);
  }

  /** Whether a row of another one is one of these: the same event, told to two users. */
  boolean holds(Acts from, int row) {
    int at = Arrays.binarySearch(keys, from.keys[row]);
    return at >= 0 && ordinals[at] == from.ordinals[row] && kinds[at] == from.kinds[row];
  }

  /** All columns but the names decide, so that equal sets are equal columns. */
  private boolean after(int row, long key, int ordinal, int kind, int strength, int mark) {
    int order = Long.compare(keys[row], key);
    order = order != 0 ? order : Integer.compare(ordinals[row], ordinal);
    order = order != 0 ? order : Integer.compare(kinds[row], kind);
    order = order != 0 ? order : Integer.compare(strengths[row], strength);
    order = order != 0 ? order : Integer.compare(marks[row], mark);
    return order > 0;
  }

  Acts without(int row) {
    return new Acts(
        removed(keys, row),
        removed(ordinals, row),
        removed(kinds, row),
        removed(strengths, row),
        removed(marks, row),
        removed(names, row));
  }

  Acts withNames(long[] changed) {
    return new Acts(keys, ordinals, kinds, strengths, marks, changed);
  }

  /** The row that speaks for an item: its latest opinion, or else its latest view; -1 for none. */
  int winner(int ordinal) {
    int view = -1;
    for (int row = size() - 1; row >= 0; row--) {
      if (ordinals[row] == ordinal) {
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
    int own = marks[row] & Meaning.OPINION;
    int other = bits & Meaning.OPINION;
    return own != other ? other > own : key > keys[row];
  }

  private static long[] inserted(long[] from, int at, long value) {
    long[] to = new long[from.length + 1];
    System.arraycopy(from, 0, to, 0, at);
    System.arraycopy(from, at, to, at + 1, from.length - at);
    to[at] = value;
    return to;
  }

  private static int[] inserted(int[] from, int at, int value) {
    int[] to = new int[from.length + 1];
    System.arraycopy(from, 0, to, 0, at);
    System.arraycopy(from, at, to, at + 1, from.length - at);
    to[at] = value;
    return to;
  }

  private static byte[] inserted(byte[] from, int at, byte value) {
    byte[] to = new byte[from.length + 1];
    System.arraycopy(from, 0, to, 0, at);
    System.arraycopy(from, at, to, at + 1, from.length - at);
    to[at] = value;
    return to;
  }

  private static long[] removed(long[] from, int at) {
    long[] to = Arrays.copyOf(from, from.length - 1);
    System.arraycopy(from, at + 1, to, at, to.length - at);
    return to;
  }

  private static int[] removed(int[] from, int at) {
    int[] to = Arrays.copyOf(from, from.length - 1);
    System.arraycopy(from, at + 1, to, at, to.length - at);
    return to;
  }

  private static byte[] removed(byte[] from, int at) {
    byte[] to = Arrays.copyOf(from, from.length - 1);
    System.arraycopy(from, at + 1, to, at, to.length - at);
    return to;
  }
}
