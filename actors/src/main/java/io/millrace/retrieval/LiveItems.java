package io.millrace.retrieval;

import io.millrace.index.EvidenceBatch.Touch;
import io.millrace.item.ItemIds;
import io.millrace.model.taste.FoldIn;
import io.millrace.model.taste.Generation;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import it.unimi.dsi.fastutil.longs.Long2ObjectMap;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongLinkedOpenHashSet;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Moves items' vectors with who takes them up: an item's live vector is the fold over the users of
 * its newest {@value Touch#MOST_OF_ITEM} touches since the generation was trained, each as the
 * items touched before say it, on frozen vectors. One hop: live vectors are searched and never
 * folded from. Owned by the index's writer.
 *
 * <p>The same touches and items give the same vectors bit for bit, in whatever order they come:
 * what is folded is sorted by {@link TouchRing#compare}, and is folded again when an item comes, or
 * changes, that speaks in it. So a restart answers as before: the touches are in the index's
 * checkpoint, or come again from the journal. Where they had moved items is in the checkpoint, too:
 * items begin there, and only those wait to be moved for which something came since.
 */
final class LiveItems {

  /**
   * Touches remembered for the generation in use, the one before it, and the next one, which is
   * trained on less than there is. Beyond it those that came first are forgotten.
   */
  private static final int MOST_REMEMBERED = 500_000;

  private final TouchRing remembered;

  private final LongToIntFunction ordinalOf;

  /** By the item's hash: evidence may come before its item. */
  private final Long2ObjectOpenHashMap<Evidence> evidence = new Long2ObjectOpenHashMap<>();

  /** Ordinals that a history named before their items came. */
  private final IntOpenHashSet awaited = new IntOpenHashSet();

  /** Items with touches that they have not been moved for, the longest waiting first. */
  private final LongLinkedOpenHashSet waiting = new LongLinkedOpenHashSet();

  private @Nullable TasteSpace space;

  /** Scratch of the space's size; null without one. */
  private @Nullable FoldIn folds;

  /** Before, everything would be folded again and again; see {@link #caughtUp}. */
  private boolean caughtUp;

  /** Until the first use of it. */
  private @Nullable Kept kept;

  /** No touch up to here is of use. */
  private long sinceMs = Long.MIN_VALUE;

  private long oldestItemMs;

  /**
   * Nothing known.
   *
   * @param ordinalOf an item by its hash, -1 when unknown
   */
  LiveItems(LongToIntFunction ordinalOf) {
    this(ordinalOf, MOST_REMEMBERED);
  }

  LiveItems(LongToIntFunction ordinalOf, int mostRemembered) {
    this.ordinalOf = ordinalOf;
    this.remembered = new TouchRing(mostRemembered);
  }

  /** What a checkpoint holds of it, each once, before anything else is done with this. */
  List<Touch> remembered() {
    return remembered.sorted();
  }

  /** Where it has moved items to by now; not those that wait to be moved. */
  MovedItems moved() {
    TasteSpace now = space;
    if (now == null || !caughtUp) {
      return MovedItems.NONE;
    }
    int dimensions = now.generation().dimensions();
    long[] hashes = new long[evidence.size()];
    float[] vectors = new float[hashes.length * dimensions];
    int count = 0;
    for (Long2ObjectMap.Entry<Evidence> one : evidence.long2ObjectEntrySet()) {
      long itemHash = one.getLongKey();
      boolean settled = one.getValue().size > 0 && !waiting.contains(itemHash);
      float[] vector = settled ? now.vectors().vector(ordinalOf.applyAsInt(itemHash)) : null;
      if (vector != null) {
        System.arraycopy(vector, 0, vectors, count * dimensions, dimensions);
        hashes[count++] = itemHash;
      }
    }
    return new MovedItems(
        now.number(),
        now.generation().createdAtMs(),
        now.oldestMs(),
        Arrays.copyOf(hashes, count),
        Arrays.copyOf(vectors, count * dimensions),
        awaited.toIntArray());
  }

  /**
   * Has items begin, if the same generation is used next, where the touches taken so far had moved
   * them. Before anything else is taken or put.
   */
  void beginAt(MovedItems moved) {
    kept = moved.itemHashes().length == 0 ? null : new Kept(moved);
  }

  /** Takes a touch; when the generation does not know of it, its item waits to be moved. */
  void take(Touch touch) {
    if (touch.atMs() <= sinceMs) {
      return;
    }
    if (kept != null) {
      kept.changed.add(touch.itemHash());
    }
    if (remembered.full()) {
      forgetFirst();
    }
    int slot = remembered.add(touch);
    TasteSpace now = space;
    if (now != null && caughtUp && add(now, slot)) {
      waiting.add(touch.itemHash());
    }
  }

  /** An item is moved by what is remembered alone: by as much as after a restart. */
  private void forgetFirst() {
    int slot = remembered.first();
    long itemHash = remembered.itemHash(slot);
    if (kept != null) {
      kept.changed.add(itemHash);
    }
    Evidence of = evidence.get(itemHash);
    int row = of == null ? -1 : of.row(slot);
    if (row >= 0) {
      of.remove(row);
      waiting.add(itemHash);
    }
    remembered.dropFirst();
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
      remembered.keep(atMs -> atMs > sinceMs);
    }
    space = next;
    folds = new FoldIn(next.generation().settings());
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
    remembered.forEach(slot -> {
      if (add(now, slot)) {
        waiting.add(remembered.itemHash(slot));
      }
    });
    Kept before = kept;
    kept = null;
    if (before != null && before.isOf(now.generation())) {
      beginAt(now, before);
    }
  }

  /** Puts items where they were; those go on waiting that belong somewhere else by now. */
  private void beginAt(TasteSpace now, Kept before) {
    MovedItems moved = before.moved;
    int dimensions = moved.dimensions();
    for (int row = 0; row < moved.itemHashes().length; row++) {
      long itemHash = moved.itemHashes()[row];
      Evidence of = evidence.get(itemHash);
      int ordinal = of == null ? -1 : ordinalOf.applyAsInt(itemHash);
      if (of == null || now.vectors().content(ordinal) == null) {
        continue;
      }
      now.vectors()
          .put(
              ordinal,
              Arrays.copyOfRange(moved.vectors(), row * dimensions, (row + 1) * dimensions));
      if (moved.oldestItemMs() == now.oldestMs()
          && !before.changed.contains(itemHash)
          && !before.put.contains(ordinal)
          && (before.put.isEmpty() || !names(of, before.put))) {
        waiting.remove(itemHash);
      }
    }
    for (int ordinal : moved.awaited()) {
      awaited.add(ordinal);
    }
  }

  private boolean names(Evidence of, IntOpenHashSet ordinals) {
    for (int row = 0; row < of.size; row++) {
      int slot = of.slots[row];
      for (int n = remembered.length(slot) - 1; n >= 0; n--) {
        if (ordinals.contains(remembered.history(slot, n))) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean add(TasteSpace now, int slot) {
    Generation generation = now.generation();
    if (remembered.atMs(slot) <= generation.createdAtMs()) {
      return false;
    }
    Evidence of =
        evidence.computeIfAbsent(
            remembered.itemHash(slot), hash -> new Evidence(generation.dimensions()));
    int row = of.size;
    while (row > 0 && remembered.compare(of.slots[row - 1], slot) > 0) {
      row--;
    }
    if (of.size < Touch.MOST_OF_ITEM) {
      of.insert(row, slot);
    } else if (row > 0) {
      of.remove(0);
      of.insert(row - 1, slot);
    }
    return true;
  }

  /**
   * An item was put.
   *
   * @param changed whether its content, known before, says something else of users than it did
   */
  void put(int ordinal, String itemId, boolean changed) {
    if (kept != null) {
      kept.put.add(ordinal);
    }
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

  private boolean forgetUsersOf(int ordinal, Evidence all) {
    boolean any = false;
    for (int row = 0; row < all.size; row++) {
      int slot = all.slots[row];
      for (int n = remembered.length(slot) - 1; n >= 0; n--) {
        if (remembered.history(slot, n) == ordinal) {
          all.known[row] = Evidence.NOT_YET;
          any = true;
        }
      }
    }
    return any;
  }

  private void settle(TasteSpace now, long itemHash) {
    Evidence all = evidence.get(itemHash);
    int ordinal = all == null ? -1 : ordinalOf.applyAsInt(itemHash);
    float[] content = ordinal < 0 ? null : now.vectors().content(ordinal);
    if (all == null || content == null) {
      return;
    }
    if (all.size == 0) {
      evidence.remove(itemHash);
      now.vectors().put(ordinal, now.unmoved(ordinal, content));
      return;
    }
    Generation generation = now.generation();
    FoldIn fold = Objects.requireNonNull(folds);
    for (int row = 0; row < all.size; row++) {
      if (all.known[row] == Evidence.NOT_YET) {
        all.known[row] = user(now, fold, all, row) ? Evidence.KNOWN : Evidence.NOTHING;
      }
    }
    long newestMs = remembered.atMs(all.slots[all.size - 1]);
    generation.beginItem(fold, itemHash, now.share(ordinal, newestMs), content);
    for (int row = 0; row < all.size; row++) {
      if (all.known[row] == Evidence.KNOWN) {
        fold.add(all.users, row * all.dimensions, 1, 1);
      }
    }
    float[] live = new float[generation.dimensions()];
    fold.solve(live, 0);
    now.vectors().put(ordinal, live);
  }

  /** Folds the user of a touch; false for one of whom the generation knows nothing. */
  private boolean user(TasteSpace now, FoldIn fold, Evidence all, int row) {
    now.generation().beginUser(fold, new float[0]);
    int slot = all.slots[row];
    for (int n = 0; n < remembered.length(slot); n++) {
      int ordinal = remembered.history(slot, n);
      if (!now.addFact(fold, ordinal, 1, 1)) {
        awaited.add(ordinal);
      }
    }
    if (fold.facts() == 0) {
      return false;
    }
    fold.solve(all.users, row * all.dimensions);
    return true;
  }

  /** Where a checkpoint says that items were, and what came since. */
  private static final class Kept {
    private final MovedItems moved;
    private final LongOpenHashSet changed = new LongOpenHashSet();
    private final IntOpenHashSet put = new IntOpenHashSet();

    private Kept(MovedItems moved) {
      this.moved = moved;
    }

    private boolean isOf(Generation generation) {
      return moved.generation() == generation.number()
          && moved.generationAtMs() == generation.createdAtMs()
          && moved.dimensions() == generation.dimensions();
    }
  }

  /** The newest touches of one item, and their users in the generation in use. */
  private static final class Evidence {
    private static final byte NOT_YET = 0;
    private static final byte NOTHING = 1;
    private static final byte KNOWN = 2;

    private final int dimensions;
    private int size;

    /** Of {@link #remembered}, in its order. */
    private int[] slots = new int[1];

    private byte[] known = new byte[1];

    /** {@link #dimensions} values a touch, of those that are {@link #KNOWN}. */
    private float[] users;

    private Evidence(int dimensions) {
      this.dimensions = dimensions;
      this.users = new float[dimensions];
    }

    private int row(int slot) {
      for (int row = 0; row < size; row++) {
        if (slots[row] == slot) {
          return row;
        }
      }
      return -1;
    }

    private void insert(int row, int slot) {
      if (size == slots.length) {
        slots = Arrays.copyOf(slots, size * 2);
        known = Arrays.copyOf(known, size * 2);
        users = Arrays.copyOf(users, size * 2 * dimensions);
      }
      move(row, row + 1);
      slots[row] = slot;
      known[row] = NOT_YET;
      size++;
    }

    private void remove(int row) {
      move(row + 1, row);
      size--;
    }

    private void move(int from, int to) {
      int rows = size - from;
      System.arraycopy(slots, from, slots, to, rows);
      System.arraycopy(known, from, known, to, rows);
      System.arraycopy(users, from * dimensions, users, to * dimensions, rows * dimensions);
    }
  }
}
