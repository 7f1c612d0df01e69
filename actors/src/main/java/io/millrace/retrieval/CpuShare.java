package io.millrace.retrieval;

import java.util.function.LongSupplier;

/**
 * How much of a core one kind of work may take: time earns it, work spends it, and what is not
 * spent within a second is lost. Of one thread.
 */
final class CpuShare {

  private static final double MOST_SAVED_NANOS = 1e9;

  private final double share;
  private final LongSupplier nanoClock;
  private double saved;
  private long since;

  /**
   * Begins with a second's worth.
   *
   * @param share of a core, 0 to 1; 1 bounds nothing
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  CpuShare(double share, LongSupplier nanoClock) {
    this.share = share;
    this.nanoClock = nanoClock;
    this.saved = share * MOST_SAVED_NANOS;
    this.since = nanoClock.getAsLong();
  }

  /** Runs the work unless all is spent; whether it ran. */
  boolean run(Runnable work) {
    if (share >= 1) {
      work.run();
      return true;
    }
    long begun = nanoClock.getAsLong();
    saved = Math.min(share * MOST_SAVED_NANOS, saved + share * (begun - since));
    since = begun;
    if (saved <= 0) {
      return false;
    }
    work.run();
    saved -= nanoClock.getAsLong() - begun;
    return true;
  }
}
