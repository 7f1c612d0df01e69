package io.millrace.index;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2ObjectAVLTreeMap;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What users did with each item: totals, cells of positives, and the columns that are derived from
 * them: the decayed positives of each half-life, relative to its landmark, and those of all time.
 *
 * <p>A column is a function of the item's cells and the watermark alone. So an item is weighed anew
 * when it is touched, and when the watermark reaches the moment one of its cells is folded (a queue
 * by due time finds it). When a landmark moves (once in 512 half-lives), all are scaled by a power
 * of two, in a new array, and none is weighed. Untouched items keep their numbers: shares fall
 * because the total grows. Writer thread only; readers get {@link #columns} through {@link
 * IndexView}.
 */
final class Popularity {

  /** Numbers by ordinal: one for each half-life, then all time; a cache line each. */
  static final int STRIDE = 8;

  static final int EVER = DecayWeights.HALF_LIVES;
  static final int COLUMNS = DecayWeights.HALF_LIVES + 1;

  /** Totals by ordinal: impressions, views, positives in 1/256, negatives. */
  static final int COUNTS = 4;

  static final int POSITIVES = 2;

  /** Told when an item's columns change, or all of them by the same factor. */
  interface Listener {
    void changed(int ordinal, double[] from, double[] to);

    /** Of each half-life, how far its landmark moved; see {@link DecayWeights#scaled}. */
    void scaled(int[] halfLives);
  }

  private final Listener listener;
  private final DecayWeights weights = new DecayWeights();
  private double[] columns = {};
  private long[] counts = {};
  private @Nullable EvidenceCells[] cells = new EvidenceCells[0];

  /** Slot at which each item waits to be folded, the largest long for none. */
  private long[] dueAt = {};

  private final Long2ObjectAVLTreeMap<IntArrayList> due = new Long2ObjectAVLTreeMap<>();
  private final EvidenceCells allCells = new EvidenceCells(0);
  private long allPositives;
  private final double[] totals = new double[COLUMNS];
  private final double[] from = new double[COLUMNS];
  private final double[] to = new double[COLUMNS];
  private final double[] decayed = new double[DecayWeights.HALF_LIVES];
  private final IntArrayList touched = new IntArrayList();
  private boolean[] isTouched = {};
  private boolean totalsChanged;
  private long weighings;
  private long watermarkMs = Long.MIN_VALUE;
  private long watermarkSlot = Long.MIN_VALUE;

  Popularity(Listener listener) {
    this.listener = listener;
  }

  void ensure(int capacity) {
    int had = dueAt.length;
    if (capacity <= had) {
      return;
    }
    columns = Arrays.copyOf(columns, capacity * STRIDE);
    counts = Arrays.copyOf(counts, capacity * COUNTS);
    cells = Arrays.copyOf(cells, capacity);
    isTouched = Arrays.copyOf(isTouched, capacity);
    dueAt = Arrays.copyOf(dueAt, capacity);
    Arrays.fill(dueAt, had, capacity, Long.MAX_VALUE);
  }

  double[] columns() {
    return columns;
  }

  long[] counts() {
    return counts;
  }

  /** Sum of each column over all items, added cell by cell as for one item. */
  double[] totals() {
    return totals;
  }

  long watermarkMs() {
    return watermarkMs;
  }

  /** How often an item was weighed: the work done, for tests that bound it. */
  long weighings() {
    return weighings;
  }

  double value(int ordinal, int column) {
    return columns[ordinal * STRIDE + column];
  }

  /** Moves the watermark forward; a smaller one changes nothing. */
  void advance(long toMs) {
    if (toMs <= watermarkMs) {
      return;
    }
    watermarkMs = toMs;
    long slot = TimeGrid.slot(toMs);
    if (slot == watermarkSlot) {
      return;
    }
    watermarkSlot = slot;
    if (allCells.due() <= slot) {
      allCells.fold(slot);
      totalsChanged = true;
    }
    while (!due.isEmpty() && due.firstLongKey() <= slot) {
      long at = due.firstLongKey();
      IntArrayList items = due.remove(at);
      for (int i = 0; i < items.size(); i++) {
        int ordinal = items.getInt(i);
        EvidenceCells own = cells[ordinal];
        if (dueAt[ordinal] == at && own != null) {
          own.fold(slot);
          dueAt[ordinal] = Long.MAX_VALUE;
          await(ordinal, own);
          weigh(ordinal, own);
        }
      }
    }
    // Last: what had to be folded is then young enough to be scaled.
    scale(weights.moveTo(toMs));
  }

