package io.millrace.edge;

/**
 * A rate with bursts: {@code burst} tokens at first, {@code perSecond} more each second up to that.
 * Owned by one thread, or guarded by its owner.
 */
final class TokenBucket {
  private final double perNano;
  private final double burst;
  private double tokens;
  private long since;

  /**
   * A full one.
   *
   * @param now nanoseconds, monotonic
   */
  TokenBucket(double perSecond, double burst, long now) {
    this.perNano = perSecond / 1e9;
    this.burst = burst;
    tokens = burst;
    since = now;
  }

  /** Takes so many when they are there, else none. */
  boolean take(double cost, long now) {
    fill(now);
    if (tokens < cost) {
      return false;
    }
    tokens -= cost;
    return true;
  }

  /** Takes so many when there is one: a batch is let in whole, and what follows waits longer. */
  boolean takeOnCredit(double cost, long now) {
    fill(now);
    if (tokens < 1) {
      return false;
    }
    tokens -= cost;
    return true;
  }

  /** Takes so many that are not there. */
  void owe(double cost) {
    tokens -= cost;
  }

  /** Nanoseconds until so many will be there; at most until it is full. */
  long nanosUntil(double cost, long now) {
    fill(now);
    return (long) Math.ceil(Math.max(0, Math.min(cost, burst) - tokens) / perNano);
  }

  private void fill(long now) {
    tokens = Math.min(burst, tokens + Math.max(0, now - since) * perNano);
    since = now;
  }
}
