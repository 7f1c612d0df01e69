package io.millrace.index;

import java.util.Arrays;

/**
 * Integer sums of pairs by block of 30 days, in chains: newest block first, so that the usual
 * addition finds its cell at once. Writer thread only.
 */
final class PairCells {

  /** Per cell: block in the upper half and next cell in the lower, weight, session weight. */
  private static final int STRIDE = 3;

  private long[] cells = new long[STRIDE * 1_024];
  private int size;

  private static long head(int block, int next) {
    return (long) block << 32 | (next & 0xffffffffL);
  }

  /** Adds to the block's cell of the chain and returns the chain's first cell. */
  int add(int first, int block, long weight, long session) {
    int before = -1;
    int at = first;
    while (at >= 0 && block(at) > block) {
      before = at;
      at = next(at);
    }
    if (at >= 0 && block(at) == block) {
      cells[at * STRIDE + 1] += weight;
      cells[at * STRIDE + 2] += session;
      return first;
    }
    if ((size + 1) * STRIDE > cells.length) {
      cells = Arrays.copyOf(cells, Math.multiplyExact(size + (size >> 1), STRIDE));
    }
    int cell = size++;
    cells[cell * STRIDE] = head(block, at);
    cells[cell * STRIDE + 1] = weight;
    cells[cell * STRIDE + 2] = session;
    if (before < 0) {
      return cell;
    }
    cells[before * STRIDE] = head(block(before), cell);
    return first;
  }

  /** -1 at the end. */
  int next(int cell) {
    return (int) cells[cell * STRIDE];
  }

  int block(int cell) {
    return (int) (cells[cell * STRIDE] >> 32);
  }

  long weight(int cell) {
    return cells[cell * STRIDE + 1];
  }

  long session(int cell) {
    return cells[cell * STRIDE + 2];
  }
}
