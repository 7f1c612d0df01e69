package io.millrace.feed;

import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.index.Source;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.learning.Choices;
import io.millrace.learning.PublishedWeights;
import io.millrace.learning.ServedRows;
import io.millrace.retrieval.IndexSearchActor;
import io.millrace.user.UserActor;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.jspecify.annotations.Nullable;

/**
 * The door to feeds on one node: starts an actor per request, knows the index copy to ask, keeps
 * the floor fresh.
 */
public final class FeedGateway extends AbstractBehavior<FeedGateway.Message> {

  private static final int FLOOR_ITEMS = 1_000;

  public sealed interface Message extends NoSerializationVerificationNeeded {}

  private record Ask(
      Feeds.Question question,
      long stateDelayMs,
      CompletableFuture<FeedRequestActor.Outcome> outcome)
      implements Message {}

  private record CopiesAre(Receptionist.Listing listing) implements Message {}

  private record RefreshFloor() implements Message {}

  private record FloorFound(IndexSearchActor.Reply reply) implements Message {}

  private final FeedNode node;
  private final ActorRef<IndexSearchActor.Reply> floorReplies;
  private @Nullable Candidates floorCandidates;

  /** What a node gives its requests. */
  public record Parts(
      FeedSettings settings,
      InstantSource clock,
      BiConsumer<String, UserActor.Command> users,
      Catalogue catalogue,
      PublishedWeights weights,
      Executor ranking,
      ImpressionTokens tokens,
      Consumer<ServedRows> servedLog,
      Consumer<List<Feeds.StageTime>> observer) {}

