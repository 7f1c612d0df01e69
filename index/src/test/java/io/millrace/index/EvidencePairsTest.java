package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.EvidenceBatch.PairDelta;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EvidencePairsTest {
  private static final List<PairDelta> ROWS =
      List.of(
          new PairDelta(11, -5, 19_675, 819, 0),
          new PairDelta(-5, 11, 19_675, 410, 410),
          new PairDelta(11, -5, 19_675, 1, 2),
          new PairDelta(0, Long.MIN_VALUE, -3, Integer.MAX_VALUE, -1));

  @Test
  void rows_come_back_as_they_were_each_item_held_once() {
    EvidencePairs pairs = EvidencePairs.of(ROWS);

    assertEquals(ROWS, pairs);
    assertEquals(4, pairs.hashes());
    assertEquals(pairs.predecessor(0), pairs.item(1));
    assertEquals(-5, pairs.hash(pairs.item(0)));
    assertSame(pairs, EvidencePairs.of(pairs));
    assertTrue(EvidencePairs.of(List.of()).isEmpty());
  }

  @Test
  void a_pair_of_one_day_is_summed_in_the_row_where_it_came_first() {
    record Key(long predecessor, long item, int day) {}
    Map<Key, int[]> expected = new LinkedHashMap<>();
    EvidencePairs.Columns columns = new EvidencePairs.Columns(0);
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      Key key =
          new Key(
              random.nextInt(40) * 0x1_0000_0000L, random.nextInt(40) - 20L, random.nextInt(3) - 1);
      int weight = random.nextInt(1_024);
      int[] sums = expected.computeIfAbsent(key, _ -> new int[2]);
      sums[0] += weight;
      sums[1] += weight / 2;
      columns.sum(
          columns.place(key.predecessor()),
          columns.place(key.item()),
          key.day(),
          weight,
          weight / 2);
    }

    List<PairDelta> rows = new ArrayList<>();
    expected.forEach((key, sums) ->
        rows.add(new PairDelta(key.predecessor(), key.item(), key.day(), sums[0], sums[1])));
    assertEquals(rows, columns.build());
  }

  @Test
  void what_was_built_does_not_change_with_what_comes_after() {
    EvidencePairs.Columns columns = new EvidencePairs.Columns(4);
    columns.sum(columns.place(1), columns.place(2), 0, 5, 0);
    EvidencePairs built = columns.build();
    columns.sum(columns.place(1), columns.place(2), 0, 5, 0);

    assertEquals(List.of(new PairDelta(1, 2, 0, 5, 0)), built);
  }

  @Test
  void a_place_without_an_item_and_columns_of_unequal_lengths_are_refused() {
    long[] two = {1, 2};
    int[] none = {};
    int[] row = {0};

    assertEquals(
        "a pair is of item 2 of 2, counted from 0",
        assertThrows(
                IllegalArgumentException.class,
                () -> new EvidencePairs(two, row, new int[] {2}, row, row, row))
            .getMessage());
    assertEquals(
        "a pair is of item 4294967295 of 2, counted from 0",
        assertThrows(
                IllegalArgumentException.class,
                () -> new EvidencePairs(two, new int[] {-1}, row, row, row, row))
            .getMessage());
    assertEquals(
        "pairs have 1 weights, 1 predecessors, 0 items, 1 days and 1 session weights, expected equally many",
        assertThrows(
                IllegalArgumentException.class,
                () -> new EvidencePairs(two, row, none, row, row, row))
            .getMessage());
  }
}
