package io.millrace.persistence;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the store can take writes now: bad from the age of its oldest waiting write or from a
 * failed one, good again after a synced probe of its own.
 *
 * <p>Owned by the writer's thread; read from any thread for the price of two volatile reads and a
 * clock. Nothing of it survives a restart.
 */
public final class StoreHealth {
  private static final Logger log = LoggerFactory.getLogger(StoreHealth.class);
  private static final long NONE = Long.MIN_VALUE;

  private final long thresholdNanos;
  private final LongSupplier nanoClock;
  private volatile long oldestNanos = NONE;
  private volatile @Nullable String trouble;

  StoreHealth(Duration threshold, LongSupplier nanoClock) {
    this.thresholdNanos = threshold.toNanos();
    this.nanoClock = nanoClock;
  }

  /** Whether a write begun now may be expected to be acknowledged soon. */
  public boolean isHealthy() {
    return trouble == null && !tooOld(oldestNanos);
  }

  /** Why the store is bad, in one line; empty when it is not. */
  public String reason() {
    String known = trouble;
    if (known != null) {
      return known;
    }
    long oldest = oldestNanos;
    return tooOld(oldest) ? waited(oldest) : "";
  }

  private boolean tooOld(long oldest) {
    return oldest != NONE && nanoClock.getAsLong() - oldest > thresholdNanos;
  }

  private String waited(long oldest) {
    return "a write has waited %d ms, expected at most %d"
        .formatted(
            (nanoClock.getAsLong() - oldest) / 1_000_000,
            Duration.ofNanos(thresholdNanos).toMillis());
  }

  /** A group of writes is under way; its oldest was handed in then. */
  void working(long oldest) {
    oldestNanos = oldest;
  }

  /** The group is done; having waited too long it leaves the store bad until a probe passes. */
  void done() {
    long oldest = oldestNanos;
    if (tooOld(oldest)) {
      bad(waited(oldest));
    }
    oldestNanos = NONE;
  }

  void failed(Throwable cause) {
    bad("a write failed: " + cause.getMessage());
  }

  private void bad(String reason) {
    if (trouble == null) {
      log.error("the store went bad reason={}", reason);
    }
    trouble = reason;
  }

  boolean needsProbe() {
    return trouble != null;
  }

  /** The probe was written and synced, begun then. */
  void proven(long begun) {
    if (!tooOld(begun)) {
      log.info("the store is good again");
      trouble = null;
    }
  }
}
