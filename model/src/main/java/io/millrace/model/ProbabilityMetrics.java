package io.millrace.model;

import java.util.Arrays;

/**
 * How good probabilities were, over all examples together: area under the ROC curve, log loss,
 * calibration. Keeps every prediction. Owned by one thread.
 *
 * <p>Formula: AUC = the share of pairs of a positive and a negative in which the positive was given
 * more, ties half; log loss = mean of -ln p(what happened); calibration = sum of p / number of
 * positives, 1 is right.
 */
public final class ProbabilityMetrics {

  private double[] predicted = new double[1024];
  private boolean[] happened = new boolean[1024];
  private int size;

  /**
   * One example.
   *
   * @param probability above 0 and below 1
   */
  public void add(double probability, boolean label) {
    if (!(probability > 0 && probability < 1)) {
      throw new IllegalArgumentException(
          "probability is " + probability + ", expected above 0 and below 1");
    }
    if (size == predicted.length) {
      predicted = Arrays.copyOf(predicted, 2 * size);
      happened = Arrays.copyOf(happened, 2 * size);
    }
    predicted[size] = probability;
    happened[size++] = label;
  }

  public int examples() {
    return size;
  }

  public int positives() {
    int positives = 0;
    for (int i = 0; i < size; i++) {
      positives += happened[i] ? 1 : 0;
    }
    return positives;
  }

  /** NaN when all labels are alike. */
  public double auc() {
    double[] positive = predictedWhere(true);
    double[] negative = predictedWhere(false);
    double won = 0;
    int below = 0;
    int notAbove = 0;
    for (double p : positive) {
      while (below < negative.length && negative[below] < p) {
        below++;
      }
      notAbove = Math.max(notAbove, below);
      while (notAbove < negative.length && negative[notAbove] <= p) {
        notAbove++;
      }
      won += below + (notAbove - below) / 2.0;
    }
    return won / ((double) positive.length * negative.length);
  }

  public double logLoss() {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum -= Math.log(happened[i] ? predicted[i] : 1 - predicted[i]);
    }
    return sum / size;
  }

  public double calibration() {
    return Arrays.stream(predicted, 0, size).sum() / positives();
  }

  private double[] predictedWhere(boolean label) {
    double[] some = new double[size];
    int n = 0;
    for (int i = 0; i < size; i++) {
      if (happened[i] == label) {
        some[n++] = predicted[i];
      }
    }
    double[] sorted = Arrays.copyOf(some, n);
    Arrays.sort(sorted);
    return sorted;
  }
}
