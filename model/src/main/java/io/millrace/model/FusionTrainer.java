package io.millrace.model;

/**
 * Learns the fusion's weights from choices, one step per choice. Owned by one thread; {@link
 * #published} hands out what others may read.
 *
 * <p>Formula: with p = softmax(score - log q) over the candidates, the gradient of the log
 * likelihood of the chosen one is x(chosen) - sum p(i) x(i); each row of the context takes an
 * Adagrad step of it, w += rate * g / (sqrt(sum g^2) + eps), with a share of the rate in all rows
 * but the global one. Source: softmax choice model with sampled candidates, correction by log q
 * (Bengio, Senecal 2008); Adagrad (Duchi, Hazan, Singer 2011). Rate measured: .03 to .1 differ by
 * less than .002 of HR@20.
 */
public final class FusionTrainer {

  private static final float RATE = 0.1f;

  /**
   * How much of the rate the rows of a context take: each sees fewer choices than the global one.
   * Measured on the first half of MovieTweetings, before the tested span (23,000 choices): HR@20
   * .3862 with the whole rate, .3884 with .3, .3882 with .15.
   */
  private static final float CONTEXT_SHARE = 0.3f;

  private static final float EPSILON = 1e-8f;

  private final float[][] rows;
  private final float[][] squares;
  private long examples;

  public FusionTrainer(FusionWeights start) {
    this.rows = start.copyOfRows();
    this.squares = start.copyOfSquares();
    this.examples = start.examples();
  }

  /**
   * Takes one step.
   *
   * @param matrix {@code [feature][candidate]}
   * @param size number of candidates, at least 1
   * @param chosen the candidate that was chosen
   * @param logInclusion log of the probability with which each candidate was sampled into this set;
   *     empty when the set is whole
   */
  public void learn(
      float[][] matrix, int size, int chosen, float[] logInclusion, FusionContext context) {
    if (chosen < 0 || chosen >= size) {
      throw new IllegalArgumentException(
          "chosen candidate " + chosen + ", expected 0 to " + (size - 1));
    }
    int[] rowsOf = context.rows();
    float[] weights = new float[FusionFeature.COUNT];
    for (int row : rowsOf) {
      for (int f = 0; f < weights.length; f++) {
        weights[f] += rows[row][f];
      }
    }
    float[] p = FusionWeights.scores(matrix, size, weights);
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      if (logInclusion.length > 0) {
        p[i] -= logInclusion[i];
      }
      largest = Math.max(largest, p[i]);
    }
    double sum = 0;
    for (int i = 0; i < size; i++) {
      p[i] = (float) Math.exp(p[i] - largest);
      sum += p[i];
    }
    float scale = (float) (1 / sum);
    for (int f = 0; f < weights.length; f++) {
      float[] column = matrix[f];
      float gradient = column[chosen] - dot(p, column, size) * scale;
      if (gradient == 0 || !Float.isFinite(gradient)) {
        continue;
      }
      for (int row : rowsOf) {
        squares[row][f] += gradient * gradient;
        float rate = row == 0 ? RATE : RATE * CONTEXT_SHARE;
        rows[row][f] += rate * gradient / ((float) Math.sqrt(squares[row][f]) + EPSILON);
      }
    }
    examples++;
  }

  /** In eight sums by position, so that no addition waits for the one before. */
  private static float dot(float[] a, float[] b, int size) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    int i = 0;
    for (; i + 8 <= size; i += 8) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
      s4 += a[i + 4] * b[i + 4];
      s5 += a[i + 5] * b[i + 5];
      s6 += a[i + 6] * b[i + 6];
      s7 += a[i + 7] * b[i + 7];
    }
    for (; i < size; i++) {
      s0 += a[i] * b[i];
    }
    return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7));
  }

  public long examples() {
    return examples;
  }

  /** A copy that never changes. */
  public FusionWeights published() {
    return new FusionWeights(
        FusionWeights.deepCopy(rows), FusionWeights.deepCopy(squares), examples);
  }
}
