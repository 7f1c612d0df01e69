package io.millrace.bench;

import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
   * @param refused calls answered with RESOURCE_EXHAUSTED
   * @param failed calls that did not succeed otherwise
   * @param seconds from the first call to the last answer
   */
  record Outcome(Histogram latency, long refused, long failed, double seconds) {
    double perSecond() {
      return latency.getTotalCount() / seconds;
    }

    long done() {
      return latency.getTotalCount();
    }

    double millis(double percentile) {
      return latency.getValueAtPercentile(percentile) / 1e6;
    }
  }

  private static final class Counts {
    final Histogram latency = new SynchronizedHistogram(TimeUnit.MINUTES.toNanos(2), 3);
    final AtomicLong refused = new AtomicLong();
    final AtomicLong failed = new AtomicLong();
    final AtomicLong last = new AtomicLong();
    final long begin;

    Counts(long begin) {
      this.begin = begin;
      last.set(begin);
    }

    Outcome outcome() {
      return new Outcome(latency, refused.get(), failed.get(), (last.get() - begin) / 1e9);
    }
  }

  /** Of a warm-up, each long enough for 1 % of one core's time to be counted in full. */
  private static final double SLICE_SECONDS = 4;

  /** Two slices are alike when a call costs at most so much more or less; chosen. */
  private static final double ALIKE = .05;

  /** Of a core, by the compilers of a node that is warm; chosen. */
  private static final double COMPILES = .05;

  private Load() {}

  /** Closed loop: keeps {@code inFlight} calls under way; latency from call to answer. */
  static Outcome closed(int inFlight, double seconds, Supplier<CompletableFuture<?>> call)
      throws InterruptedException {
    Counts counts = new Counts(System.nanoTime());
    Semaphore free = new Semaphore(inFlight);
    long end = counts.begin + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      free.acquire();
      start(System.nanoTime(), call, free, counts);
    }
    free.acquire(inFlight);
    return counts.outcome();
  }

  /** Closed loop of so many calls, none of them twice. */
  static Outcome each(int inFlight, int calls, Supplier<CompletableFuture<?>> call)
      throws InterruptedException {
    Counts counts = new Counts(System.nanoTime());
    Semaphore free = new Semaphore(inFlight);
    for (int n = 0; n < calls; n++) {
      free.acquire();
      start(System.nanoTime(), call, free, counts);
    }
    free.acquire(inFlight);
    return counts.outcome();
  }

  /**
   * A closed loop until the node is warm: until two slices after another cost it as much CPU a call
   * as the one before, within {@value #ALIKE}, and at most {@value #COMPILES} of a core compiled. A
   * new JVM compiles for a minute and more of CPU.
   *
   * @param mostSeconds ends it in any case
   * @return seconds that it took
   */
  static double warm(
      NodeProcess node, int inFlight, double mostSeconds, Supplier<CompletableFuture<?>> call)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    double before = Double.POSITIVE_INFINITY;
    double compiled = node.threadTimes().compileSeconds();
    int alike = 0;
    while (alike < 2 && (System.nanoTime() - begin) / 1e9 < mostSeconds) {
      double cpu = node.cpuSeconds();
      Outcome slice = closed(inFlight, Math.min(SLICE_SECONDS, mostSeconds), call);
      double each = (node.cpuSeconds() - cpu) / Math.max(1, slice.done());
      double compiling = node.threadTimes().compileSeconds() - compiled;
      compiled += compiling;
      alike =
          Math.abs(each / before - 1) <= ALIKE && compiling <= COMPILES * slice.seconds()
              ? alike + 1
              : 0;
      before = each;
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  /**
   * Open loop: calls leave when they are due, whether or not earlier ones were answered; latency
   * from when the call was due, so that a stall is not hidden by waiting for it.
   *
   * @param rate calls a second
   */
  static Outcome open(double rate, double seconds, Supplier<CompletableFuture<?>> call)
      throws InterruptedException {
    return slices(rate, seconds, 1, call).getFirst();
  }

  /**
   * An open loop, its calls told apart by when they were due. A slice lasts until its last answer,
   * which may be later than the slice after it begins.
   *
   * @param seconds of each slice
   * @param slices how many, without a pause between them
   */
  static List<Outcome> slices(
      double rate, double seconds, int slices, Supplier<CompletableFuture<?>> call)
      throws InterruptedException {
    Semaphore free = new Semaphore(MOST_IN_FLIGHT);
    double gap = 1e9 / rate;
    long begin = System.nanoTime();
    List<Counts> all = new ArrayList<>(slices);
    for (int slice = 0; slice < slices; slice++) {
      Counts counts = new Counts(begin + (long) (slice * seconds * 1e9));
      all.add(counts);
      long end = (long) (rate * seconds * (slice + 1));
      for (long n = (long) (rate * seconds * slice); n < end; n++) {
        long due = begin + (long) (n * gap);
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        free.acquire();
        start(due, call, free, counts);
      }
    }
    free.acquire(MOST_IN_FLIGHT);
    return all.stream().map(Counts::outcome).toList();
  }

  private static void start(
      long since, Supplier<CompletableFuture<?>> call, Semaphore free, Counts counts) {
    CompletableFuture<?> _ =
        call.get()
            .whenComplete((answer, failure) -> {
              counts.last.accumulateAndGet(System.nanoTime(), Math::max);
              if (failure == null) {
                counts.latency.recordValue(System.nanoTime() - since);
              } else if (isRefusal(failure)) {
                counts.refused.incrementAndGet();
              } else {
                counts.failed.incrementAndGet();
              }
              free.release();
            });
  }

  private static boolean isRefusal(Throwable failure) {
    return Status.fromThrowable(failure).getCode() == Status.Code.RESOURCE_EXHAUSTED;
  }
}
