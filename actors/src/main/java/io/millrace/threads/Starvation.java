package io.millrace.threads;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells from what threads run and wait whether one of them starves: whether in the last two seconds
 * it waited for a processor half of the time and ran less than a twentieth of what it waited. It is
 * over when none that waited half of them ran less than a quarter of that: what is let in beside
 * the others must not begin to starve again at once, and a thread that starves may hold what others
 * wait for. One thread.
 *
 * <p>Two seconds, because those that step back wait for each other and for the others in turns of
 * which one may last a second, while they get all they need. Measured: decision record 34.
 */
final class Starvation {

  /** How often to ask. Chosen: short for who waits. */
  static final Duration EVERY = Duration.ofMillis(250);

  /** So many times {@link #EVERY} are looked back. */
  static final int LOOKS_BACK = 8;

  private static final int LEAST_WAITED = 2; // one part in so many of the time
  private static final int LEAST_RAN = 20; // one part in so many of what it waited
  private static final int ENOUGH_RAN = 4; // the same, for it to be over

  /** Nanoseconds so far. */
  record Times(long ran, long waited) {}

  private record Look(long atNanos, Map<Integer, Times> threads) {}

  private final ArrayDeque<Look> looks = new ArrayDeque<>();
  private boolean starving;

  /**
   * Whether one starves.
   *
   * @param nowNanos by a clock that never goes back
   * @param threads by their numbers, all that count
   */
  boolean at(long nowNanos, Map<Integer, Times> threads) {
    if (looks.size() == LOOKS_BACK) {
      Look before = looks.removeFirst();
      int part = starving ? ENOUGH_RAN : LEAST_RAN;
      starving = anyRanLess(part, before.threads(), threads, nowNanos - before.atNanos());
    }
    looks.addLast(new Look(nowNanos, new HashMap<>(threads)));
    return starving;
  }

  /** Whether one that waited half of the time ran less than that part of what it waited. */
  private static boolean anyRanLess(
      int part, Map<Integer, Times> before, Map<Integer, Times> now, long nanos) {
    return now.entrySet().stream()
        .anyMatch(thread -> {
          Times is = thread.getValue();
          Times was = before.getOrDefault(thread.getKey(), is);
          long waited = is.waited() - was.waited();
          long ran = is.ran() - was.ran();
          return waited * LEAST_WAITED >= nanos && ran * part < waited;
        });
  }
}
