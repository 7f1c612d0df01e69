package io.millrace.index;

import java.util.Arrays;

/**
 * What one positive in a cell of {@link TimeGrid} weighs for each half-life, relative to a landmark
 * that moves with the watermark.
 *
 * <p>Formula: 2^(middle of the cell / half-life - landmark); landmark = the watermark in half-lives
 * since 1970, rounded down to 512. What lies in the total weighs 2^-1000, whatever the landmark: it
 * orders what has nothing newer.
 *
 * <p>So a landmark moves by a power of two, and {@link #scaled} is exact: what was weighed before
 * has the very bits that it would get if it were weighed anew, and keeps its place in every order.
 * It is, because doubles have room: no cell lies further back than 900 days, so values of cells are
 * at least 2^-901 (and below 2^560), those of totals at most 2^-955, and where both are added the
 * total is too small to change a bit.
 *
 * <p>StrictMath, so that copies agree bit for bit. Writer thread only; holds nothing that has to
 * survive.
 */
final class DecayWeights {

  static final double DAY_MS = 86_400_000.0;
  static final long[] HALF_LIVES_DAYS = {1, 3, 7, 14, 60};
  static final int HALF_LIVES = HALF_LIVES_DAYS.length;

  /** More cells of a level than are ever alive at once, so that each is computed once. */
  private static final int[] RING = {128, 128, 256, 64};

  private final long[][] tags = new long[RING.length][];
  private final double[][] weights = new double[RING.length][];
  private static final int STEP = 512;
  private static final double TOTAL_WEIGHT = 0x1p-1000;

  /** Between the values of totals alone and those of any cell. */
  private static final double TOTALS_BELOW = 0x1p-950;

  /** In half-lives since 1970. */
  private final long[] landmarks = new long[HALF_LIVES];

  private final int[] moved = new int[HALF_LIVES];

  DecayWeights() {
    for (int level = 0; level < RING.length; level++) {
      tags[level] = new long[RING[level]];
      weights[level] = new double[RING[level] * HALF_LIVES];
    }
    forget();
  }

  /**
   * Moves the landmarks. Answers by how many half-lives, one number for each half-life; what was
   * weighed before has to be {@link #scaled} by them.
   */
  int[] moveTo(long watermarkMs) {
    boolean any = false;
    for (int h = 0; h < HALF_LIVES; h++) {
      long halfLives = Math.floorDiv(watermarkMs, HALF_LIVES_DAYS[h] * 86_400_000L);
      long landmark = Math.floorDiv(halfLives, STEP) * STEP;
      moved[h] = Math.toIntExact(landmark - landmarks[h]);
      landmarks[h] = landmark;
      any |= moved[h] != 0;
    }
    if (any) {
      forget();
    }
    return moved;
  }

  /** A value relative to a landmark that moved by so many half-lives. */
  static double scaled(double value, int halfLives) {
    return Math.abs(value) < TOTALS_BELOW ? value : Math.scalb(value, -halfLives);
  }

  private void forget() {
    for (long[] tag : tags) {
      Arrays.fill(tag, Long.MIN_VALUE);
    }
  }

  /** Adds {@code sum} positives of a cell to the value of each half-life. */
  void add(int level, long start, long sum, double[] values) {
    if (level == TimeGrid.TOTAL) {
      for (int h = 0; h < HALF_LIVES; h++) {
        values[h] += sum * TOTAL_WEIGHT;
      }
      return;
    }
    long index = TimeGrid.index(level, start);
    int place = (int) index & (RING[level] - 1);
    double[] table = weights[level];
    int offset = place * HALF_LIVES;
    if (tags[level][place] != index) {
      double middle = TimeGrid.middleMs(level, start);
      for (int h = 0; h < HALF_LIVES; h++) {
        double halfLives = middle / (HALF_LIVES_DAYS[h] * DAY_MS);
        double whole = Math.floor(halfLives);
        // The power of the fraction alone: the rest is exact, wherever the landmark is.
        table[offset + h] =
            Math.scalb(StrictMath.pow(2, halfLives - whole), (int) ((long) whole - landmarks[h]));
      }
      tags[level][place] = index;
    }
    for (int h = 0; h < HALF_LIVES; h++) {
      values[h] += sum * table[offset + h];
    }
  }
}
