package io.millrace.index;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Inner product of two float vectors: eight lanes, added in a fixed order at the end, so that the
 * bits are the same on every machine.
 */
final class InnerProduct {

  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;

  private InnerProduct() {}

  static float of(float[] x, float[] y) {
    if (x.length != y.length) {
      throw new IllegalArgumentException(
          "vectors have %d and %d values, expected as many".formatted(x.length, y.length));
    }
    FloatVector sum = FloatVector.zero(EIGHT);
    int i = 0;
    for (; i + 8 <= x.length; i += 8) {
      sum = FloatVector.fromArray(EIGHT, x, i).fma(FloatVector.fromArray(EIGHT, y, i), sum);
    }
    float total =
        ((sum.lane(0) + sum.lane(1)) + (sum.lane(2) + sum.lane(3)))
            + ((sum.lane(4) + sum.lane(5)) + (sum.lane(6) + sum.lane(7)));
    for (; i < x.length; i++) {
      total = Math.fma(x[i], y[i], total);
    }
    return total;
  }
}
