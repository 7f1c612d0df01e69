package io.millrace.model.taste;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A linear map from features to vectors, fitted by ridge regression: the prior of what has content
 * but no evidence. Immutable. Shape: columns x d.
 *
 * <p>Formula: the W that is least in sum m |x W - v|^2 + ridge |W|^2, by conjugate gradients on the
 * normal equations, all d columns of W at once, each with its own step. Source: Hestenes, Stiefel
 * (1952).
 */
public final class RidgeMap {

  private final int columns;
  private final int d;
  private final float[] weights;

  private RidgeMap(int columns, int d, float[] weights) {
    this.columns = columns;
    this.d = d;
    this.weights = weights;
  }

  /** Maps everything to zero. */
  public static RidgeMap zero(int columns, int dimensions) {
    return new RidgeMap(columns, dimensions, new float[columns * dimensions]);
  }

  static RidgeMap of(int columns, int dimensions, float[] weights) {
    if (weights.length != columns * dimensions) {
      throw new IllegalArgumentException(
          "a map has " + weights.length + " weights, expected " + columns + " x " + dimensions);
    }
    return new RidgeMap(columns, dimensions, weights.clone());
  }

  public int columns() {
    return columns;
  }

  public int dimensions() {
    return d;
  }

  float[] weights() {
    return weights;
  }

  /**
   * Writes the prior of a row to d values of {@code out} from {@code at}.
   *
   * <p>Fails: {@link IllegalArgumentException} when the row has a column that the map has not.
   */
  public void apply(SparseFeatures row, float[] out, int at) {
    Arrays.fill(out, at, at + d, 0);
    for (int i = 0; i < row.size(); i++) {
      int column = row.column(i);
      if (column >= columns) {
        throw new IllegalArgumentException(
            "a row of features has column " + column + ", expected below " + columns);
      }
      float value = row.value(i);
      int from = column * d;
      for (int k = 0; k < d; k++) {
        out[at + k] = Math.fma(value, weights[from + k], out[at + k]);
      }
    }
  }

  /** The same map into a rotated space: every row times the d x d matrix. */
  RidgeMap rotated(double[] rotation) {
    float[] turned = new float[weights.length];
    for (int row = 0; row < columns; row++) {
      Procrustes.rotate(weights, row * d, rotation, d, turned, row * d);
    }
    return new RidgeMap(columns, d, turned);
  }

  /**
   * Fits a map.
   *
   * @param rows features; null where an item has none
   * @param vectors d values for each row
   * @param masses weight of each row, at least 0
   * @param start where to begin: the map of the generation before
   * @param steps of conjugate gradients; each passes over all rows once
   */
  static RidgeMap fit(
      List<@Nullable SparseFeatures> rows,
      float[] vectors,
      float[] masses,
      double ridge,
      RidgeMap start,
      int steps) {
    int columns = start.columns;
    int d = start.d;
    float[] w = start.weights.clone();
    float[] residual = new float[w.length];
    normal(rows, masses, ridge, w, vectors, d, residual);
    float[] direction = residual.clone();
    float[] product = new float[w.length];
    double[] size = products(residual, residual, d);
    for (int step = 0; step < steps; step++) {
      normal(rows, masses, ridge, direction, null, d, product);
      double[] curvature = products(direction, product, d);
      float[] length = new float[d];
      for (int k = 0; k < d; k++) {
        length[k] = curvature[k] > 1e-20 ? (float) (size[k] / curvature[k]) : 0;
      }
      for (int row = 0; row < w.length; row += d) {
        for (int k = 0; k < d; k++) {
          w[row + k] += length[k] * direction[row + k];
          residual[row + k] -= length[k] * product[row + k];
        }
      }
      double[] next = products(residual, residual, d);
      float[] turn = new float[d];
      for (int k = 0; k < d; k++) {
        turn[k] = size[k] > 1e-20 ? (float) (next[k] / size[k]) : 0;
      }
      for (int row = 0; row < w.length; row += d) {
        for (int k = 0; k < d; k++) {
          direction[row + k] = residual[row + k] + turn[k] * direction[row + k];
        }
      }
      size = next;
    }
    return new RidgeMap(columns, d, w);
  }

  /**
   * With targets the right-hand side less the left at w: sum m x'(v - x w) - ridge w. Without, the
   * left-hand side at w: sum m x' x w + ridge w.
   */
  private static void normal(
      List<@Nullable SparseFeatures> rows,
      float[] masses,
      double ridge,
      float[] w,
      float @Nullable [] targets,
      int d,
      float[] out) {
    float sign = targets == null ? 1 : -1;
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (sign * ridge * w[i]);
    }
    float[] mapped = new float[d];
    for (int r = 0; r < rows.size(); r++) {
      SparseFeatures row = rows.get(r);
      if (row == null || !(masses[r] > 0)) {
        continue;
      }
      Arrays.fill(mapped, 0);
      for (int i = 0; i < row.size(); i++) {
        int from = row.column(i) * d;
        float value = row.value(i);
        for (int k = 0; k < d; k++) {
          mapped[k] = Math.fma(value, w[from + k], mapped[k]);
        }
      }
      if (targets != null) {
        for (int k = 0; k < d; k++) {
          mapped[k] = targets[r * d + k] - mapped[k];
        }
      }
      for (int i = 0; i < row.size(); i++) {
        int to = row.column(i) * d;
        float value = masses[r] * row.value(i);
        for (int k = 0; k < d; k++) {
          out[to + k] = Math.fma(value, mapped[k], out[to + k]);
        }
      }
    }
  }

  /** By column. */
  private static double[] products(float[] a, float[] b, int d) {
    double[] sums = new double[d];
    for (int row = 0; row < a.length; row += d) {
      for (int k = 0; k < d; k++) {
        sums[k] += (double) a[row + k] * b[row + k];
      }
    }
    return sums;
  }
}
