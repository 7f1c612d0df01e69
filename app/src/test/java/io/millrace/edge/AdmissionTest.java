package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final long MS = 1_000_000;
  private static final int FEW = 4;
  private static final int BURST = 100;
  private static final int MOST = 1_000;

  private long now;
  private final Admission admission =
      new Admission(FEW, FEW, BURST, MOST, Duration.ofMillis(50), Duration.ofMillis(10), () -> now);

  @Test
  void where_nothing_is_known_a_burst_is_let_in_and_no_more() {
    enter(BURST);

    assertFalse(admission.enter(1));
  }

  @Test
  void room_that_was_not_used_is_given_back() {
    for (int call = 0; call < FEW; call++) {
      enter(BURST / FEW);
    }
    assertFalse(admission.enter(1));

    admission.giveBack(BURST / FEW);

    enter(BURST / FEW);
    assertFalse(admission.enter(1));
  }

  @Test
  void while_work_is_quick_what_is_asked_for_is_let_in_up_to_the_most() {
    askForAllThatIsLetIn();

    assertEquals(MOST, admission.limit());
  }

  @Test
  void a_flood_after_quiet_meets_no_limit_from_busier_days() {
    askForAllThatIsLetIn();

    now += 100 * MS;
    enter(1);
    leave(1, 49);
    now += 100 * MS;
    enter(1);
    leave(1, 49);

    assertEquals(BURST, admission.limit());
  }

  @Test
  void work_that_goes_on_keeps_half_more_than_it_has() {
    askForAllThatIsLetIn();

    for (int window = 0; window < 5; window++) {
      enter(400);
      now += 100 * MS;
      leave(400, 9);
    }

    assertEquals(600, admission.limit());
  }

  @Test
  void slow_work_lowers_the_limit_to_what_is_done_in_the_time_it_may_take() {
    enter(100);

    now += 99 * MS;
    leave(99, 200);
    now += MS;
    leave(1, 200);

    // a thousand a second: 50 within 50 ms
    assertEquals(50, admission.limit());
    enter(50);
    assertFalse(admission.enter(1));
  }

  @Test
  void a_queue_that_stands_is_cut_to_the_shorter_time_until_nobody_is_refused() {
    for (int window = 0; window < 5; window++) {
      floodedWindow(40);
    }

    // as much as is done in 10 ms, a tenth of a window
    assertEquals(done / 10, admission.limit());

    floodedWindow(9);
    assertEquals(done * 3 / 2, admission.limit());
    floodedWindow(15);
    assertEquals(done / 10, admission.limit());

    now += 100 * MS;
    enter(1);
    leave(1, 9);
    floodedWindow(40);
    assertEquals(done * 3 / 2, admission.limit());
  }

  @Test
  void a_queue_that_a_pause_made_is_let_be() {
    for (int window = 0; window < 20; window++) {
      floodedWindow(window % 4 == 3 ? 9 : 40);
    }

    assertEquals(MOST, admission.limit());
  }

  /** As much done in the last flooded window. */
  private int done;

  private void floodedWindow(long tookMs) {
    done = (int) admission.limit();
    enter(done);
    assertFalse(admission.enter(1));
    now += 99 * MS;
    leave(done - 1, tookMs);
    now += MS;
    leave(1, tookMs);
  }

  @Test
  void a_few_calls_are_let_in_however_slow_they_are_and_however_large() {
    verySlow();

    for (int call = 0; call < FEW; call++) {
      assertTrue(admission.enter(MOST / FEW));
    }

    assertFalse(admission.enter(1));
  }

  @Test
  void once_work_is_quick_again_a_burst_is_let_in_within_two_seconds() {
    verySlow();
    assertEquals(FEW, admission.limit());

    for (int window = 0; window < 20; window++) {
      now += 100 * MS;
      enter(1);
      leave(1, 5);
    }

    assertEquals(BURST, admission.limit());
  }

  @Test
  void callers_that_are_held_up_by_their_streams_are_bounded_by_the_most_alone() {
    verySlow();

    assertTrue(admission.enterHeldUp(MOST));
    assertFalse(admission.enterHeldUp(1));

    admission.leaveHeldUp(MOST);
    assertTrue(admission.enter(1));
  }

  private void askForAllThatIsLetIn() {
    for (int window = 0; window < 10; window++) {
      int letIn = (int) admission.limit();
      enter(letIn);
      assertFalse(admission.enter(1));
      now += 100 * MS;
      leave(letIn, 9);
    }
  }

  private void verySlow() {
    enter(1);
    now += 10_000 * MS;
    leave(1, 10_000);
  }

  private void enter(int calls) {
    for (int call = 0; call < calls; call++) {
      assertTrue(admission.enter(1), "call " + call);
    }
  }

  private void leave(int calls, long tookMs) {
    for (int call = 0; call < calls; call++) {
      admission.leave(1, tookMs * MS);
    }
  }
}
