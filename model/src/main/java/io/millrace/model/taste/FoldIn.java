package io.millrace.model.taste;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * One vector from its facts on the other side's frozen vectors, exactly: {@link #begin}, {@link
 * #add} each fact, {@link #solve}. Mutable scratch owned by one thread; after {@code solve} it may
 * begin again.
 *
 * <p>Formula, with u0 the prior, G the other side's Gramian, s its strength, L the ridge at the
 * facts' mass:
 *
 * <pre>
 * (s G + sum w v v' + L I) u = sum w t v + (s G + L I) u0
 * </pre>
 *
 * solved as u = u0 + x with right-hand side sum w (t - v.u0) v, which is the same and leaves u0
 * untouched, bit for bit, where there are no facts.
 *
 * <p>Shapes: u, u0, v have d values; G is d x d. Units: w a weight (1 = one positive), t a target
 * (1 = liked, 0 = not, -.5 = not interested).
 *
 * <p>Determinism: the order of the facts is the order of the sums; lanes are never added across, so
 * that every vector species gives the same bits.
 *
 * <p>Source: Hu, Koren, Volinsky (2008), equation 4; frequency-scaled ridge: Rendle, Krichene,
 * Zhang, Koren (2021), section 3; centring the whole left-hand side on the prior is ours: with
 * {@code L u0} alone a new item kept 2 to 45 % of its prior's norm and never surfaced.
 */
public final class FoldIn {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** Facts added to the matrix in one pass over it: a load and a store serve four products. */
  private static final int BLOCK = 4;

  /** Below it a pivot is rounding: only a ridge near zero comes there. */
  private static final float LEAST_PIVOT = 1e-12f;

  private final TasteSettings settings;
  private final int d;
  private final int step;

  /** Upper triangle of the left-hand side without the ridge; rows begin at the lane's edge. */
  private final float[] matrix;

  private final float[] right;
  private final float[] prior;
  private final float[] block;
  private final float[] weights = new float[BLOCK];
  private int blocked;
  private boolean centred;
  private float mass;
  private int facts;

  public FoldIn(TasteSettings settings) {
    this.settings = settings;
    this.d = settings.dimensions();
    this.step = SPECIES.length();
    this.matrix = new float[d * d];
    this.right = new float[d];
    this.prior = new float[d];
    this.block = new float[BLOCK * d];
  }

  /**
   * Forgets everything and starts from a prior.
   *
   * @param other the Gramian of the side whose vectors the facts are made of
   * @param strength s: the weight of that Gramian
   * @param priorVector u0, d values from {@code at}; an empty array stands for zero
   */
  public FoldIn begin(Gramian other, float strength, float[] priorVector, int at) {
    return begin(other, strength, priorVector, at, 0);
  }

  /** The same for a prior that has evidence behind it: the ridge grows with that mass too. */
  public FoldIn begin(Gramian other, float strength, float[] priorVector, int at, float priorMass) {
    if (other.dimensions() != d) {
      throw new IllegalArgumentException(
          "the Gramian has " + other.dimensions() + " dimensions, expected " + d);
    }
    centred = priorVector.length > 0;
    if (centred) {
      System.arraycopy(priorVector, at, prior, 0, d);
    } else {
      Arrays.fill(prior, 0);
    }
    float[] values = other.values();
    FloatVector factor = FloatVector.broadcast(SPECIES, strength);
    for (int i = 0; i < values.length; i += step) {
      factor.mul(FloatVector.fromArray(SPECIES, values, i)).intoArray(matrix, i);
    }
    Arrays.fill(right, 0);
    mass = priorMass;
    facts = 0;
    blocked = 0;
    return this;
  }

  /** Takes a fact: the vector of d values from {@code at}, its weight (at least 0) and target. */
  public FoldIn add(float[] vectors, int at, float weight, float target) {
    if (weight > 0) {
      System.arraycopy(vectors, at, block, blocked * d, d);
      take(weight, target);
    }
    return this;
  }

  /** Takes a fact whose vector is stored in 16-bit integers: {@code value * scale}. */
  public FoldIn add(short[] quantised, int at, float scale, float weight, float target) {
    if (weight > 0) {
      int to = blocked * d;
      for (int i = 0; i < d; i++) {
        block[to + i] = quantised[at + i] * scale;
      }
      take(weight, target);
    }
    return this;
  }

  private void take(float weight, float target) {
    int at = blocked * d;
    float miss = weight * (centred ? target - dot(block, at, prior) : target);
    FloatVector factor = FloatVector.broadcast(SPECIES, miss);
    for (int i = 0; i < d; i += step) {
      factor
          .fma(
              FloatVector.fromArray(SPECIES, block, at + i),
              FloatVector.fromArray(SPECIES, right, i))
          .intoArray(right, i);
    }
    weights[blocked] = weight;
    mass += weight;
    facts++;
    if (++blocked == BLOCK) {
      flush();
    }
  }

  /** Adds the waiting facts' w v v' to the upper triangle. */
  private void flush() {
    for (int fact = blocked; fact < BLOCK; fact++) {
      weights[fact] = 0;
      Arrays.fill(block, fact * d, (fact + 1) * d, 0);
    }
    int second = d;
    int third = 2 * d;
    int fourth = 3 * d;
    for (int row = 0; row < d; row++) {
      FloatVector a = FloatVector.broadcast(SPECIES, weights[0] * block[row]);
      FloatVector b = FloatVector.broadcast(SPECIES, weights[1] * block[second + row]);
      FloatVector c = FloatVector.broadcast(SPECIES, weights[2] * block[third + row]);
      FloatVector e = FloatVector.broadcast(SPECIES, weights[3] * block[fourth + row]);
      int base = row * d;
      for (int column = row & -step; column < d; column += step) {
        FloatVector sum = FloatVector.fromArray(SPECIES, matrix, base + column);
        sum = a.fma(FloatVector.fromArray(SPECIES, block, column), sum);
        sum = b.fma(FloatVector.fromArray(SPECIES, block, second + column), sum);
        sum = c.fma(FloatVector.fromArray(SPECIES, block, third + column), sum);
        sum = e.fma(FloatVector.fromArray(SPECIES, block, fourth + column), sum);
        sum.intoArray(matrix, base + column);
      }
    }
    blocked = 0;
  }

  /** Facts taken since {@link #begin}. */
  public int facts() {
    return facts;
  }

  /**
   * Writes the vector to d values of {@code out} from {@code at}.
   *
   * <p>Fails: {@link ArithmeticException} when the result is not finite, which only facts that are
   * not finite can cause.
   */
  public void solve(float[] out, int at) {
    if (facts == 0) {
      System.arraycopy(prior, 0, out, at, d);
      return;
    }
    if (blocked > 0) {
      flush();
    }
    float ridge = settings.ridge(mass);
    for (int i = 0; i < d; i++) {
      matrix[i * d + i] += ridge;
    }
    factor();
    substitute();
    float check = 0;
    for (int i = 0; i < d; i++) {
      float value = prior[i] + right[i];
      out[at + i] = value;
      check += value * 0;
    }
    if (check != 0) {
      throw new ArithmeticException(
          "a vector of " + facts + " facts is not finite: mass " + mass + ", ridge " + ridge);
    }
  }

  /**
   * Cholesky, matrix = U'U, U in the upper triangle, by rows: four rows are finished among
   * themselves, then taken from all rows below in one pass.
   */
  private void factor() {
    for (int first = 0; first < d; first += BLOCK) {
      int end = first + BLOCK;
      for (int k = first; k < end; k++) {
        for (int above = first; above < k; above++) {
          subtract(above, k);
        }
        normalise(k);
      }
      for (int row = end; row < d; row++) {
        subtractFour(first, row);
      }
    }
  }

  /** Divides a row by the root of its pivot. */
  private void normalise(int k) {
    float pivot = Math.max(matrix[k * d + k], LEAST_PIVOT);
    FloatVector scale = FloatVector.broadcast(SPECIES, 1 / (float) Math.sqrt(pivot));
    for (int j = k & -step; j < d; j += step) {
      FloatVector.fromArray(SPECIES, matrix, k * d + j).mul(scale).intoArray(matrix, k * d + j);
    }
  }

  /** Lanes left of the diagonal hold what nobody reads. */
  private void subtract(int done, int row) {
    FloatVector factor = FloatVector.broadcast(SPECIES, -matrix[done * d + row]);
    for (int j = row & -step; j < d; j += step) {
      factor
          .fma(
              FloatVector.fromArray(SPECIES, matrix, done * d + j),
              FloatVector.fromArray(SPECIES, matrix, row * d + j))
          .intoArray(matrix, row * d + j);
    }
  }

  private void subtractFour(int first, int row) {
    int one = first * d;
    int two = one + d;
    int three = two + d;
    int four = three + d;
    FloatVector a = FloatVector.broadcast(SPECIES, -matrix[one + row]);
    FloatVector b = FloatVector.broadcast(SPECIES, -matrix[two + row]);
    FloatVector c = FloatVector.broadcast(SPECIES, -matrix[three + row]);
    FloatVector e = FloatVector.broadcast(SPECIES, -matrix[four + row]);
    int base = row * d;
    for (int j = row & -step; j < d; j += step) {
      FloatVector left = FloatVector.fromArray(SPECIES, matrix, base + j);
      left = a.fma(FloatVector.fromArray(SPECIES, matrix, one + j), left);
      left = b.fma(FloatVector.fromArray(SPECIES, matrix, two + j), left);
      left = c.fma(FloatVector.fromArray(SPECIES, matrix, three + j), left);
      left = e.fma(FloatVector.fromArray(SPECIES, matrix, four + j), left);
      left.intoArray(matrix, base + j);
    }
  }

  private void substitute() {
    for (int k = 0; k < d; k++) {
      int row = k * d;
      float value = right[k] / matrix[row + k];
      right[k] = value;
      for (int j = k + 1; j < d; j++) {
        right[j] = Math.fma(-value, matrix[row + j], right[j]);
      }
    }
    for (int k = d - 1; k >= 0; k--) {
      int row = k * d;
      float a = right[k];
      float b = 0;
      float c = 0;
      float e = 0;
      int j = k + 1;
      for (; j + 3 < d; j += 4) {
        a = Math.fma(-matrix[row + j], right[j], a);
        b = Math.fma(-matrix[row + j + 1], right[j + 1], b);
        c = Math.fma(-matrix[row + j + 2], right[j + 2], c);
        e = Math.fma(-matrix[row + j + 3], right[j + 3], e);
      }
      for (; j < d; j++) {
        a = Math.fma(-matrix[row + j], right[j], a);
      }
      right[k] = ((a + b) + (c + e)) / matrix[row + k];
    }
  }

  /** In four sums by position, then one after the other: the same on every machine. */
  private float dot(float[] vectors, int at, float[] other) {
    float a = 0;
    float b = 0;
    float c = 0;
    float e = 0;
    for (int i = 0; i < d; i += 4) {
      a = Math.fma(vectors[at + i], other[i], a);
      b = Math.fma(vectors[at + i + 1], other[i + 1], b);
      c = Math.fma(vectors[at + i + 2], other[i + 2], c);
      e = Math.fma(vectors[at + i + 3], other[i + 3], e);
    }
    return (a + b) + (c + e);
  }
}
