package io.millrace.evaluation;

import io.millrace.model.RankingMetrics;

/** One way of ranking beside the one that learns: its figures over the same tests. */
final class Shadow {
  final RankingMetrics metrics = new RankingMetrics(20);

  /**
   * Position of the target among all that this way ranks; ties go to the lower item.
   *
   * @param scores NaN where this way does not rank the row
   */
  static int rank(float[] scores, int[] ordinals, int target) {
    if (target < 0 || Float.isNaN(scores[target])) {
      return RankingMetrics.MISSED;
    }
    float score = scores[target];
    int better = 0;
    for (int row = 0; row < scores.length; row++) {
      if (scores[row] > score || (scores[row] == score && ordinals[row] < ordinals[target])) {
        better++;
      }
    }
    return better + 1;
  }
}
