package io.millrace.item;

import io.millrace.index.ItemFacts;
import io.millrace.serialization.Wire;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/** One item: the only writer of what the catalogue says and decides about it. */
public final class ItemActor {

  public static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "item");

  private ItemActor() {}

  /** What an item can be told or asked. The entity id is {@code namespace|itemId}. */
  public sealed interface Command extends Wire {}

  /** Replaces what is known of the item. Reply: {@link Stored} or {@link Rejected}. */
  public record Put(ItemFacts facts, ActorRef<Reply> replyTo) implements Command {}

  /**
   * Takes the item out of every later feed. Reply, when every node knows: {@link Stored}, {@link
   * Unknown} or {@link Rejected}.
   */
  public record Retire(String reason, ActorRef<Reply> replyTo) implements Command {}

  /** Reply: {@link ItemIs} or {@link Unknown}. */
  public record GetItem(ActorRef<Reply> replyTo) implements Command {}

  public sealed interface Reply extends Wire {}

  /** Durable. {@code itemSeq} counts this item's catalogue changes. */
  public record Stored(String itemId, int ordinal, long itemSeq) implements Reply {}

  public record ItemIs(ItemFacts facts, int ordinal, long itemSeq, boolean retired)
      implements Reply {}

  public record Unknown(String itemId) implements Reply {}

  public record Rejected(String reason, String detail) implements Reply {}
}
