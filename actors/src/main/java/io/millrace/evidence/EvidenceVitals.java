package io.millrace.evidence;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * How the folds of the user streams are doing on this node: what the edge looks at before it takes
 * more events, and what metrics show. Each stream's numbers are written by its {@link
 * EvidenceActor} (the beginning of a wait also by the journal's thread); read from any thread.
 */
public final class EvidenceVitals {
  private static final long NOTHING_WAITS = Long.MIN_VALUE;

  private final LongSupplier nanoClock;
  private final AtomicLongArray waitsSinceNanos = new AtomicLongArray(EvidenceActor.STREAMS);
  private final AtomicLongArray batches = new AtomicLongArray(EvidenceActor.STREAMS);
  private final AtomicLongArray checkpointed = new AtomicLongArray(EvidenceActor.STREAMS);
  private final AtomicLongArray events = new AtomicLongArray(EvidenceActor.STREAMS);
  private final AtomicLongArray poisoned = new AtomicLongArray(EvidenceActor.STREAMS);
  private final AtomicLongArray forgotten = new AtomicLongArray(EvidenceActor.STREAMS);

  /**
   * Nothing waits yet.
   *
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  public EvidenceVitals(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    for (int i = 0; i < EvidenceActor.STREAMS; i++) {
      waitsSinceNanos.set(i, NOTHING_WAITS);
    }
  }

  /** How long the oldest event of this stream has waited to be in a durable batch, 0 when none. */
  public long lagMs(int stream) {
    long since = waitsSinceNanos.get(stream);
    return since == NOTHING_WAITS ? 0 : Math.max(0, (nanoClock.getAsLong() - since) / 1_000_000);
  }

  /** The largest lag of all streams, milliseconds. */
  public long lagMs() {
    long largest = 0;
    for (int i = 0; i < EvidenceActor.STREAMS; i++) {
      largest = Math.max(largest, lagMs(i));
    }
    return largest;
  }

  /** Number of the last durable batch. */
  public long batches(int stream) {
    return batches.get(stream);
  }

  /** Number of the last batch that is in a whole checkpoint, as far as this node knows. */
  public long checkpointed(int stream) {
    return checkpointed.get(stream);
  }

  /** Events read since start. */
  public long events(int stream) {
    return events.get(stream);
  }

  /** The same of all streams. */
  public long events() {
    long all = 0;
    for (int i = 0; i < EvidenceActor.STREAMS; i++) {
      all += events.get(i);
    }
    return all;
  }

  /** Events passed since start because they could not be read. */
  public long poisoned(int stream) {
    return poisoned.get(stream);
  }

  /** Events passed since start because their user is forgotten. */
  public long forgotten(int stream) {
    return forgotten.get(stream);
  }

  void waits(int stream) {
    waitsSinceNanos.compareAndSet(stream, NOTHING_WAITS, nanoClock.getAsLong());
  }

  /** All that was committed before the last read is durable; news since then say so again. */
  void caughtUp(int stream) {
    waitsSinceNanos.set(stream, NOTHING_WAITS);
  }

  void folded(int stream, long number) {
    batches.set(stream, number);
  }

  void checkpointed(int stream, long number) {
    checkpointed.set(stream, number);
  }

  void read(int stream, int count) {
    events.addAndGet(stream, count);
  }

  void poison(int stream) {
    poisoned.incrementAndGet(stream);
  }

  void forget(int stream) {
    forgotten.incrementAndGet(stream);
  }
}
