package io.millrace.threads;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells from what threads run and wait whether one of them starves: whether it waited for a
 * processor half of the time since it was last asked and ran less than a tenth of what it waited.
 * It is over when for {@link #LASTS} none waited half of the time: what keeps threads waiting that
 * are let in beside the others would starve them again, and a thread that starves may hold what
 * others wait for. One thread.
 */
final class Starvation {

  /** How often to ask. Chosen: long enough for turns that threads take, short for who waits. */
  static final Duration EVERY = Duration.ofMillis(250);

  /** Chosen: what keeps both processors busy keeps them so for longer than a moment. */
  static final Duration LASTS = Duration.ofSeconds(5);

  private static final int LEAST_WAITED = 2; // one part in so many of the time
  private static final int LEAST_RAN = 10; // one part in so many of what it waited

  /** Nanoseconds so far. */
  record Times(long ran, long waited) {}

  private Map<Integer, Times> before = Map.of();
  private long askedNanos;
  private long endsNanos;
  private boolean starving;

  /**
   * Whether one starves.
   *
   * @param nowNanos by a clock that never goes back
   * @param threads by their numbers, all that count
   */
  boolean at(long nowNanos, Map<Integer, Times> threads) {
    long since = nowNanos - askedNanos;
    for (Map.Entry<Integer, Times> each : threads.entrySet()) {
      Times was = before.get(each.getKey());
      if (was != null && starves(was, each.getValue(), since)) {
        starving = true;
        endsNanos = nowNanos + LASTS.toNanos();
      }
    }
    if (starving && nowNanos - endsNanos >= 0) {
      starving = false;
    }
    askedNanos = nowNanos;
    before = new HashMap<>(threads);
    return starving;
  }

  private boolean starves(Times was, Times is, long since) {
    long waited = is.waited() - was.waited();
    long ran = is.ran() - was.ran();
    return waited * LEAST_WAITED >= since && (starving || ran * LEAST_RAN < waited);
  }
}