  public static Behavior<Message> create(Parts parts) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new FeedGateway(context, timers, parts)));
  }

  private FeedGateway(ActorContext<Message> context, TimerScheduler<Message> timers, Parts parts) {
    super(context);
    this.node =
        new FeedNode(
            parts.settings(),
            parts.clock(),
            parts.users(),
            parts.catalogue(),
            parts.weights(),
            parts.ranking(),
            parts.tokens(),
            parts.servedLog(),
            parts.observer());
    this.floorReplies = context.messageAdapter(IndexSearchActor.Reply.class, FloorFound::new);
    context
        .getSystem()
        .receptionist()
        .tell(
            Receptionist.subscribe(
                IndexSearchActor.SERVICE,
                context.messageAdapter(Receptionist.Listing.class, CopiesAre::new)));
    timers.startTimerWithFixedDelay(new RefreshFloor(), parts.settings().floorRefresh());
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(Ask.class, this::onAsk)
        .onMessage(CopiesAre.class, this::onCopies)
        .onMessage(RefreshFloor.class, message -> refreshFloor())
        .onMessage(FloorFound.class, message -> onFloor(message.reply()))
        .build();
  }

  private Behavior<Message> onAsk(Ask ask) {
    getContext()
        .spawnAnonymous(
            FeedRequestActor.create(node, ask.question(), ask.stateDelayMs(), ask.outcome()));
    return this;
  }

  /** Prefers a copy on this node: a message there costs a twentieth of one across the wire. */
  private Behavior<Message> onCopies(CopiesAre message) {
    Set<ActorRef<IndexSearchActor.Command>> copies =
        message.listing().getServiceInstances(IndexSearchActor.SERVICE);
    ActorRef<IndexSearchActor.Command> chosen = null;
    Iterator<ActorRef<IndexSearchActor.Command>> all = copies.iterator();
    while (all.hasNext()) {
      ActorRef<IndexSearchActor.Command> copy = all.next();
      boolean local = copy.path().address().host().isEmpty();
      if (chosen == null || local) {
        chosen = copy;
      }
    }
    node.indexIs(chosen);
    return refreshFloor();
  }

  private Behavior<Message> refreshFloor() {
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
            FLOOR_ITEMS,
            FLOOR_ITEMS);
    node.tellIndex(new IndexSearchActor.Retrieve(popular, floorReplies));
    return this;
  }

  private Behavior<Message> onFloor(IndexSearchActor.Reply reply) {
    switch (reply) {
      case IndexSearchActor.Found(Candidates candidates) -> {
        floorCandidates = candidates;
        node.tellIndex(new IndexSearchActor.Dress(candidates.ordinals(), floorReplies));
      }
      case IndexSearchActor.Dressed(List<@Nullable ItemFacts> facts) -> {
        if (floorCandidates != null && facts.size() == floorCandidates.size()) {
          node.floorIs(new Floor(floorCandidates, facts));
        }
      }
      case IndexSearchActor.Overloaded busy ->
          getContext().getLog().debug("floor kept: {}", busy.detail());
    }
    return this;
  }

  /**
   * What evaluation sees of a request beside its answer: the choices it was made of and their
   * scores.
   */
  public record Traced(Feeds.Answer answer, @Nullable Choices choices, float @Nullable [] scores) {}

  /** Asks as the edge does, through the gateway's mailbox. */
  public static Feeds feeds(
      ActorRef<Message> gateway,
      Catalogue catalogue,
      ActorRef<IndexSearchActor.Command> search,
      InstantSource clock,
      org.apache.pekko.actor.typed.ActorSystem<?> system) {
    return new Feeds() {
      @Override
      public CompletionStage<Answer> ask(Question question) {
        CompletableFuture<FeedRequestActor.Outcome> outcome = new CompletableFuture<>();
        gateway.tell(new Ask(question, 0, outcome));
        return outcome.thenApply(FeedRequestActor.Outcome::answer);
      }

      @Override
      public CompletionStage<Answer> similar(
          String itemId, int size, Filter filter, Duration budget) {
        return FeedGateway.similar(catalogue, search, clock, system, itemId, size, filter, budget);
      }
    };
  }

  /**
   * Asks with the user's recent history hidden, and keeps what the answer was made of.
   *
   * @param stateDelayMs touches newer than this are not told to retrieval and ranking; exclusions
   *     stay fresh
   */
  public static CompletionStage<Traced> trace(
      ActorRef<Message> gateway, Feeds.Question question, long stateDelayMs) {
    CompletableFuture<FeedRequestActor.Outcome> outcome = new CompletableFuture<>();
    gateway.tell(new Ask(question, stateDelayMs, outcome));
    return outcome.thenApply(made -> new Traced(made.answer(), made.choices(), made.scores()));
  }

  private static CompletionStage<Feeds.Answer> similar(
      Catalogue catalogue,
      ActorRef<IndexSearchActor.Command> search,
      InstantSource clock,
      org.apache.pekko.actor.typed.ActorSystem<?> system,
      String itemId,
      int size,
      Filter filter,
      Duration budget) {
    ItemCard card = catalogue.card(itemId);
    if (card == null) {
      return CompletableFuture.completedFuture(
          answer(itemId, Floor.NO_CANDIDATES, List.of(), size));
    }
    RetrievalQuery query =
        new RetrievalQuery(
            clock.millis(),
            new int[0],
            new long[0],
            new int[0],
            List.of(),
            filter,
            EnumSet.allOf(Source.class),
            size,
            size);
    Duration half = budget.dividedBy(2);
    return AskPattern.<IndexSearchActor.Command, IndexSearchActor.Reply>ask(
            search,
            replyTo -> new IndexSearchActor.Similar(card.ordinal(), query, replyTo),
            half,
            system.scheduler())
        .thenCompose(reply -> {
          if (!(reply instanceof IndexSearchActor.Found(Candidates candidates))) {
            throw new Feeds.FeedUnavailable("the index is overloaded");
          }
          return AskPattern.<IndexSearchActor.Command, IndexSearchActor.Reply>ask(
                  search,
                  replyTo -> new IndexSearchActor.Dress(candidates.ordinals(), replyTo),
                  half,
                  system.scheduler())
              .thenApply(dressed ->
                  answer(
                      itemId,
                      candidates,
                      dressed instanceof IndexSearchActor.Dressed(List<@Nullable ItemFacts> facts)
                          ? facts
                          : List.of(),
                      size));
        });
  }

  private static Feeds.Answer answer(
      String itemId, Candidates candidates, List<@Nullable ItemFacts> dressed, int size) {
    List<Feeds.Slot> slots = new ArrayList<>();
    for (int row = 0; row < Math.min(dressed.size(), size); row++) {
      ItemFacts facts = dressed.get(row);
      if (facts != null) {
        slots.add(
            new Feeds.Slot(
                facts,
                "",
                Reasons.of(candidates, row, facts, null),
                candidates.size() - row,
                Reasons.sources(candidates.sources()[row]),
                1,
                List.of()));
      }
    }
    return new Feeds.Answer(
        "",
        itemId,
        0,
        slots,
        List.of(),
        candidates.itemLagMs(),
        false,
        new Feeds.Versions(
            "pipeline-" + FeedNode.PIPELINE_VERSION, "rules-" + FeedNode.RULES_VERSION, 0, 0),
        0,
        List.of());
  }
}
