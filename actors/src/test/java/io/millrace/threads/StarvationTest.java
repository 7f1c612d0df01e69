package io.millrace.threads;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.threads.Starvation.Times;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StarvationTest {
  private static final int THREAD = 7;

  private final Starvation starvation = new Starvation();

  private boolean at(long millis, long ran, long waited) {
    return starvation.at(nanos(millis), Map.of(THREAD, new Times(nanos(ran), nanos(waited))));
  }

  private static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void a_thread_that_waited_half_of_the_time_and_hardly_ran_starves() {
    assertFalse(at(1_000, 50_000, 90_000), "what was before does not count");
    assertTrue(at(1_250, 50_010, 90_125));
  }

  @Test
  void one_that_waited_less_or_ran_a_tenth_of_it_does_not() {
    assertFalse(at(1_000, 0, 0));
    assertFalse(at(1_250, 0, 124));
    assertFalse(at(1_500, 20, 324));
    assertTrue(at(1_750, 30, 524));
  }

  @Test
  void one_of_many_is_enough() {
    Map<Integer, Times> before = Map.of(1, new Times(0, 0), 2, new Times(0, 0));
    Map<Integer, Times> after = Map.of(1, new Times(nanos(250), 0), 2, new Times(0, nanos(250)));

    assertFalse(starvation.at(nanos(1_000), before));
    assertTrue(starvation.at(nanos(1_250), after));
  }

  @Test
  void it_is_over_when_for_five_seconds_none_waited_half_of_the_time() {
    assertFalse(at(1_000, 0, 0));
    assertTrue(at(1_250, 0, 250));
    assertTrue(at(1_500, 125, 375), "it ran, and waited half of the time");
    assertTrue(at(1_750, 251, 499));
    assertTrue(at(6_250, 4_251, 999));
    assertFalse(at(6_500, 4_377, 1_123));
    assertFalse(at(6_750, 4_502, 1_248), "to begin again it must hardly run");
    assertTrue(at(7_000, 4_502, 1_498));
  }

  @Test
  void a_thread_that_is_new_or_gone_is_none_that_starves() {
    assertFalse(at(1_000, 0, 0));
    assertFalse(starvation.at(nanos(1_250), Map.of()));
    assertFalse(at(1_500, 0, 5_000));
  }
}
