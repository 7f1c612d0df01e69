package io.millrace.index;

import java.util.Arrays;

/**
 * Integer sums of pairs by block of 30 days, in chains: newest block first, so that the usual
 * addition finds its cell at once. Writer thread only.
 */
final class PairCells {

  private int[] blocks = new int[1_024];
  private int[] next = new int[1_024];
  private long[] weights = new long[1_024];
  private long[] sessions = new long[1_024];
  private int size;

  /** Adds to the block's cell of the chain and returns the chain's first cell. */
  int add(int first, int block, long weight, long session) {
    int before = -1;
    int at = first;
    while (at >= 0 && blocks[at] > block) {
      before = at;
      at = next[at];
    }
    if (at >= 0 && blocks[at] == block) {
      weights[at] += weight;
      sessions[at] += session;
      return first;
    }
    if (size == blocks.length) {
      int room = size + (size >> 1);
      blocks = Arrays.copyOf(blocks, room);
      next = Arrays.copyOf(next, room);
      weights = Arrays.copyOf(weights, room);
      sessions = Arrays.copyOf(sessions, room);
    }
    int cell = size++;
    blocks[cell] = block;
    weights[cell] = weight;
    sessions[cell] = session;
    next[cell] = at;
    if (before < 0) {
      return cell;
    }
    next[before] = cell;
    return first;
  }

  int next(int cell) {
    return next[cell];
  }

  int block(int cell) {
    return blocks[cell];
  }

  long weight(int cell) {
    return weights[cell];
  }

  long session(int cell) {
    return sessions[cell];
  }
}
