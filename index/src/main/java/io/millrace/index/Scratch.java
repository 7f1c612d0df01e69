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

  /** Items judged for this question: stamp * 4 + one of the states. */
  private int[] marks = {};

  private static final int ELIGIBLE = 1;
  private static final int UNFIT = 2;
  private static final int TAKEN = 3;

  /** Row in the union of each taken item. */
  private int[] rows = {};

  /**
   * Row of each item's sums, if {@link #summed} names the item there; else it means nothing. Rows
   * lie in the order in which items come, close together: random access by ordinal to the sums
   * themselves costs a third of a question at 100,000 items.
   */
  private int[] sumRows = {};

  /** {@link #SUMS} numbers a row. */
  float[] sums = new float[1_024 * SUMS];

  /** Item of each row. */
  int[] summed = new int[1_024];

  int summedCount;

  private final int[] held = new int[Posting.READ];

  private int stamp;
  int[] union = new int[1_024];
  int[] sources = new int[1_024];
  int unionSize;

  /** Words that the question asks for, and by word what they weigh, valid for one stamp. */
  int[] askedWords = new int[256];

  int askedWordCount;
  private int[] wordStamps = {};
  private float[] wordWeights = {};
  private float[] wordWeightsLast = {};
  long[] keys = {};
  final BestItems best = new BestItems();
  final BestItems bestLast = new BestItems();
  final BestItems bestSession = new BestItems();
  final Products products = new Products();
  final Ahead ahead = new Ahead();

  void begin(int capacity) {
    if (marks.length < capacity || stamp == (1 << 24)) {
      marks = new int[capacity];
      rows = new int[capacity];
      sumRows = new int[capacity];
      wordStamps = new int[wordStamps.length];
      stamp = 0;
    }
    stamp++;
    askedWordCount = 0;
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
      boolean fit = eligibility.admits(ordinal, view);
      marks[ordinal] = stamp * 4 + (fit ? ELIGIBLE : UNFIT);
      return fit;
    }
    return (mark & 3) != UNFIT;
  }

  /** Reads ahead the marks that {@link #eligible} and {@link #taken} ask. */
  void marksAhead(int[] ordinals, int next, int count) {
    ahead.ints(marks, ordinals, next, count);
  }

  /** The same, which the writer does not change meanwhile. */
  int[] held(int[] successors) {
    System.arraycopy(successors, 0, held, 0, Posting.READ);
    return held;
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

  /** Makes room for the sums of so many more items, so that {@link #sumsOf} need not. */
  void expect(int more) {
    int needed = summedCount + more;
    if (needed > summed.length) {
      int room = Math.max(needed, 2 * summed.length);
      summed = Arrays.copyOf(summed, room);
      sums = Arrays.copyOf(sums, room * SUMS);
    }
  }

  /** Reads ahead which rows {@link #sumsOf} and {@link #knownSums} find. */
  void sumsAhead(int[] ordinals, int next, int count) {
    ahead.ints(sumRows, ordinals, next, count);
  }

  /** Offset of the item's sums, zero at first; see {@link #expect}. */
  int sumsOf(int ordinal) {
    int row = sumRows[ordinal];
    if (row < summedCount && summed[row] == ordinal) {
      return row * SUMS;
    }
    row = summedCount++;
    sumRows[ordinal] = row;
    summed[row] = ordinal;
    int at = row * SUMS;
    sums[at] = 0;
    sums[at + 1] = 0;
    sums[at + 2] = 0;
    sums[at + 3] = 0;
    sums[at + 4] = 0;
    sums[at + 6] = 0;
    sums[at + 7] = 0;
    return at;
  }

  /** Offset of the item's sums, -1 where it has none. */
  int knownSums(int ordinal) {
    int row = sumRows[ordinal];
    return row < summedCount && summed[row] == ordinal ? row * SUMS : -1;
  }

  /** Adds to what a word weighs. */
  void ask(int word, float weight, float weightLast) {
    if (word >= wordStamps.length) {
      int room = Math.max(word + 1, 2 * wordStamps.length);
      wordStamps = Arrays.copyOf(wordStamps, room);
      wordWeights = Arrays.copyOf(wordWeights, room);
      wordWeightsLast = Arrays.copyOf(wordWeightsLast, room);
    }
    if (wordStamps[word] != stamp) {
      wordStamps[word] = stamp;
      wordWeights[word] = 0;
      wordWeightsLast[word] = 0;
      if (askedWordCount == askedWords.length) {
        askedWords = Arrays.copyOf(askedWords, 2 * askedWordCount);
      }
      askedWords[askedWordCount++] = word;
    }
    wordWeights[word] += weight;
    wordWeightsLast[word] += weightLast;
  }

  boolean asked(int word) {
    return word < wordStamps.length && wordStamps[word] == stamp;
  }

  /** Of an {@link #asked} word. */
  float weight(int word) {
    return wordWeights[word];
  }

  /** Of an {@link #asked} word: what the newest item of the history gives it. */
  float weightLast(int word) {
    return wordWeightsLast[word];
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
      scratch.products.forget();
      for (int i = 0; i < idle.length(); i++) {
        if (idle.getPlain(i) == null && idle.compareAndSet(i, null, scratch)) {
          return;
        }
      }
    }
  }
}
