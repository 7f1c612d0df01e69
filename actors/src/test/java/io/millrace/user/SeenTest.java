package io.millrace.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SeenTest {

  private static final int LONGEST = 254;

  private record Once(boolean acted, int day) {}

  @Test
  void each_item_is_held_once_as_of_its_latest_day() {
    SplittableRandom random = new SplittableRandom(1);
    Seen seen = Seen.NONE;
    TreeMap<Integer, Once> expected = new TreeMap<>();
    int newest = 20_000;
    int base = newest - LONGEST;
    for (int step = 0; step < 30_000; step++) {
      newest += random.nextInt(200) == 0 ? 1 : 0;
      int day = newest - (random.nextInt(20) == 0 ? random.nextInt(400) : random.nextInt(3));
      boolean acted = random.nextInt(4) == 0;
      int ordinal = random.nextInt(3_000);
      seen = seen.plus(ordinal, acted, day);
      if (step == 0 || day - base > LONGEST) {
        base = day - LONGEST;
        int from = base;
        expected.values().removeIf(once -> !once.acted() && once.day() <= from);
        expected.replaceAll((item, once) -> new Once(once.acted(), Math.max(from, once.day())));
      }
      if (acted || day > base || expected.containsKey(ordinal)) {
        expected.merge(
            ordinal,
            new Once(acted, Math.max(base, day)),
            (one, other) ->
                new Once(one.acted() || other.acted(), Math.max(one.day(), other.day())));
      }
      if (step % 97 == 0) {
        assertEquals(expected, held(seen), "step " + step);
        assertEquals(expected.containsKey(step % 3_000), seen.holds(step % 3_000));
        seen = step % 970 == 0 ? stored(seen) : seen;
      }
    }
    assertTrue(expected.size() > 1_000, "items at the end: " + expected.size());
  }

  @Test
  void what_is_held_of_very_many_does_not_hang_on_when_it_was_stored() {
    Seen plain = Seen.NONE;
    Seen often = Seen.NONE;
    for (int i = 0; i < 25_000; i++) {
      int ordinal = (int) (i * 7_919L % 40_009);
      int day = 20_000 + i / 1_000;
      plain = plain.plus(ordinal, i % 3 == 0, day);
      often = often.plus(ordinal, i % 3 == 0, day);
      often = i % 50 == 0 ? stored(often) : often;
    }

    assertEquals(held(plain), held(often));
    assertTrue(plain.size() <= Seen.MOST && plain.size() > Seen.MOST / 2, "held: " + plain.size());
  }

  private static Seen stored(Seen seen) {
    List<Integer> values = new ArrayList<>();
    List<Integer> codes = new ArrayList<>();
    seen.each((ordinal, acted, day) -> {
      values.add(ordinal << 1 | (acted ? 1 : 0));
      codes.add(day - seen.baseDay());
    });
    byte[] days = new byte[codes.size()];
    for (int i = 0; i < days.length; i++) {
      days[i] = (byte) (int) codes.get(i);
    }
    return new Seen(seen.baseDay(), values.stream().mapToInt(Integer::intValue).toArray(), days);
  }

  private static Map<Integer, Once> held(Seen seen) {
    Map<Integer, Once> held = new TreeMap<>();
    seen.each((ordinal, acted, day) -> held.put(ordinal, new Once(acted, day)));
    return held;
  }
}
