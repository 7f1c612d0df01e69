package io.millrace.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Centroids with a list each, and where every item is in them. Built by a training or empty;
 * written by one thread; readers take lists and deviations as they are.
 *
 * <p>Glossary (Sun, Simcha, Dopson, Guo, Kumar: SOAR, 2023): r = {@code first} residual, r' = the
 * second's; lambda = 1. Formula: an item lies in the list of its nearest centroid (L2), and in a
 * second of the 16 nearest, the least of |r'|^2 + (r . r')^2 / |r|^2: where the first misleads a
 * query, the second does not in the same direction.
 *
 * <p>The last list is for strays: vectors far from every centroid. It has no centroid and every
 * search reads it. Without centroids it holds all.
 */
final class VectorLists {

  /** From the paper: more are hardly ever chosen. */
  private static final int NEAR = 16;

  /**
   * A vector is a stray when its squared residual is so many times the mean of its list's when that
   * was trained. Chosen.
   */
  private static final double STRAY = 4;

  private static final VarHandle LISTS = MethodHandles.arrayElementVarHandle(VectorList[].class);

  final int length;

  /** Centroids; empty before there was a training. */
  final VectorBlocks.View centroids;

  private final float[] centroidRows;
  private final float[] squares;
  private final VectorList[] lists;

  /**
   * By list, mean squared residual across the centroid's direction, of one dimension; and how much
   * more it is along it, over the centroid's square. Norms that differ stretch a list along its
   * centroid. Read by anybody as they are.
   */
  private final float[] across;

  private final float[] stretch;
  private final double[] residuals;

  /** By list, of {@link #residuals} what lies along the centroid. */
  private final double[] alongs;

  private final double[] trained;

  /** By ordinal: list and slot of both places, -1 for none. Writer thread only. */
  private int[] places = {};

  /** Vectors put since it was built. */
  private int changes;

  private final float[] scores = new float[VectorBlocks.BLOCK];
  private final float[] nearBy = new float[NEAR];
  private final int[] near = new int[NEAR];

  /**
   * Without vectors.
   *
   * @param centroidRows {@code length} values for each
   */
  VectorLists(int length, float[] centroidRows) {
    this.length = length;
    this.centroidRows = centroidRows;
    int count = centroidRows.length / Math.max(1, length);
    VectorBlocks blocks = new VectorBlocks(length);
    squares = new float[count];
    for (int list = 0; list < count; list++) {
      float[] row = Arrays.copyOfRange(centroidRows, list * length, (list + 1) * length);
      blocks.put(list, new ItemFacts.Vector(row));
      squares[list] = (float) square(row);
    }
    centroids = blocks.view();
    lists = new VectorList[count + 1];
    for (int list = 0; list <= count; list++) {
      lists[list] = new VectorList(length, 1);
    }
    across = new float[count];
    stretch = new float[count];
    residuals = new double[count];
    alongs = new double[count];
    trained = new double[count];
  }

  /** Lists that have a centroid. */
  int count() {
    return squares.length;
  }

  int strays() {
    return lists[count()].used();
  }

  int changes() {
    return changes;
  }

  /** With or without a centroid. */
  VectorList list(int number) {
    return (VectorList) LISTS.getAcquire(lists, number);
  }

  /**
   * Fills the lists at once, before anybody reads them.
   *
   * @param vectors by ordinal, null for none
   */
  void fill(float[][] vectors) {
    places = new int[4 * vectors.length];
    Arrays.fill(places, -1);
    int[] counts = new int[lists.length];
    for (int ordinal = 0; ordinal < vectors.length; ordinal++) {
      if (vectors[ordinal] != null) {
        choose(vectors[ordinal], ordinal);
        for (int copy = 0; copy < 4; copy += 2) {
          int list = places[4 * ordinal + copy];
          if (list >= 0) {
            counts[list]++;
            if (list < count()) {
              residuals[list] += apart(vectors[ordinal], list);
              alongs[list] += along(vectors[ordinal], list);
            }
          }
        }
      }
    }
    for (int list = 0; list < lists.length; list++) {
      lists[list] = new VectorList(length, counts[list] + counts[list] / 16);
    }
    for (int ordinal = 0; ordinal < vectors.length; ordinal++) {
      if (vectors[ordinal] != null) {
        for (int copy = 0; copy < 4; copy += 2) {
          int list = places[4 * ordinal + copy];
          if (list >= 0) {
            int slot = lists[list].room(0);
            places[4 * ordinal + copy + 1] = slot;
            lists[list].write(slot, ordinal, vectors[ordinal], 0);
          }
        }
      }
    }
    for (int list = 0; list < count(); list++) {
      trained[list] = counts[list] == 0 ? Double.MAX_VALUE : residuals[list] / counts[list];
      spread(list);
    }
  }

  private void spread(int list) {
    int used = lists[list].used();
    double along = used == 0 ? 0 : Math.max(0, alongs[list]) / used;
    double rest = used == 0 ? 0 : Math.max(0, residuals[list] - alongs[list]) / used;
    double one = rest / Math.max(1, length - 1);
    across[list] = (float) one;
    stretch[list] = squares[list] > 0 ? (float) ((along - one) / squares[list]) : 0;
  }

