package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FusionTest {

  private static final FusionContext CONTEXT = new FusionContext(2, 3, 1, 4);

  @Test
  void an_untrained_fusion_ranks_by_the_mixtures() {
    FusionInput input = input(50, 1);
    float[][] matrix = FusionFeature.matrix(input);

    float[] scores = FusionWeights.initial().scores(matrix, 50, CONTEXT);

    for (int i = 0; i < 50; i++) {
      float expected =
          matrix[FusionFeature.POPULARITY_MIXTURE.ordinal()][i]
              + 0.3f * matrix[FusionFeature.MIXTURE.ordinal()][i];
      assertEquals(expected, scores[i], 1e-5);
    }
  }

  /** Adagrad's first step is rate * sign(gradient), so it shows the sign; its square the size. */
  @Test
  void the_gradient_is_that_of_the_log_likelihood_by_finite_differences() {
    FusionInput input = input(40, 2);
    float[][] matrix = FusionFeature.matrix(input);
    int chosen = 17;
    FusionTrainer trainer = new FusionTrainer(FusionWeights.initial());

    trainer.learn(matrix, 40, chosen, new float[0], CONTEXT);

    float[][] squares = trainer.published().copyOfSquares();
    float[] weights = FusionWeights.initial().in(CONTEXT);
    for (int f = 0; f < FusionFeature.COUNT; f++) {
      float[] up = weights.clone();
      float[] down = weights.clone();
      up[f] += 1e-2f;
      down[f] -= 1e-2f;
      double slope =
          (logLikelihood(matrix, 40, chosen, up) - logLikelihood(matrix, 40, chosen, down)) / 2e-2;
      assertEquals(
          Math.abs(slope), Math.sqrt(squares[0][f]), 2e-3 + Math.abs(slope) * 0.02, "feature " + f);
    }
  }

  @Test
  void what_is_always_chosen_comes_first_after_a_while() {
    FusionTrainer trainer = new FusionTrainer(FusionWeights.initial());
    for (int round = 0; round < 1_500; round++) {
      FusionInput input = input(30, 100 + round);
      trainer.learn(FusionFeature.matrix(input), 30, oldestYear(input), new float[0], CONTEXT);
    }

    FusionInput unseen = input(30, 9);
    float[] scores = trainer.published().scores(FusionFeature.matrix(unseen), 30, CONTEXT);

    int better = 0;
    for (float score : scores) {
      better += score > scores[oldestYear(unseen)] ? 1 : 0;
    }
    assertTrue(better <= 2, better + " candidates are ranked above it");
  }

  @Test
  void sampling_is_corrected_by_the_inclusion_probability() {
    FusionInput input = input(20, 3);
    float[][] matrix = FusionFeature.matrix(input);
    FusionTrainer plain = new FusionTrainer(FusionWeights.initial());
    FusionTrainer corrected = new FusionTrainer(FusionWeights.initial());
    float[] equal = new float[20];
    java.util.Arrays.fill(equal, (float) Math.log(0.25));

    plain.learn(matrix, 20, 4, new float[0], CONTEXT);
    corrected.learn(matrix, 20, 4, equal, CONTEXT);

    float[] a = plain.published().in(CONTEXT);
    float[] b = corrected.published().in(CONTEXT);
    assertArrayEquals(a, b, 1e-4f, "an equal correction of all changes nothing");
  }

  @Test
  void weights_come_back_from_their_bytes() {
    FusionTrainer trainer = new FusionTrainer(FusionWeights.initial());
    trainer.learn(FusionFeature.matrix(input(10, 5)), 10, 3, new float[0], CONTEXT);
    FusionWeights weights = trainer.published();

    assertEquals(weights, FusionWeights.fromBytes(weights.toBytes()));
  }

  @Test
  void bytes_that_are_no_weights_are_refused_by_what_they_begin_with() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> FusionWeights.fromBytes(new byte[] {1, 2, 3, 4}));

    assertEquals("fusion weights begin with 01020304, expected 4d464331", refused.getMessage());
  }

  @Test
  void leaving_a_column_out_equals_a_column_of_zeros() {
    FusionInput input = input(25, 6);
    for (FusionInput.Column column : FusionInput.Column.values()) {
      float[][] expected = FusionFeature.matrix(input.without(column));

      float[][] left = FusionFeature.matrixWithout(column, input, FusionFeature.matrix(input));

      for (int f = 0; f < FusionFeature.COUNT; f++) {
        assertArrayEquals(expected[f], left[f], column + " feature " + f);
      }
    }
  }

  @Test
  void contexts_change_class_at_their_bounds() {
    assertEquals(0, FusionContext.of(0, -1, Float.NaN, 2013, new float[0]).history());
    assertEquals(1, FusionContext.of(2, 60_000, 2013, 2013, new float[1]).gap());
    assertEquals(2, FusionContext.of(2, 60_001, 2013, 2013, new float[1]).gap());
    assertEquals(6, FusionContext.of(2, Long.MAX_VALUE, 2013, 2013, new float[1]).gap());
    assertEquals(7, FusionContext.of(9, 0, Float.NaN, 2013, new float[1]).age());
    assertEquals(1, FusionContext.of(9, 0, 2013, 2013, new float[1]).age());
    assertEquals(1, FusionContext.of(9, 0, 2013, 2013, new float[] {0}).popularity());
    assertEquals(7, FusionContext.of(9, 0, 2013, 2013, new float[] {1}).popularity());
  }

  private static int oldestYear(FusionInput input) {
    int oldest = 0;
    for (int i = 1; i < input.size(); i++) {
      if (Math.abs(input.releaseYear()[i] - input.historyYear())
          > Math.abs(input.releaseYear()[oldest] - input.historyYear())) {
        oldest = i;
      }
    }
    return oldest;
  }

  private static double logLikelihood(float[][] matrix, int size, int chosen, float[] weights) {
    float[] scores = FusionWeights.scores(matrix, size, weights);
    double largest = Double.NEGATIVE_INFINITY;
    for (float score : scores) {
      largest = Math.max(largest, score);
    }
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score - largest);
    }
    return scores[chosen] - largest - Math.log(sum);
  }

  static FusionInput input(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][] popular = new float[6][size];
    float[][] coVisited = new float[4][size];
    float[][] near = new float[4][size];
    float[][] alike = new float[2][size];
    float[] leaning = new float[size];
    float[] age = new float[size];
    float[] year = new float[size];
    for (int i = 0; i < size; i++) {
      for (float[] column : popular) {
        column[i] = (float) (random.nextDouble() * 0.01);
      }
      for (float[] column : coVisited) {
        column[i] = (float) (random.nextDouble() * 0.1);
      }
      for (float[] column : near) {
        column[i] = (float) (random.nextDouble() - 0.3);
      }
      for (float[] column : alike) {
        column[i] = (float) Math.max(0, random.nextDouble() - 0.5);
      }
      leaning[i] = (float) (2 * random.nextDouble() - 1);
      age[i] = (float) (random.nextDouble() * 3e9);
      year[i] = 1950 + random.nextInt(64);
    }
    return new FusionInput(size, popular, coVisited, near, alike, leaning, age, year, 2013, 2005);
  }
}
