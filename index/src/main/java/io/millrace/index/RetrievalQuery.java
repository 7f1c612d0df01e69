package io.millrace.index;

import java.util.List;
import java.util.Set;

/**
 * One question to the index: all sources at once.
 *
 * @param nowMs milliseconds since 1970
 * @param history ordinals of the user's newest positives, newest first, at most 128 (the newest 20
 *     are used)
 * @param historyAtMs their times
 * @param excluded sorted ordinals that must not come back
 * @param sources which to ask
 * @param perSource best candidates taken from each source
 * @param limit candidates returned at most, the best by the light score
 * @param taste the user's vectors; {@link Taste#NONE} leaves out the sources that need them
 * @param refused what the user refused of late; lowers nothing here, see {@link Signal#REFUSED}
 */
public record RetrievalQuery(
    long nowMs,
    int[] history,
    long[] historyAtMs,
    int[] excluded,
    List<String> followedCreators,
    Filter filter,
    Set<Source> sources,
    int perSource,
    int limit,
    Taste taste,
    Refused refused) {

  /** Of one who refused nothing, without vectors. */
  public RetrievalQuery(
      long nowMs,
      int[] history,
      long[] historyAtMs,
      int[] excluded,
      List<String> followedCreators,
      Filter filter,
      Set<Source> sources,
      int perSource,
      int limit) {
    this(
        nowMs,
        history,
        historyAtMs,
        excluded,
        followedCreators,
        filter,
        sources,
        perSource,
        limit,
        Taste.NONE,
        Refused.NONE);
  }

  /**
   * The user's vectors in the space of one generation; read with those of that generation's items
   * only.
   *
   * @param generation 0: there are none
   * @param longTerm from all that is remembered; empty when there are none
   * @param recent from the newest interactions
   */
  public record Taste(int generation, float[] longTerm, float[] recent) {
    public static final Taste NONE = new Taste(0, new float[0], new float[0]);
  }

  /**
   * Items that the user refused, and what is left of it.
   *
   * @param strengths 1 for one that was refused outright just now; above 0
   */
  public record Refused(int[] ordinals, float[] strengths) {
    public static final Refused NONE = new Refused(new int[0], new float[0]);
  }

  /** What every returned item must be. Empty lists and NaN / negative bounds ask nothing. */
  public record Filter(
      List<String> categories,
      List<String> excludeCategories,
      List<String> creators,
      List<String> excludeCreators,
      List<String> tags,
      List<String> languages,
      double minPrice,
      double maxPrice,
      int maxAgeRating,
      boolean allowSensitive,
      long maxDurationMs,
      long createdWithinMs) {
    /** Nothing but what any item must be. */
    public static final Filter NONE =
        new Filter(
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            Double.NaN,
            Double.NaN,
            -1,
            false,
            -1,
            -1);
  }
}
