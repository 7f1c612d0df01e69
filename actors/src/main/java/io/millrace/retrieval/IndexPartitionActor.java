package io.millrace.retrieval;

import io.millrace.serialization.Wire;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The writer of one copy of one index partition: follows the item and evidence streams, registers
 * when caught up.
 */
public final class IndexPartitionActor {

  private IndexPartitionActor() {}

  public sealed interface Command extends Wire {}

  /**
   * Applies everything that is in the item and evidence streams now, then answers {@link Applied}.
   */
  public record Drain(ActorRef<Applied> replyTo) implements Command {}

  /**
   * Batches applied per evidence stream, and a digest of the whole state (computed only if asked).
   */
  public record Applied(long[] batches) implements Wire {}
}
