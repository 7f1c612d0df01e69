package io.millrace.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.index.EvidenceBatch.Touch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TouchRingTest {
  private static final Comparator<Touch> ORDER =
      Comparator.comparingLong(Touch::atMs)
          .thenComparingLong(Touch::itemHash)
          .thenComparing(Touch::history, Arrays::compare);

  private static Touch touch(Random random) {
    int[] history = new int[1 + random.nextInt(20)];
    Arrays.setAll(history, i -> random.nextInt(3));
    return new Touch(
        (random.nextBoolean() ? -1L : 1L) << random.nextInt(63), random.nextInt(40) - 20L, history);
  }

  private static void assertSame(Touch expected, Touch actual) {
    assertEquals(expected.itemHash(), actual.itemHash());
    assertEquals(expected.atMs(), actual.atMs());
    assertArrayEquals(expected.history(), actual.history());
  }

  @Test
  void it_holds_what_a_queue_of_objects_holds() {
    Random random = new Random(1);
    TouchRing ring = new TouchRing(2_500);
    ArrayDeque<Touch> queue = new ArrayDeque<>();
    for (int n = 0; n < 20_000; n++) {
      if (ring.full()) {
        ring.dropFirst();
        queue.removeFirst();
      }
      Touch touch = touch(random);
      int slot = ring.add(touch);
      queue.addLast(touch);
      assertEquals(touch.itemHash(), ring.itemHash(slot));
      if (n % 4_999 == 0) {
        ring.keep(atMs -> atMs % 3 != 0);
        queue.removeIf(one -> one.atMs() % 3 == 0);
      }
      assertEquals(queue.size(), ring.size());
    }

    Iterator<Touch> there = queue.iterator();
    ring.forEach(slot -> {
      Touch expected = there.next();
      assertEquals(expected.itemHash(), ring.itemHash(slot));
      assertEquals(expected.atMs(), ring.atMs(slot));
      assertEquals(expected.history().length, ring.length(slot));
      assertEquals(expected.history()[0], ring.history(slot, 0));
    });
    List<Touch> sorted = new ArrayList<>(queue);
    sorted.sort(ORDER);
    List<Touch> actual = ring.sorted();
    assertEquals(sorted.size(), actual.size());
    for (int n = 0; n < sorted.size(); n++) {
      assertSame(sorted.get(n), actual.get(n));
    }
  }

  @Test
  void a_history_longer_than_is_ever_written_is_refused_and_changes_nothing() {
    TouchRing ring = new TouchRing(3);
    Touch tooLong = new Touch(1, 1, new int[21]);

    assertEquals(
        "a touch has a history of 21 items, at most 20",
        assertThrows(IllegalArgumentException.class, () -> ring.add(tooLong)).getMessage());
    assertEquals(0, ring.size());
  }
}
