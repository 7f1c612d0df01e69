package io.millrace.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.importing.Facts;
import io.millrace.index.ItemFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ColdItemsTest {

  /** Forty items whose content points ever further along the first axis. */
  private static List<ItemFacts> items() {
    List<ItemFacts> items = new ArrayList<>();
    for (int n = 0; n < 40; n++) {
      items.add(Facts.of("item-" + n).title("Item " + n).createdAt(1_000).build());
    }
    return items;
  }

  private static float[] along(ItemFacts item) {
    return new float[] {Integer.parseInt(item.itemId().substring("item-".length())), 0};
  }

  private static double figure(ColdItems cold, String way, String name) {
    return (double) ((Map<?, ?>) cold.figures().get(way)).get(name);
  }

  @Test
  void content_that_points_where_the_user_does_is_counted_as_a_hit_and_the_lot_as_a_half() {
    List<ItemFacts> items = items();
    ColdItems cold = new ColdItems(items);

    cold.test(1, new float[] {1, 0}, ColdItemsTest::along, items.get(25));

    assertEquals(1, cold.figures().get("events"));
    assertEquals(1, figure(cold, "content", "hr@20"));
    assertEquals(14 / 39.0, figure(cold, "content", "before"), 1e-9);
    assertEquals(.5, figure(cold, "random", "hr@20"), 1e-9);
    assertEquals(.5, figure(cold, "random", "before"), 1e-9);
    // No item says when it came out: they tie.
    assertEquals(.5, figure(cold, "newest", "hr@20"), 1e-9);
  }

  @Test
  void an_item_that_was_touched_is_cold_no_more_and_a_stranger_is_shown_the_lot() {
    List<ItemFacts> items = items();
    ColdItems cold = new ColdItems(items);
    for (int n = 30; n < 40; n++) {
      cold.touched("item-" + n);
    }

    cold.test(1, new float[] {1, 0}, ColdItemsTest::along, items.get(35));
    assertEquals(0, cold.figures().get("events"));

    cold.test(1, new float[0], ColdItemsTest::along, items.get(3));
    assertEquals(20 / 30.0, figure(cold, "content", "hr@20"), 1e-9);
  }
}
