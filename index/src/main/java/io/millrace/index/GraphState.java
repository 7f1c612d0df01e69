package io.millrace.index;

import java.util.Arrays;

/**
 * The writer's side of a {@link GraphVectorIndex}: turns each write into the next {@link
 * GraphView}. Owned by whoever holds the index's lock; readers know its views alone.
 */
final class GraphState {

  /** Rows of the delta that may be stale before it is worth looking whether to compact. */
  private static final int STALE_AT_LEAST = 1_024;

  private final double still;
  private GraphView view;
  private int ended;

  /**
   * @param still relative L2 distance up to which a vector keeps its place
   */
  GraphState(GraphView view, double still) {
    this.view = view;
    this.still = still;
  }

  GraphView view() {
    return view;
  }

  /** The caller has checked the vector and gives it away. */
  void put(int ordinal, float[] vector) {
    if (view.base().length() == 0) {
      view = GraphView.of(WalkableGraph.empty(vector.length), view.version());
    }
    int slot = view.slot(ordinal);
    int size = view.base().size();
    double norm = GraphFolder.norm(vector);
    if (slot >= 0) {
      boolean node = slot < size;
      float[] rows = node ? view.base().rows() : view.deltaRows();
      int at = node ? slot : slot - size;
      int from = at * vector.length;
      if (!moved(rows, from, vector)) {
        float[][] moves = node ? view.nodeMoves() : view.deltaMoves();
        if (moves[at] != null || !same(rows, from, vector)) {
          if (norm > view.largestNorm()) {
            publish(view.deltaSize(), view.live(), norm);
          }
          GraphView.MOVES.setRelease(moves, at, vector);
        }
        return;
      }
    }
    int row = append(ordinal, vector);
    if (slot >= 0) {
      end(slot);
    }
    set(ordinal, size + row);
    publish(row + 1, view.live() + (slot >= 0 ? 0 : 1), norm);
    if (ended > STALE_AT_LEAST && ended > view.deltaSize() / 2) {
      compact();
    }
  }

  void remove(int ordinal) {
    int slot = view.slot(ordinal);
    if (slot >= 0) {
      end(slot);
      set(ordinal, -1);
      publish(view.deltaSize(), view.live() - 1, 0);
    }
  }

  /** Beyond the threshold, from the vector that the structure has. */
  private boolean moved(float[] rows, int from, float[] vector) {
    double apart = 0;
    double was = 0;
    for (int i = 0; i < vector.length; i++) {
      double difference = vector[i] - rows[from + i];
      apart += difference * difference;
      was += (double) rows[from + i] * rows[from + i];
    }
    return apart > still * still * was;
  }

  private static boolean same(float[] rows, int from, float[] vector) {
    for (int i = 0; i < vector.length; i++) {
      if (Float.floatToRawIntBits(rows[from + i]) != Float.floatToRawIntBits(vector[i])) {
        return false;
      }
    }
    return true;
  }

  private void set(int ordinal, int slot) {
    int[] slots = view.slots();
    if (ordinal >= slots.length) {
      int had = slots.length;
      slots = Arrays.copyOf(slots, Math.max(Math.max(1_024, ordinal + 1), had + (had >> 1)));
      Arrays.fill(slots, had, slots.length, -1);
      view = with(slots);
    }
    GraphView.INTS.setRelease(slots, ordinal, slot);
  }

  /** With the version that the next view will have. */
  private void end(int slot) {
    int size = view.base().size();
    int version = view.version() + 1;
    if (slot < size) {
      GraphView.INTS.setRelease(view.nodeEnds(), slot, version);
      long[] bits = view.endedBits();
      GraphView.BITS.setRelease(bits, slot >> 6, bits[slot >> 6] | 1L << slot);
    } else {
      GraphView.INTS.setRelease(view.deltaEnds(), slot - size, version);
      ended++;
    }
  }

