package io.millrace.index;

import io.millrace.index.EvidenceBatch.PairDelta;
import it.unimi.dsi.fastutil.ints.Int2ObjectOpenHashMap;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * The pairs of one batch, as columns: twenty of an event make most of a batch, and each of its
 * items is in many of them. A row names its two items by their places in a list of hashes.
 * Immutable; a {@link List} for who wants rows one by one.
 */
public final class EvidencePairs extends AbstractList<PairDelta> implements RandomAccess {
  private final long[] hashes;
  private final int[] predecessors;
  private final int[] items;
  private final int[] days;
  private final int[] weights;
  private final int[] sessionWeights;

  /**
   * Columns, which are the new object's from then on.
   *
   * @param predecessors places in {@code hashes}, as {@code items}
   * @throws IllegalArgumentException "a pair is of item 7 of 5, counted from 0", or columns of
   *     unequal lengths
   */
  public EvidencePairs(
      long[] hashes,
      int[] predecessors,
      int[] items,
      int[] days,
      int[] weights,
      int[] sessionWeights) {
    int count = weights.length;
    if (predecessors.length != count
        || items.length != count
        || days.length != count
        || sessionWeights.length != count) {
      throw new IllegalArgumentException(
          "pairs have %d weights, %d predecessors, %d items, %d days and %d session weights, expected equally many"
              .formatted(
                  count, predecessors.length, items.length, days.length, sessionWeights.length));
    }
    for (int row = 0; row < count; row++) {
      check(predecessors[row], hashes.length);
      check(items[row], hashes.length);
    }
    this.hashes = hashes;
    this.predecessors = predecessors;
    this.items = items;
    this.days = days;
    this.weights = weights;
    this.sessionWeights = sessionWeights;
  }

  private static void check(int place, int hashes) {
    if (place < 0 || place >= hashes) {
      throw new IllegalArgumentException(
          "a pair is of item %s of %d, counted from 0"
              .formatted(Integer.toUnsignedString(place), hashes));
    }
  }

  /** The rows as they are, none summed. */
  public static EvidencePairs of(List<PairDelta> rows) {
    if (rows instanceof EvidencePairs pairs) {
      return pairs;
    }
    Columns columns = new Columns(rows.size());
    for (PairDelta row : rows) {
      int predecessor = columns.place(row.predecessorHash());
      int item = columns.place(row.itemHash());
      columns.append(predecessor, item, row.day(), row.weight(), row.sessionWeight());
    }
    return columns.build();
  }

  @Override
  public int size() {
    return weights.length;
  }

  @Override
  public PairDelta get(int row) {
    return new PairDelta(
        hashes[predecessors[row]],
        hashes[items[row]],
        days[row],
        weights[row],
        sessionWeights[row]);
  }

  /** Distinct items; a place is from 0 to below this. */
  public int hashes() {
    return hashes.length;
  }

  /** Hash of the item at a place. */
  public long hash(int place) {
    return hashes[place];
  }

  /** Place of the row's predecessor. */
  public int predecessor(int row) {
    return predecessors[row];
  }

  /** Place of the row's item. */
  public int item(int row) {
    return items[row];
  }

  /** As {@link PairDelta#day}. */
  public int day(int row) {
    return days[row];
  }

  /** As {@link PairDelta#weight}. */
  public int weight(int row) {
    return weights[row];
  }

  /** As {@link PairDelta#sessionWeight}. */
  public int sessionWeight(int row) {
    return sessionWeights[row];
  }

  /** Pairs while they are summed. Used by one thread. */
  public static final class Columns {
    private final Long2IntOpenHashMap places = new Long2IntOpenHashMap();
    private long[] hashes = new long[16];
    private int[] predecessors;
    private int[] items;
    private int[] days;
    private int[] weights;
    private int[] sessionWeights;
    private int size;

    /** Of each day, the row of a pair: its predecessor's place in the upper half, its item's. */
    private final Int2ObjectOpenHashMap<Long2IntOpenHashMap> rowsByDay =
        new Int2ObjectOpenHashMap<>();

    /**
     * No rows.
     *
     * @param expected so many are held without growing
     */
    public Columns(int expected) {
      places.defaultReturnValue(-1);
      int room = Math.max(16, expected);
      predecessors = new int[room];
      items = new int[room];
      days = new int[room];
      weights = new int[room];
      sessionWeights = new int[room];
    }

    /** The place of an item, a new one if it has none. */
    public int place(long hash) {
      int next = places.size();
      int place = places.putIfAbsent(hash, next);
      if (place >= 0) {
        return place;
      }
      if (next == hashes.length) {
        hashes = Arrays.copyOf(hashes, 2 * next);
      }
      hashes[next] = hash;
      return next;
    }

    private void append(int predecessor, int item, int day, int weight, int sessionWeight) {
      if (size == weights.length) {
        int room = 2 * size;
        predecessors = Arrays.copyOf(predecessors, room);
        items = Arrays.copyOf(items, room);
        days = Arrays.copyOf(days, room);
        weights = Arrays.copyOf(weights, room);
        sessionWeights = Arrays.copyOf(sessionWeights, room);
      }
      predecessors[size] = predecessor;
      items[size] = item;
      days[size] = day;
      weights[size] = weight;
      sessionWeights[size++] = sessionWeight;
    }

    /**
     * Adds to the row of the pair on that day, a new one if there is none.
     *
     * @param predecessor a place, as {@code item}
     */
    public void sum(int predecessor, int item, int day, int weight, int sessionWeight) {
      long pair = (long) predecessor << 32 | item;
      int row = rowsByDay.computeIfAbsent(day, _ -> noRows()).putIfAbsent(pair, size);
      if (row < 0) {
        append(predecessor, item, day, weight, sessionWeight);
      } else {
        weights[row] += weight;
        sessionWeights[row] += sessionWeight;
      }
    }

    private static Long2IntOpenHashMap noRows() {
      Long2IntOpenHashMap rows = new Long2IntOpenHashMap();
      rows.defaultReturnValue(-1);
      return rows;
    }

    public boolean isEmpty() {
      return size == 0;
    }

    /** The rows so far. */
    public EvidencePairs build() {
      return new EvidencePairs(
          Arrays.copyOf(hashes, places.size()),
          Arrays.copyOf(predecessors, size),
          Arrays.copyOf(items, size),
          Arrays.copyOf(days, size),
          Arrays.copyOf(weights, size),
          Arrays.copyOf(sessionWeights, size));
    }
  }
}
