package io.millrace.user;

import java.util.Arrays;

/**
 * What a user's interactions say about items, one row an item, newest first: all that the user's
 * vectors are derived from. Immutable; the arrays are not to be written.
 *
 * @param ordinals the items, each once, at most 128 taken up and 32 refused
 * @param atMs when what counts was done, by the client's clock
 * @param strengths in hundredths, -100 (refused) to 100 (loved); see {@link Reward}
 * @param positive whether it is a positive
 * @param against whether it speaks against the item and the user did not take it up: skipped, not
 *     interested, hidden, reported
 */
public record Leanings(
    int[] ordinals, long[] atMs, byte[] strengths, boolean[] positive, boolean[] against) {

  /** Of a user who did nothing. */
  public static final Leanings NONE =
      new Leanings(new int[0], new long[0], new byte[0], new boolean[0], new boolean[0]);

  /** Of someone of whom only the items taken up are known, newest first. */
  public static Leanings touched(int[] ordinals, long[] atMs) {
    int n = ordinals.length;
    return new Leanings(ordinals, atMs, new byte[n], new boolean[n], new boolean[n]);
  }

  public int size() {
    return ordinals.length;
  }

  /** Those that were there before a time. */
  public Leanings before(long ms) {
    int from = 0;
    while (from < size() && atMs[from] > ms) {
      from++;
    }
    return from == 0 ? this : rows(from, size());
  }

  private Leanings rows(int from, int to) {
    return new Leanings(
        Arrays.copyOfRange(ordinals, from, to),
        Arrays.copyOfRange(atMs, from, to),
        Arrays.copyOfRange(strengths, from, to),
        Arrays.copyOfRange(positive, from, to),
        Arrays.copyOfRange(against, from, to));
  }
}
