package io.millrace.index;

/**
 * The nested buckets of time that sums of evidence are kept in, all aligned to 1970 and counted in
 * slots of five minutes: slots, hours, days, blocks of 30 days, and one total for all before.
 *
 * <p>How coarsely a moment is kept is a function of the moment, the watermark and the item alone,
 * never of what happened when: that makes folds commute. A finer cell is folded when its whole
 * coarser cell has been over for the time that the level promises (2 h, 2 d, 60 d, 720 d) plus up
 * to one more span of the coarser cell, by the item: else every item would be folded at the same
 * stroke of the hour.
 */
final class TimeGrid {

  static final long SLOT_MS = 300_000;
  static final int LEVELS = 5;
  static final int TOTAL = 4;

  /** Length of a cell, in slots. */
  private static final long[] SPAN = {1, 12, 288, 8_640};

  /** Time for which cells of a level stay once their coarser cell is over, in slots. */
  private static final long[] KEEP = {24, 576, 17_280, 207_360};

  /** Start of the total: before any other, with room for the level in the key. */
  static final long TOTAL_START = Long.MIN_VALUE >> 4;

  /** Delays come in 256 steps of one coarser cell. */
  static final int STAGGERS = 256;

  private TimeGrid() {}

  static long slot(long ms) {
    return Math.floorDiv(ms, SLOT_MS);
  }

  static long start(int level, long slot) {
    return level == TOTAL ? TOTAL_START : Math.floorDiv(slot, SPAN[level]) * SPAN[level];
  }

  /** Middle of a cell in milliseconds; not defined for the total. */
  static double middleMs(int level, long start) {
    return (start + SPAN[level] * 0.5) * SLOT_MS;
  }

  /** Cells of this level counted from 1970. */
  static long index(int level, long start) {
    return Math.floorDiv(start, SPAN[level]);
  }

  /** First watermark, in slots, at which the cell that holds the slot is folded. */
  static long due(int level, long slot, int stagger) {
    int parent = Math.min(level + 1, 3);
    long end = start(parent, slot) + SPAN[parent];
    return end + KEEP[level] + SPAN[parent] * stagger / STAGGERS;
  }

  /** The level that the slot is kept at under the watermark, at least {@code from}. */
  static int level(int from, long slot, long watermarkSlot, int stagger) {
    int level = from;
    while (level < TOTAL && due(level, slot, stagger) <= watermarkSlot) {
      level++;
    }
    return level;
  }
}
