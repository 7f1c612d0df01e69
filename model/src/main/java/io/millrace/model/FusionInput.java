package io.millrace.model;

/**
 * The raw signals of a set of candidates, in columns: entry i of each column belongs to candidate
 * i.
 *
 * @param size number of candidates; columns may be longer
 * @param popular shares of decayed positives: half-lives of 1, 3, 7, 14, 60 days, and ever
 * @param coVisited co-visitation with the whole history, with its last item, and within the running
 *     session
 * @param ageMs since the item entered the catalogue, milliseconds
 * @param releaseYear 0 when unknown
 * @param nowYear the calendar year of the question, UTC
 * @param historyYear mean release year of the newest three history items, NaN when unknown
 */
public record FusionInput(
    int size,
    float[][] popular,
    float[][] coVisited,
    float[] ageMs,
    float[] releaseYear,
    int nowYear,
    float historyYear) {

  /** The same candidates as if a column were not known: all zero. */
  public FusionInput without(Column column) {
    float[][] popularLeft = popular.clone();
    float[][] coVisitedLeft = coVisited.clone();
    float[] nothing = new float[size];
    switch (column) {
      case POPULAR_1D, POPULAR_3D, POPULAR_7D, POPULAR_14D, POPULAR_60D, POPULAR_EVER ->
          popularLeft[column.ordinal()] = nothing;
      case CO_VISITED -> coVisitedLeft[0] = nothing;
      case CO_VISITED_LAST -> coVisitedLeft[1] = nothing;
      case CO_VISITED_SESSION -> coVisitedLeft[2] = nothing;
    }
    return new FusionInput(
        size, popularLeft, coVisitedLeft, ageMs, releaseYear, nowYear, historyYear);
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
    CO_VISITED_SESSION
  }
}
