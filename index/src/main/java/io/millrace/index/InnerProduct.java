package io.millrace.index;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Inner product of two float vectors: eight lanes, added in a fixed order at the end, so that the
 * bits are the same on every machine.
 */
final class InnerProduct {

  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;

  /** Which lane comes to each: what is beside it, what is two beside it. */
  private static final VectorShuffle<Float> NEIGHBOURS =
      VectorShuffle.fromArray(EIGHT, new int[] {1, 0, 3, 2, 5, 4, 7, 6}, 0);

  private static final VectorShuffle<Float> PAIRS =
      VectorShuffle.fromArray(EIGHT, new int[] {2, 3, 0, 1, 6, 7, 4, 5}, 0);

  private InnerProduct() {}

  static float of(float[] x, float[] y) {
    checkLengths(x, y);
    FloatVector sum = FloatVector.zero(EIGHT);
    int i = 0;
    for (; i + 8 <= x.length; i += 8) {
      sum = FloatVector.fromArray(EIGHT, x, i).fma(FloatVector.fromArray(EIGHT, y, i), sum);
    }
    return rest(x, y, i, total(sum));
  }

  /**
   * The same of one vector with two others and with itself, read once: of vectors that lie anywhere
   * that is what costs.
   *
   * @param out gets x y, x z and x x
   */
  static void ofThree(float[] x, float[] y, float[] z, float[] out) {
    checkLengths(x, y);
    checkLengths(x, z);
    FloatVector sumY = FloatVector.zero(EIGHT);
    FloatVector sumZ = sumY;
    FloatVector sumX = sumY;
    int i = 0;
    for (; i + 8 <= x.length; i += 8) {
      FloatVector some = FloatVector.fromArray(EIGHT, x, i);
      sumY = some.fma(FloatVector.fromArray(EIGHT, y, i), sumY);
      sumZ = some.fma(FloatVector.fromArray(EIGHT, z, i), sumZ);
      sumX = some.fma(some, sumX);
    }
    out[0] = rest(x, y, i, total(sumY));
    out[1] = rest(x, z, i, total(sumZ));
    out[2] = rest(x, x, i, total(sumX));
  }

  private static void checkLengths(float[] x, float[] y) {
    if (x.length != y.length) {
      throw new IllegalArgumentException(
          "vectors have %d and %d values, expected as many".formatted(x.length, y.length));
    }
  }

  /** Neighbours, then pairs of them, then halves. */
  private static float total(FloatVector sum) {
    FloatVector twos = sum.add(sum.rearrange(NEIGHBOURS));
    FloatVector fours = twos.add(twos.rearrange(PAIRS));
    return fours.lane(0) + fours.lane(4);
  }

  private static float rest(float[] x, float[] y, int from, float total) {
    float all = total;
    for (int i = from; i < x.length; i++) {
      all = Math.fma(x[i], y[i], all);
    }
    return all;
  }
}
