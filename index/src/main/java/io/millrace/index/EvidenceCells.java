package io.millrace.index;

import java.util.Arrays;

/**
 * Sums of positives by cell of {@link TimeGrid}, oldest first, sparse. The state is a function of
 * what was added and of the newest watermark it was folded at. Writer thread only.
 */
final class EvidenceCells {

  private static final long[] NONE = {};

  private final int stagger;
  private long[] keys = NONE;
  private long[] sums = NONE;
  private int size;

  /**
   * @param stagger 0 to 255: how late within a coarser cell this one's cells are folded
   */
  EvidenceCells(int stagger) {
    this.stagger = stagger;
  }

  static int staggerOf(long itemHash) {
    return (int) (itemHash >>> 56);
  }

  private static long key(int level, long start) {
    return (start << 3) | level;
  }

  private static int level(long key) {
    return (int) key & 7;
  }

  private static long start(long key) {
    return key >> 3;
  }

  void add(long slot, long amount, long watermarkSlot) {
    int level = TimeGrid.level(0, slot, watermarkSlot, stagger);
    add(key(level, TimeGrid.start(level, slot)), amount);
  }

  private void add(long key, long amount) {
    int at = size;
    while (at > 0 && keys[at - 1] > key) {
      at--;
    }
    if (at > 0 && keys[at - 1] == key) {
      sums[at - 1] += amount;
      return;
    }
    if (size == keys.length) {
      int room = Math.max(4, size + (size >> 1));
      keys = Arrays.copyOf(keys, room);
      sums = Arrays.copyOf(sums, room);
    }
    System.arraycopy(keys, at, keys, at + 1, size - at);
    System.arraycopy(sums, at, sums, at + 1, size - at);
    keys[at] = key;
    sums[at] = amount;
    size++;
  }

  void addAll(EvidenceCells other, long watermarkSlot) {
    for (int i = 0; i < other.size; i++) {
      long key = other.keys[i];
      if (level(key) == TimeGrid.TOTAL) {
        add(key, other.sums[i]);
      } else {
        int level = TimeGrid.level(level(key), start(key), watermarkSlot, stagger);
        add(key(level, TimeGrid.start(level, start(key))), other.sums[i]);
      }
    }
  }

  /** Adds a cell as coarse as it is, whatever the watermark. */
  void addCell(int level, long start, long amount) {
    if (level < 0 || level > TimeGrid.TOTAL) {
      throw new IllegalArgumentException(
          "a cell has level %d, expected 0 to %d".formatted(level, TimeGrid.TOTAL));
    }
    add(key(level, TimeGrid.start(level, start)), amount);
  }

  /** Merges what is due and drops what came to nothing. */
  void fold(long watermarkSlot) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      long key = keys[i];
      int level = level(key);
      if (level != TimeGrid.TOTAL) {
        int now = TimeGrid.level(level, start(key), watermarkSlot, stagger);
        if (now != level) {
          key = key(now, TimeGrid.start(now, start(key)));
        }
      }
      if (kept > 0 && keys[kept - 1] == key) {
        sums[kept - 1] += sums[i];
      } else {
        keys[kept] = key;
        sums[kept] = sums[i];
        kept++;
      }
      if (sums[kept - 1] == 0) {
        kept--;
      }
    }
    size = kept;
  }

  /** First watermark slot at which {@link #fold} changes anything; the largest long for never. */
  long due() {
    long due = Long.MAX_VALUE;
    int last = TimeGrid.TOTAL;
    for (int i = 0; i < size; i++) {
      int level = level(keys[i]);
      if (level != last) {
        due = Math.min(due, TimeGrid.due(level, start(keys[i]), stagger));
        last = level;
      }
    }
    return due;
  }

  /** Overwrites {@code values} with the decayed sums, added oldest first. */
  void weigh(DecayWeights weights, double[] values) {
    Arrays.fill(values, 0);
    for (int i = 0; i < size; i++) {
      weights.add(level(keys[i]), start(keys[i]), sums[i], values);
    }
  }

  /** Newest slot that holds anything; the smallest long for none. */
  long newest() {
    return size == 0 ? Long.MIN_VALUE : start(keys[size - 1]);
  }

  int size() {
    return size;
  }

  int levelAt(int cell) {
    return level(keys[cell]);
  }

  /** First slot of a cell; 0 for the total. */
  long startAt(int cell) {
    return levelAt(cell) == TimeGrid.TOTAL ? 0 : start(keys[cell]);
  }

  long amountAt(int cell) {
    return sums[cell];
  }

  void write(ByteWriter out, long watermarkSlot) {
    fold(watermarkSlot);
    out.number(size);
    for (int i = 0; i < size; i++) {
      out.number(levelAt(i));
      out.number(startAt(i));
      out.number(sums[i]);
    }
  }

  void read(ByteReader in) {
    size = in.count();
    keys = new long[size];
    sums = new long[size];
    for (int i = 0; i < size; i++) {
      int level = in.integer();
      keys[i] = key(level, TimeGrid.start(level, in.number()));
      sums[i] = in.number();
    }
  }
}
