package io.millrace.retrieval;

import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.serialization.Wire;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;

/**
 * The door to one copy of an index partition: hands each question to a bounded executor, never
 * waits.
 */
public final class IndexSearchActor {

  /** Registered only when the copy has caught up. */
  public static final ServiceKey<Command> SERVICE =
      ServiceKey.create(Command.class, "index-search");

  private IndexSearchActor() {}

  public sealed interface Command extends Wire {}

  /** Reply: {@link Found} or {@link Overloaded}. */
  public record Retrieve(RetrievalQuery query, ActorRef<Reply> replyTo) implements Command {}

  /** Signals of the given items. Reply: {@link Found} or {@link Overloaded}. */
  public record Measure(int[] ordinals, RetrievalQuery query, ActorRef<Reply> replyTo)
      implements Command {}

  /** Items like this one. Reply: {@link Found} or {@link Overloaded}. */
  public record Similar(int ordinal, RetrievalQuery query, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Facts of the given items, null where unknown or retired. Reply: {@link Dressed} or {@link
   * Overloaded}.
   */
  public record Dress(int[] ordinals, ActorRef<Reply> replyTo) implements Command {}

  public sealed interface Reply extends Wire {}

  public record Found(Candidates candidates) implements Reply {}

  public record Dressed(List<@Nullable ItemFacts> facts) implements Reply {}

  /** The executor's queue is full. */
  public record Overloaded(String detail) implements Reply {}
}
