package io.millrace.model.taste;

/**
 * The rotation that brings one set of vectors nearest to another: with A'B = U S V', it is U V'.
 * Factorisations are the same under any rotation, so that a turned generation ranks as before and
 * its vectors can be compared with the last one's.
 *
 * <p>Source: Schonemann (1966); the decomposition by one-sided Jacobi rotations (Hestenes 1958).
 */
final class Procrustes {

  private static final int SWEEPS = 30;
  private static final double DONE = 1e-12;

  private Procrustes() {}

  /** Sum of m a b' over the rows that both share: d x d, rows for a. */
  static double[] cross(float[] a, float[] b, float[] masses, int count, int d) {
    double[] sum = new double[d * d];
    for (int row = 0; row < count; row++) {
      for (int i = 0; i < d; i++) {
        double factor = (double) masses[row] * a[row * d + i];
        for (int j = 0; j < d; j++) {
          sum[i * d + j] += factor * b[row * d + j];
        }
      }
    }
    return sum;
  }

  /** The rotation for a cross sum; a row vector a turns to a R. */
  static double[] rotation(double[] cross, int d) {
    // Columns of work become U S, v collects V. A little identity keeps a rank that lacks defined.
    double[] work = cross.clone();
    double scale = 0;
    for (double value : work) {
      scale = Math.max(scale, Math.abs(value));
    }
    for (int i = 0; i < d; i++) {
      work[i * d + i] += scale == 0 ? 1 : scale * 1e-9;
    }
    double[] v = new double[d * d];
    for (int i = 0; i < d; i++) {
      v[i * d + i] = 1;
    }
    boolean turned = true;
    for (int sweep = 0; sweep < SWEEPS && turned; sweep++) {
      turned = false;
      for (int p = 0; p < d - 1; p++) {
        for (int q = p + 1; q < d; q++) {
          turned |= turn(work, v, d, p, q);
        }
      }
    }
    for (int k = 0; k < d; k++) {
      double length = 0;
      for (int i = 0; i < d; i++) {
        length += work[i * d + k] * work[i * d + k];
      }
      length = StrictMath.sqrt(length);
      for (int i = 0; i < d; i++) {
        work[i * d + k] /= length;
      }
    }
    double[] rotation = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        double sum = 0;
        for (int k = 0; k < d; k++) {
          sum += work[i * d + k] * v[j * d + k];
        }
        rotation[i * d + j] = sum;
      }
    }
    return rotation;
  }

  private static boolean turn(double[] work, double[] v, int d, int p, int q) {
    double pp = 0;
    double qq = 0;
    double pq = 0;
    for (int i = 0; i < d; i++) {
      double a = work[i * d + p];
      double b = work[i * d + q];
      pp += a * a;
      qq += b * b;
      pq += a * b;
    }
    if (Math.abs(pq) <= DONE * StrictMath.sqrt(pp * qq)) {
      return false;
    }
    double zeta = (qq - pp) / (2 * pq);
    double t = Math.copySign(1, zeta) / (Math.abs(zeta) + StrictMath.sqrt(1 + zeta * zeta));
    double cosine = 1 / StrictMath.sqrt(1 + t * t);
    double sine = cosine * t;
    for (int i = 0; i < d; i++) {
      double a = work[i * d + p];
      double b = work[i * d + q];
      work[i * d + p] = cosine * a - sine * b;
      work[i * d + q] = sine * a + cosine * b;
      a = v[i * d + p];
      b = v[i * d + q];
      v[i * d + p] = cosine * a - sine * b;
      v[i * d + q] = sine * a + cosine * b;
    }
    return true;
  }

  /** Length of m (a R - b) over that of m b; 0 where they fall together. */
  static double residual(
      float[] a, float[] b, float[] masses, int count, double[] rotation, int d) {
    double apart = 0;
    double length = 0;
    float[] turned = new float[d];
    for (int row = 0; row < count; row++) {
      rotate(a, row * d, rotation, d, turned, 0);
      for (int j = 0; j < d; j++) {
        double gap = turned[j] - b[row * d + j];
        apart += masses[row] * gap * gap;
        length += masses[row] * (double) b[row * d + j] * b[row * d + j];
      }
    }
    return length == 0 ? Double.NaN : StrictMath.sqrt(apart / length);
  }

  /** Writes a row vector times the rotation; source and target must not overlap. */
  static void rotate(float[] from, int at, double[] rotation, int d, float[] to, int toAt) {
    for (int j = 0; j < d; j++) {
      double sum = 0;
      for (int i = 0; i < d; i++) {
        sum += from[at + i] * rotation[i * d + j];
      }
      to[toAt + j] = (float) sum;
    }
  }
}
