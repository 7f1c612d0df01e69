package io.millrace.index;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Working memory of one question: marks and sums by ordinal, valid for one stamp, so that nothing
 * is cleared between questions. Owned by one thread from {@link Pool#take} to {@link Pool#give}.
 */
final class Scratch {

  static final int SUMS = 8;
  private static final int STAMP = 7;

  /** Items judged for this question: stamp * 4 + one of the states. */
  private int[] marks = {};

  private static final int ELIGIBLE = 1;
  private static final int UNFIT = 2;
  private static final int TAKEN = 3;

  /** Row in the union of each taken item. */
  private int[] rows = {};

  /** Numbers of each item side by side; valid when the last of them is {@link #sumStamp}. */
  float[] sums = {};

  /** Counts questions in whole numbers, which a float holds up to 2^24. */
  private float sumStamp;

  int[] summed = new int[1_024];
  int summedCount;

  private int stamp;
  int[] union = new int[1_024];
  int[] sources = new int[1_024];
  int unionSize;
  long[] keys = {};
  final BestItems best = new BestItems();
  final BestItems bestLast = new BestItems();
  final BestItems bestSession = new BestItems();

  void begin(int capacity) {
    if (marks.length < capacity || stamp == (1 << 24)) {
      marks = new int[capacity];
      rows = new int[capacity];
      sums = new float[capacity * SUMS];
      stamp = 0;
    }
    stamp++;
    sumStamp = stamp;
    summedCount = 0;
    unionSize = 0;
  }

  void exclude(int ordinal) {
    if (ordinal >= 0 && ordinal < marks.length) {
      marks[ordinal] = stamp * 4 + UNFIT;
    }
  }

  /** Judges an item once; later calls remember. */
  boolean eligible(int ordinal, IndexView view, Eligibility eligibility) {
    int mark = marks[ordinal];
    if (mark >> 2 != stamp) {
      boolean fit = eligibility.admits(view.rows()[ordinal]);
      marks[ordinal] = stamp * 4 + (fit ? ELIGIBLE : UNFIT);
      return fit;
    }
    return (mark & 3) != UNFIT;
  }

  boolean taken(int ordinal) {
    return marks[ordinal] == stamp * 4 + TAKEN;
  }

  /** Adds an eligible item, or a source to one that is there. */
  void take(int ordinal, int sourceBit) {
    if (taken(ordinal)) {
      sources[rows[ordinal]] |= sourceBit;
      return;
    }
    if (unionSize == union.length) {
      union = Arrays.copyOf(union, 2 * unionSize);
      sources = Arrays.copyOf(sources, 2 * unionSize);
    }
    marks[ordinal] = stamp * 4 + TAKEN;
    rows[ordinal] = unionSize;
    union[unionSize] = ordinal;
    sources[unionSize++] = sourceBit;
  }

  int row(int ordinal) {
    return rows[ordinal];
  }

  /** Offset of the item's sums, zero at first. */
  int sumsOf(int ordinal) {
    int at = ordinal * SUMS;
    if (sums[at + STAMP] != sumStamp) {
      begin(ordinal, at);
    }
    return at;
  }

  private void begin(int ordinal, int at) {
    if (summedCount == summed.length) {
      summed = Arrays.copyOf(summed, 2 * summedCount);
    }
    summed[summedCount++] = ordinal;
    sums[at] = 0;
    sums[at + 1] = 0;
    sums[at + 2] = 0;
    sums[at + 3] = 0;
    sums[at + 4] = 0;
    sums[at + STAMP] = sumStamp;
  }

  boolean hasSums(int ordinal) {
    return sums[ordinal * SUMS + STAMP] == sumStamp;
  }

  long[] keys(int count) {
    if (keys.length < count) {
      keys = new long[Math.max(count, 2 * keys.length)];
    }
    return keys;
  }

  /** At most as many idle ones are kept as there are places. */
  static final class Pool {
    private final AtomicReferenceArray<@Nullable Scratch> idle = new AtomicReferenceArray<>(16);

    Scratch take(int capacity) {
      for (int i = 0; i < idle.length(); i++) {
        Scratch scratch = idle.getPlain(i) == null ? null : idle.getAndSet(i, null);
        if (scratch != null) {
          scratch.begin(capacity);
          return scratch;
        }
      }
      Scratch scratch = new Scratch();
      scratch.begin(capacity);
      return scratch;
    }

    void give(Scratch scratch) {
      for (int i = 0; i < idle.length(); i++) {
        if (idle.getPlain(i) == null && idle.compareAndSet(i, null, scratch)) {
          return;
        }
      }
    }
  }
}
