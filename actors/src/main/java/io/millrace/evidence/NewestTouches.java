package io.millrace.evidence;

import io.millrace.index.EvidenceBatch.Touch;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * The touches of one part of a checkpoint that may still move items: no more of one item than move
 * it, and no more of a part than such a share of what a copy of the index remembers. Which they are
 * depends on the touches alone, not on how they came.
 */
final class NewestTouches {

  /** All parts of all streams are 524,288. */
  static final int MOST = 512;

  static final Comparator<Touch> BY_TIME =
      Comparator.comparingLong(Touch::atMs)
          .thenComparingLong(Touch::itemHash)
          .thenComparing(Touch::history, Arrays::compare);

  /** From so many on, those that will not be kept are dropped. */
  private static final int FULL = 8 * MOST;

  private final List<Touch> touches = new ArrayList<>();

  void add(Touch touch) {
    touches.add(touch);
    if (touches.size() >= FULL) {
      keepNewest();
    }
  }

  /** Those that are kept and no older than that, oldest first. */
  List<Touch> since(long ms) {
    touches.removeIf(touch -> touch.atMs() < ms);
    keepNewest();
    return List.copyOf(touches);
  }

  private void keepNewest() {
    touches.sort(BY_TIME);
    Long2IntOpenHashMap ofItem = new Long2IntOpenHashMap();
    List<Touch> kept = new ArrayList<>(MOST);
    for (int i = touches.size() - 1; i >= 0 && kept.size() < MOST; i--) {
      Touch touch = touches.get(i);
      if (ofItem.addTo(touch.itemHash(), 1) < Touch.MOST_OF_ITEM) {
        kept.add(touch);
      }
    }
    Collections.reverse(kept);
    touches.clear();
    touches.addAll(kept);
  }
}
