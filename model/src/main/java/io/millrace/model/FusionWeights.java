package io.millrace.model;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * One published state of the fusion: what {@link FusionTrainer} had learnt after {@code examples}
 * choices. Immutable.
 *
 * <p>Formula: score(i) = sum over features f of x(f, i) * (w(0, f) + sum over the context's parts c
 * of w(c, f)).
 */
public final class FusionWeights {

  private static final int MAGIC = 0x4d464331;

  private final float[][] rows;
  private final float[][] squares;
  private final long examples;

  FusionWeights(float[][] rows, float[][] squares, long examples) {
    this.rows = rows;
    this.squares = squares;
    this.examples = examples;
  }

  /** What ranks before anything is learnt: the mixtures. */
  public static FusionWeights initial() {
    float[][] rows = new float[FusionContext.ROWS][FusionFeature.COUNT];
    for (FusionFeature feature : FusionFeature.values()) {
      rows[0][feature.ordinal()] = feature.initialWeight();
    }
    return new FusionWeights(rows, new float[FusionContext.ROWS][FusionFeature.COUNT], 0);
  }

  /** Number of choices learnt from: the version of a publication. */
  public long examples() {
    return examples;
  }

  /** The weight of each feature in these circumstances. */
  public float[] in(FusionContext context) {
    float[] sum = new float[FusionFeature.COUNT];
    for (int row : context.rows()) {
      float[] weights = rows[row];
      for (int f = 0; f < sum.length; f++) {
        sum[f] += weights[f];
      }
    }
    return sum;
  }

  /** Scores of all candidates of a {@link FusionFeature#matrix}. */
  public float[] scores(float[][] matrix, int size, FusionContext context) {
    return scores(matrix, size, in(context));
  }

  static float[] scores(float[][] matrix, int size, float[] weights) {
    float[] scores = new float[size];
    for (int f = 0; f < weights.length; f++) {
      float weight = weights[f];
      float[] column = matrix[f];
      for (int i = 0; i < size; i++) {
        scores[i] += weight * column[i];
      }
    }
    return scores;
  }

  float[][] copyOfRows() {
    return deepCopy(rows);
  }

  float[][] copyOfSquares() {
    return deepCopy(squares);
  }

  static float[][] deepCopy(float[][] source) {
    float[][] copy = new float[source.length][];
    for (int i = 0; i < source.length; i++) {
      copy[i] = source[i].clone();
    }
    return copy;
  }

  /**
   * Bytes that survive a change of the feature list: columns are stored under their feature's name.
   */
  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeLong(examples);
      out.writeInt(FusionContext.ROWS);
      out.writeInt(FusionFeature.COUNT);
      for (FusionFeature feature : FusionFeature.values()) {
        out.writeUTF(feature.name());
        for (int row = 0; row < FusionContext.ROWS; row++) {
          out.writeFloat(rows[row][feature.ordinal()]);
          out.writeFloat(squares[row][feature.ordinal()]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Features that the bytes do not know start at their initial weight; those that are no more are
   * dropped.
   *
   * @throws IllegalArgumentException when these are not weights, or are of another set of contexts
   */
  public static FusionWeights fromBytes(byte[] bytes) {
    FusionWeights fresh = initial();
    Map<String, FusionFeature> byName = new HashMap<>();
    for (FusionFeature feature : FusionFeature.values()) {
      byName.put(feature.name(), feature);
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int magic = in.readInt();
      if (magic != MAGIC) {
        throw new IllegalArgumentException(
            "fusion weights begin with %08x, expected %08x".formatted(magic, MAGIC));
      }
      long examples = in.readLong();
      int contexts = in.readInt();
      if (contexts != FusionContext.ROWS) {
        throw new IllegalArgumentException(
            "fusion weights have " + contexts + " rows, expected " + FusionContext.ROWS);
      }
      int features = in.readInt();
      for (int i = 0; i < features; i++) {
        FusionFeature feature = byName.get(in.readUTF());
        for (int row = 0; row < contexts; row++) {
          float weight = in.readFloat();
          float square = in.readFloat();
          if (feature != null) {
            fresh.rows[row][feature.ordinal()] = weight;
            fresh.squares[row][feature.ordinal()] = square;
          }
        }
      }
      return new FusionWeights(fresh.rows, fresh.squares, examples);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "fusion weights are cut short: " + bytes.length + " bytes", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FusionWeights that
        && examples == that.examples
        && Arrays.deepEquals(rows, that.rows)
        && Arrays.deepEquals(squares, that.squares);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(examples) + 31 * Arrays.deepHashCode(rows);
  }
}
