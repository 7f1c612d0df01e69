package io.millrace.feed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class WellSpreadTest {

  private static final double[] LINE = {5, 5.1, 0, 9, 5.2, 10};

  @Test
  void the_first_is_kept_and_each_next_one_is_the_farthest_from_all_before() {
    assertArrayEquals(new int[] {0, 2, 5, 3}, pick(4));
  }

  @Test
  void no_more_are_picked_than_there_are_and_none_twice() {
    assertArrayEquals(new int[] {0, 2, 5, 3, 4, 1}, pick(9));
    assertArrayEquals(new int[0], WellSpread.pick(0, 3, (one, other) -> 1));
  }

  @Test
  void of_equals_the_earlier_one_is_picked() {
    assertArrayEquals(new int[] {0, 1, 2}, WellSpread.pick(5, 3, (one, other) -> 1));
  }

  private static int[] pick(int few) {
    return WellSpread.pick(LINE.length, few, (one, other) -> Math.abs(LINE[one] - LINE[other]));
  }
}
