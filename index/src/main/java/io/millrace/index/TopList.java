package io.millrace.index;

import java.util.Arrays;

/**
 * The items with the largest keys out of a set, best first, ties by ordinal, kept right under
 * changes without looking at the other items: it holds up to twice what it answers for, and only
 * when departures have eaten that reserve it asks to be filled again from the whole set.
 *
 * <p>Invariant: whatever belongs to the set and is not in the list ranks behind its last entry.
 * Writer thread only; any thread may read {@link #top}, which is a function of the set alone.
 */
final class TopList {

  static final int[] EMPTY = {};

  private final int promised;
  private final int room;
  private int[] ordinals = EMPTY;
  private double[] keys = {};
  private int size;

  /** True when items of the set may be outside the list. */
  private boolean partial;

  private boolean changed;
  private boolean touched;
  private volatile int[] top = EMPTY;

  /**
   * @param promised how many of the best readers see, if the set has as many
   */
  TopList(int promised) {
    this.promised = promised;
    this.room = 2 * promised;
  }

  /** Where the item stands or would stand. */
  private int place(int ordinal, double key) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (keys[middle] > key || (keys[middle] == key && ordinals[middle] < ordinal)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** An item joins the set. */
  void add(int ordinal, double key) {
    int at = place(ordinal, key);
    if (at == size && partial) {
      return;
    }
    if (at == room) {
      partial = true;
      return;
    }
    if (size == room) {
      size--;
      partial = true;
    }
    makeRoom();
    System.arraycopy(ordinals, at, ordinals, at + 1, size - at);
    System.arraycopy(keys, at, keys, at + 1, size - at);
    ordinals[at] = ordinal;
    keys[at] = key;
    size++;
    changed |= at < promised;
  }

  private void makeRoom() {
    if (size == ordinals.length) {
      int larger = Math.min(room, Math.max(8, 2 * size));
      ordinals = Arrays.copyOf(ordinals, larger);
      keys = Arrays.copyOf(keys, larger);
    }
  }

  /** An item leaves the set; {@code key} is the one it had. */
  void remove(int ordinal, double key) {
    int at = place(ordinal, key);
    if (at < size && ordinals[at] == ordinal) {
      System.arraycopy(ordinals, at + 1, ordinals, at, size - at - 1);
      System.arraycopy(keys, at + 1, keys, at, size - at - 1);
      size--;
      changed |= at < promised;
    }
  }

  /** An item of the set changes its key. */
  void move(int ordinal, double from, double to) {
    if (from == to) {
      return;
    }
    int old = place(ordinal, from);
    if (old == size || ordinals[old] != ordinal) {
      add(ordinal, to);
      return;
    }
    int at = place(ordinal, to);
    if (at > old) {
      at--;
    }
    if (partial && at == size - 1) {
      // Behind all that are known: items outside may rank before it, so it leaves. The last entry
      // that gains stays: it was before all outside.
      if (to < from) {
        remove(ordinal, from);
        return;
      }
    }
    if (at < old) {
      System.arraycopy(ordinals, at, ordinals, at + 1, old - at);
      System.arraycopy(keys, at, keys, at + 1, old - at);
      changed |= at < promised;
    } else if (at > old) {
      System.arraycopy(ordinals, old + 1, ordinals, old, at - old);
      System.arraycopy(keys, old + 1, keys, old, at - old);
      changed |= old < promised;
    }
    ordinals[at] = ordinal;
    keys[at] = to;
  }

  /** Whether the set has to be given to {@link #refill} before it is published. */
  boolean hungry() {
    return partial && size < promised;
  }

  /** Replaces the content: the best of {@code count} items in any order. */
  void refill(int[] items, double[] itemKeys, int count) {
    size = 0;
    partial = false;
    changed = true;
    if (count > room) {
      // The threshold first: a heap of the best keys, then insertion of what passes.
      double[] sorted = Arrays.copyOf(itemKeys, count);
      Arrays.sort(sorted);
      double threshold = sorted[count - room];
      for (int i = 0; i < count; i++) {
        if (itemKeys[i] > threshold) {
          push(items[i], itemKeys[i]);
        }
      }
      int better = size;
      sort();
      // Ties at the threshold: smallest ordinals first.
      int[] ties = new int[count - better];
      int tied = 0;
      for (int i = 0; i < count; i++) {
        if (itemKeys[i] == threshold) {
          ties[tied++] = items[i];
        }
      }
      Arrays.sort(ties, 0, tied);
      for (int i = 0; i < tied && size < room; i++) {
        push(ties[i], threshold);
      }
      partial = true;
    } else {
      for (int i = 0; i < count; i++) {
        push(items[i], itemKeys[i]);
      }
      sort();
    }
  }

  private void push(int ordinal, double key) {
    makeRoom();
    ordinals[size] = ordinal;
    keys[size] = key;
    size++;
  }

  private void sort() {
    it.unimi.dsi.fastutil.Arrays.quickSort(
        0,
        size,
        (a, b) ->
            keys[a] != keys[b]
                ? Double.compare(keys[b], keys[a])
                : Integer.compare(ordinals[a], ordinals[b]),
        (a, b) -> {
          int ordinal = ordinals[a];
          ordinals[a] = ordinals[b];
          ordinals[b] = ordinal;
          double key = keys[a];
          keys[a] = keys[b];
          keys[b] = key;
        });
  }

  /** All keys of the set follow a landmark, which changes no order. */
  void scale(int halfLives) {
    if (halfLives != 0) {
      for (int i = 0; i < size; i++) {
        keys[i] = DecayWeights.scaled(keys[i], halfLives);
      }
    }
  }

  /** True at the first call since the last {@link #publish}. */
  boolean touch() {
    boolean first = !touched;
    touched = true;
    return first;
  }

  /** Shows the present state to readers; call when not hungry. */
  void publish() {
    touched = false;
    if (changed) {
      changed = false;
      top = size == 0 ? EMPTY : Arrays.copyOf(ordinals, Math.min(size, promised));
    }
  }

  /** The best items, at most as many as promised, as of the last {@link #publish}. Any thread. */
  int[] top() {
    return top;
  }
}
