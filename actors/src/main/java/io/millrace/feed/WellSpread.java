package io.millrace.feed;

import java.util.Arrays;

/**
 * Picks few of many so that they lie far apart: the first, then each time the one whose nearest
 * picked one is farthest. Never worse than twice the best possible distance.
 *
 * <p>Source: Gonzalez (1985), farthest-first traversal.
 */
final class WellSpread {

  /** How far two of them are apart, by their places among the many; symmetric. */
  interface Distance {
    double between(int one, int other);
  }

  private WellSpread() {}

  /** Places of the picked ones, in the order of picking; ties go to the earlier. */
  static int[] pick(int many, int few, Distance distance) {
    int[] picked = new int[Math.min(few, many)];
    double[] nearest = new double[many];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    for (int n = 0; n < picked.length; n++) {
      int farthest = 0;
      for (int i = 1; i < many; i++) {
        if (nearest[i] > nearest[farthest]) {
          farthest = i;
        }
      }
      picked[n] = farthest;
      for (int i = 0; i < many; i++) {
        nearest[i] = Math.min(nearest[i], distance.between(farthest, i));
      }
      nearest[farthest] = Double.NEGATIVE_INFINITY;
    }
    return picked;
  }
}
