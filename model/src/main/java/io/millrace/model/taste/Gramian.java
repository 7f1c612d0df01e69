package io.millrace.model.taste;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sum of v v' over all vectors of one side: what stands for every pair that was not observed.
 * Immutable once built. Shape: d x d, symmetric, row by row.
 *
 * <p>Source: Hu, Koren, Volinsky (2008), section 4: the term that makes one side's pass linear in
 * the number of observations.
 */
public final class Gramian {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  private final int dimensions;
  private final float[] values;

  private Gramian(int dimensions, float[] values) {
    this.dimensions = dimensions;
    this.values = values;
  }

  static Gramian of(int dimensions, float[] values) {
    if (values.length != dimensions * dimensions) {
      throw new IllegalArgumentException(
          "a Gramian has "
              + values.length
              + " values, expected "
              + dimensions
              + " x "
              + dimensions);
    }
    return new Gramian(dimensions, values.clone());
  }

  /** Of the first {@code count} vectors that lie one after the other, added in that order. */
  public static Gramian of(int dimensions, float[] vectors, int count) {
    float[] sum = new float[dimensions * dimensions];
    for (int v = 0; v < count; v++) {
      int at = v * dimensions;
      for (int row = 0; row < dimensions; row++) {
        FloatVector factor = FloatVector.broadcast(SPECIES, vectors[at + row]);
        // Lanes are independent, so that every species gives the same bits.
        for (int column = 0; column < dimensions; column += SPECIES.length()) {
          factor
              .fma(
                  FloatVector.fromArray(SPECIES, vectors, at + column),
                  FloatVector.fromArray(SPECIES, sum, row * dimensions + column))
              .intoArray(sum, row * dimensions + column);
        }
      }
    }
    return new Gramian(dimensions, sum);
  }

  public int dimensions() {
    return dimensions;
  }

  public float at(int row, int column) {
    return values[row * dimensions + column];
  }

  /** The live array, for reading within the package. */
  float[] values() {
    return values;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Gramian that && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }
}
