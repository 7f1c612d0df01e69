package io.millrace.evidence;

import io.millrace.serialization.Wire;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The exactly-once fold of one user stream into numbered batches of evidence about items. One per
 * stream, 16 in all.
 */
public final class EvidenceActor {

  public static final int STREAMS = 16;

  private EvidenceActor() {}

  public sealed interface Command extends Wire {}

  /** Folds everything that is in its user stream now, then answers {@link Drained}. */
  public record Drain(ActorRef<Drained> replyTo) implements Command {}

  /** All user events before the call are in batches up to {@code number}, durable. */
  public record Drained(int stream, long number) implements Wire {}
}
