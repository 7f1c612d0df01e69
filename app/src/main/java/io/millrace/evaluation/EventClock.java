package io.millrace.evaluation;

import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands at the time of the event being played. It never goes back. */
public final class EventClock implements InstantSource {

  private volatile long nowMs;

  public EventClock(long startMs) {
    this.nowMs = startMs;
  }

  public void moveTo(long ms) {
    nowMs = Math.max(nowMs, ms);
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(nowMs);
  }

  @Override
  public long millis() {
    return nowMs;
  }
}
