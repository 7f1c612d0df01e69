package io.millrace.index;

/**
 * The k best of many scored items: larger scores first, ties by smaller ordinal. A heap of longs,
 * the worst on top; scores must not be negative or NaN where {@link #offer(float, int)} is used.
 */
final class BestItems {

  private long[] heap = new long[256];
  private int limit;
  private int size;

  void begin(int k) {
    limit = k;
    size = 0;
    if (heap.length < k) {
      heap = new long[k];
    }
  }

  static long key(float score, int ordinal) {
    return (long) Float.floatToRawIntBits(score) << 32 | (0xffffffffL - ordinal);
  }

  /** As {@link #key(float, int)} for scores of either sign. */
  static long signedKey(float score, int ordinal) {
    int bits = Float.floatToRawIntBits(score + 0f);
    int ordered = bits ^ ((bits >> 31) & 0x7fffffff);
    return (long) ordered << 32 | (0xffffffffL - ordinal);
  }

  static float signedScore(long key) {
    int ordered = (int) (key >> 32);
    return Float.intBitsToFloat(ordered ^ ((ordered >> 31) & 0x7fffffff));
  }

  static int ordinal(long key) {
    return (int) (0xffffffffL - (key & 0xffffffffL));
  }

  /** Whether an item with this key would be kept. */
  boolean wants(long key) {
    return size < limit || (limit > 0 && key > heap[0]);
  }

  void offer(float score, int ordinal) {
    offer(key(score, ordinal));
  }

  void offer(long key) {
    if (size < limit) {
      int at = size++;
      while (at > 0 && heap[(at - 1) >> 1] > key) {
        heap[at] = heap[(at - 1) >> 1];
        at = (at - 1) >> 1;
      }
      heap[at] = key;
    } else if (limit > 0 && key > heap[0]) {
      int at = 0;
      while (true) {
        int child = 2 * at + 1;
        if (child >= size) {
          break;
        }
        if (child + 1 < size && heap[child + 1] < heap[child]) {
          child++;
        }
        if (heap[child] >= key) {
          break;
        }
        heap[at] = heap[child];
        at = child;
      }
      heap[at] = key;
    }
  }

  int size() {
    return size;
  }

  /** Items in no order. */
  long get(int i) {
    return heap[i];
  }

  /** Keys, best first; ends the collection. */
  long[] sorted() {
    long[] sorted = java.util.Arrays.copyOf(heap, size);
    java.util.Arrays.sort(sorted);
    for (int i = 0, j = size - 1; i < j; i++, j--) {
      long swap = sorted[i];
      sorted[i] = sorted[j];
      sorted[j] = swap;
    }
    return sorted;
  }
}
