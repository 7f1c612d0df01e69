package io.millrace.index;

import java.util.List;
import java.util.Map;

/**
 * What the catalogue says of one item. Absolute: a later one replaces an earlier one whole.
 *
 * @param categories the first is the primary one
 * @param createdAtMs milliseconds since 1970, never 0: when it was first put, if the catalogue says
 *     nothing
 * @param price NaN when it has none
 * @param stock pieces, -1 when not counted
 * @param ageRating youngest age in years
 * @param durationMs 0 when it has none
 * @param vector the client's own; empty when there is none
 */
public record ItemFacts(
    String itemId,
    String title,
    List<String> categories,
    List<String> tags,
    String creator,
    long createdAtMs,
    String language,
    double price,
    long stock,
    int ageRating,
    Safety safety,
    String sponsor,
    long durationMs,
    Map<String, String> attributes,
    List<Variant> variants,
    Vector vector) {

  /**
   * Attribute that holds the year a work came out, where that differs from when it entered the
   * catalogue.
   */
  public static final String RELEASE_YEAR = "release_year";

  public enum Safety {
    SAFE,
    SENSITIVE,
    UNSAFE
  }

  public record Variant(String variantId, String title, String artworkUrl) {}

  /** An immutable list of finite floats. */
  public static final class Vector {
    public static final Vector NONE = new Vector(new float[0]);
    private final float[] values;

    public Vector(float... values) {
      this.values = values.clone();
    }

    public int length() {
      return values.length;
    }

    public float get(int i) {
      return values[i];
    }

    public float[] toArray() {
      return values.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Vector that && java.util.Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
      return java.util.Arrays.hashCode(values);
    }

    @Override
    public String toString() {
      return "Vector[" + values.length + "]";
    }
  }

  /** Whether it may be served at all, whoever asks. */
  public boolean servable() {
    return safety != Safety.UNSAFE && stock != 0;
  }
}
