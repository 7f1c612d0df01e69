package io.millrace.model.taste;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FoldInTest {

  private static final TasteSettings SETTINGS = new TasteSettings(64, 0.1f, 1, 0.5f);
  private static final int D = 64;
  private static final int ITEMS = 500;
  private final float[] items = gaussian(ITEMS * D, 1, 0.2);
  private final Gramian gramian = Gramian.of(D, items, ITEMS);

  @Test
  void no_evidence_gives_the_prior_itself_and_so_its_order_of_all_items() {
    float[] prior = gaussian(D, 2, 0.3);
    float[] vector = new float[D];

    new FoldIn(SETTINGS).begin(gramian, 0.1f, prior, 0).solve(vector, 0);

    assertArrayEquals(prior, vector, 1e-6f);
    assertArrayEquals(ranking(prior), ranking(vector));
  }

  @Test
  void a_vanishing_weight_leaves_the_prior_within_a_millionth() {
    float[] prior = gaussian(D, 2, 0.3);
    float[] vector = new float[D];

    new FoldIn(SETTINGS).begin(gramian, 0.1f, prior, 0).add(items, 0, 1e-7f, 1).solve(vector, 0);

    assertArrayEquals(prior, vector, 1e-6f);
  }

  @Test
  void solves_the_stated_equation_for_any_number_of_facts() {
    FoldIn fold = new FoldIn(SETTINGS);
    for (int facts : new int[] {1, 2, 3, 4, 5, 20, 128, 384}) {
      float[] prior = gaussian(D, facts, 0.3);
      Random random = new Random(facts);
      float[] weights = new float[facts];
      float[] targets = new float[facts];
      fold.begin(gramian, 0.1f, prior, 0);
      double mass = 0;
      for (int f = 0; f < facts; f++) {
        weights[f] = random.nextFloat() * 2;
        targets[f] = random.nextFloat() * 1.5f - 0.5f;
        mass += weights[f];
        fold.add(items, f * D, weights[f], targets[f]);
      }
      float[] vector = new float[D];
      fold.solve(vector, 0);

      double[] expected = reference(prior, weights, targets, SETTINGS.ridge((float) mass));

      for (int i = 0; i < D; i++) {
        assertEquals(expected[i], vector[i], 2e-4, facts + " facts, value " + i);
      }
    }
  }

  @Test
  void a_fact_draws_the_vector_towards_its_target() {
    float[] vector = new float[D];
    FoldIn fold = new FoldIn(SETTINGS);

    fold.begin(gramian, 0.1f, new float[0], 0).add(items, 0, 1, 1).solve(vector, 0);
    float liked = dot(vector, 0);
    fold.begin(gramian, 0.1f, new float[0], 0).add(items, 0, 1, -0.5f).solve(vector, 0);
    float refused = dot(vector, 0);

    assertTrue(liked > 0.05, "liked " + liked);
    assertTrue(refused < -0.02, "refused " + refused);
  }

  @Test
  void quantised_facts_give_the_same_within_their_rounding() {
    short[] quantised = new short[ITEMS * D];
    float[] scales = new float[ITEMS];
    for (int i = 0; i < ITEMS; i++) {
      scales[i] = Generation.quantise(items, i * D, D, quantised, i * D);
    }
    float[] exact = new float[D];
    float[] rounded = new float[D];
    FoldIn fold = new FoldIn(SETTINGS);
    fold.begin(gramian, 0.1f, new float[0], 0);
    for (int i = 0; i < 20; i++) {
      fold.add(items, i * D, 1, 1);
    }
    fold.solve(exact, 0);

    fold.begin(gramian, 0.1f, new float[0], 0);
    for (int i = 0; i < 20; i++) {
      fold.add(quantised, i * D, scales[i], 1, 1);
    }
    fold.solve(rounded, 0);

    assertArrayEquals(exact, rounded, 1e-4f);
  }

  @Test
  void the_same_facts_give_the_same_bits_whatever_was_folded_before() {
    float[] first = new float[D];
    float[] second = new float[D];
    FoldIn fresh = new FoldIn(SETTINGS);
    FoldIn used = new FoldIn(SETTINGS);
    used.begin(gramian, 3, gaussian(D, 9, 1), 0).add(items, 640, 2, 1).solve(second, 0);

    for (FoldIn fold : new FoldIn[] {fresh, used}) {
      fold.begin(gramian, 0.1f, new float[0], 0);
      for (int i = 0; i < 7; i++) {
        fold.add(items, i * D, 1, 1);
      }
      fold.solve(fold == fresh ? first : second, 0);
    }

    assertArrayEquals(first, second);
  }

  @Test
  void facts_that_are_not_finite_are_refused() {
    float[] bad = new float[D];
    bad[3] = Float.NaN;
    FoldIn fold = new FoldIn(SETTINGS).begin(gramian, 0.1f, new float[0], 0).add(bad, 0, 1, 1);

    assertThrows(ArithmeticException.class, () -> fold.solve(new float[D], 0));
  }

  private float dot(float[] vector, int item) {
    float sum = 0;
    for (int i = 0; i < D; i++) {
      sum += vector[i] * items[item * D + i];
    }
    return sum;
  }

  private Integer[] ranking(float[] vector) {
    Integer[] order = new Integer[ITEMS];
    java.util.Arrays.setAll(order, i -> i);
    java.util.Arrays.sort(order, (a, b) -> Float.compare(dot(vector, b), dot(vector, a)));
    return order;
  }

  /** In doubles, by elimination, from the equation as it is written. */
  private double[] reference(float[] prior, float[] weights, float[] targets, float ridge) {
    double[][] a = new double[D][D + 1];
    for (int i = 0; i < D; i++) {
      for (int j = 0; j < D; j++) {
        a[i][j] = 0.1f * gramian.at(i, j) + (i == j ? ridge : 0);
        a[i][D] += a[i][j] * prior[j];
      }
    }
    for (int f = 0; f < weights.length; f++) {
      for (int i = 0; i < D; i++) {
        double v = items[f * D + i];
        for (int j = 0; j < D; j++) {
          a[i][j] += weights[f] * v * items[f * D + j];
        }
        a[i][D] += weights[f] * targets[f] * v;
      }
    }
    for (int k = 0; k < D; k++) {
      for (int i = 0; i < D; i++) {
        if (i != k) {
          double factor = a[i][k] / a[k][k];
          for (int j = k; j <= D; j++) {
            a[i][j] -= factor * a[k][j];
          }
        }
      }
    }
    double[] solution = new double[D];
    for (int i = 0; i < D; i++) {
      solution[i] = a[i][D] / a[i][i];
    }
    return solution;
  }

  private static float[] gaussian(int n, long seed, double scale) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return values;
  }
}
