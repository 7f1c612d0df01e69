package io.millrace.index;

import java.util.Arrays;

/**
 * The items chosen after one predecessor. The writer appends successors and overwrites weights in
 * place; a reader takes {@link #size} first and sees every successor below it, each weight either
 * as it was or newer. Growing makes a new object; the old one stays as it is.
 */
final class Posting {

  /** A table pays above this; below, a walk over one cache line does. */
  private static final int WALK = 8;

  final int[] successors;

  /** Decayed weight of each successor, relative to the landmark of pairs. */
  final float[] weights;

  /** The same of pairs within a session. */
  final float[] sessions;

  /** First cell of each successor in {@link PairCells}. Writer thread only. */
  final int[] cells;

  /** Index + 1 by hash of the successor, 0 for free. Writer thread only. */
  private final int[] table;

  private volatile int size;

  Posting(int capacity) {
    successors = new int[capacity];
    weights = new float[capacity];
    sessions = new float[capacity];
    cells = new int[capacity];
    table = new int[capacity <= WALK ? 0 : Integer.highestOneBit(2 * capacity - 1) * 2];
  }

  int size() {
    return size;
  }

  boolean full() {
    return size == successors.length;
  }

  Posting grown() {
    int count = size;
    Posting larger = new Posting(Math.max(4, count + (count >> 1) + 1));
    System.arraycopy(successors, 0, larger.successors, 0, count);
    System.arraycopy(weights, 0, larger.weights, 0, count);
    System.arraycopy(sessions, 0, larger.sessions, 0, count);
    System.arraycopy(cells, 0, larger.cells, 0, count);
    larger.index(count);
    larger.size = count;
    return larger;
  }

  private void index(int count) {
    if (table.length > 0) {
      for (int i = 0; i < count; i++) {
        table[slot(successors[i])] = i + 1;
      }
    }
  }

  /** Slot of the successor in the table, or the free one where it belongs. */
  private int slot(int successor) {
    int mask = table.length - 1;
    int at = (successor * 0x9E3779B9) >>> 7 & mask;
    while (table[at] != 0 && successors[table[at] - 1] != successor) {
      at = (at + 1) & mask;
    }
    return at;
  }

  /** Place of the successor, -1 when absent. Writer thread only. */
  int find(int successor) {
    if (table.length > 0) {
      return table[slot(successor)] - 1;
    }
    int count = size;
    for (int i = 0; i < count; i++) {
      if (successors[i] == successor) {
        return i;
      }
    }
    return -1;
  }

  /** Place of a new successor; not to be called on a full one. */
  int append(int successor) {
    int at = size;
    if (table.length > 0) {
      int slot = slot(successor);
      successors[at] = successor;
      table[slot] = at + 1;
    } else {
      successors[at] = successor;
    }
    cells[at] = -1;
    size = at + 1;
    return at;
  }

  /** A copy whose weights can be written anew without readers seeing a mixture. */
  Posting copy() {
    int count = size;
    Posting copy = new Posting(successors.length);
    System.arraycopy(successors, 0, copy.successors, 0, count);
    System.arraycopy(cells, 0, copy.cells, 0, count);
    copy.index(count);
    copy.size = count;
    return copy;
  }

  /** Which predecessors an item was chosen after, and where in their postings it stands. */
  static final class Incoming {
    private int[] predecessors = new int[4];
    private int[] places = new int[4];
    private int size;

    /** Writer thread only. */
    synchronized void add(int predecessor, int place) {
      if (size == predecessors.length) {
        predecessors = Arrays.copyOf(predecessors, size + (size >> 1) + 1);
        places = Arrays.copyOf(places, predecessors.length);
      }
      predecessors[size] = predecessor;
      places[size] = place;
      size++;
    }

    /** Pairs of predecessor and place. Any thread. */
    synchronized long[] all() {
      long[] all = new long[size];
      for (int i = 0; i < size; i++) {
        all[i] = (long) predecessors[i] << 32 | places[i];
      }
      return all;
    }
  }
}
