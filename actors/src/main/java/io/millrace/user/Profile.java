package io.millrace.user;

import java.util.List;

/**
 * Who is asking, as of one sequence number: all that retrieval, score and arranging need of a user.
 *
 * @param userSeq the state this is
 * @param history ordinals of the items touched last (any rating, play, like, purchase ...; not what
 *     was undone or refused), newest first, each once, at most 128
 * @param historyAtMs their times
 * @param historyLiked which of them the user liked (positives of the reward table)
 * @param positives number of positives ever recorded (personalised ones)
 * @param lastPositiveAtMs time of the newest positive, {@code Long.MIN_VALUE} when there is none
 * @param taken sorted ordinals that this surface must not serve now: viewed within the repeat
 *     window, acted on, reserved, blocked
 * @param viewed how many of {@code taken} are there because they were viewed or acted on
 * @param blockedCreators as stated or hidden
 * @param blockedCategories as stated or hidden
 * @param followedCreators followed and not unfollowed
 * @param likedCategories stated at onboarding
 * @param maxAgeRating years; -1 when the user states none
 * @param tastes strength by category, strongest first, at most 64
 * @param touches number of touches ever recorded: the length of the history
 * @param lastTouchAtMs time of the newest touch, {@code Long.MIN_VALUE} when there is none
 * @param leanings what the newest interactions say for and against items
 */
public record Profile(
    String userId,
    long userSeq,
    int[] history,
    long[] historyAtMs,
    boolean[] historyLiked,
    long positives,
    long lastPositiveAtMs,
    int[] taken,
    int viewed,
    List<String> blockedCreators,
    List<String> blockedCategories,
    List<String> followedCreators,
    List<String> likedCategories,
    int maxAgeRating,
    List<Taste> tastes,
    long touches,
    long lastTouchAtMs,
    Leanings leanings) {

  /**
   * Decayed strength of a category with half-lives of a day, thirty days and never; shares of the
   * sum of magnitudes.
   */
  public record Taste(String category, double day, double month, double ever) {}

  /** What is known of a user nobody has heard of. */
  public static Profile unknown(String userId) {
    return new Profile(
        userId,
        0,
        new int[0],
        new long[0],
        new boolean[0],
        0,
        Long.MIN_VALUE,
        new int[0],
        0,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        -1,
        List.of(),
        0,
        Long.MIN_VALUE,
        Leanings.NONE);
  }
}
