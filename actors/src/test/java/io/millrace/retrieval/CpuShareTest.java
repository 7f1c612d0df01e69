package io.millrace.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CpuShareTest {
  private static final long MS = 1_000_000;
  private long now;
  private int ran;

  @Test
  void work_gets_its_share_of_the_time_that_passes() {
    CpuShare share = new CpuShare(.1, () -> now);

    for (int ms = 0; ms < 100_000; ms++) {
      now += MS;
      share.run(() -> work(5));
    }

    long spent = ran * 5L;
    long passed = now / MS;
    assertEquals(.1, (double) spent / passed, .005);
  }

  @Test
  void what_an_idle_time_earned_is_kept_for_a_second_only() {
    CpuShare share = new CpuShare(.1, () -> now);
    now += 3_600_000 * MS;

    while (share.run(() -> work(10))) {
      // until all is spent
    }

    assertEquals(11, ran, 1);
    assertFalse(share.run(() -> work(10)));
  }

  @Test
  void a_whole_core_bounds_nothing_and_none_of_it_allows_nothing() {
    CpuShare all = new CpuShare(1, () -> now);
    CpuShare none = new CpuShare(0, () -> now);

    for (int i = 0; i < 1_000; i++) {
      assertTrue(all.run(() -> work(1_000)));
      assertFalse(none.run(() -> work(1_000)));
    }

    assertEquals(1_000, ran);
  }

  private void work(long ms) {
    now += ms * MS;
    ran++;
  }
}
