package io.millrace.model;

import java.util.Arrays;

/**
 * The features of one example that are not zero: slots of a table of weights, with values. Never
 * changes; made by its {@link Builder}.
 */
public final class SparseRow {

  private static final int BITS = 22;

  /** Slots of the table: features are hashed into so many. */
  public static final int SLOTS = 1 << BITS;

  private final int[] slots;
  private final float[] values;

  private SparseRow(int[] slots, float[] values) {
    this.slots = slots;
    this.values = values;
  }

  public int size() {
    return slots.length;
  }

  public int slot(int i) {
    return slots[i];
  }

  public float value(int i) {
    return values[i];
  }

  /** A row while it is put together. Used by one thread, once. */
  public static final class Builder {
    private int[] slots = new int[128];
    private float[] values = new float[128];
    private int size;

    /** A class: one of the values of a field, each with a weight of its own. */
    Builder is(int field, long value) {
      return add(field, value, 1);
    }

    /** A number: one weight for the whole field. */
    Builder has(int field, double value) {
      return add(field, 0, (float) value);
    }

    private Builder add(int field, long value, float x) {
      if (size == slots.length) {
        slots = Arrays.copyOf(slots, 2 * size);
        values = Arrays.copyOf(values, 2 * size);
      }
      slots[size] = (int) (mix(field * 1_000_003L + value) >>> (Long.SIZE - BITS));
      values[size++] = x;
      return this;
    }

    SparseRow build() {
      return new SparseRow(Arrays.copyOf(slots, size), Arrays.copyOf(values, size));
    }
  }

  /** Spreads keys evenly. Source: the finaliser of splitmix64 (Steele, Lea, Flood 2014). */
  static long mix(long key) {
    long z = key + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
