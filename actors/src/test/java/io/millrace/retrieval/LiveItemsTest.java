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
    TasteSpace space = space();
    for (int ordinal = 0; ordinal < ITEMS; ordinal++) {
      put(space, null, ordinal);
    }
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
    TasteSpace space = space();
    for (int ordinal = 0; ordinal < ITEMS; ordinal++) {
      put(space, null, ordinal);
    }
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
}
