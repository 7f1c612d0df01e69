package io.millrace.model;

/**
 * The raw signals of a set of candidates, in columns: entry i of each column belongs to candidate
 * i.
 *
 * @param size number of candidates; columns may be longer
 * @param popular shares of decayed positives: half-lives of 1, 3, 7, 14, 60 days, and ever
 * @param coVisited co-visitation with the whole history, with its last item, within the running
 *     session, and with the whole history as a cosine
 * @param near inner products of the user's long-term and recent vectors with the item's, and of the
 *     long-term one with what the item's content says; cosine of the item's vector with that of the
 *     user's newest item; 0 where there is none
 * @param alike likeness of words with the whole history, fading, and with its last item
 * @param categoryLeaning how much more the history is of the item's categories than the catalogue
 *     is, as a logarithm
 * @param ageMs since the item entered the catalogue, milliseconds
 * @param releaseYear 0 when unknown
 * @param nowYear the calendar year of the question, UTC
 * @param historyYear mean release year of the newest three history items, NaN when unknown
 */
public record FusionInput(
    int size,
    float[][] popular,
    float[][] coVisited,
    float[][] near,
    float[][] alike,
    float[] categoryLeaning,
    float[] ageMs,
    float[] releaseYear,
    int nowYear,
    float historyYear) {

  /** The same candidates as if a column were not known: all zero. */
  public FusionInput without(Column column) {
    float[][] popularLeft = popular.clone();
    float[][] coVisitedLeft = coVisited.clone();
    float[][] nearLeft = near.clone();
    float[][] alikeLeft = alike;
    float[] leaningLeft = categoryLeaning;
    float[] nothing = new float[size];
    switch (column) {
      case POPULAR_1D, POPULAR_3D, POPULAR_7D, POPULAR_14D, POPULAR_60D, POPULAR_EVER ->
          popularLeft[column.ordinal()] = nothing;
      case CO_VISITED -> coVisitedLeft[0] = nothing;
      case CO_VISITED_LAST -> coVisitedLeft[1] = nothing;
      case CO_VISITED_SESSION -> coVisitedLeft[2] = nothing;
      case CO_VISITED_COSINE -> coVisitedLeft[3] = nothing;
      case NEAREST -> nearLeft[0] = nothing;
      case NEAREST_RECENT -> nearLeft[1] = nothing;
      case NEAR_CONTENT -> nearLeft[2] = nothing;
      case NEAR_LAST -> nearLeft[3] = nothing;
      case ALIKE -> alikeLeft = new float[][] {nothing, nothing};
      case CATEGORY_LEANING -> leaningLeft = nothing;
    }
    return new FusionInput(
        size,
        popularLeft,
        coVisitedLeft,
        nearLeft,
        alikeLeft,
        leaningLeft,
        ageMs,
        releaseYear,
        nowYear,
        historyYear);
  }

  /** The columns that a source brings with it. */
  public enum Column {
    POPULAR_1D,
    POPULAR_3D,
    POPULAR_7D,
    POPULAR_14D,
    POPULAR_60D,
    POPULAR_EVER,
    CO_VISITED,
    CO_VISITED_LAST,
    CO_VISITED_SESSION,
    CO_VISITED_COSINE,
    NEAREST,
    NEAREST_RECENT,
    NEAR_CONTENT,
    ALIKE,
    CATEGORY_LEANING,
    NEAR_LAST
  }
}
