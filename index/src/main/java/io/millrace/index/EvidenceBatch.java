package io.millrace.index;

import java.util.List;

/**
 * What one user stream says of the items it touched, numbered without gaps: an exactly-once fold of
 * journalled interactions, written once and read by every copy.
 *
 * @param stream 0 to 15
 * @param number 1, 2, 3 ... per stream
 * @param asOfMs newest event time folded so far in this stream
 * @param choices a sample of the positives with the context they were made in, for learning; may be
 *     empty
 * @param touches by whom items were taken up, of users with a history
 */
public record EvidenceBatch(
    int stream,
    long number,
    long asOfMs,
    List<ItemDelta> items,
    EvidencePairs pairs,
    List<Choice> choices,
    List<Touch> touches) {

  /** Of rows, without touches. */
  public EvidenceBatch(
      int stream,
      long number,
      long asOfMs,
      List<ItemDelta> items,
      List<PairDelta> pairs,
      List<Choice> choices) {
    this(stream, number, asOfMs, items, EvidencePairs.of(pairs), choices, List.of());
  }

  /**
   * Who took an item up, as the items taken up before say it: enough to derive what the user was
   * like in any generation.
   *
   * @param history ordinals of the items touched last before it, newest first, 1 to 20
   */
  public record Touch(long itemHash, long atMs, int[] history) {
    /** An item's live vector is made of its newest touches, of no more than these. */
    public static final int MOST_OF_ITEM = 64;
  }

  /**
   * Counts to add to one item in one five-minute bucket.
   *
   * @param bucket epoch milliseconds / 300,000
   * @param impressions viewed slots; {@code views} plays and clicks; {@code positives} what counts
   *     as popularity, in 1/256: one for each touch; {@code negatives} skips, not interested,
   *     reports
   */
  public record ItemDelta(
      long itemHash, long bucket, int impressions, int views, int positives, int negatives) {}

  /**
   * Weight to add to a directed pair: {@code item} was touched after {@code predecessor}, or, with
   * half the weight, before it.
   *
   * @param day epoch milliseconds / 86,400,000 of the choice
   * @param weight 1024 * .8^k, {@code predecessor} being the k-th item before, from k = 1
   * @param sessionWeight the same, of pairs at most ten minutes apart
   */
  public record PairDelta(
      long predecessorHash, long itemHash, int day, int weight, int sessionWeight) {}

  /**
   * A positive and the context it was made in: enough to ask the index the question that it
   * answered.
   *
   * @param history ordinals of the items touched last before it, newest first, at most 20
   * @param positives recorded before it
   * @param lastPositiveAtMs {@code Long.MIN_VALUE} when there was none
   * @param touches recorded before it: the length of the history
   * @param lastTouchAtMs {@code Long.MIN_VALUE} when there was none
   */
  public record Choice(
      long itemHash,
      long atMs,
      int[] history,
      long[] historyAtMs,
      long positives,
      long lastPositiveAtMs,
      long touches,
      long lastTouchAtMs) {

    /** Where only positives are known. */
    public Choice(
        long itemHash,
        long atMs,
        int[] history,
        long[] historyAtMs,
        long positives,
        long lastPositiveAtMs) {
      this(
          itemHash,
          atMs,
          history,
          historyAtMs,
          positives,
          lastPositiveAtMs,
          positives,
          lastPositiveAtMs);
    }
  }
}
