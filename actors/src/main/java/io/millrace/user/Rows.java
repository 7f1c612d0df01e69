package io.millrace.user;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.IntFunction;

/**
 * Rows of ints in one array, with room behind the last and before the first: a row more at the end
 * is written in place and the first is dropped by not looking at it, so that what is replaced for
 * an event is 32 bytes. Immutable and safe for threads: whoever takes the next place has it alone,
 * and who comes second for it copies.
 */
final class Rows {

  private static final AtomicIntegerFieldUpdater<Room> TAKEN =
      AtomicIntegerFieldUpdater.newUpdater(Room.class, "taken");

  /** One in so many is spare, so a row is copied some eight times in its life. */
  private static final int SPARE = 8;

  private static final int MOST_SPARE = 64;

  /** Cells for more rows than are used, by all that share a beginning. */
  private static final class Room {
    private final int[] cells;
    private volatile int taken;

    private Room(int[] cells, int taken) {
      this.cells = cells;
      this.taken = taken;
    }
  }

  private final Room room;
  private final int width;
  private final int first;
  private final int size;

  private Rows(Room room, int width, int first, int size) {
    this.room = room;
    this.width = width;
    this.first = first;
    this.size = size;
  }

  static Rows none(int width) {
    return new Rows(new Room(new int[0], 0), width, 0, 0);
  }

  /** So many, each as it is given by its number. */
  static Rows of(int width, int size, IntFunction<int[]> rows) {
    int[] cells = new int[width * size];
    for (int row = 0; row < size; row++) {
      System.arraycopy(rows.apply(row), 0, cells, width * row, width);
    }
    return new Rows(new Room(cells, size), width, 0, size);
  }

  int size() {
    return size;
  }

  int get(int row, int column) {
    return room.cells[(first + row) * width + column];
  }

  /** Of two columns, the upper half in the first. */
  long getLong(int row, int column) {
    int at = (first + row) * width + column;
    return (long) room.cells[at] << 32 | (room.cells[at + 1] & 0xffff_ffffL);
  }

  /** With one more at its place; in the middle it is a copy without room. */
  Rows with(int row, int... values) {
    int end = first + size;
    if (row == size
        && (end + 1) * width <= room.cells.length
        && TAKEN.compareAndSet(room, end, end + 1)) {
      System.arraycopy(values, 0, room.cells, end * width, width);
      return new Rows(room, width, first, size + 1);
    }
    int[] cells =
        new int[(size + 1 + (row == size ? 1 + Math.min(MOST_SPARE, size / SPARE) : 0)) * width];
    System.arraycopy(room.cells, first * width, cells, 0, row * width);
    System.arraycopy(values, 0, cells, row * width, width);
    System.arraycopy(
        room.cells, (first + row) * width, cells, (row + 1) * width, (size - row) * width);
    return new Rows(new Room(cells, size + 1), width, 0, size + 1);
  }

  Rows without(int row) {
    if (row == 0) {
      return withoutFirst(1);
    }
    int[] cells = new int[(size - 1) * width];
    System.arraycopy(room.cells, first * width, cells, 0, row * width);
    System.arraycopy(
        room.cells, (first + row + 1) * width, cells, row * width, (size - row - 1) * width);
    return new Rows(new Room(cells, size - 1), width, 0, size - 1);
  }

  Rows withoutFirst(int rows) {
    return rows == 0 ? this : new Rows(room, width, first + rows, size - rows);
  }

  /** What those hold in common that continue one another in place. */
  Object room() {
    return room;
  }

  /** Of heap, with cells that are not used: by the rule of {@link UserState#estimatedBytes}. */
  int bytes() {
    return 32 + 24 + 16 + Integer.BYTES * room.cells.length;
  }
}
