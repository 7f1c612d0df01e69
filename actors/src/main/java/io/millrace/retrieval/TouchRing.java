package io.millrace.retrieval;

import io.millrace.index.EvidenceBatch.Touch;
import it.unimi.dsi.fastutil.ints.IntArrays;
import it.unimi.dsi.fastutil.ints.IntConsumer;
import it.unimi.dsi.fastutil.longs.LongPredicate;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;

/**
 * The touches that came last, 100 bytes each in pages of ints: hundreds of thousands live as long
 * as a generation, and as objects the collector would copy each and find them among what is old. A
 * touch is named by its slot, which another has once it was dropped.
 */
final class TouchRing {

  private static final int AT = 2;
  private static final int LENGTH = 4;
  private static final int HISTORY = 5;
  private static final int LONGEST = 20;
  private static final int WIDTH = HISTORY + LONGEST;
  private static final int PAGE = 1_024;

  private final int[][] pages;
  private final int capacity;
  private int first;
  private int size;

  /** Of at most so many. */
  TouchRing(int capacity) {
    this.capacity = capacity;
    this.pages = new int[(capacity + PAGE - 1) / PAGE][];
  }

  int size() {
    return size;
  }

  boolean full() {
    return size == capacity;
  }

  /** The slot of the one that came first. */
  int first() {
    return first;
  }

  void dropFirst() {
    first = first + 1 == capacity ? 0 : first + 1;
    size--;
  }

  /** Takes one more, where there is room; returns its slot. */
  int add(Touch touch) {
    int[] history = touch.history();
    if (history.length > LONGEST) {
      throw new IllegalArgumentException(
          "a touch has a history of " + history.length + " items, at most " + LONGEST);
    }
    int slot = slot(size++);
    int[] page = pages[slot / PAGE];
    if (page == null) {
      page = new int[Math.min(PAGE, capacity - slot / PAGE * PAGE) * WIDTH];
      pages[slot / PAGE] = page;
    }
    int row = row(slot);
    putLong(page, row, touch.itemHash());
    putLong(page, row + AT, touch.atMs());
    page[row + LENGTH] = history.length;
    System.arraycopy(history, 0, page, row + HISTORY, history.length);
    return slot;
  }

  /** The slot of the n-th, 0 for the one that came first. */
  private int slot(int n) {
    int slot = first + n;
    return slot >= capacity ? slot - capacity : slot;
  }

  private int[] page(int slot) {
    return pages[slot / PAGE];
  }

  private static int row(int slot) {
    return slot % PAGE * WIDTH;
  }

  private static void putLong(int[] page, int at, long value) {
    page[at] = (int) (value >> 32);
    page[at + 1] = (int) value;
  }

  private static long getLong(int[] page, int at) {
    return (long) page[at] << 32 | (page[at + 1] & 0xffff_ffffL);
  }

  long itemHash(int slot) {
    return getLong(page(slot), row(slot));
  }

  long atMs(int slot) {
    return getLong(page(slot), row(slot) + AT);
  }

  /** Ordinals in the history of a touch. */
  int length(int slot) {
    return page(slot)[row(slot) + LENGTH];
  }

  /** The n-th ordinal in the history of a touch, from 0. */
  int history(int slot, int n) {
    return page(slot)[row(slot) + HISTORY + n];
  }

  /** By time, then item, then history: an order that does not depend on which came first. */
  int compare(int one, int other) {
    int by = Long.compare(atMs(one), atMs(other));
    if (by == 0) {
      by = Long.compare(itemHash(one), itemHash(other));
    }
    if (by != 0 || one == other) {
      return by;
    }
    int a = row(one) + HISTORY;
    int b = row(other) + HISTORY;
    return Arrays.compare(page(one), a, a + length(one), page(other), b, b + length(other));
  }

  /** Slots, the one that came first foremost. */
  void forEach(IntConsumer slots) {
    for (int n = 0; n < size; n++) {
      slots.accept(slot(n));
    }
  }

  /** Drops those whose time is no longer wanted; slots change. */
  void keep(LongPredicate atMs) {
    int kept = 0;
    for (int n = 0; n < size; n++) {
      int from = slot(n);
      if (atMs.test(atMs(from))) {
        int to = slot(kept++);
        if (to != from) {
          System.arraycopy(page(from), row(from), page(to), row(to), WIDTH);
        }
      }
    }
    size = kept;
  }

  /**
   * All in the order of {@link #compare}, each made when it is asked for; until the next change.
   */
  List<Touch> sorted() {
    int[] slots = new int[size];
    for (int n = 0; n < size; n++) {
      slots[n] = slot(n);
    }
    IntArrays.mergeSort(slots, this::compare);
    return new AbstractList<>() {
      @Override
      public Touch get(int n) {
        int slot = slots[n];
        int from = row(slot) + HISTORY;
        return new Touch(
            itemHash(slot), atMs(slot), Arrays.copyOfRange(page(slot), from, from + length(slot)));
      }

      @Override
      public int size() {
        return slots.length;
      }
    };
  }
}
