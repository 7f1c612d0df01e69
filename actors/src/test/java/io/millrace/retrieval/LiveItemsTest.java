package io.millrace.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.EvidenceBatch.Touch;
import io.millrace.index.ItemFacts;
import io.millrace.item.ItemIds;
import io.millrace.item.TestNode;
import io.millrace.model.taste.Generation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LiveItemsTest {
  private static final int ITEMS = 60;
  private static final int TRAINED_ITEMS = 40;
  private static final long MINUTE = 60_000;
  private static final int INTERACTIONS = 4_000;

  private static @Nullable Generation generation;

  private final Map<Long, Integer> ordinals = new HashMap<>();

  @BeforeAll
  static void train() {
    generation = TrainedTaste.of(TRAINED_ITEMS, INTERACTIONS);
  }

  private static List<Touch> touches(int count, int items, long seed) {
    Random random = new Random(seed);
    List<Touch> touches = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      int[] history = new int[1 + random.nextInt(20)];
      Arrays.setAll(history, i -> random.nextInt(ITEMS));
      long atMs = (INTERACTIONS + 1 + n) * MINUTE;
      touches.add(
          new Touch(ItemIds.hash(TrainedTaste.itemId(random.nextInt(items))), atMs, history));
    }
    return touches;
  }

  private TasteSpace space() {
    return new TasteSpace(Objects.requireNonNull(generation));
  }

  /** A space with the first so many items in it. */
  private TasteSpace spaceOf(int items) {
    TasteSpace space = space();
    for (int ordinal = 0; ordinal < items; ordinal++) {
      put(space, null, ordinal);
    }
    return space;
  }

  private void put(TasteSpace space, @Nullable LiveItems live, int ordinal) {
    ItemFacts facts = TestNode.item(TrainedTaste.itemId(ordinal));
    ordinals.put(ItemIds.hash(facts.itemId()), ordinal);
    boolean changed = space.put(ordinal, facts);
    if (live != null) {
      live.put(ordinal, facts.itemId(), changed);
    }
  }

  private LiveItems live(int mostRemembered) {
    return new LiveItems(hash -> ordinals.getOrDefault(hash, -1), mostRemembered);
  }

  /** What a node has that starts with these touches in its checkpoint. */
  private float[][] restarted(List<Touch> remembered) {
    TasteSpace space = spaceOf(ITEMS);
    LiveItems live = live(100_000);
    remembered.forEach(live::take);
    live.goOnIn(space);
    live.caughtUp();
    live.moveAll();
    return vectors(space);
  }

  private static float[][] vectors(TasteSpace space) {
    float[][] all = new float[ITEMS][];
    for (int ordinal = 0; ordinal < ITEMS; ordinal++) {
      float[] vector = space.vectors().vector(ordinal);
      all[ordinal] = vector == null ? new float[0] : vector;
    }
    return all;
  }

  private static void assertSame(float[][] expected, float[][] actual) {
    for (int ordinal = 0; ordinal < ITEMS; ordinal++) {
      assertArrayEquals(expected[ordinal], actual[ordinal], "item " + ordinal);
    }
  }

  @Test
  void the_same_touches_in_another_order_give_the_same_vectors_bit_for_bit() {
    List<Touch> touches = touches(3_000, ITEMS, 5);
    List<Touch> shuffled = new ArrayList<>(touches);
    Collections.shuffle(shuffled, new Random(6));

    assertSame(restarted(touches), restarted(shuffled));
  }

  @Test
  void an_item_is_moved_by_what_is_remembered_alone_as_after_a_restart() {
    TasteSpace space = spaceOf(ITEMS);
    float[][] trained = vectors(space);
    LiveItems live = live(500);
    live.goOnIn(space);
    live.caughtUp();
    // Items 30 and up are touched at the beginning alone.
    touches(500, ITEMS, 7).forEach(live::take);
    live.moveAll();
    float[][] moved = vectors(space);
    touches(450, 30, 8).forEach(live::take);
    live.moveAll();

    assertSame(restarted(live.remembered()), vectors(space));
    assertFalse(Arrays.equals(trained[35], moved[35]));
    touches(500, 30, 9).forEach(live::take);
    live.moveAll();
    assertEquals(500, live.remembered().size());
    assertSame(restarted(live.remembered()), vectors(space));
    for (int ordinal = 30; ordinal < ITEMS; ordinal++) {
      assertArrayEquals(trained[ordinal], vectors(space)[ordinal], "item " + ordinal);
    }
  }

  @Test
  void an_item_that_comes_after_it_was_named_in_histories_speaks_in_them_at_once() {
    TasteSpace space = space();
    LiveItems live = live(10_000);
    live.goOnIn(space);
    live.caughtUp();
    List<Touch> touches = touches(2_000, ITEMS, 11);
    for (int n = 0; n < touches.size(); n++) {
      if (n % 30 == 0 && n / 30 < ITEMS) {
        put(space, live, n / 30);
      }
      live.take(touches.get(n));
      if (n % 7 == 0) {
        live.moveAll();
      }
    }
    live.moveAll();

    assertEquals(ITEMS, ordinals.size());
    assertSame(restarted(touches), vectors(space));
  }

  @Test
  void touches_before_the_training_move_nothing() {
    Touch old = new Touch(ItemIds.hash(TrainedTaste.itemId(1)), MINUTE, new int[] {2});

    float[][] moved = restarted(List.of(old));

    assertSame(restarted(List.of()), moved);
    assertTrue(moved[1].length > 0);
  }

  /** A node that ran until its checkpoint after the first touches, and what it wrote. */
  private LiveItems until(List<Touch> first, int items) {
    TasteSpace space = spaceOf(items);
    LiveItems live = live(3_000);
    live.goOnIn(space);
    live.caughtUp();
    first.forEach(live::take);
    live.moveAll();
    return live;
  }

  /** One that starts from that checkpoint, and all that comes after it. */
  private LiveItems from(LiveItems stopped, MovedItems moved) {
    LiveItems live = live(3_000);
    stopped.remembered().forEach(live::take);
    live.beginAt(moved);
    return live;
  }

  @Test
  void a_restart_begins_where_items_were_and_moves_none_of_them_again() {
    List<Touch> touches = touches(2_000, ITEMS, 12);
    LiveItems stopped = until(touches, ITEMS);
    TasteSpace space = spaceOf(ITEMS);
    LiveItems live = from(stopped, stopped.moved());
    live.goOnIn(space);
    live.caughtUp();

    assertEquals(0, live.waiting());
    assertSame(restarted(touches), vectors(space));
  }

  @Test
  void what_came_after_the_checkpoint_moves_items_from_where_they_were() {
    List<Touch> touches = touches(2_000, 30, 13);
    LiveItems stopped = until(touches, ITEMS);
    MovedItems moved = stopped.moved();
    TasteSpace space = spaceOf(ITEMS);
    LiveItems live = from(stopped, moved);
    List<Touch> more =
        List.of(
            touch(TrainedTaste.itemId(3), 5_000, 1, 2), touch(TrainedTaste.itemId(50), 5_001, 4));
    live.take(more.getFirst());
    live.goOnIn(space);
    live.take(more.getLast());
    float[][] before = vectors(space);
    live.caughtUp();

    assertEquals(2, live.waiting());
    assertFalse(Arrays.equals(before[3], vectors(space)[3]), "waits where it was, not untouched");
    live.moveAll();
    List<Touch> all = new ArrayList<>(touches);
    all.addAll(more);
    assertSame(restarted(all), vectors(space));
  }

  @Test
  void items_that_come_or_go_on_after_the_checkpoint_change_what_spoke_of_them() {
    for (boolean putBeforeGeneration : List.of(true, false)) {
      ordinals.clear();
      List<Touch> touches = touches(2_000, ITEMS, 14);
      int known = ITEMS - 5;
      LiveItems stopped = until(touches, known);
      MovedItems moved = stopped.moved();
      TasteSpace space = spaceOf(known);
      LiveItems live = from(stopped, moved);
      if (!putBeforeGeneration) {
        live.goOnIn(space);
      }
      for (int ordinal = known; ordinal < ITEMS - 1; ordinal++) {
        put(space, live, ordinal);
      }
      if (putBeforeGeneration) {
        live.goOnIn(space);
      }
      live.caughtUp();
      put(space, live, ITEMS - 1);
      live.moveAll();

      assertSame(restarted(touches), vectors(space));
    }
  }

  @Test
  void an_item_that_was_named_before_the_checkpoint_and_comes_after_it_speaks_at_once() {
    int late = ITEMS - 1;
    List<Touch> touches =
        List.of(
            touch(TrainedTaste.itemId(1), 1, 2, 3),
            touch(TrainedTaste.itemId(4), 2, 5, late),
            touch(TrainedTaste.itemId(6), 3, 7));
    LiveItems stopped = until(touches, late);
    for (boolean putAtOnce : List.of(true, false)) {
      TasteSpace space = spaceOf(late);
      LiveItems live = from(stopped, stopped.moved());
      if (putAtOnce) {
        put(space, live, late);
      }
      live.goOnIn(space);
      live.caughtUp();
      if (!putAtOnce) {
        assertEquals(0, live.waiting());
        put(space, live, late);
      }
      assertEquals(1, live.waiting());
      live.moveAll();

      assertSame(restarted(touches), vectors(space));
    }
  }

  @Test
  void where_items_were_in_another_generation_is_of_no_use() {
    List<Touch> touches = touches(2_000, ITEMS, 15);
    LiveItems stopped = until(touches, ITEMS);
    MovedItems moved = stopped.moved();
    MovedItems other =
        new MovedItems(
            moved.generation() + 1,
            moved.generationAtMs(),
            moved.oldestItemMs(),
            moved.itemHashes(),
            new float[moved.vectors().length],
            moved.awaited());
    TasteSpace space = spaceOf(ITEMS);
    LiveItems live = from(stopped, other);
    live.goOnIn(space);
    live.caughtUp();

    assertEquals(ITEMS, live.waiting());
    live.moveAll();
    assertSame(restarted(touches), vectors(space));
  }

  @Test
  void what_is_forgotten_after_the_checkpoint_moves_nothing_any_more() {
    List<Touch> touches = touches(3_000, ITEMS, 16);
    LiveItems stopped = until(touches, ITEMS);
    TasteSpace space = spaceOf(ITEMS);
    LiveItems live = from(stopped, stopped.moved());
    touches(2_500, 10, 17).forEach(live::take);
    live.goOnIn(space);
    live.caughtUp();
    live.moveAll();

    assertSame(restarted(live.remembered()), vectors(space));
  }

  private static Touch touch(String itemId, int minute, int... history) {
    return new Touch(ItemIds.hash(itemId), (INTERACTIONS + 1 + minute) * MINUTE, history);
  }
}
