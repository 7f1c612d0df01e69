package io.millrace.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class RowsTest {

  @Test
  void rows_put_in_and_taken_out_anywhere_are_what_a_list_would_hold() {
    SplittableRandom random = new SplittableRandom(1);
    Rows rows = Rows.none(3);
    List<List<Integer>> expected = new ArrayList<>();
    for (int step = 0; step < 5_000; step++) {
      int kind = random.nextInt(10);
      if (kind < 6) {
        rows = rows.with(rows.size(), step, -step, 7);
        expected.add(List.of(step, -step, 7));
      } else if (kind < 7) {
        int at = random.nextInt(expected.size() + 1);
        rows = rows.with(at, step, step, step);
        expected.add(at, List.of(step, step, step));
      } else if (!expected.isEmpty()) {
        int at = kind < 9 ? 0 : random.nextInt(expected.size());
        rows = rows.without(at);
        expected.remove(at);
      }
      assertEquals(expected, listed(rows), "step " + step);
    }
    assertTrue(expected.size() > 500, "rows at the end: " + expected.size());
  }

  @Test
  void what_one_holds_stays_whatever_others_make_of_it() {
    SplittableRandom random = new SplittableRandom(2);
    List<Rows> all = new ArrayList<>(List.of(Rows.none(3)));
    List<List<List<Integer>>> held = new ArrayList<>(List.of(List.of()));
    for (int step = 0; step < 2_000; step++) {
      int from = Math.max(0, all.size() - 1 - random.nextInt(1 + random.nextInt(8)));
      Rows more = all.get(from).with(all.get(from).size(), step, step + 1, step + 2);
      more = more.size() > 40 ? more.withoutFirst(1 + random.nextInt(3)) : more;
      all.add(more);
      held.add(listed(more));
    }

    for (int i = 0; i < all.size(); i++) {
      assertEquals(held.get(i), listed(all.get(i)), "made at step " + i);
    }
  }

  @Test
  void two_threads_that_continue_one_beginning_do_not_see_each_other() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 500; round++) {
        Rows start = Rows.none(2).with(0, 1, 1).with(1, 2, 2).with(2, 3, 3);
        List<Callable<Rows>> both = List.of(() -> continued(start, 10), () -> continued(start, 20));
        int value = 10;
        for (Future<Rows> done : threads.invokeAll(both)) {
          Rows rows = done.get();
          assertEquals(103, rows.size());
          for (int row = 3; row < 103; row++) {
            assertEquals(value, rows.get(row, 0), "row " + row + " of round " + round);
          }
          value += 10;
        }
      }
    }
  }

  @Test
  void a_row_more_at_the_end_copies_nothing_most_of_the_time() {
    Rows rows = Rows.none(1);
    long written = 0;
    for (int i = 0; i < 20_000; i++) {
      int before = System.identityHashCode(rows.room());
      rows = rows.with(rows.size(), i);
      rows = rows.size() > 500 ? rows.withoutFirst(1) : rows;
      written += System.identityHashCode(rows.room()) == before ? 1 : rows.size();
    }
    assertTrue(written < 12 * 20_000, "rows written for 20,000: " + written);
  }

  private static Rows continued(Rows start, int value) {
    Rows rows = start;
    for (int i = 0; i < 100; i++) {
      rows = rows.with(rows.size(), value, i);
    }
    return rows;
  }

  private static List<List<Integer>> listed(Rows rows) {
    List<List<Integer>> all = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      all.add(List.of(rows.get(row, 0), rows.get(row, 1), rows.get(row, 2)));
    }
    return all;
  }
}
