package io.millrace.index;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Chooses the centroids of {@link VectorLists}: k-means (Lloyd) within bands of norm, with as many
 * centroids to a band as its share of the squares of all norms, or as it has use for. The same
 * vectors give the same centroids.
 *
 * <p>Bands because norms carry popularity: over all norms at once nearly all centroids go to the
 * few large vectors, and by number alone hardly any: then what is found most lies in lists of what
 * has nothing in common (decision record 18 has what either costs).
 */
final class ListsTraining {

  private static final int BANDS = 12;

  /** Lloyd's rounds; chosen: later ones move hardly anything. */
  private static final int ROUNDS = 6;

  /**
   * Vectors for each centroid of a band at least, in places two blocks; what a small band may not
   * use goes to none. With 8, and with all centroids dealt out, {@code ann-svd64}'s items cost
   * twice as much (k = 100, recall .99).
   */
  private static final int LEAST_IN_A_LIST = 32;

  /** Vectors that each centroid is learned from; chosen. */
  private static final int SAMPLE = 40;

  private ListsTraining() {}

  /**
   * The rows of the centroids, one after the other.
   *
   * @param vectors by ordinal, null for none
   * @param count centroids, about
   */
  static float[] centroids(float[][] vectors, int length, int count) {
    double largest = 0;
    for (float[] vector : vectors) {
      if (vector != null) {
        largest = Math.max(largest, GraphFolder.norm(vector));
      }
    }
    int[] sizes = new int[BANDS];
    byte[] bands = new byte[vectors.length];
    for (int i = 0; i < vectors.length; i++) {
      if (vectors[i] != null) {
        bands[i] = (byte) band(GraphFolder.norm(vectors[i]), largest);
        sizes[bands[i]]++;
      }
    }
    double[] weights = new double[BANDS];
    double sum = 0;
    for (int band = 0; band < BANDS; band++) {
      // Each band is half the norm of the one before it, a quarter of the weight.
      weights[band] = sizes[band] * Math.pow(.25, band);
      sum += weights[band];
    }
    float[] rows = new float[0];
    for (int band = 0; band < BANDS; band++) {
      if (sizes[band] > 0) {
        float[][] members = new float[sizes[band]][];
        int at = 0;
        for (int i = 0; i < vectors.length; i++) {
          if (vectors[i] != null && bands[i] == band) {
            members[at++] = vectors[i];
          }
        }
        int most = Math.max(1, members.length / LEAST_IN_A_LIST);
        int share = Math.clamp(Math.round(count * weights[band] / sum), 1, most);
        float[] of = cluster(members, length, share, new SplittableRandom(band));
        int had = rows.length;
        rows = Arrays.copyOf(rows, had + of.length);
        System.arraycopy(of, 0, rows, had, of.length);
      }
    }
    return rows;
  }

  private static int band(double norm, double largest) {
    if (!(norm > 0)) {
      return BANDS - 1;
    }
    return (int) Math.min(BANDS - 1, Math.log(largest / norm) / Math.log(2));
  }

  private static float[] cluster(float[][] all, int length, int count, SplittableRandom random) {
    float[][] sample = sample(all, count * SAMPLE, random);
    float[] rows = new float[count * length];
    for (int i = 0; i < count; i++) {
      // The sample is in random order.
      System.arraycopy(sample[i], 0, rows, i * length, length);
    }
    for (int round = 0; round < ROUNDS; round++) {
      double[] sums = new double[count * length];
      int[] members = new int[count];
      Nearest nearest = new Nearest(rows, length);
      for (float[] vector : sample) {
        int list = nearest.to(vector);
        members[list]++;
        for (int d = 0; d < length; d++) {
          sums[list * length + d] += vector[d];
        }
      }
      for (int list = 0; list < count; list++) {
        if (members[list] == 0) {
          System.arraycopy(sample[random.nextInt(sample.length)], 0, rows, list * length, length);
        } else {
          for (int d = 0; d < length; d++) {
            rows[list * length + d] = (float) (sums[list * length + d] / members[list]);
          }
        }
      }
    }
    return rows;
  }

  /** The first of a random order. */
  private static float[][] sample(float[][] all, int most, SplittableRandom random) {
    float[][] drawn = all.clone();
    int size = Math.min(most, all.length);
    for (int i = 0; i < size; i++) {
      int j = i + random.nextInt(drawn.length - i);
      float[] swap = drawn[i];
      drawn[i] = drawn[j];
      drawn[j] = swap;
    }
    return Arrays.copyOf(drawn, size);
  }

  private static final class Nearest {
    private final VectorBlocks.View centroids;
    private final float[] squares;
    private final float[] scores = new float[VectorBlocks.BLOCK];

    Nearest(float[] rows, int length) {
      VectorBlocks blocks = new VectorBlocks(length);
      squares = new float[rows.length / length];
      for (int i = 0; i < squares.length; i++) {
        float[] row = Arrays.copyOfRange(rows, i * length, (i + 1) * length);
        blocks.put(i, new ItemFacts.Vector(row));
        for (float value : row) {
          squares[i] += value * value;
        }
      }
      centroids = blocks.view();
    }

    int to(float[] vector) {
      int best = 0;
      float least = Float.POSITIVE_INFINITY;
      for (int first = 0; first < squares.length; first += VectorBlocks.BLOCK) {
        centroids.scores(first / VectorBlocks.BLOCK, vector, scores);
        int many = Math.min(VectorBlocks.BLOCK, squares.length - first);
        for (int i = 0; i < many; i++) {
          float distance = squares[first + i] - 2 * scores[i];
          if (distance < least) {
            least = distance;
            best = first + i;
          }
        }
      }
      return best;
    }
  }
}
