package io.millrace.index;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A set of vectors by item ordinal that answers which have the largest inner product with a query.
 * One thread writes; any thread searches without locks and sees each vector whole, and every write
 * that ended before the search began.
 */
public interface VectorIndex extends AutoCloseable {

  /**
   * Adds or replaces. Writer thread only.
   *
   * @throws IllegalArgumentException on another length than the first vector's, or a value that is
   *     not finite
   */
  void put(int ordinal, float[] vector);

  /** Nothing for an unknown ordinal. Writer thread only. */
  void remove(int ordinal);

  /** Removes all that the test refuses. Writer thread only. */
  void retain(IntPredicate wanted);

  /** A copy of the vector as it was put last; null when there is none. Any thread. */
  float @Nullable [] vector(int ordinal);

  /**
   * The k best, with their exact inner products; ties by ordinal. Any thread.
   *
   * @param allowed null for all
   * @throws IllegalArgumentException on a query of another length
   */
  Hits search(float[] query, int k, Budget budget, @Nullable Allowed allowed);

  /** Takes what changed into the structure that searches are fast on. Any thread but a reader's. */
  void fold();

  int size();

  /** Values of each vector; 0 while there are none. */
  int length();

  @Override
  void close();

  /**
   * What was found, best first.
   *
   * @param complete false when the budget ended the search before it was done
   * @param visited vectors whose inner product was computed
   */
  record Hits(int[] ordinals, float[] scores, boolean complete, int visited) {}

  /**
   * How much a search may do. When it is spent, the best of what was seen is the answer.
   *
   * @param breadth candidates that a graph keeps while it looks for better ones: more is slower and
   *     finds more; 0 for what the index thinks right for k
   * @param maxVisited vectors compared at most
   * @param maxNanos time at most, of the monotonic clock
   */
  record Budget(int breadth, int maxVisited, long maxNanos) {
    public static final Budget ENOUGH = new Budget(0, Integer.MAX_VALUE, Long.MAX_VALUE);

    public Budget {
      if (breadth < 0 || maxVisited < 1 || maxNanos < 1) {
        throw new IllegalArgumentException(
            "breadth is %d, maxVisited %d, maxNanos %d, expected at least 0, 1, 1"
                .formatted(breadth, maxVisited, maxNanos));
      }
    }

    public static Budget breadth(int breadth) {
      return new Budget(breadth, Integer.MAX_VALUE, Long.MAX_VALUE);
    }
  }

  /** Which items may come back. Asked by the searching thread alone, about any ordinal. */
  @FunctionalInterface
  interface Allowed {
    boolean admits(int ordinal);

    /** About how many it admits; negative when not known: then the index draws a sample. */
    default int expected() {
      return -1;
    }

    /** All that it admits, when that is a short list at hand. */
    default int @Nullable [] listed() {
      return null;
    }

    /** These alone. */
    static Allowed only(int... ordinals) {
      int[] sorted = ordinals.clone();
      java.util.Arrays.sort(sorted);
      return new Allowed() {
        @Override
        public boolean admits(int ordinal) {
          return java.util.Arrays.binarySearch(sorted, ordinal) >= 0;
        }

        @Override
        public int expected() {
          return sorted.length;
        }

        @Override
        public int[] listed() {
          return sorted;
        }
      };
    }

    /** Those of a test that admits about so many. */
    static Allowed where(IntPredicate test, int expected) {
      return new Allowed() {
        @Override
        public boolean admits(int ordinal) {
          return test.test(ordinal);
        }

        @Override
        public int expected() {
          return expected;
        }
      };
    }
  }
}
