package io.millrace.model;

import static io.millrace.model.FusionInput.Column.ALIKE;
import static io.millrace.model.FusionInput.Column.CATEGORY_LEANING;
import static io.millrace.model.FusionInput.Column.CO_VISITED;
import static io.millrace.model.FusionInput.Column.CO_VISITED_COSINE;
import static io.millrace.model.FusionInput.Column.CO_VISITED_LAST;
import static io.millrace.model.FusionInput.Column.CO_VISITED_SESSION;
import static io.millrace.model.FusionInput.Column.NEAREST;
import static io.millrace.model.FusionInput.Column.NEAREST_RECENT;
import static io.millrace.model.FusionInput.Column.NEAR_CONTENT;
import static io.millrace.model.FusionInput.Column.NEAR_LAST;
import static io.millrace.model.FusionInput.Column.POPULAR_14D;
import static io.millrace.model.FusionInput.Column.POPULAR_1D;
import static io.millrace.model.FusionInput.Column.POPULAR_3D;
import static io.millrace.model.FusionInput.Column.POPULAR_60D;
import static io.millrace.model.FusionInput.Column.POPULAR_7D;

/**
 * One number per candidate that the fusion weighs. Shares enter as a logarithm (how much more
 * popular) and as a root of the largest (how close to the top); counts of pairs likewise. The two
 * mixtures carry the starting weights: an untrained fusion already ranks by a sensible blend.
 */
public enum FusionFeature {
  LOG_POPULAR_1D(0, logShare(0), POPULAR_1D),
  ROOT_POPULAR_1D(0, rootOfLargest(0), POPULAR_1D),
  LOG_POPULAR_3D(0, logShare(1), POPULAR_3D),
  ROOT_POPULAR_3D(0, rootOfLargest(1), POPULAR_3D),
  LOG_POPULAR_7D(0, logShare(2), POPULAR_7D),
  ROOT_POPULAR_7D(0, rootOfLargest(2), POPULAR_7D),
  LOG_POPULAR_14D(0, logShare(3), POPULAR_14D),
  ROOT_POPULAR_14D(0, rootOfLargest(3), POPULAR_14D),
  LOG_POPULAR_60D(0, logShare(4), POPULAR_60D),
  ROOT_POPULAR_60D(0, rootOfLargest(4), POPULAR_60D),
  LOG_CO_VISITED(0, logPairs(0), CO_VISITED),
  ROOT_CO_VISITED(0, rootOfPairs(0), CO_VISITED),
  LOG_CO_VISITED_LAST(0, logPairs(1), CO_VISITED_LAST),
  ROOT_CO_VISITED_LAST(0, rootOfPairs(1), CO_VISITED_LAST),
  LOG_CO_VISITED_SESSION(0, logPairs(2), CO_VISITED_SESSION),
  ROOT_CO_VISITED_SESSION(0, rootOfPairs(2), CO_VISITED_SESSION),
  POPULARITY_MIXTURE(
      1,
      (in, out) -> {
        for (int i = 0; i < in.size(); i++) {
          out[i] = log(popularityMixture(in, i));
        }
      },
      POPULAR_1D,
      POPULAR_3D,
      POPULAR_7D,
      POPULAR_14D,
      POPULAR_60D),
  MIXTURE(
      0.3f,
      (in, out) -> {
        for (int i = 0; i < in.size(); i++) {
          out[i] = log(mixture(in, i));
        }
      },
      POPULAR_1D,
      POPULAR_3D,
      POPULAR_7D,
      POPULAR_14D,
      POPULAR_60D,
      CO_VISITED,
      CO_VISITED_SESSION),
  UNDER_3_DAYS(0, youngerThan(3)),
  UNDER_14_DAYS(0, youngerThan(14)),
  TREND(
      0,
      (in, out) -> {
        for (int i = 0; i < in.size(); i++) {
          out[i] = log(in.popular()[0][i]) - log(in.popular()[3][i]);
        }
      },
      POPULAR_1D,
      POPULAR_14D),
  RELEASED_THIS_YEAR(
      0,
      (in, out) -> {
        for (int i = 0; i < in.size(); i++) {
          out[i] = in.releaseYear()[i] >= in.nowYear() ? 1 : 0;
        }
      }),
  YEARS_FROM_HISTORY(
      0,
      (in, out) -> {
        boolean known = !Float.isNaN(in.historyYear());
        for (int i = 0; i < in.size(); i++) {
          float year = in.releaseYear()[i];
          out[i] =
              !known ? 0 : year > 0 ? (float) Math.log(1 + Math.abs(year - in.historyYear())) : 1;
        }
      }),
  LOG_CO_VISITED_COSINE(0, logPairs(3), CO_VISITED_COSINE),
  ROOT_CO_VISITED_COSINE(0, rootOfPairs(3), CO_VISITED_COSINE),
  SHARE_NEAREST(0, shareOfNearest(0), NEAREST),
  ROOT_NEAREST(0, rootOfNearest(0), NEAREST),
  SHARE_NEAREST_RECENT(0, shareOfNearest(1), NEAREST_RECENT),
  ROOT_NEAREST_RECENT(0, rootOfNearest(1), NEAREST_RECENT),
  SHARE_NEAR_CONTENT(0, shareOfNearest(2), NEAR_CONTENT),
  ROOT_NEAR_CONTENT(0, rootOfNearest(2), NEAR_CONTENT),
  LOG_ALIKE(
      0,
      (in, out) -> {
        for (int i = 0; i < in.size(); i++) {
          float alike = in.alike()[0][i];
          out[i] = alike == 0 ? 0 : (float) Math.log(1 + 10.0 * alike);
        }
      },
      ALIKE),
  ROOT_ALIKE(0, (in, out) -> root(in.alike()[0], out, in.size()), ALIKE),
  ALIKE_LAST(0, (in, out) -> System.arraycopy(in.alike()[1], 0, out, 0, in.size()), ALIKE),
  CATEGORY_LEANING_MEAN(
      0,
      (in, out) -> System.arraycopy(in.categoryLeaning(), 0, out, 0, in.size()),
      CATEGORY_LEANING),
  NEAR_LAST_COSINE(0, (in, out) -> System.arraycopy(in.near()[3], 0, out, 0, in.size()), NEAR_LAST),
  ROOT_NEAR_LAST(0, rootOfNearest(3), NEAR_LAST);

