package io.millrace.retrieval;

import io.millrace.index.EvidenceBatch.Touch;
import io.millrace.item.ItemIds;
import io.millrace.model.taste.FoldIn;
import io.millrace.model.taste.Generation;
import it.unimi.dsi.fastutil.ints.Int2ObjectOpenHashMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Moves items' vectors with who takes them up: an item's live vector is the fold over the users of
 * its newest {@value #MOST_EVIDENCE} touches since the generation was trained, each as the items
 * touched before say it, on frozen vectors. One hop: live vectors are searched and never folded
 * from. Owned by the index's writer; the same touches give the same vectors in any order.
 */
final class LiveItems {

  private static final int MOST_EVIDENCE = 64;

  /** Touches remembered for the next generation, which is trained on less than there is. */
  private static final int MOST_REMEMBERED = 500_000;

  private static final Comparator<Evidence> ORDER =
      Comparator.comparingLong((Evidence one) -> one.touch.atMs())
          .thenComparingInt(one -> java.util.Arrays.hashCode(one.touch.history()));

  private static final class Evidence {
    private final Touch touch;

    /** Of the generation in use; null until it is needed. */
    private float @Nullable [] user;

    private Evidence(Touch touch) {
      this.touch = touch;
    }
  }

  private final LongToIntFunction ordinalOf;
  private final ArrayDeque<Touch> remembered = new ArrayDeque<>();
  private final Int2ObjectOpenHashMap<List<Evidence>> evidence = new Int2ObjectOpenHashMap<>();
  private @Nullable TasteSpace space;

  /**
   * Nothing known.
   *
   * @param ordinalOf an item by its hash, -1 when unknown
   */
  LiveItems(LongToIntFunction ordinalOf) {
    this.ordinalOf = ordinalOf;
  }

  /** Takes a touch; moves its item at once when there is a generation. */
  void take(Touch touch) {
    remembered.addLast(touch);
    if (remembered.size() > MOST_REMEMBERED) {
      remembered.removeFirst();
    }
    TasteSpace now = space;
    if (now != null) {
      move(now, touch);
    }
  }

  /** Goes on in another generation: everything since it was trained is folded in again. */
  void goOnIn(TasteSpace next) {
    space = next;
    evidence.clear();
    long since = next.generation().createdAtMs();
    remembered.removeIf(touch -> touch.atMs() <= since);
    for (Touch touch : remembered) {
      move(next, touch);
    }
  }

  private void move(TasteSpace now, Touch touch) {
    int ordinal = ordinalOf.applyAsInt(touch.itemHash());
    float[] content = ordinal < 0 ? null : now.vectors().content(ordinal);
    if (content == null) {
      return;
    }
    List<Evidence> all = evidence.computeIfAbsent(ordinal, o -> new ArrayList<>(4));
    all.add(new Evidence(touch));
    all.sort(ORDER);
    if (all.size() > MOST_EVIDENCE) {
      all.removeFirst();
    }
    settle(now, ordinal, touch.itemHash(), content, all);
  }

  /** An item was put anew, and its content may say something else. */
  void settle(int ordinal, String itemId) {
    TasteSpace now = space;
    List<Evidence> all = evidence.get(ordinal);
    float[] content = now == null ? null : now.vectors().content(ordinal);
    if (now != null && all != null && content != null) {
      settle(now, ordinal, ItemIds.hash(itemId), content, all);
    }
  }

  private static void settle(
      TasteSpace now, int ordinal, long itemHash, float[] content, List<Evidence> all) {
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
  private static float[] user(TasteSpace now, FoldIn fold, Touch touch) {
    now.generation().beginUser(fold, new float[0]);
    for (int ordinal : touch.history()) {
      now.addFact(fold, ordinal, 1, 1);
    }
    if (fold.facts() == 0) {
      return new float[0];
    }
    float[] user = new float[now.generation().dimensions()];
    fold.solve(user, 0);
    return user;
  }
}
