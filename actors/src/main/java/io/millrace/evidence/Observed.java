package io.millrace.evidence;

/**
 * One journalled interaction as evidence wants it.
 *
 * @param itemHash {@code ItemIds.hash} of its item
 * @param atMs the client's time, milliseconds since 1970
 * @param touch whether it is part of the user's history from now on, so that pairs lead to it
 * @param positive whether it is a positive
 * @param kinds what to count: any of {@link #IMPRESSION}, {@link #VIEW}, {@link #NEGATIVE}
 * @param context what was known of the user just before it
 */
public record Observed(
    long itemHash, long atMs, boolean touch, boolean positive, int kinds, Context context) {

  /** The item was seen. */
  public static final int IMPRESSION = 1;

  /** It was played, opened or clicked. */
  public static final int VIEW = 2;

  /** It was skipped, refused or reported. */
  public static final int NEGATIVE = 4;

  /**
   * What was known of the user just before an interaction, in the order of the client's clock.
   *
   * @param predecessors ordinals of the items touched last, newest first, each once, at most 20
   * @param predecessorsAtMs their times
   * @param touches recorded before it
   * @param lastTouchAtMs {@code Long.MIN_VALUE} when there was none
   * @param positives recorded before it
   * @param lastPositiveAtMs {@code Long.MIN_VALUE} when there was none
   */
  public record Context(
      int[] predecessors,
      long[] predecessorsAtMs,
      long touches,
      long lastTouchAtMs,
      long positives,
      long lastPositiveAtMs) {

    /** Of a user nothing is known of. */
    public static final Context NONE =
        new Context(new int[0], new long[0], 0, Long.MIN_VALUE, 0, Long.MIN_VALUE);
  }
}
