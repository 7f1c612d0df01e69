package io.millrace.edge;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How much of one kind of work may be under way, decided by how long it takes: a queue that is too
 * long for the machine shows first as waiting, so more is refused instead of being served late.
 * Safe from any thread.
 *
 * <p>Formula: over each window of {@value #WINDOW_MS} ms, work finishes at a rate r with a mean
 * time t. While t is above the target T the limit is r T (Little 1961: so much under way takes T).
 * Else it grows by half when it was reached, up to the most, or while it is below a burst; it falls
 * to a burst, or to half more than was under way, so that a flood after quiet meets no limit from
 * other days. A few calls are let in however slow they are.
 *
 * <p>A queue that a pause made is gone within a window or two and is let be. One that stands, over
 * {@value #STANDING} windows in each of which somebody was refused and work took more than a
 * shorter time, serves nobody: the target is that shorter time then, until nobody is refused in a
 * window (as CoDel tells good queues from bad; Nichols and Jacobson 2012).
 */
final class Admission {

  private static final long WINDOW_MS = 100;
  private static final double GROWTH = 1.5;
  private static final int STANDING = 5;

  private final int leastCalls;
  private final int least;
  private final int burst;
  private final int most;
  private final long targetNanos;
  private final long standingNanos;
  private final LongSupplier nanoClock;
  private final AtomicLong underWay = new AtomicLong();

  /** Most that was under way in this window, about. */
  private volatile long peak;

  private final AtomicInteger calls = new AtomicInteger();
  private volatile double limit;

  // guarded by this
  private long windowSince;
  private long finished;
  private double nanosOfAll;
  private int slowAndFull;

  /**
   * Begins with a burst.
   *
   * @param leastCalls so many at once are let in whatever their size and the limit
   * @param least pieces of work that the limit never falls below
   * @param burst pieces of work let in at once where nothing is known yet
   * @param most pieces of work under way, whoever asks
   * @param target mean time that work may take
   * @param standing the same while a queue stands, at most the target
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  Admission(
      int leastCalls,
      int least,
      int burst,
      int most,
      Duration target,
      Duration standing,
      LongSupplier nanoClock) {
    this.leastCalls = leastCalls;
    this.least = Math.min(least, most);
    this.burst = Math.clamp(burst, this.least, most);
    this.most = most;
    this.targetNanos = target.toNanos();
    this.standingNanos = standing.toNanos();
    this.nanoClock = nanoClock;
    this.limit = this.burst;
    this.windowSince = nanoClock.getAsLong();
  }

  /** Lets a call of so many pieces in, or not; what was let in has to leave. */
  boolean enter(int pieces) {
    long bound = calls.incrementAndGet() <= leastCalls ? most : (long) limit;
    if (add(pieces, bound)) {
      return true;
    }
    calls.decrementAndGet();
    return false;
  }

  /** The same for callers that are held up by their own stream: bounded by the most alone. */
  boolean enterHeldUp(int pieces) {
    return add(pieces, most);
  }

  /** A call of so many pieces that was let in leaves, nothing of it having been done. */
  void giveBack(int pieces) {
    underWay.addAndGet(-pieces);
    calls.decrementAndGet();
  }

  private boolean add(int pieces, long bound) {
    long now = underWay.addAndGet(pieces);
    if (now > peak) {
      peak = now;
    }
    if (now > bound) {
      underWay.addAndGet(-pieces);
      return false;
    }
    return true;
  }

  /** A call of so many pieces is done, having taken so long. */
  void leave(int pieces, long nanos) {
    giveBack(pieces);
    synchronized (this) {
      finished += pieces;
      nanosOfAll += (double) pieces * nanos;
      long elapsed = nanoClock.getAsLong() - windowSince;
      if (elapsed >= WINDOW_MS * 1_000_000) {
        limit = next(nanosOfAll / finished, (double) finished / elapsed);
        windowSince += elapsed;
        finished = 0;
        nanosOfAll = 0;
        peak = underWay.get();
      }
    }
  }

  private double next(double meanNanos, double doneInNano) {
    boolean refused = peak > limit;
    boolean stands = slowAndFull >= STANDING;
    if (!refused) {
      slowAndFull = 0;
    } else if (!stands) {
      slowAndFull = meanNanos > standingNanos ? slowAndFull + 1 : 0;
    }
    long nanos = slowAndFull >= STANDING ? standingNanos : targetNanos;
    if (meanNanos > nanos) {
      return Math.max(least, doneInNano * nanos);
    }
    if (peak >= limit) {
      return Math.min(most, limit * GROWTH);
    }
    return limit < burst
        ? Math.min(burst, limit * GROWTH)
        : Math.max(burst, Math.min(limit, peak * GROWTH));
  }

  void leaveHeldUp(int pieces) {
    underWay.addAndGet(-pieces);
  }

  /** What may be under way now. */
  long limit() {
    return (long) limit;
  }
}
