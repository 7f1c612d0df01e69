package io.millrace.index;

import java.util.Arrays;

/**
 * A navigable small-world graph laid out for walking, and the vectors it was built over. Immutable
 * once made. Nodes are numbered breadth first from the entry, so that what is walked together lies
 * together.
 *
 * @param ordinals item of each node
 * @param nodes node of each ordinal, -1 for none
 * @param links {@code stride} places a node on the ground level, -1 after the last
 * @param bands of norms within a factor of two, the largest first; each is a graph of its own
 * @param rows the vectors as floats, {@code length} a node
 * @param codes the vectors as {@link ByteRows}
 * @param scales of the codes
 * @param largestNorm of all vectors
 */
record WalkableGraph(
    int size,
    int length,
    int[] ordinals,
    int[] nodes,
    int[] links,
    int stride,
    Band[] bands,
    float[] rows,
    byte[] codes,
    float[] scales,
    float largestNorm) {

  /**
   * One level above the ground. Places are numbers within the level.
   *
   * @param ground node of each place
   * @param below place of the same node one level down; the node itself on the lowest
   * @param entry place to begin from, of the highest level
   */
  record Level(int[] ground, int[] below, int[] links, int stride, int entry) {}

  /**
   * Nodes from {@code from} to below {@code to}. One that is not walked has no links and is
   * scanned; one that is begins at its first node where it has no level above.
   *
   * @param largestNorm at least that of any of its vectors
   * @param upper levels above the ground, the lowest first
   */
  record Band(int from, int to, float largestNorm, boolean walked, Level[] upper) {}

  static WalkableGraph empty(int length) {
    return new WalkableGraph(
        0,
        length,
        new int[0],
        new int[0],
        new int[0],
        1,
        new Band[0],
        new float[0],
        new byte[0],
        new float[0],
        0);
  }

  int node(int ordinal) {
    return ordinal >= 0 && ordinal < nodes.length ? nodes[ordinal] : -1;
  }

  /** The order in which a walk over these links from a first node meets all nodes. */
  static int[] breadthFirst(int[] links, int stride, int first) {
    int size = links.length / stride;
    int[] order = new int[size];
    boolean[] met = new boolean[size];
    int count = 0;
    int next = 0;
    for (int start = first, seen = -1; count < size; ) {
      if (!met[start]) {
        met[start] = true;
        order[count++] = start;
        while (next < count) {
          int at = order[next++] * stride;
          for (int i = 0; i < stride && links[at + i] >= 0; i++) {
            int other = links[at + i];
            if (!met[other]) {
              met[other] = true;
              order[count++] = other;
            }
          }
        }
      }
      start = ++seen;
    }
    return order;
  }

  /** Numbers of the nodes in an order: {@code inverse(order)[order[i]] == i}. */
  static int[] inverse(int[] order) {
    int[] inverse = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      inverse[order[i]] = i;
    }
    return inverse;
  }

  static int[] nodesByOrdinal(int[] ordinals) {
    int most = -1;
    for (int ordinal : ordinals) {
      most = Math.max(most, ordinal);
    }
    int[] nodes = new int[most + 1];
    Arrays.fill(nodes, -1);
    for (int node = 0; node < ordinals.length; node++) {
      nodes[ordinals[node]] = node;
    }
    return nodes;
  }
}
