package io.millrace.index;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Vectors for an exact scan: blocks of 64 items, within a block one row of 64 floats per dimension,
 * so that each lane is one item and nothing is ever added across lanes.
 *
 * <p>Formula: score = fma over the dimensions in order, from 0: the same bits whatever the width of
 * the machine's vectors, and as {@link Math#fma} would give.
 *
 * <p>A changed vector takes a new slot; slots are written once, so a reader that took a {@link
 * View} never sees half a vector. The writer moves everything to new arrays when more than one slot
 * in {@value #STALE} is stale, as scans compare those too. Writer thread only, but for {@link
 * View}.
 */
final class VectorBlocks {

  static final int BLOCK = 64;
  private static final int STALE = 4;
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /**
   * Slots below {@code size} are whole. A slot is current for this view when it was replaced by
   * none, or by one that the view does not hold.
   *
   * @param ordinals item of each slot
   * @param replacedBy slot that took over, the largest int for none
   * @param squares inner product of each slot's vector with itself
   * @param length dimensions; 0 while there are no vectors
   */
  record View(
      float[] blocks, int[] ordinals, int[] replacedBy, float[] squares, int size, int length) {

    boolean current(int slot) {
      return replacedBy[slot] >= size;
    }

    float value(int slot, int dimension) {
      return blocks[slot / BLOCK * BLOCK * length + dimension * BLOCK + slot % BLOCK];
    }

    /** Writes the scores of the block's 64 slots; those at or past {@code size} mean nothing. */
    void scores(int block, float[] query, float[] out) {
      scores(block, query, out, 0);
    }

    /**
     * The same to 64 places of {@code out} from {@code to}. A sum waits for its own last addition:
     * registers of eight floats have all of a block's on their way at once, others four of them.
     */
    void scores(int block, float[] query, float[] out, int to) {
      int base = block * BLOCK * length;
      if (SPECIES.length() == 8) {
        eightSums(base, query, out, to);
      } else {
        for (int lane = 0; lane < BLOCK; lane += 4 * SPECIES.length()) {
          fourSums(base + lane, query, out, to + lane);
        }
      }
    }

    private void fourSums(int base, float[] query, float[] out, int to) {
      float[] values = blocks;
      int lanes = SPECIES.length();
      FloatVector a = FloatVector.zero(SPECIES);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int i = 0; i < length; i++) {
        FloatVector q = FloatVector.broadcast(SPECIES, query[i]);
        int at = base + i * BLOCK;
        a = FloatVector.fromArray(SPECIES, values, at).fma(q, a);
        b = FloatVector.fromArray(SPECIES, values, at + lanes).fma(q, b);
        c = FloatVector.fromArray(SPECIES, values, at + 2 * lanes).fma(q, c);
        d = FloatVector.fromArray(SPECIES, values, at + 3 * lanes).fma(q, d);
      }
      a.intoArray(out, to);
      b.intoArray(out, to + lanes);
      c.intoArray(out, to + 2 * lanes);
      d.intoArray(out, to + 3 * lanes);
    }

    private void eightSums(int base, float[] query, float[] out, int to) {
      float[] values = blocks;
      FloatVector a = FloatVector.zero(SPECIES);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      FloatVector e = a;
      FloatVector f = a;
      FloatVector g = a;
      FloatVector h = a;
      for (int i = 0; i < length; i++) {
        FloatVector q = FloatVector.broadcast(SPECIES, query[i]);
        int at = base + i * BLOCK;
        a = FloatVector.fromArray(SPECIES, values, at).fma(q, a);
        b = FloatVector.fromArray(SPECIES, values, at + 8).fma(q, b);
        c = FloatVector.fromArray(SPECIES, values, at + 16).fma(q, c);
        d = FloatVector.fromArray(SPECIES, values, at + 24).fma(q, d);
        e = FloatVector.fromArray(SPECIES, values, at + 32).fma(q, e);
        f = FloatVector.fromArray(SPECIES, values, at + 40).fma(q, f);
        g = FloatVector.fromArray(SPECIES, values, at + 48).fma(q, g);
        h = FloatVector.fromArray(SPECIES, values, at + 56).fma(q, h);
      }
      a.intoArray(out, to);
      b.intoArray(out, to + 8);
      c.intoArray(out, to + 16);
      d.intoArray(out, to + 24);
      e.intoArray(out, to + 32);
      f.intoArray(out, to + 40);
      g.intoArray(out, to + 48);
      h.intoArray(out, to + 56);
    }

