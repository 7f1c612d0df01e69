package io.millrace.model;

import java.util.SplittableRandom;

/**
 * Hit rate, NDCG and reciprocal rank at a cut-off over tests with one relevant item each, with
 * bootstrap intervals over users. Owned by one thread.
 *
 * <p>Formula: for rank r (1 is best): HR = [r <= k], NDCG = [r <= k] / log2(r + 1), MRR = [r <= k]
 * / r; means over tests.
 */
public final class RankingMetrics {

  /** Rank of an item that was not ranked at all. */
  public static final int MISSED = Integer.MAX_VALUE;

  private final int cutOff;
  private long tests;
  private double hits;
  private double gain;
  private double reciprocal;

  public RankingMetrics(int cutOff) {
    this.cutOff = cutOff;
  }

  public void add(int rank) {
    if (rank < 1) {
      throw new IllegalArgumentException("rank " + rank + ", expected 1 or more");
    }
    tests++;
    if (rank <= cutOff) {
      hits++;
      gain += Math.log(2) / Math.log(rank + 1.0);
      reciprocal += 1.0 / rank;
    }
  }

  public long tests() {
    return tests;
  }

  public double hitRate() {
    return tests == 0 ? 0 : hits / tests;
  }

  public double ndcg() {
    return tests == 0 ? 0 : gain / tests;
  }

  public double reciprocalRank() {
    return tests == 0 ? 0 : reciprocal / tests;
  }

  /** Ends of an interval. */
  public record Interval(double low, double high) {}

  /**
   * The 95 % percentile interval of a mean over tests when users, not tests, are drawn: tests of
   * one user hang together. Source: Efron, Tibshirani 1993, chapter 13; cluster bootstrap.
   *
   * @param sums per user the sum of the measure
   * @param counts per user the number of tests
   */
  public static Interval bootstrap(double[] sums, int[] counts, int draws, long seed) {
    if (sums.length == 0) {
      return new Interval(0, 0);
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] means = new double[draws];
    for (int d = 0; d < draws; d++) {
      double sum = 0;
      long count = 0;
      for (int i = 0; i < sums.length; i++) {
        int user = random.nextInt(sums.length);
        sum += sums[user];
        count += counts[user];
      }
      means[d] = count == 0 ? 0 : sum / count;
    }
    java.util.Arrays.sort(means);
    return new Interval(
        means[(int) (draws * 0.025)], means[(int) Math.min(draws - 1, draws * 0.975)]);
  }
}