  /**
   * Standard deviations of the lists' scores for a query.
   *
   * @param norm of the query
   * @param means its inner products with the centroids
   */
  void deviations(float norm, float[] means, float[] out) {
    float square = norm * norm;
    for (int list = 0; list < across.length; list++) {
      float variance = square * across[list] + means[list] * means[list] * stretch[list];
      out[list] = (float) Math.sqrt(Math.max(0, variance));
    }
  }

  /** Writes which lists a vector belongs to; -1 for no second. */
  private void choose(float[] vector, int ordinal) {
    int at = 4 * ordinal;
    places[at] = count();
    places[at + 2] = -1;
    if (count() == 0) {
      return;
    }
    int found = nearest(vector);
    int first = near[0];
    double square = square(vector);
    double residual = Math.max(0, nearBy[0] + square);
    if (changes > 0 && residual > STRAY * trained[first]) {
      return;
    }
    places[at] = first;
    double least = Double.MAX_VALUE;
    for (int i = 1; i < found; i++) {
      double along = 0;
      for (int d = 0; d < length; d++) {
        along +=
            (double) (vector[d] - centroidRows[first * length + d])
                * (vector[d] - centroidRows[near[i] * length + d]);
      }
      double loss = nearBy[i] + square + (residual > 0 ? along * along / residual : 0);
      if (loss < least) {
        least = loss;
        places[at + 2] = near[i];
      }
    }
  }

  /** The nearest centroids into {@code near}, nearest first; how many. */
  private int nearest(float[] vector) {
    int found = 0;
    float worst = Float.POSITIVE_INFINITY;
    for (int block = 0; block * VectorBlocks.BLOCK < count(); block++) {
      centroids.scores(block, vector, scores);
      int first = block * VectorBlocks.BLOCK;
      int many = Math.min(VectorBlocks.BLOCK, count() - first);
      for (int i = 0; i < many; i++) {
        float distance = squares[first + i] - 2 * scores[i];
        if (distance < worst) {
          int at = found < NEAR ? found++ : NEAR - 1;
          for (; at > 0 && nearBy[at - 1] > distance; at--) {
            nearBy[at] = nearBy[at - 1];
            near[at] = near[at - 1];
          }
          nearBy[at] = distance;
          near[at] = first + i;
          worst = found == NEAR ? nearBy[NEAR - 1] : worst;
        }
      }
    }
    return found;
  }

  private double apart(float[] vector, int list) {
    double sum = 0;
    for (int d = 0; d < length; d++) {
      double difference = vector[d] - centroidRows[list * length + d];
      sum += difference * difference;
    }
    return sum;
  }

  /** Square of what the residual is along the centroid. */
  private double along(float[] vector, int list) {
    if (!(squares[list] > 0)) {
      return 0;
    }
    double product = 0;
    for (int d = 0; d < length; d++) {
      product += (double) vector[d] * centroidRows[list * length + d];
    }
    double over = product - squares[list];
    return over * over / squares[list];
  }

  private static double square(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    return sum;
  }

  /**
   * Adds an item, or moves it.
   *
   * @param old where it is now; null when it is new
   * @param version in which it is there, and not any more where it was
   * @param oldest version that somebody reads
   */
  void put(int ordinal, float[] vector, float @Nullable [] old, int version, int oldest) {
    if (old != null) {
      remove(ordinal, old, version);
    }
    if (4 * ordinal >= places.length) {
      int had = places.length;
      places = Arrays.copyOf(places, Math.max(4 * (ordinal + 1), had + had / 8 * 4));
      Arrays.fill(places, had, places.length, -1);
    }
    changes++;
    choose(vector, ordinal);
    for (int copy = 4 * ordinal; copy < 4 * ordinal + 4; copy += 2) {
      int number = places[copy];
      if (number >= 0) {
        VectorList list = lists[number];
        int slot = list.room(oldest);
        if (slot < 0) {
          list = list.larger();
          slot = list.room(oldest);
        }
        list.write(slot, ordinal, vector, version);
        LISTS.setRelease(lists, number, list);
        places[copy + 1] = slot;
        if (number < count()) {
          residuals[number] += apart(vector, number);
          alongs[number] += along(vector, number);
          spread(number);
        }
      }
    }
  }

  /**
   * Takes an item away.
   *
   * @param vector that it was put with
   * @param version from which on it is not there
   */
  void remove(int ordinal, float[] vector, int version) {
    for (int copy = 4 * ordinal; copy < 4 * ordinal + 4; copy += 2) {
      int number = places[copy];
      if (number >= 0) {
        lists[number].end(places[copy + 1], version);
        places[copy] = -1;
        if (number < count()) {
          residuals[number] -= apart(vector, number);
          alongs[number] -= along(vector, number);
          spread(number);
        }
      }
    }
  }
}
