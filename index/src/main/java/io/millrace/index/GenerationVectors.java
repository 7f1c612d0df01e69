package io.millrace.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The items' vectors as one generation sees them: to be searched, and to be read by ordinal. Each
 * item may have two: where its search finds it, and what its content alone says. One thread writes;
 * any thread reads without locks and sees each vector whole.
 */
public final class GenerationVectors {

  /** Rows are set with release and read with acquire. */
  private static final VarHandle ROWS = MethodHandles.arrayElementVarHandle(float[][].class);

  private final int generation;
  private final VectorIndex search;
  private final float[] common;

  /** By ordinal; a row is never changed, only replaced. */
  private volatile float @Nullable [][] live = new float[1_024][];

  private volatile float @Nullable [][] content = new float[1_024][];

  /** No vectors yet, and nothing known that all would have in common. */
  public GenerationVectors(int generation, VectorIndex search) {
    this(generation, search, new float[0]);
  }

  /**
   * No vectors yet.
   *
   * @param generation from 1
   * @param search empty; written by this object alone from now on
   * @param common the direction that all items share, of length 1 or 0; empty for none
   */
  public GenerationVectors(int generation, VectorIndex search, float[] common) {
    if (generation < 1) {
      throw new IllegalArgumentException(
          "generation is %d, expected at least 1".formatted(generation));
    }
    this.generation = generation;
    this.search = search;
    this.common = common.clone();
  }

  public int generation() {
    return generation;
  }

  /** Adds or replaces what an item is searched by. Writer thread only. */
  public void put(int ordinal, float[] vector) {
    float[] own = vector.clone();
    live = with(live, ordinal, own);
    search.put(ordinal, own);
  }

  /** Adds or replaces what an item's content says. Writer thread only. */
  public void putContent(int ordinal, float[] vector) {
    content = with(content, ordinal, vector.clone());
  }

  private static float @Nullable [][] with(float @Nullable [][] rows, int ordinal, float[] vector) {
    float[][] grown =
        ordinal < rows.length
            ? rows
            : Arrays.copyOf(rows, Math.max(ordinal + 1, rows.length + (rows.length >> 1)));
    ROWS.setRelease(grown, ordinal, vector);
    return grown;
  }

  /** Only to be read; null when there is none. Any thread. */
  public float @Nullable [] vector(int ordinal) {
    return row(live, ordinal);
  }

  /** Only to be read; null when there is none. Any thread. */
  public float @Nullable [] content(int ordinal) {
    return row(content, ordinal);
  }

  /** Reads ahead what {@link #vector} of those items has. */
  void vectorsAhead(Ahead ahead, int[] ordinals, int next, int count) {
    ahead.rows(live, ordinals, next, count);
  }

  /** Reads ahead what {@link #content} of those items has. */
  void contentAhead(Ahead ahead, int[] ordinals, int next, int count) {
    ahead.rows(content, ordinals, next, count);
  }

  private static float @Nullable [] row(float @Nullable [][] rows, int ordinal) {
    return ordinal >= 0 && ordinal < rows.length ? (float[]) ROWS.getAcquire(rows, ordinal) : null;
  }

  /**
   * How alike one item is to others: the cosine of their vectors without what all have in common,
   * -1 to 1; 0 where either has nothing else. Any thread.
   */
  public final class Likeness {
    private final float[] one;
    private final float shared;
    private final float length;

    public Likeness(float[] one) {
      this.one = one;
      this.shared = shared(one);
      this.length = own(one, shared);
    }

    public float to(float[] other) {
      float otherShared = shared(other);
      float lengths = length * own(other, otherShared);
      return lengths == 0 ? 0 : (InnerProduct.of(one, other) - shared * otherShared) / lengths;
    }
  }

  /** A vector without what all have in common. Any thread. */
  public float[] own(float[] vector) {
    float[] own = vector.clone();
    float shared = shared(vector);
    for (int i = 0; i < common.length; i++) {
      own[i] -= shared * common[i];
    }
    return own;
  }

  private float shared(float[] vector) {
    return common.length == 0 ? 0 : InnerProduct.of(vector, common);
  }

  /** Length of what is not shared; of rounding, 0. */
  private static float own(float[] vector, float shared) {
    float square = InnerProduct.of(vector, vector);
    float left = square - shared * shared;
    return left <= 1e-6f * square ? 0 : (float) Math.sqrt(left);
  }

  /** Any thread. */
  public VectorIndex search() {
    return search;
  }
}
