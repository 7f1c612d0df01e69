package io.millrace.threads;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.threads.Starvation.Times;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StarvationTest {
  private static final int THREAD = 7;

  private final Starvation starvation = new Starvation();
  private final Map<Integer, Times> times = new HashMap<>(Map.of(THREAD, new Times(5, 9)));
  private long now = 1_000_000_000;

  StarvationTest() {
    assertFalse(starvation.at(now, times));
  }

  /** Whether it starves after a quarter of a second in which the thread ran and waited so long. */
  private boolean next(double ranMillis, double waitedMillis) {
    Times was = times.getOrDefault(THREAD, new Times(0, 0));
    long ran = Math.round(ranMillis * 1e6);
    long waited = Math.round(waitedMillis * 1e6);
    times.put(THREAD, new Times(was.ran() + ran, was.waited() + waited));
    now += Starvation.EVERY.toNanos();
    return starvation.at(now, times);
  }

  /** The same after two seconds, each quarter of a second alike. */
  private boolean window(double ranMillis, double waitedMillis) {
    boolean starving = false;
    for (int i = 0; i < Starvation.LOOKS_BACK; i++) {
      starving = next(ranMillis, waitedMillis);
    }
    return starving;
  }

  @Test
  void a_thread_that_for_two_seconds_waited_half_of_the_time_and_hardly_ran_starves() {
    for (int i = 1; i < Starvation.LOOKS_BACK; i++) {
      assertFalse(next(6, 125), "not yet");
    }
    assertTrue(next(6, 125));
  }

  @Test
  void one_that_waited_less_or_ran_a_twentieth_of_it_does_not() {
    assertFalse(window(0, 124));
    assertFalse(window(250, 0));
    assertFalse(window(10, 200));
    assertTrue(window(9.9, 200));
  }

  @Test
  void one_that_waited_for_a_second_and_then_ran_does_not() {
    assertFalse(window(100, 100));
    for (int i = 0; i < 4; i++) {
      assertFalse(next(0, 250));
    }
    assertFalse(window(100, 100));
  }

  @Test
  void one_of_many_is_enough() {
    times.put(1, new Times(0, 0));
    times.put(2, new Times(0, 0));
    assertFalse(window(100, 0));
    times.put(2, new Times(0, 2_000_000_000));
    assertTrue(next(100, 0));
  }

  @Test
  void it_is_over_when_in_two_seconds_none_that_waited_ran_less_than_a_quarter_of_it() {
    assertTrue(window(0, 250));
    assertTrue(window(40, 200), "let in, it runs a fifth of what it waits");
    assertFalse(window(50, 200));
    assertFalse(window(40, 200), "to begin again it must hardly run");
    assertTrue(window(0, 250));
    assertFalse(window(0, 0), "nothing to do");
  }

  @Test
  void a_thread_that_is_new_or_gone_is_none_that_starves() {
    times.put(1, new Times(0, 9_000_000_000L));
    assertFalse(window(100, 0), "what it had waited before it was seen does not count");
    times.clear();
    now += Starvation.EVERY.toNanos();
    assertFalse(starvation.at(now, times));
  }
}
