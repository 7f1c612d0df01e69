package io.millrace.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one search of a {@link GraphVectorIndex} reads, taken once from a volatile field.
 *
 * <p>What a reader may see: a row, of the graph or of the delta, counts when no version up to this
 * one ended it, so that a vector that moves is in exactly one place for every reader. Rows are
 * written once, before the view that holds them is published. The arrays of ends, small moves and
 * slots are shared with the writer and written by release, read by acquire.
 *
 * @param slots present row of each ordinal: a node, or the graph's size + a row of the delta; -1
 *     for none
 * @param endedBits by node: whether {@code nodeEnds} has a version for it at all
 * @param nodeEnds by node: version that removed or replaced it
 * @param nodeMoves by node: its vector now, where it moved too little to leave its place
 * @param deltaEnds the same by row of the delta, and so on
 * @param largestNorm at least that of any vector
 * @param live vectors
 */
record GraphView(
    WalkableGraph base,
    int[] slots,
    long[] endedBits,
    int[] nodeEnds,
    float[] @Nullable [] nodeMoves,
    int[] deltaOrdinals,
    byte[] deltaCodes,
    float[] deltaScales,
    float[] deltaRows,
    int[] deltaEnds,
    float[] @Nullable [] deltaMoves,
    int deltaSize,
    float largestNorm,
    int live,
    int version) {

  static final VarHandle MOVES = MethodHandles.arrayElementVarHandle(float[][].class);
  static final VarHandle BITS = MethodHandles.arrayElementVarHandle(long[].class);
  static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

  /** End of a row that nothing has ended. */
  static final int NEVER = Integer.MAX_VALUE;

  static final GraphView NONE = of(WalkableGraph.empty(0), 0);

  /** All of a graph and no delta. */
  static GraphView of(WalkableGraph base, int version) {
    int[] ends = new int[base.size()];
    Arrays.fill(ends, NEVER);
    return new GraphView(
        base,
        base.nodes().clone(),
        new long[(base.size() + 63) >> 6],
        ends,
        new float[base.size()][],
        new int[0],
        ByteRows.allocate(0, 0),
        new float[0],
        new float[0],
        new int[0],
        new float[0][],
        0,
        base.largestNorm(),
        base.size(),
        version);
  }

  boolean currentNode(int node) {
    return ((long) BITS.getAcquire(endedBits, node >> 6) & 1L << node) == 0
        || (int) INTS.getAcquire(nodeEnds, node) > version;
  }

  boolean currentRow(int row) {
    return (int) INTS.getAcquire(deltaEnds, row) > version;
  }

  float @Nullable [] movedNode(int node) {
    return (float[]) MOVES.getAcquire(nodeMoves, node);
  }

  float @Nullable [] movedRow(int row) {
    return (float[]) MOVES.getAcquire(deltaMoves, row);
  }

  /** Present row of an ordinal, -1 for none; it may be newer than this view. */
  int slot(int ordinal) {
    return ordinal >= 0 && ordinal < slots.length ? (int) INTS.getAcquire(slots, ordinal) : -1;
  }

  /** Whether this view holds that row, for that ordinal. */
  boolean holds(int slot, int ordinal) {
    int row = slot - base.size();
    return row < 0
        ? base.ordinals()[slot] == ordinal && currentNode(slot)
        : row < deltaSize && deltaOrdinals[row] == ordinal && currentRow(row);
  }

  /** A copy of a row's vector as it is now. */
  float[] vector(int slot) {
    int length = base.length();
    int row = slot - base.size();
    float[] moved = row < 0 ? movedNode(slot) : movedRow(row);
    if (moved != null) {
      return moved.clone();
    }
    return row < 0
        ? Arrays.copyOfRange(base.rows(), slot * length, (slot + 1) * length)
        : Arrays.copyOfRange(deltaRows, row * length, (row + 1) * length);
  }
}