  private int append(int ordinal, float[] vector) {
    int row = view.deltaSize();
    int length = vector.length;
    if (row == view.deltaOrdinals().length) {
      grow(Math.max(256, row + (row >> 1)));
    }
    view.deltaOrdinals()[row] = ordinal;
    System.arraycopy(vector, 0, view.deltaRows(), row * length, length);
    view.deltaScales()[row] =
        ByteRows.encode(vector, 0, length, view.deltaCodes(), row, ByteRows.stride(length));
    return row;
  }

  private void grow(int room) {
    int size = view.deltaSize();
    int length = view.base().length();
    byte[] codes = ByteRows.allocate(room, ByteRows.stride(length));
    System.arraycopy(view.deltaCodes(), 0, codes, 0, view.deltaCodes().length);
    int[] ends = Arrays.copyOf(view.deltaEnds(), room);
    Arrays.fill(ends, size, room, GraphView.NEVER);
    view =
        with(
            Arrays.copyOf(view.deltaOrdinals(), room),
            codes,
            Arrays.copyOf(view.deltaScales(), room),
            Arrays.copyOf(view.deltaRows(), Math.multiplyExact(room, length)),
            ends,
            Arrays.copyOf(view.deltaMoves(), room));
  }

  /** Leaves out of the delta what ended there. Readers keep the arrays that they have. */
  private void compact() {
    GraphView old = view;
    int size = old.base().size();
    int length = old.base().length();
    int stride = ByteRows.stride(length);
    int kept = old.deltaSize() - ended;
    int room = kept + (kept >> 1) + 256;
    int[] ordinals = new int[room];
    byte[] codes = ByteRows.allocate(room, stride);
    float[] scales = new float[room];
    float[] rows = new float[Math.multiplyExact(room, length)];
    int[] ends = new int[room];
    Arrays.fill(ends, GraphView.NEVER);
    int[] slots = old.slots().clone();
    int at = 0;
    for (int row = 0; row < old.deltaSize(); row++) {
      if (old.deltaEnds()[row] == GraphView.NEVER) {
        ordinals[at] = old.deltaOrdinals()[row];
        float[] vector = old.vector(size + row);
        System.arraycopy(vector, 0, rows, at * length, length);
        scales[at] = ByteRows.encode(vector, 0, length, codes, at, stride);
        slots[ordinals[at]] = size + at;
        at++;
      }
    }
    ended = 0;
    view = with(slots);
    view = with(ordinals, codes, scales, rows, ends, new float[room][]);
    publish(at, old.live(), 0);
  }

  private GraphView with(int[] slots) {
    return new GraphView(
        view.base(),
        slots,
        view.endedBits(),
        view.nodeEnds(),
        view.nodeMoves(),
        view.deltaOrdinals(),
        view.deltaCodes(),
        view.deltaScales(),
        view.deltaRows(),
        view.deltaEnds(),
        view.deltaMoves(),
        view.deltaSize(),
        view.largestNorm(),
        view.live(),
        view.version());
  }

  private GraphView with(
      int[] ordinals, byte[] codes, float[] scales, float[] rows, int[] ends, float[][] moves) {
    return new GraphView(
        view.base(),
        view.slots(),
        view.endedBits(),
        view.nodeEnds(),
        view.nodeMoves(),
        ordinals,
        codes,
        scales,
        rows,
        ends,
        moves,
        view.deltaSize(),
        view.largestNorm(),
        view.live(),
        view.version());
  }

  private void publish(int deltaSize, int live, double norm) {
    GraphView now = view;
    view =
        new GraphView(
            now.base(),
            now.slots(),
            now.endedBits(),
            now.nodeEnds(),
            now.nodeMoves(),
            now.deltaOrdinals(),
            now.deltaCodes(),
            now.deltaScales(),
            now.deltaRows(),
            now.deltaEnds(),
            now.deltaMoves(),
            deltaSize,
            (float) Math.max(now.largestNorm(), norm),
            live,
            now.version() + 1);
  }
}
