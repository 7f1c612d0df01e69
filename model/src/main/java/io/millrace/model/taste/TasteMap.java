package io.millrace.model.taste;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A plane through the space of one generation, to look at: where two items, or a user and an item,
 * are near each other, they are alike. Drawn once a generation, then immutable: a place never moves
 * because others do.
 *
 * <p>Formula: t(v) = (v - (v'p) p) / |v - (v'p) p| with p the unit mean of all item vectors, the
 * direction of what everybody takes up. An item's place is (a't(v), b't(v)); a user's is that of G
 * u, the sum of all items times what the user scores them, G being the Gramian of the items: a
 * fold-in has divided by it, and without that factor all users stand in the middle. The axes a and
 * b are the leading eigenvectors of sum over categories c of n(c) m(c) m(c)' + {@value #WITHIN} sum
 * over items of w t t', with m(c) the mean of t and n(c) the sum of w over the items of a category:
 * the directions in which categories differ most, and where those are fewer than three, items. w is
 * the root of an item's mass.
 *
 * <p>Shapes: p, a, b and v have d values. Units: cosines, -1 to 1.
 *
 * <p>Source: chosen, by looking at MovieTweetings: with w = 1 the axes are those of films that
 * nobody knows, with w the mass those of a dozen that everybody does. The first term is the
 * between-class scatter of Fisher (1936). A generation drawn after another turns its axes onto the
 * ones before (see {@link Procrustes}), so that a map does not flip when the next one is adopted.
 */
public final class TasteMap {

  /** Chosen: small against any two categories that differ. */
  static final double WITHIN = .01;

  /** Chosen: far beyond what a picture needs. */
  private static final int MOST_MEASURED = 20_000;

  private static final int MOST_REGIONS = 64;
  private static final int ITERATIONS = 200;

  /** Cosines with the two axes. */
  public record Place(double x, double y) {}

  /**
   * Where the items of a category are on average.
   *
   * @param items that were measured
   */
  public record Region(String category, Place place, int items) {}

  private final int d;
  private final Gramian gramian;
  private final double[] popular;
  private final double[][] axes;
  private final List<Region> regions;

  private TasteMap(Gramian gramian, double[] popular, double[][] axes, List<Region> regions) {
    this.d = popular.length;
    this.gramian = gramian;
    this.popular = popular;
    this.axes = axes;
    this.regions = regions;
  }

  /**
   * Takes items in, then draws. Not thread-safe; the same items in the same order, the same map.
   */
  public static final class Survey {
    private final int d;
    private final Gramian gramian;
    private final List<Measured> measured = new ArrayList<>();

    private record Measured(float[] vector, String category, double weight) {}

    /** Of the items of one generation. */
    public Survey(Gramian items) {
      this.d = items.dimensions();
      this.gramian = items;
    }

    /**
     * Measures an item, unless there are enough.
     *
     * @param vector d values, not to be changed afterwards
     * @param category empty for none
     * @param mass sum of weights of its evidence
     */
    public void add(float[] vector, String category, float mass) {
      if (vector.length != d) {
        throw new IllegalArgumentException(
            "item vector has " + vector.length + " values, expected " + d);
      }
      if (measured.size() < MOST_MEASURED) {
        measured.add(new Measured(vector, category, Math.sqrt(Math.max(0, mass))));
      }
    }

    /**
     * The map of all that was added.
     *
     * @param before the map that this one follows; null for none
     */
    public TasteMap draw(@Nullable TasteMap before) {
      double[] popular = new double[d];
      for (Measured item : measured) {
        for (int i = 0; i < d; i++) {
          popular[i] += item.vector[i];
        }
      }
      unit(popular);
      double[][] scatter = new double[d][d];
      Map<String, double[]> sums = new HashMap<>();
      Map<String, Integer> counts = new HashMap<>();
      Map<String, Double> sizes = new HashMap<>();
      for (Measured item : measured) {
        double[] taste = taste(item.vector, popular);
        if (taste == null) {
          continue;
        }
        addOuter(taste, WITHIN * item.weight, scatter);
        if (!item.category.isEmpty()) {
          double[] sum = sums.computeIfAbsent(item.category, c -> new double[d]);
          for (int i = 0; i < d; i++) {
            sum[i] += item.weight * taste[i];
          }
          counts.merge(item.category, 1, Integer::sum);
          sizes.merge(item.category, item.weight, Double::sum);
        }
      }
      List<String> largestFirst = new ArrayList<>(counts.keySet());
      largestFirst.sort(
          Comparator.<String>comparingInt(counts::get)
              .reversed()
              .thenComparing(Comparator.naturalOrder()));
      for (String category : largestFirst) {
        addOuter(sums.get(category), 1 / Math.max(1e-9, sizes.get(category)), scatter);
      }
      double[][] axes = leading(scatter);
      if (before != null && before.d == d) {
        turnOnto(before.axes, axes);
      }
      List<Region> regions = new ArrayList<>();
      for (String category : largestFirst.subList(0, Math.min(MOST_REGIONS, largestFirst.size()))) {
        double[] sum = sums.get(category);
        double size = Math.max(1e-9, sizes.get(category));
        regions.add(
            new Region(
                category,
                new Place(dot(axes[0], sum) / size, dot(axes[1], sum) / size),
                counts.get(category)));
      }
      return new TasteMap(gramian, popular, axes, List.copyOf(regions));
    }
  }

  /** The place of a user's vector; null for one that says nothing but popularity. */
  public @Nullable Place user(float[] vector) {
    float[] items = new float[d];
    for (int i = 0; i < d; i++) {
      double sum = 0;
      for (int j = 0; j < d; j++) {
        sum += (double) gramian.at(i, j) * vector[j];
      }
      items[i] = (float) sum;
    }
    return item(items);
  }

  /** The place of an item's vector; null for one that says nothing but popularity. */
  public @Nullable Place item(float[] vector) {
    double[] taste = taste(vector, popular);
    return taste == null ? null : new Place(dot(axes[0], taste), dot(axes[1], taste));
  }

  /**
   * The cosine of two vectors, popularity taken out: 1 alike, -1 opposed; 0 where one says none.
   */
  public double likeness(float[] one, float[] other) {
    double[] a = taste(one, popular);
    double[] b = taste(other, popular);
    return a == null || b == null ? 0 : dot(a, b);
  }

  /** Categories where their items are, the largest first. */
  public List<Region> regions() {
    return regions;
  }

  private static double @Nullable [] taste(float[] vector, double[] popular) {
    double along = 0;
    double all = 0;
    for (int i = 0; i < popular.length; i++) {
      along += vector[i] * popular[i];
      all += (double) vector[i] * vector[i];
    }
    double[] rest = new double[popular.length];
    double left = 0;
    for (int i = 0; i < rest.length; i++) {
      rest[i] = vector[i] - along * popular[i];
      left += rest[i] * rest[i];
    }
    if (!(left > all * 1e-9)) {
      return null;
    }
    double length = Math.sqrt(left);
    for (int i = 0; i < rest.length; i++) {
      rest[i] /= length;
    }
    return rest;
  }

  /** Orthogonal iteration from a fixed start: two orthonormal rows. */
  private static double[][] leading(double[][] scatter) {
    int d = scatter.length;
    double[][] axes = new double[2][d];
    for (int i = 0; i < d; i++) {
      axes[0][i] = 1 + i % 7;
      axes[1][i] = i % 2 == 0 ? 1 + i % 5 : -1 - i % 3;
    }
    orthonormal(axes);
    for (int n = 0; n < ITERATIONS; n++) {
      double[][] next = new double[2][d];
      for (int axis = 0; axis < 2; axis++) {
        for (int i = 0; i < d; i++) {
          next[axis][i] = dot(scatter[i], axes[axis]);
        }
      }
      if (dot(next[0], next[0]) == 0 || dot(next[1], next[1]) == 0) {
        break; // nothing more differs
      }
      axes = next;
      orthonormal(axes);
    }
    return axes;
  }

  private static void orthonormal(double[][] axes) {
    unit(axes[0]);
    double along = dot(axes[0], axes[1]);
    for (int i = 0; i < axes[1].length; i++) {
      axes[1][i] -= along * axes[0][i];
    }
    unit(axes[1]);
  }

  private static void turnOnto(double[][] before, double[][] axes) {
    double[] cross = new double[4];
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        cross[i * 2 + j] = dot(axes[i], before[j]);
      }
    }
    double[] rotation = Procrustes.rotation(cross, 2);
    double[][] old = {axes[0].clone(), axes[1].clone()};
    for (int j = 0; j < 2; j++) {
      for (int k = 0; k < axes[j].length; k++) {
        axes[j][k] = rotation[j] * old[0][k] + rotation[2 + j] * old[1][k];
      }
    }
  }

  private static void addOuter(double[] vector, double factor, double[][] sum) {
    for (int i = 0; i < vector.length; i++) {
      double scaled = vector[i] * factor;
      double[] row = sum[i];
      for (int j = 0; j < vector.length; j++) {
        row[j] += scaled * vector[j];
      }
    }
  }

  private static void unit(double[] vector) {
    double length = Math.sqrt(dot(vector, vector));
    if (length > 0) {
      for (int i = 0; i < vector.length; i++) {
        vector[i] /= length;
      }
    } else {
      Arrays.fill(vector, 0);
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
