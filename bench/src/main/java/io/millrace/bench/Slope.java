package io.millrace.bench;

/**
 * A straight line through measured points, by least squares.
 *
 * @param each what one more of x adds to y
 * @param atZero y where x is 0
 * @param r2 share of the variance of y that the line explains: 1 on a line, NaN when y is constant
 * @param worst largest distance of a point from the line, in the unit of y
 */
record Slope(double each, double atZero, double r2, double worst) {

  /**
   * Fits.
   *
   * @throws IllegalArgumentException for fewer than two different x
   */
  static Slope of(double[] x, double[] y) {
    if (x.length != y.length) {
      throw new IllegalArgumentException("y has " + y.length + " values, expected " + x.length);
    }
    double meanX = mean(x);
    double meanY = mean(y);
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xx += (x[i] - meanX) * (x[i] - meanX);
      xy += (x[i] - meanX) * (y[i] - meanY);
      yy += (y[i] - meanY) * (y[i] - meanY);
    }
    if (!(xx > 0)) {
      throw new IllegalArgumentException("all x are equal, expected two that differ");
    }
    double each = xy / xx;
    double atZero = meanY - each * meanX;
    double worst = 0;
    for (int i = 0; i < x.length; i++) {
      worst = Math.max(worst, Math.abs(y[i] - atZero - each * x[i]));
    }
    return new Slope(each, atZero, xy * xy / (xx * yy), worst);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
