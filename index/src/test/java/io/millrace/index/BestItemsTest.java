package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BestItemsTest {
  private final SplittableRandom random = new SplittableRandom(7);
  private final BestItems best = new BestItems();

  @Test
  void the_best_of_any_number_of_keys_are_those_that_sorting_finds() {
    for (int round = 0; round < 2_000; round++) {
      int k = 1 + random.nextInt(60);
      // Few distinct scores make ties, few ordinals make equal keys.
      int scores = 1 + random.nextInt(50);
      long[] keys = new long[random.nextInt(700)];
      best.begin(k);
      for (int i = 0; i < keys.length; i++) {
        keys[i] = BestItems.key(random.nextInt(scores), random.nextInt(200));
        if (best.wants(keys[i])) {
          best.offer(keys[i]);
        }
      }

      assertArrayEquals(largest(keys, k), best.sorted(), "round " + round);
    }
  }

  @Test
  void keys_that_rise_and_keys_that_fall_are_told_apart_alike() {
    long[] rising = new long[5_000];
    for (int i = 0; i < rising.length; i++) {
      rising[i] = BestItems.signedKey(i - 2_500f, i);
    }

    assertArrayEquals(largest(rising, 200), bestOf(rising, 200));

    long[] falling = new long[rising.length];
    for (int i = 0; i < falling.length; i++) {
      falling[i] = rising[rising.length - 1 - i];
    }
    assertArrayEquals(largest(rising, 200), bestOf(falling, 200));
  }

  @Test
  void none_are_wanted_when_none_are_asked_for() {
    best.begin(0);

    assertFalse(best.wants(Long.MAX_VALUE));
    best.offer(BestItems.key(1, 1));

    assertEquals(0, best.size());
  }

  private long[] bestOf(long[] keys, int k) {
    best.begin(k);
    for (long key : keys) {
      best.offer(key);
    }
    assertEquals(k, best.size());
    return best.sorted();
  }

  private static long[] largest(long[] keys, int k) {
    long[] sorted = keys.clone();
    Arrays.sort(sorted);
    long[] largest = new long[Math.min(k, sorted.length)];
    for (int i = 0; i < largest.length; i++) {
      largest[i] = sorted[sorted.length - 1 - i];
    }
    return largest;
  }
}
