package io.millrace.index;

/**
 * One of the {@value #PARTS} parts of what the batches of a stream add up to: the items, and the
 * pairs with predecessors, whose hashes begin with that part's six bits.
 *
 * @param stream 0 to 15
 * @param number of the last batch in it; those from 1 on are all in it
 * @param asOfMs newest event time of those batches
 * @param part 0 to 63
 */
public record EvidencePart(int stream, long number, long asOfMs, int part, EvidenceSums sums) {

  public static final int PARTS = 64;

  /** In which part an item is. */
  public static int of(long itemHash) {
    return (int) (itemHash >>> 58);
  }
}
