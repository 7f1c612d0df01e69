package io.millrace.model;

/**
 * The circumstances of a question, in classes: which sets of weights apply beside the global one.
 * Boundaries are those measured with the recipe (docs/adr/0004).
 *
 * @param history class of the number of items ever touched: 0, 1-2, 3-5, 6-20, more
 * @param gap class of the time since the last touch: none, up to a minute, 10 min, an hour, a day,
 *     a week, more
 * @param age class of the mean release age of the newest three history items in years: no history,
 *     .5, 1.5, 3, 7, 15, more, unknown
 * @param popularity class of the mean log10 of their 60-day share: no history, below -4.5, -4,
 *     -3.5, -3, -2.5, -2, more
 */
public record FusionContext(int history, int gap, int age, int popularity) {

  /** Rows of weights: one global, then one block of rows per part of the context. */
  static final int HISTORY_ROW = 1;

  static final int GAP_ROW = HISTORY_ROW + 5;
  static final int AGE_ROW = GAP_ROW + 7;
  static final int POPULARITY_ROW = AGE_ROW + 8;
  static final int ROWS = POPULARITY_ROW + 8;

  private static final long[] GAP_BOUNDS_MS = {
    60_000L, 600_000L, 3_600_000L, 86_400_000L, 604_800_000L
  };
  private static final double[] AGE_BOUNDS = {0.5, 1.5, 3, 7, 15};
  private static final double[] POPULARITY_BOUNDS = {-4.5, -4, -3.5, -3, -2.5, -2};

  /**
   * Classifies the circumstances of one question.
   *
   * @param touches items ever touched
   * @param gapMs since the last touch; negative when there was none
   * @param historyYear mean release year of the newest three, NaN when unknown
   * @param nowYear calendar year of the question
   * @param historyShares 60-day shares of the newest three; empty without history
   */
  public static FusionContext of(
      long touches, long gapMs, float historyYear, int nowYear, float[] historyShares) {
    int history = touches == 0 ? 0 : touches <= 2 ? 1 : touches <= 5 ? 2 : touches <= 20 ? 3 : 4;
    int gap = 0;
    if (gapMs >= 0) {
      gap = 1;
      while (gap <= GAP_BOUNDS_MS.length && gapMs > GAP_BOUNDS_MS[gap - 1]) {
        gap++;
      }
    }
    int age = 0;
    int popularity = 0;
    if (historyShares.length > 0) {
      age = Float.isNaN(historyYear) ? 7 : 1 + classOf(nowYear - historyYear, AGE_BOUNDS, true);
      double sum = 0;
      for (float share : historyShares) {
        sum += Math.log10(share + 1e-5);
      }
      popularity = 1 + classOf(sum / historyShares.length, POPULARITY_BOUNDS, false);
    }
    return new FusionContext(history, gap, age, popularity);
  }

  /** The rows of weights that apply, the global one first. */
  int[] rows() {
    return new int[] {
      0, HISTORY_ROW + history, GAP_ROW + gap, AGE_ROW + age, POPULARITY_ROW + popularity
    };
  }

  private static int classOf(double value, double[] bounds, boolean closed) {
    int index = 0;
    while (index < bounds.length && (closed ? value > bounds[index] : value >= bounds[index])) {
      index++;
    }
    return index;
  }
}
