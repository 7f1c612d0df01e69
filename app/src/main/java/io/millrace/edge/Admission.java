package io.millrace.edge;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How much of one kind of work may be under way, decided by how long it takes: a queue that is too
 * long for the machine shows first as waiting, so more is refused at once instead of being served
 * late. Safe from any thread.
 *
 * <p>Formula: over each window of {@value #WINDOW_MS} ms, work finishes at a rate r with a mean
 * time t. While t is above the target T the limit is r T (Little 1961: so much under way takes T);
 * else it grows by half each window, up to the most. A few calls, and a burst, are let in however
 * slow they are.
 */
final class Admission {

  private static final long WINDOW_MS = 100;

  private final int leastCalls;
  private final int least;
  private final int most;
  private final long targetNanos;
  private final LongSupplier nanoClock;
  private final AtomicLong underWay = new AtomicLong();
  private final AtomicInteger calls = new AtomicInteger();
  private volatile double limit;

  // guarded by this
  private long windowSince;
  private long finished;
  private double nanosOfAll;

  /**
   * Begins at the most.
   *
   * @param leastCalls so many at once are let in whatever their size and the limit
   * @param least pieces of work that the limit never falls below: a burst
   * @param most pieces of work under way, whoever asks
   * @param target mean time that work may take
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  Admission(int leastCalls, int least, int most, Duration target, LongSupplier nanoClock) {
    this.leastCalls = leastCalls;
    this.least = Math.min(least, most);
    this.most = most;
    this.targetNanos = target.toNanos();
    this.nanoClock = nanoClock;
    this.limit = most;
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

  private boolean add(int pieces, long bound) {
    if (underWay.addAndGet(pieces) > bound) {
      underWay.addAndGet(-pieces);
      return false;
    }
    return true;
  }

  /** A call of so many pieces is done, having taken so long. */
  void leave(int pieces, long nanos) {
    underWay.addAndGet(-pieces);
    calls.decrementAndGet();
    synchronized (this) {
      finished += pieces;
      nanosOfAll += (double) pieces * nanos;
      long elapsed = nanoClock.getAsLong() - windowSince;
      if (elapsed >= WINDOW_MS * 1_000_000) {
        double mean = nanosOfAll / finished;
        limit =
            mean > targetNanos
                ? Math.max(least, (double) finished * targetNanos / elapsed)
                : Math.min(most, limit * 1.5);
        windowSince += elapsed;
        finished = 0;
        nanosOfAll = 0;
      }
    }
  }

  void leaveHeldUp(int pieces) {
    underWay.addAndGet(-pieces);
  }

  /** What may be under way now. */
  long limit() {
    return (long) limit;
  }
}
