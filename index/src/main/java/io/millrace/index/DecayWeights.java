package io.millrace.index;

import java.util.Arrays;

/**
 * What one positive in a cell of {@link TimeGrid} weighs for each half-life, relative to a landmark
 * that moves with the watermark.
 *
 * <p>Formula: 2^((middle of the cell - landmark) / half-life); landmark = the watermark rounded
 * down to 64 half-lives. The total weighs as if it lay 720 days before the landmark. Doubles hold
 * 1,000 half-lives below it, and no cell lies further back than 900 days: nothing reaches zero, so
 * silence of any length changes no order.
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
  private final double[] totalWeight = new double[HALF_LIVES];
  private final long[] landmarkMs = new long[HALF_LIVES];

  DecayWeights() {
    for (int level = 0; level < RING.length; level++) {
      tags[level] = new long[RING[level]];
      weights[level] = new double[RING[level] * HALF_LIVES];
    }
    for (int h = 0; h < HALF_LIVES; h++) {
      totalWeight[h] = StrictMath.pow(2, -720.0 / HALF_LIVES_DAYS[h]);
    }
    forget();
  }

  /** True when a landmark moved: everything weighed before has to be weighed again. */
  boolean moveTo(long watermarkMs) {
    boolean moved = false;
    for (int h = 0; h < HALF_LIVES; h++) {
      long step = 64 * HALF_LIVES_DAYS[h] * 86_400_000L;
      long landmark = Math.floorDiv(watermarkMs, step) * step;
      moved |= landmark != landmarkMs[h];
      landmarkMs[h] = landmark;
    }
    if (moved) {
      forget();
    }
    return moved;
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
        values[h] += sum * totalWeight[h];
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
        table[offset + h] =
            StrictMath.pow(2, (middle - landmarkMs[h]) / (HALF_LIVES_DAYS[h] * DAY_MS));
      }
      tags[level][place] = index;
    }
    for (int h = 0; h < HALF_LIVES; h++) {
      values[h] += sum * table[offset + h];
    }
  }
}
