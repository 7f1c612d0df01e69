package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The list is the head of a full sort, whatever happened to the set. */
class TopListTest {

  @Property(tries = 60)
  void shows_the_head_of_a_full_sort_after_any_changes(@ForAll long seed) {
    Random random = new Random(seed);
    int promised = 1 + random.nextInt(12);
    TopList list = new TopList(promised);
    Map<Integer, Double> set = new HashMap<>();
    int refills = 0;
    for (int step = 0; step < 2_000; step++) {
      int ordinal = random.nextInt(80);
      // Few values, so that ties are common.
      double key = random.nextInt(20);
      Double had = set.get(ordinal);
      if (had == null) {
        list.add(ordinal, key);
        set.put(ordinal, key);
      } else if (random.nextInt(3) == 0) {
        list.remove(ordinal, had);
        set.remove(ordinal);
      } else {
        list.move(ordinal, had, key);
        set.put(ordinal, key);
      }
      if (list.hungry()) {
        refills++;
        list.refill(
            set.keySet().stream().mapToInt(i -> i).toArray(),
            set.values().stream().mapToDouble(v -> v).toArray(),
            set.size());
      }
      list.publish();
      assertArrayEquals(head(set, promised), list.top());
    }
    assertTrue(refills < 1_000, "refills " + refills);
  }

  @Test
  void rising_items_never_ask_for_a_refill() {
    TopList list = new TopList(10);
    double[] keys = new double[1_000];
    for (int i = 0; i < 1_000; i++) {
      list.add(i, 0);
    }
    Random random = new Random(1);
    for (int step = 0; step < 20_000; step++) {
      int item = random.nextInt(1_000);
      double to = keys[item] + 1 + random.nextInt(5);
      list.move(item, keys[item], to);
      keys[item] = to;
      assertFalse(list.hungry(), "step " + step);
    }
  }

  private static int[] head(Map<Integer, Double> set, int promised) {
    return set.entrySet().stream()
        .sorted((a, b) -> {
          int byKey = Double.compare(b.getValue(), a.getValue());
          return byKey != 0 ? byKey : Integer.compare(a.getKey(), b.getKey());
        })
        .limit(promised)
        .mapToInt(Map.Entry::getKey)
        .toArray();
  }
}
