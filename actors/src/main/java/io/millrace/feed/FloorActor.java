package io.millrace.feed;

import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.index.Source;
import io.millrace.retrieval.IndexSearchActor;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one node's {@link Floor} as full as its index copy: one refresh at a time, first what is
 * popular, then the facts of exactly those. While the floor has room left it is refreshed ten times
 * as often, so that a young catalogue is on it as soon as it can be. A refresh that fails leaves
 * the floor as it was. Nothing survives a restart; the floor itself lives in {@link FeedNode}.
 */
final class FloorActor extends AbstractBehavior<FloorActor.Message> {

  static final int ITEMS = 1_000;

  /** Chosen: an index of less than {@link #ITEMS} items is asked in under 1 ms. */
  private static final int OFTEN = 10;

  /** How long an index may take before it is asked anew. Chosen: far above any answer in time. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  sealed interface Message extends NoSerializationVerificationNeeded {}

  /** Begins anew, also while a refresh is under way: its copy of the index may be gone. */
  record Refresh() implements Message {}

  private record Found(int number, Candidates candidates) implements Message {}

  private record Dressed(int number, Candidates candidates, List<@Nullable ItemFacts> facts)
      implements Message {}

  private record Missed(int number, String why) implements Message {}

  private final FeedNode node;
  private final Runnable laid;
  private final TimerScheduler<Message> timers;

  /** Of the refresh under way; what comes from earlier ones is not looked at. */
  private int number;

  /**
   * A floor that is refreshed when told to, and from then on by itself.
   *
   * @param laid run whenever a floor was laid
   */
  static Behavior<Message> create(FeedNode node, Runnable laid) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new FloorActor(context, timers, node, laid)));
  }

  private FloorActor(
      ActorContext<Message> context, TimerScheduler<Message> timers, FeedNode node, Runnable laid) {
    super(context);
    this.timers = timers;
    this.node = node;
    this.laid = laid;
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(Refresh.class, message -> onRefresh())
        .onMessage(Found.class, this::onFound)
        .onMessage(Dressed.class, this::onDressed)
        .onMessage(Missed.class, this::onMissed)
        .build();
  }

  private Behavior<Message> onRefresh() {
    number++;
    timers.cancel(Refresh.class);
    RetrievalQuery popular =
        new RetrievalQuery(
            node.clock().millis(),
            new int[0],
            new long[0],
            new int[0],
            List.of(),
            Filter.NONE,
            EnumSet.of(
                Source.POPULAR_1D, Source.POPULAR_7D, Source.POPULAR_60D, Source.POPULAR_EVER),
            ITEMS,
            ITEMS);
    ask(
        replyTo -> new IndexSearchActor.Retrieve(popular, replyTo),
        (asked, reply) ->
            reply instanceof IndexSearchActor.Found(Candidates candidates)
                ? new Found(asked, candidates)
                : new Missed(asked, reply.toString()));
    return this;
  }

  private Behavior<Message> onFound(Found found) {
    if (found.number() == number) {
      int[] ordinals = found.candidates().ordinals();
      ask(
          replyTo -> new IndexSearchActor.Dress(ordinals, replyTo),
          (asked, reply) ->
              reply instanceof IndexSearchActor.Dressed(List<@Nullable ItemFacts> facts)
                  ? new Dressed(asked, found.candidates(), facts)
                  : new Missed(asked, reply.toString()));
    }
    return this;
  }

  private Behavior<Message> onDressed(Dressed dressed) {
    if (dressed.number() == number) {
      node.floorIs(new Floor(dressed.candidates(), dressed.facts()));
      laid.run();
      again(dressed.candidates().size() < ITEMS);
    }
    return this;
  }

  private Behavior<Message> onMissed(Missed missed) {
    if (missed.number() == number) {
      getContext().getLog().debug("floor kept: {}", missed.why());
      again(true);
    }
    return this;
  }

  private void again(boolean soon) {
    Duration every = node.settings().floorRefresh();
    timers.startSingleTimer(Refresh.class, new Refresh(), soon ? every.dividedBy(OFTEN) : every);
  }

  /** Asks the node's copy; without one nothing happens until the node has found one. */
  private void ask(
      Function<ActorRef<IndexSearchActor.Reply>, IndexSearchActor.Command> question,
      BiFunction<Integer, IndexSearchActor.Reply, Message> answered) {
    ActorRef<IndexSearchActor.Command> copy = node.index();
    int asked = number;
    if (copy != null) {
      getContext()
          .ask(
              IndexSearchActor.Reply.class,
              copy,
              PATIENCE,
              question::apply,
              (reply, failure) ->
                  reply == null
                      ? new Missed(asked, failure.toString())
                      : answered.apply(asked, reply));
    }
  }
}