  private void scale(int[] halfLives) {
    boolean any = false;
    for (int h = 0; h < halfLives.length; h++) {
      if (halfLives[h] != 0) {
        columns = any ? columns : columns.clone();
        any = true;
        for (int at = h; at < columns.length; at += STRIDE) {
          if (columns[at] != 0) {
            columns[at] = DecayWeights.scaled(columns[at], halfLives[h]);
          }
        }
      }
    }
    if (any) {
      totalsChanged = true;
      listener.scaled(halfLives);
    }
  }

  private void await(int ordinal, EvidenceCells own) {
    long at = own.due();
    if (at < dueAt[ordinal]) {
      dueAt[ordinal] = at;
      due.computeIfAbsent(at, _ -> new IntArrayList()).add(ordinal);
    }
  }

  /** Adds counts; {@link #settle} makes them show. */
  void add(
      int ordinal,
      long itemHash,
      long slot,
      long impressions,
      long views,
      long positives,
      long negatives) {
    count(ordinal, impressions, views, positives, negatives);
    if (positives != 0) {
      own(ordinal, itemHash).add(slot, positives, watermarkSlot);
      allCells.add(slot, positives, watermarkSlot);
      touch(ordinal);
    }
  }

  /** The same for evidence that waited. */
  void addAll(
      int ordinal,
      long itemHash,
      EvidenceCells waited,
      long impressions,
      long views,
      long positives,
      long negatives) {
    count(ordinal, impressions, views, positives, negatives);
    own(ordinal, itemHash).addAll(waited, watermarkSlot);
    allCells.addAll(waited, watermarkSlot);
    touch(ordinal);
  }

  private void count(int ordinal, long impressions, long views, long positives, long negatives) {
    int at = ordinal * COUNTS;
    counts[at] += impressions;
    counts[at + 1] += views;
    counts[at + POSITIVES] += positives;
    counts[at + 3] += negatives;
    allPositives += positives;
  }

  private EvidenceCells own(int ordinal, long itemHash) {
    EvidenceCells own = cells[ordinal];
    if (own == null) {
      own = new EvidenceCells(EvidenceCells.staggerOf(itemHash));
      cells[ordinal] = own;
    }
    return own;
  }

  private void touch(int ordinal) {
    if (!isTouched[ordinal]) {
      isTouched[ordinal] = true;
      touched.add(ordinal);
    }
    totalsChanged = true;
  }

  /** Weighs what was touched. */
  void settle() {
    for (int i = 0; i < touched.size(); i++) {
      int ordinal = touched.getInt(i);
      isTouched[ordinal] = false;
      EvidenceCells own = cells[ordinal];
      if (own != null) {
        await(ordinal, own);
        weigh(ordinal, own);
      }
    }
    touched.clear();
    if (totalsChanged) {
      totalsChanged = false;
      allCells.weigh(weights, decayed);
      System.arraycopy(decayed, 0, totals, 0, decayed.length);
      totals[EVER] = allPositives;
    }
  }

  private void weigh(int ordinal, EvidenceCells own) {
    weighings++;
    int at = ordinal * STRIDE;
    System.arraycopy(columns, at, from, 0, COLUMNS);
    own.weigh(weights, decayed);
    System.arraycopy(decayed, 0, to, 0, decayed.length);
    to[EVER] = counts[ordinal * COUNTS + POSITIVES];
    System.arraycopy(to, 0, columns, at, COLUMNS);
    listener.changed(ordinal, from, to);
  }

  /** The item's cells as of the watermark; null when it has none. */
  @Nullable EvidenceCells cells(int ordinal) {
    return cells[ordinal];
  }
}
