package io.millrace.retrieval;

import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.ItemIndex;
import io.millrace.index.RetrievalQuery;
import io.millrace.serialization.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door to one copy of an index partition: hands each question that searches to a bounded
 * executor, never waits. It owns the executor; the index belongs to its {@link IndexPartitionActor}
 * and is only read here.
 */
public final class IndexSearchActor extends AbstractBehavior<IndexSearchActor.Command> {
  private static final Logger log = LoggerFactory.getLogger(IndexSearchActor.class);

  /** Registered only when the copy has caught up. */
  public static final ServiceKey<Command> SERVICE =
      ServiceKey.create(Command.class, "index-search");

  /** What an index can be asked. */
  public sealed interface Command extends Wire {}

  /** Reply: {@link Found}, {@link Overloaded} or {@link Failed}. */
  public record Retrieve(RetrievalQuery query, ActorRef<Reply> replyTo) implements Command {}

  /** Signals of the given items. Replies as to {@link Retrieve}. */
  public record Measure(int[] ordinals, RetrievalQuery query, ActorRef<Reply> replyTo)
      implements Command {}

  /** Items like this one. Replies as to {@link Retrieve}. */
  public record Similar(int ordinal, RetrievalQuery query, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Facts of the given items, null where unknown or retired. Reply, at once: {@link Dressed} or
   * {@link Failed}.
   */
  public record Dress(int[] ordinals, ActorRef<Reply> replyTo) implements Command {}

  /** What an index answers. */
  public sealed interface Reply extends Wire {}

  public record Found(Candidates candidates) implements Reply {}

  public record Dressed(List<@Nullable ItemFacts> facts) implements Reply {}

  /** The executor's queue is full. */
  public record Overloaded(String detail) implements Reply {}

  /** The question broke the index: asking it again will not help. The copy's log says why. */
  public record Failed(String detail) implements Reply {}

  private final ItemIndex index;
  private final ThreadPoolExecutor executor;

  /** A door with threads of its own, which end with it. */
  public static Behavior<Command> create(ItemIndex index, RetrievalSettings settings) {
    return Behaviors.setup(context -> new IndexSearchActor(context, index, settings));
  }

  private IndexSearchActor(
      ActorContext<Command> context, ItemIndex index, RetrievalSettings settings) {
    super(context);
    this.index = index;
    this.executor =
        new ThreadPoolExecutor(
            settings.searchThreads(),
            settings.searchThreads(),
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(settings.searchQueue()),
            Thread.ofPlatform().daemon().name("index-search-", 0).factory());
    executor.prestartAllCoreThreads(); // and as nice as this one, not as who asks
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Retrieve.class, this::onRetrieve)
        .onMessage(Measure.class, this::onMeasure)
        .onMessage(Similar.class, this::onSimilar)
        .onMessage(Dress.class, this::onDress)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> onRetrieve(Retrieve ask) {
    return answer(ask.replyTo(), () -> new Found(index.retrieve(ask.query())));
  }

  private Behavior<Command> onMeasure(Measure ask) {
    return answer(ask.replyTo(), () -> new Found(index.measure(ask.ordinals(), ask.query())));
  }

  private Behavior<Command> onSimilar(Similar ask) {
    return answer(ask.replyTo(), () -> new Found(index.similar(ask.ordinal(), ask.query())));
  }

  private Behavior<Command> onDress(Dress ask) {
    ask.replyTo().tell(answered(() -> dressed(ask.ordinals())));
    return this;
  }

  private Dressed dressed(int[] ordinals) {
    List<@Nullable ItemFacts> facts = new ArrayList<>(ordinals.length);
    for (int ordinal : ordinals) {
      facts.add(index.facts(ordinal));
    }
    return new Dressed(facts);
  }

  private Behavior<Command> answer(ActorRef<Reply> replyTo, Supplier<Reply> question) {
    try {
      executor.execute(() -> replyTo.tell(answered(question)));
    } catch (RejectedExecutionException e) {
      replyTo.tell(
          new Overloaded(
              "%d questions wait, expected at most %d"
                  .formatted(
                      executor.getQueue().size(),
                      executor.getQueue().size() + executor.getQueue().remainingCapacity())));
    }
    return this;
  }

  private static Reply answered(Supplier<Reply> question) {
    try {
      return question.get();
    } catch (RuntimeException e) {
      log.error("a question to the index failed", e);
      return new Failed("the index failed: " + e.getClass().getSimpleName());
    }
  }

  private Behavior<Command> onPostStop() {
    executor.shutdown();
    return this;
  }
}
