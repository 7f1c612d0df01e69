package io.millrace.bench;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;

/**
 * Ways of asking a node many things: as fast as it answers, or on a schedule that does not wait.
 */
final class Load {

  private static final int MOST_IN_FLIGHT = 4_000;

  /**
   * What came of it.
   *
   * @param latency nanoseconds of the calls that succeeded
   * @param failed calls that did not
   * @param seconds from the first call to the last answer
   */
  record Outcome(Histogram latency, long failed, double seconds) {
    double perSecond() {
      return latency.getTotalCount() / seconds;
    }

    double millis(double percentile) {
      return latency.getValueAtPercentile(percentile) / 1e6;
    }
  }

  private Load() {}

  /** Closed loop: keeps {@code inFlight} calls under way; latency from call to answer. */
  static Outcome closed(int inFlight, double seconds, Supplier<CompletableFuture<?>> call)
      throws InterruptedException {
    Histogram latency = histogram();
    AtomicLong failed = new AtomicLong();
    Semaphore free = new Semaphore(inFlight);
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      free.acquire();
      start(System.nanoTime(), call, free, latency, failed);
    }
    free.acquire(inFlight);
    return new Outcome(latency, failed.get(), (System.nanoTime() - begin) / 1e9);
  }

  /**
   * Open loop: calls leave when they are due, whether or not earlier ones were answered; latency
   * from when the call was due, so that a stall is not hidden by waiting for it.
   *
   * @param rate calls a second
   */
  static Outcome open(double rate, double seconds, Supplier<CompletableFuture<?>> call)
      throws InterruptedException {
    Histogram latency = histogram();
    AtomicLong failed = new AtomicLong();
    Semaphore free = new Semaphore(MOST_IN_FLIGHT);
    double gap = 1e9 / rate;
    long count = (long) (rate * seconds);
    long begin = System.nanoTime();
    for (long n = 0; n < count; n++) {
      long due = begin + (long) (n * gap);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      free.acquire();
      start(due, call, free, latency, failed);
    }
    free.acquire(MOST_IN_FLIGHT);
    return new Outcome(latency, failed.get(), (System.nanoTime() - begin) / 1e9);
  }

  private static void start(
      long since,
      Supplier<CompletableFuture<?>> call,
      Semaphore free,
      Histogram latency,
      AtomicLong failed) {
    CompletableFuture<?> _ =
        call.get()
            .whenComplete((answer, failure) -> {
              if (failure == null) {
                latency.recordValue(System.nanoTime() - since);
              } else {
                failed.incrementAndGet();
              }
              free.release();
            });
  }

  private static Histogram histogram() {
    return new SynchronizedHistogram(TimeUnit.MINUTES.toNanos(2), 3);
  }
}
