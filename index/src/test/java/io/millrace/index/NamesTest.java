package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.junit.jupiter.api.Test;

class NamesTest {
  private final Names.Table table = new Names.Table();

  @Test
  void a_list_that_comes_again_is_one_array_and_another_order_is_another_list() {
    int[] first = table.shared(List.of("Drama", "Comedy"));

    assertSame(first, table.shared(List.of("Drama", "Comedy")));
    assertNotSame(first, table.shared(List.of("Comedy", "Drama")));
    assertArrayEquals(new int[] {0, 1}, first);
    assertArrayEquals(new int[] {1, 0}, table.shared(List.of("Comedy", "Drama")));
    assertEquals(0, table.shared(List.of()).length);
  }

  @Test
  void more_lists_than_are_remembered_are_all_right() {
    for (int n = 0; n < 20_000; n++) {
      table.number("category-" + n);
    }
    for (int round = 0; round < 2; round++) {
      for (int n = 8; n < 20_000; n++) {
        assertArrayEquals(new int[] {n, 7}, table.shared(List.of("category-" + n, "category-7")));
      }
    }
  }
}
