package io.millrace.model.taste;

import java.util.Arrays;

/**
 * A row of features, most of them zero: value i belongs to column i. Immutable; columns rise
 * strictly.
 */
public final class SparseFeatures {

  private final int[] columns;
  private final float[] values;

  private SparseFeatures(int[] columns, float[] values) {
    this.columns = columns;
    this.values = values;
  }

  /** Sorts by column and adds up what shares one. */
  public static SparseFeatures of(int[] columns, float[] values) {
    if (columns.length != values.length) {
      throw new IllegalArgumentException(
          columns.length + " columns, expected as many as values: " + values.length);
    }
    Integer[] order = new Integer[columns.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Integer.compare(columns[a], columns[b]));
    int[] sorted = new int[columns.length];
    float[] sums = new float[columns.length];
    int n = 0;
    for (int i : order) {
      if (n > 0 && sorted[n - 1] == columns[i]) {
        sums[n - 1] += values[i];
      } else {
        sorted[n] = columns[i];
        sums[n++] = values[i];
      }
    }
    return new SparseFeatures(Arrays.copyOf(sorted, n), Arrays.copyOf(sums, n));
  }

  /**
   * A client's own vector as a row: column 0 is 1, then its values, scaled to length 1.
   *
   * <p>Fails: {@link IllegalArgumentException} when a value is not finite or all are zero.
   */
  public static SparseFeatures ofClientVector(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    if (!(squares > 0) || !Double.isFinite(squares)) {
      throw new IllegalArgumentException(
          "a client's vector has squared length " + squares + ", expected finite and above zero");
    }
    int[] columns = new int[vector.length + 1];
    float[] values = new float[vector.length + 1];
    values[0] = 1;
    for (int i = 0; i < vector.length; i++) {
      columns[i + 1] = i + 1;
      values[i + 1] = (float) (vector[i] / Math.sqrt(squares));
    }
    return new SparseFeatures(columns, values);
  }

  public int size() {
    return columns.length;
  }

  public int column(int i) {
    return columns[i];
  }

  public float value(int i) {
    return values[i];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SparseFeatures that
        && Arrays.equals(columns, that.columns)
        && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(columns) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < columns.length; i++) {
      text.append(i == 0 ? "" : ", ").append(columns[i]).append('=').append(values[i]);
    }
    return text.append('}').toString();
  }
}