  /** Fills a column of a feature for all candidates. */
  @FunctionalInterface
  interface Formula {
    void fill(FusionInput in, float[] out);
  }

  private static final FusionFeature[] ALL = values();
  public static final int COUNT = ALL.length;

  private static final float DAY_MS = 86_400_000f;

  /** Keeps a share of 0 finite; about one event in the largest shared data set. */
  private static final double FLOOR = 1e-5;

  private final float initialWeight;

  @SuppressWarnings("ImmutableEnumChecker") // formulas capture at most a column number
  private final Formula formula;

  private final int columns;

  FusionFeature(float initialWeight, Formula formula, FusionInput.Column... columns) {
    this.initialWeight = initialWeight;
    this.formula = formula;
    int mask = 0;
    for (FusionInput.Column column : columns) {
      mask |= 1 << column.ordinal();
    }
    this.columns = mask;
  }

  public float initialWeight() {
    return initialWeight;
  }

  /** Whether the feature changes when that column is not known. */
  public boolean reads(FusionInput.Column column) {
    return (columns & (1 << column.ordinal())) != 0;
  }

  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /** All features of all candidates: {@code [feature][candidate]}. */
  public static float[][] matrix(FusionInput in) {
    float[][] columns = new float[COUNT][in.size()];
    for (FusionFeature feature : ALL) {
      feature.formula.fill(in, columns[feature.ordinal()]);
    }
    return columns;
  }

  /** The same matrix as if a column of the input were not known; shares what does not change. */
  public static float[][] matrixWithout(
      FusionInput.Column column, FusionInput in, float[][] matrix) {
    FusionInput left = in.without(column);
    float[][] columns = matrix.clone();
    for (FusionFeature feature : ALL) {
      if (feature.reads(column)) {
        columns[feature.ordinal()] = new float[in.size()];
        feature.formula.fill(left, columns[feature.ordinal()]);
      }
    }
    return columns;
  }

  /** The blend that ranks before anything is learnt, and cuts candidates in the index. */
  public static float mixture(FusionInput in, int i) {
    return popularityMixture(in, i) + 0.5f * in.coVisited()[0][i] + 0.3f * in.coVisited()[2][i];
  }

  private static float popularityMixture(FusionInput in, int i) {
    float[][] p = in.popular();
    return 0.6f * p[0][i] + 0.15f * p[1][i] + 0.15f * p[2][i] + 0.05f * p[3][i] + 0.05f * p[4][i];
  }

  private static float log(float share) {
    return (float) Math.log(share + FLOOR);
  }

  private static Formula logShare(int halfLife) {
    return (in, out) -> {
      float[] shares = in.popular()[halfLife];
      for (int i = 0; i < in.size(); i++) {
        out[i] = log(shares[i]);
      }
    };
  }

  private static Formula rootOfLargest(int halfLife) {
    return (in, out) -> root(in.popular()[halfLife], out, in.size());
  }

  private static Formula logPairs(int kind) {
    return (in, out) -> logOnePlusThousand(in.coVisited()[kind], out, in.size());
  }

  private static Formula rootOfPairs(int kind) {
    return (in, out) -> root(in.coVisited()[kind], out, in.size());
  }

  /** Of the largest among the candidates, at least -1: what is far the other way is all alike. */
  private static Formula shareOfNearest(int kind) {
    return (in, out) -> {
      float[] near = in.near()[kind];
      float inverse = inverseOfLargest(near, in.size());
      for (int i = 0; i < in.size(); i++) {
        out[i] = Math.max(-1, near[i] * inverse);
      }
    };
  }

  private static Formula rootOfNearest(int kind) {
    return (in, out) -> {
      float[] near = in.near()[kind];
      float inverse = inverseOfLargest(near, in.size());
      for (int i = 0; i < in.size(); i++) {
        out[i] = near[i] > 0 ? (float) Math.sqrt(near[i] * inverse) : 0;
      }
    };
  }

  /** 0 when nothing is near. */
  private static float inverseOfLargest(float[] near, int size) {
    float largest = 0;
    for (int i = 0; i < size; i++) {
      largest = Math.max(largest, near[i]);
    }
    return largest > 1e-6f ? 1 / largest : 0;
  }

  private static Formula youngerThan(int days) {
    return (in, out) -> {
      for (int i = 0; i < in.size(); i++) {
        out[i] = in.ageMs()[i] < days * DAY_MS ? 1 : 0;
      }
    };
  }

  private static void logOnePlusThousand(float[] values, float[] out, int size) {
    for (int i = 0; i < size; i++) {
      out[i] = values[i] == 0 ? 0 : (float) Math.log(1 + 1000.0 * values[i]);
    }
  }

  private static void root(float[] values, float[] out, int size) {
    float largest = 1e-12f;
    for (int i = 0; i < size; i++) {
      largest = Math.max(largest, values[i]);
    }
    for (int i = 0; i < size; i++) {
      out[i] = (float) Math.sqrt(values[i] / largest);
    }
  }
}
