package io.millrace.edge;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.pattern.Patterns;

/**
 * Tells callers a moment later that there is no room for them, or that they had theirs. A caller
 * that asks again as soon as it is refused, whatever it was told, would else ask thousands of times
 * a second, and refusing it would take the processors from those who were let in: the room never
 * comes back. So it asks a hundred times. Safe from any thread.
 */
final class LateRefusals {
  /** Chosen: what few calls take, and long for a caller that does nothing else. */
  static final Duration LATE = Duration.ofMillis(10);

  /** Refusals held back at once; those beyond are told at once. Chosen: a few hundred KB. */
  static final int MOST = 1_000;

  private final ActorSystem system;
  private final AtomicInteger held = new AtomicInteger();

  LateRefusals(ActorSystem system) {
    this.system = system;
  }

  <T> CompletionStage<T> of(Refusal refusal) {
    CompletionStage<T> failed = CompletableFuture.failedStage(refusal);
    if (held.incrementAndGet() > MOST) {
      held.decrementAndGet();
      return failed;
    }
    return Patterns.after(
        LATE,
        system.scheduler(),
        system.dispatcher(),
        () -> {
          held.decrementAndGet();
          return failed;
        });
  }
}
