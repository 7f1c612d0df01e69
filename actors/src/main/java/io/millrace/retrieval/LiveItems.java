package io.millrace.retrieval;

import io.millrace.index.EvidenceBatch.Touch;
import io.millrace.item.ItemIds;
import io.millrace.model.taste.FoldIn;
import io.millrace.model.taste.Generation;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongLinkedOpenHashSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Moves items' vectors with who takes them up: an item's live vector is the fold over the users of
 * its newest {@value #MOST_EVIDENCE} touches since the generation was trained, each as the items
 * touched before say it, on frozen vectors. One hop: live vectors are searched and never folded
 * from. Owned by the index's writer.
 *
 * <p>The same touches and items give the same vectors bit for bit, in whatever order they come:
 * what is folded is sorted by {@link #ORDER}, and is folded again when an item comes, or changes,
 * that speaks in it. So a restart answers as before: the touches are in the index's checkpoint, or
 * come again from the journal.
 */
final class LiveItems {

  private static final int MOST_EVIDENCE = 64;

  /**
   * Touches remembered for the generation in use, the one before it, and the next one, which is
   * trained on less than there is. Beyond it those that came first are forgotten.
   */
  private static final int MOST_REMEMBERED = 500_000;

  static final Comparator<Touch> ORDER =
      Comparator.comparingLong(Touch::atMs)
          .thenComparingLong(Touch::itemHash)
          .thenComparing(Touch::history, Arrays::compare);

  private static final class Evidence {
    private final Touch touch;

    /** Of the generation in use; empty when nothing is known of its items, null until needed. */
    private float @Nullable [] user;

    private Evidence(Touch touch) {
      this.touch = touch;
    }
  }

  private final LongToIntFunction ordinalOf;
  private final ArrayDeque<Touch> remembered = new ArrayDeque<>();

  /** By the item's hash: evidence may come before its item. */
  private final Long2ObjectOpenHashMap<List<Evidence>> evidence = new Long2ObjectOpenHashMap<>();

  /** Ordinals that a history named before their items came. */
  private final IntOpenHashSet awaited = new IntOpenHashSet();

  /** Items with touches that they have not been moved for, the longest waiting first. */
  private final LongLinkedOpenHashSet waiting = new LongLinkedOpenHashSet();

  private @Nullable TasteSpace space;

  /** Before, everything would be folded again and again; see {@link #caughtUp}. */
  private boolean caughtUp;

  /** No touch up to here is of use. */
  private long sinceMs = Long.MIN_VALUE;

  private long oldestItemMs;

  /**
   * Nothing known.
   *
   * @param ordinalOf an item by its hash, -1 when unknown
   */
  LiveItems(LongToIntFunction ordinalOf) {
    this.ordinalOf = ordinalOf;
  }

  /** What a checkpoint holds of it. */
  List<Touch> remembered() {
    List<Touch> all = new ArrayList<>(remembered);
    all.sort(ORDER);
    return all;
  }

  /** Takes a touch; when the generation does not know of it, its item waits to be moved. */
  void take(Touch touch) {
    if (touch.atMs() <= sinceMs) {
      return;
    }
    remembered.addLast(touch);
    if (remembered.size() > MOST_REMEMBERED) {
      remembered.removeFirst();
    }
    TasteSpace now = space;
    if (now != null && caughtUp && add(now, touch)) {
      waiting.add(touch.itemHash());
    }
  }

  /** Items that wait to be moved. */
  int waiting() {
    return waiting.size();
  }

  /** Moves the item that has waited longest. */
  void moveNext() {
    long itemHash = waiting.removeFirstLong();
    TasteSpace now = space;
    if (now != null) {
      settle(now, itemHash);
    }
  }

  void moveAll() {
    while (!waiting.isEmpty()) {
      moveNext();
    }
  }

  /** All that was in the journal has been read: now what was touched waits to be moved. */
  void caughtUp() {
    if (!caughtUp) {
      caughtUp = true;
      moveAllAgain();
    }
  }

  /** Goes on in another generation: all that was touched since it was trained waits again. */
  void goOnIn(TasteSpace next) {
    TasteSpace before = space;
    if (before != null) {
      sinceMs = Math.min(before.generation().createdAtMs(), next.generation().createdAtMs());
      remembered.removeIf(touch -> touch.atMs() <= sinceMs);
    }
    space = next;
    moveAllAgain();
  }

  private void moveAllAgain() {
    TasteSpace now = space;
    evidence.clear();
    awaited.clear();
    waiting.clear();
    if (now == null || !caughtUp) {
      return;
    }
    oldestItemMs = now.oldestMs();
    for (Touch touch : remembered) {
      if (add(now, touch)) {
        waiting.add(touch.itemHash());
      }
    }
  }

  private boolean add(TasteSpace now, Touch touch) {
    if (touch.atMs() <= now.generation().createdAtMs()) {
      return false;
    }
    List<Evidence> all = evidence.computeIfAbsent(touch.itemHash(), hash -> new ArrayList<>(4));
    int at = all.size();
    while (at > 0 && ORDER.compare(all.get(at - 1).touch, touch) > 0) {
      at--;
    }
    all.add(at, new Evidence(touch));
    if (all.size() > MOST_EVIDENCE) {
      all.removeFirst();
    }
    return true;
  }

  /**
   * An item was put.
   *
   * @param changed whether its content, known before, says something else of users than it did
   */
  void put(int ordinal, String itemId, boolean changed) {
    TasteSpace now = space;
    if (now == null || !caughtUp) {
      return;
    }
    if (awaited.remove(ordinal) || changed) {
      evidence.forEach((itemHash, all) -> {
        if (forgetUsersOf(ordinal, all)) {
          waiting.add(itemHash);
        }
      });
    }
    if (now.oldestMs() != oldestItemMs) {
      oldestItemMs = now.oldestMs();
      waiting.addAll(evidence.keySet());
    }
    settle(now, ItemIds.hash(itemId));
  }

  private static boolean forgetUsersOf(int ordinal, List<Evidence> all) {
    boolean any = false;
    for (Evidence one : all) {
      for (int named : one.touch.history()) {
        if (named == ordinal) {
          one.user = null;
          any = true;
        }
      }
    }
    return any;
  }

  private void settle(TasteSpace now, long itemHash) {
    List<Evidence> all = evidence.get(itemHash);
    int ordinal = all == null ? -1 : ordinalOf.applyAsInt(itemHash);
    float[] content = ordinal < 0 ? null : now.vectors().content(ordinal);
    if (all == null || content == null) {
      return;
    }
    Generation generation = now.generation();
    FoldIn fold = new FoldIn(generation.settings());
    for (Evidence one : all) {
      if (one.user == null) {
        one.user = user(now, fold, one.touch);
      }
    }
    generation.beginItem(fold, itemHash, now.share(ordinal, all.getLast().touch.atMs()), content);
    for (Evidence one : all) {
      if (one.user != null && one.user.length > 0) {
        fold.add(one.user, 0, 1, 1);
      }
    }
    float[] live = new float[generation.dimensions()];
    fold.solve(live, 0);
    now.vectors().put(ordinal, live);
  }

  /** Empty for a user of whom the generation knows nothing. */
  private float[] user(TasteSpace now, FoldIn fold, Touch touch) {
    now.generation().beginUser(fold, new float[0]);
    for (int ordinal : touch.history()) {
      if (!now.addFact(fold, ordinal, 1, 1)) {
        awaited.add(ordinal);
      }
    }
    if (fold.facts() == 0) {
      return new float[0];
    }
    float[] user = new float[now.generation().dimensions()];
    fold.solve(user, 0);
    return user;
  }
}
