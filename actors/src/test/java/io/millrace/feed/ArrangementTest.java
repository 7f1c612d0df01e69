package io.millrace.feed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.FeedSettings.Surface;
import io.millrace.index.Candidates;
import io.millrace.index.Signal;
import io.millrace.index.Source;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrangementTest {

  private static final Surface PLAIN = surface(0, 0);

  @Test
  void without_rules_the_order_is_that_of_the_scores() {
    Candidates candidates = candidates(0, 0, 0, 0);

    Arrangement made = Arrangement.of(candidates, new float[] {1, 4, 2, 3}, PLAIN, 4, free(4));

    assertArrayEquals(new int[] {1, 3, 2, 0}, made.rows());
  }

  @Test
  void equal_scores_go_by_item_and_what_is_not_a_number_comes_last() {
    Candidates candidates = candidates(0, 0, 0, 0);

    Arrangement made =
        Arrangement.of(candidates, new float[] {Float.NaN, 2, 2, 2}, PLAIN, 4, free(4));

    assertArrayEquals(new int[] {1, 2, 3, 0}, made.rows());
  }

  @Test
  void a_row_that_is_taken_is_not_offered() {
    boolean[] free = {true, false, true};

    Arrangement made = Arrangement.of(candidates(0, 0, 0), new float[] {1, 3, 2}, PLAIN, 3, free);

    assertArrayEquals(new int[] {2, 0}, made.rows());
  }

  @Test
  void at_most_three_of_a_category_while_others_are_there() {
    Candidates candidates = candidates(7, 7, 7, 7, 7, 8, 8, 9);
    float[] scores = {8, 7, 6, 5, 4, 3, 2, 1};

    Arrangement made = Arrangement.of(candidates, scores, surface(3, 0), 6, free(8));

    assertArrayEquals(new int[] {0, 1, 2, 5, 6, 7}, Arrays.copyOf(made.rows(), 6));
    assertEquals(List.of(), made.relaxed());
    assertEquals(8, made.rows().length, "the others stay on offer behind the slate");
  }

  @Test
  void the_cap_gives_way_before_a_slate_goes_short_and_says_so() {
    Candidates candidates = candidates(7, 7, 7, 7, 7, 7);
    float[] scores = {6, 5, 4, 3, 2, 1};

    Arrangement made = Arrangement.of(candidates, scores, surface(3, 0), 5, free(6));

    assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5}, made.rows());
    assertEquals(List.of("rules:category-cap-relaxed"), made.relaxed());
  }

  @Test
  void diversity_puts_another_category_between_two_of_a_kind() {
    Candidates candidates = candidates(7, 7, 8, 7);
    float[] scores = {10, 9.9f, 9.8f, 1};

    Arrangement made = Arrangement.of(candidates, scores, surface(0, 0.3), 3, free(4));

    assertArrayEquals(new int[] {0, 2, 1}, Arrays.copyOf(made.rows(), 3));
  }

  @Test
  void every_free_row_is_offered_once_whatever_the_rules() {
    int n = 200;
    int[] categories = IntStream.range(0, n).map(i -> i % 5).toArray();
    float[] scores = new float[n];
    for (int i = 0; i < n; i++) {
      scores[i] = (i * 37) % 101;
    }

    Arrangement made = Arrangement.of(candidates(categories), scores, surface(3, 0.4), 24, free(n));

    assertEquals(n, Arrays.stream(made.rows()).distinct().count());
    assertTrue(made.relaxed().contains("rules:category-cap-relaxed"));
  }

  private static Surface surface(int cap, double diversity) {
    return new Surface("test", EnumSet.allOf(Source.class), cap, diversity, true, -1);
  }

  private static boolean[] free(int n) {
    boolean[] free = new boolean[n];
    Arrays.fill(free, true);
    return free;
  }

  private static Candidates candidates(int... categories) {
    int n = categories.length;
    int[] none = new int[n];
    Arrays.fill(none, -1);
    return new Candidates(
        IntStream.range(100, 100 + n).toArray(),
        new int[n],
        new float[Signal.values().length][n],
        categories,
        none,
        none,
        new float[Signal.values().length],
        new int[0],
        new float[0],
        0,
        new long[0],
        List.of());
  }
}
