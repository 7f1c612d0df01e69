package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RankingMetricsTest {

  @Test
  void first_place_counts_whole_in_every_measure() {
    RankingMetrics metrics = new RankingMetrics(20);

    metrics.add(1);

    assertEquals(1, metrics.hitRate());
    assertEquals(1, metrics.ndcg(), 1e-12);
    assertEquals(1, metrics.reciprocalRank());
  }

  @Test
  void third_place_is_worth_half_a_gain_and_a_third_of_a_rank() {
    RankingMetrics metrics = new RankingMetrics(20);

    metrics.add(3);

    assertEquals(0.5, metrics.ndcg(), 1e-12);
    assertEquals(1.0 / 3, metrics.reciprocalRank(), 1e-12);
  }

  @Test
  void beyond_the_cut_off_and_missed_are_worth_nothing() {
    RankingMetrics metrics = new RankingMetrics(20);

    metrics.add(21);
    metrics.add(RankingMetrics.MISSED);

    assertEquals(2, metrics.tests());
    assertEquals(0, metrics.hitRate());
    assertEquals(0, metrics.ndcg());
  }

  @Test
  void the_bootstrap_interval_holds_the_mean_and_narrows_with_users() {
    RankingMetrics.Interval few = RankingMetrics.bootstrap(half(50), ones(50), 500, 1);
    RankingMetrics.Interval many = RankingMetrics.bootstrap(half(5_000), ones(5_000), 500, 1);

    assertTrue(few.low() < 0.5 && 0.5 < few.high());
    assertTrue(many.high() - many.low() < few.high() - few.low());
    assertEquals(0.0277, many.high() - many.low(), 0.004, "1.96 * 2 * root(.25 / 5000)");
  }

  private static double[] half(int n) {
    double[] sums = new double[n];
    for (int i = 0; i < n; i += 2) {
      sums[i] = 1;
    }
    return sums;
  }

  private static int[] ones(int n) {
    int[] counts = new int[n];
    java.util.Arrays.fill(counts, 1);
    return counts;
  }
}