    /**
     * Offers a block's current items that are admitted, by {@link BestItems#signedKey}.
     *
     * @param scores of the block's slots, from {@code at}
     * @param allowed null for all
     */
    void offer(
        int block, float[] scores, int at, BestItems best, VectorIndex.@Nullable Allowed allowed) {
      int first = block * BLOCK;
      // Of most blocks few reach the bar: the others are passed without a look.
      long reaching = reaching(scores, at, best.leastSigned());
      if (size - first < BLOCK) {
        reaching &= (1L << (size - first)) - 1;
      }
      for (; reaching != 0; reaching &= reaching - 1) {
        int lane = Long.numberOfTrailingZeros(reaching);
        int ordinal = ordinals[first + lane];
        if (ordinal >= 0) {
          long key = BestItems.signedKey(scores[at + lane], ordinal);
          if (best.wants(key)
              && current(first + lane)
              && (allowed == null || allowed.admits(ordinal))) {
            best.offer(key);
          }
        }
      }
    }

    /** A bit for each of a block's scores, from {@code at}, that is at least the bar. */
    private static long reaching(float[] scores, int at, float bar) {
      long bits = 0;
      for (int lane = 0; lane < BLOCK; lane += SPECIES.length()) {
        bits |=
            FloatVector.fromArray(SPECIES, scores, at + lane)
                    .compare(VectorOperators.GE, bar)
                    .toLong()
                << lane;
      }
      return bits;
    }
  }

  private float[] blocks = {};
  private int[] ordinals = {};
  private int[] replacedBy = {};
  private float[] squares = {};

  /** Current slot by ordinal, -1 for none. */
  private int[] slots = {};

  private int size;
  private int stale;
  private int length;

  VectorBlocks(int length) {
    this.length = length;
  }

  View view() {
    return new View(blocks, ordinals, replacedBy, squares, size, length);
  }

  int length() {
    return length;
  }

  boolean has(int ordinal) {
    return ordinal >= 0 && ordinal < slots.length && slots[ordinal] >= 0;
  }

  /** Current slot by ordinal, -1 for none; the array of the writer. */
  int[] slots() {
    return slots;
  }

  /** Decides the length before the first vector does; nothing when it is decided. */
  void expect(int values) {
    length = length == 0 ? values : length;
  }

  /** An empty vector takes away what there was. The caller has checked the length. */
  void put(int ordinal, ItemFacts.Vector vector) {
    if (ordinal >= slots.length) {
      int had = slots.length;
      slots = Arrays.copyOf(slots, Math.max(ordinal + 1, had + (had >> 1)));
      Arrays.fill(slots, had, slots.length, -1);
    }
    int old = slots[ordinal];
    if (vector.length() == 0) {
      if (old >= 0) {
        // Replaced by a slot of nobody, so that views taken before still find it.
        replace(old, take(-1));
        stale++;
        slots[ordinal] = -1;
      }
      return;
    }
    length = vector.length();
    if (old >= 0 && same(old, vector)) {
      return;
    }
    int slot = take(ordinal);
    int base = slot / BLOCK * BLOCK * length + slot % BLOCK;
    float square = 0;
    for (int i = 0; i < length; i++) {
      float value = vector.get(i);
      blocks[base + i * BLOCK] = value;
      square = Math.fma(value, value, square);
    }
    squares[slot] = square;
    slots[ordinal] = slot;
    if (old >= 0) {
      replace(old, slot);
    }
    if (stale > BLOCK && stale > size / STALE) {
      compact();
    }
  }

  private boolean same(int slot, ItemFacts.Vector vector) {
    int base = slot / BLOCK * BLOCK * length + slot % BLOCK;
    for (int i = 0; i < length; i++) {
      if (Float.floatToIntBits(blocks[base + i * BLOCK]) != Float.floatToIntBits(vector.get(i))) {
        return false;
      }
    }
    return true;
  }

  private int take(int ordinal) {
    if (size == ordinals.length) {
      int room = Math.max(size + BLOCK, (size + (size >> 1)) / BLOCK * BLOCK);
      ordinals = Arrays.copyOf(ordinals, room);
      replacedBy = Arrays.copyOf(replacedBy, room);
      squares = Arrays.copyOf(squares, room);
      Arrays.fill(replacedBy, size, room, Integer.MAX_VALUE);
      blocks = Arrays.copyOf(blocks, Math.multiplyExact(room, length));
    }
    ordinals[size] = ordinal;
    return size++;
  }

  private void replace(int old, int by) {
    replacedBy[old] = by;
    stale++;
  }

  private void compact() {
    float[] from = blocks;
    float[] fromSquares = squares;
    int[] items = ordinals;
    int count = size;
    int[] current = slots;
    blocks = new float[0];
    ordinals = new int[0];
    replacedBy = new int[0];
    squares = new float[0];
    size = 0;
    stale = 0;
    for (int slot = 0; slot < count; slot++) {
      int ordinal = items[slot];
      if (ordinal >= 0 && current[ordinal] == slot) {
        int to = take(ordinal);
        for (int i = 0; i < length; i++) {
          blocks[to / BLOCK * BLOCK * length + i * BLOCK + to % BLOCK] =
              from[slot / BLOCK * BLOCK * length + i * BLOCK + slot % BLOCK];
        }
        squares[to] = fromSquares[slot];
        current[ordinal] = to;
      }
    }
  }
}
