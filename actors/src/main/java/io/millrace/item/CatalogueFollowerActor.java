package io.millrace.item;

import io.millrace.serialization.Wire;
import org.apache.pekko.actor.typed.ActorRef;

/** Follows the item streams and owns this node's {@link Catalogue}. */
public final class CatalogueFollowerActor {

  private CatalogueFollowerActor() {}

  public sealed interface Command extends Wire {}

  /** Reads every item stream to its present head, then answers {@link Applied}. */
  public record Drain(ActorRef<Applied> replyTo) implements Command {}

  public record Applied() implements Wire {}
}
