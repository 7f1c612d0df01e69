package io.millrace.retrieval;

/**
 * How one copy of an index partition is doing: written by its {@link IndexPartitionActor}, read by
 * metrics from any thread. Each number is whole by itself; together they are of about the same
 * time.
 */
public final class IndexVitals {
  private volatile boolean caughtUp;
  private volatile int items;
  private volatile long batches;
  private volatile long asOfMs = Long.MIN_VALUE;
  private volatile long behindSinceNanos = Long.MIN_VALUE;
  private volatile long poisoned;
  private volatile long checkpointAtMs = Long.MIN_VALUE;
  private volatile int vectorLength;
  private final SourceWatch sources = new SourceWatch();

  /** How often each source brings what is chosen. */
  public SourceWatch sources() {
    return sources;
  }

  /** Whether it has reached the head of every stream once. */
  public boolean caughtUp() {
    return caughtUp;
  }

  /** Servable items. */
  public int items() {
    return items;
  }

  /** Evidence batches applied since start. */
  public long batches() {
    return batches;
  }

  /** Newest event time in the evidence applied, {@code Long.MIN_VALUE} before any. */
  public long asOfMs() {
    return asOfMs;
  }

  /** How long it has been behind the head of its streams, 0 when it is not. */
  public long lagMs() {
    long since = behindSinceNanos;
    return since == Long.MIN_VALUE ? 0 : Math.max(0, (System.nanoTime() - since) / 1_000_000);
  }

  /** Item events passed since start because they could not be read. */
  public long poisoned() {
    return poisoned;
  }

  /** When the last checkpoint was written, {@code Long.MIN_VALUE} before the first. */
  public long checkpointAtMs() {
    return checkpointAtMs;
  }

  /** Values of each client's vector; 0 while no item has one. */
  public int vectorLength() {
    return vectorLength;
  }

  void vectorLength(int length) {
    vectorLength = length;
  }

  /** A commit may have put it behind. From any thread. */
  void behind() {
    if (behindSinceNanos == Long.MIN_VALUE) {
      behindSinceNanos = System.nanoTime();
    }
  }

  void atHead(int itemsNow) {
    behindSinceNanos = Long.MIN_VALUE;
    items = itemsNow;
    caughtUp = true;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  void applied(long batchAsOfMs) {
    batches++;
    asOfMs = Math.max(asOfMs, batchAsOfMs);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  void poison() {
    poisoned++;
  }

  void checkpointed(long atMs) {
    checkpointAtMs = atMs;
  }
}
