package io.millrace.feed;

import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.index.RetrievalQuery.Taste;
import io.millrace.index.Source;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.learning.Choices;
import io.millrace.learning.Generations;
import io.millrace.learning.PublishedWeights;
import io.millrace.learning.ServedRows;
import io.millrace.model.taste.TasteMap;
import io.millrace.retrieval.IndexSearchActor;
import io.millrace.retrieval.TasteSpace;
import io.millrace.user.Profile;
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
import java.util.function.LongSupplier;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.jspecify.annotations.Nullable;

/**
 * The door to feeds on one node: starts an actor per request, knows the index copy to ask. Its
 * child, the {@link FloorActor}, keeps the floor.
 */
public final class FeedGateway extends AbstractBehavior<FeedGateway.Message> {

  public sealed interface Message extends NoSerializationVerificationNeeded {}

  private record Ask(
      Feeds.Question question,
      long stateDelayMs,
      CompletableFuture<FeedRequestActor.Outcome> outcome)
      implements Message {}

  private record AskSimilar(
      String itemId,
      int size,
      Filter filter,
      Duration budget,
      CompletableFuture<Feeds.Answer> answer)
      implements Message {}

  /** Nothing this node remembers of the user is used from now on. */
  public record ForgetUser(String userId) implements Message {}

  /** A request that was under way may have brought the user's profile back. */
  private record ForgetAgain(String userId) implements Message {}

  private record AskStarters(int size, CompletableFuture<List<Feeds.Slot>> answer)
      implements Message {}

  private record AskStanding(
      Profile profile,
      int popular,
      List<String> include,
      Duration budget,
      CompletableFuture<Feeds.Standing> answer)
      implements Message {}

  private record CopiesAre(Receptionist.Listing listing) implements Message {}

  /** Chosen: many times what a request may take. */
  private static final Duration LONGEST_REQUEST = Duration.ofMinutes(1);

  private final FeedNode node;
  private final Standings standings;
  private final ActorRef<FloorActor.Message> floor;

  /**
   * What a node gives its requests.
   *
   * @param servedLog told the user and what they were served
   * @param answering run, perhaps often, when an index copy and the floor are there: from then on
   *     feeds are full
   */
  public record Parts(
      FeedSettings settings,
      InstantSource clock,
      BiConsumer<String, UserActor.Command> users,
      Catalogue catalogue,
      PublishedWeights weights,
      Generations generations,
      Executor ranking,
      ImpressionTokens tokens,
      BiConsumer<String, ServedRows> servedLog,
      Consumer<List<Feeds.StageTime>> observer,
      LongSupplier itemLagMs,
      Runnable answering) {}

  public static Behavior<Message> create(Parts parts) {
    return Behaviors.setup(context -> new FeedGateway(context, parts));
  }

  private FeedGateway(ActorContext<Message> context, Parts parts) {
    super(context);
    this.node =
        new FeedNode(
            parts.settings(),
            parts.clock(),
            parts.users(),
            parts.catalogue(),
            parts.weights(),
            parts.generations(),
            parts.ranking(),
            parts.tokens(),
            parts.servedLog(),
            parts.observer(),
            parts.itemLagMs());
    this.standings = new Standings(node);
    this.floor = context.spawn(FloorActor.create(node, parts.answering()), "floor");
    context
        .getSystem()
        .receptionist()
        .tell(
            Receptionist.subscribe(
                IndexSearchActor.SERVICE,
                context.messageAdapter(Receptionist.Listing.class, CopiesAre::new)));
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(Ask.class, this::onAsk)
        .onMessage(AskSimilar.class, this::onSimilar)
        .onMessage(AskStarters.class, this::onStarters)
        .onMessage(AskStanding.class, this::onStanding)
        .onMessage(CopiesAre.class, this::onCopies)
        .onMessage(ForgetUser.class, this::onForgetUser)
        .onMessage(ForgetAgain.class, message -> forget(message.userId()))
        .build();
  }

  private Behavior<Message> onAsk(Ask ask) {
    getContext()
        .spawnAnonymous(
            FeedRequestActor.create(node, ask.question(), ask.stateDelayMs(), ask.outcome()));
    return this;
  }

  private Behavior<Message> onForgetUser(ForgetUser message) {
    getContext()
        .scheduleOnce(LONGEST_REQUEST, getContext().getSelf(), new ForgetAgain(message.userId()));
    return forget(message.userId());
  }

  private Behavior<Message> forget(String userId) {
    node.profiles().forget(userId);
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
    floor.tell(new FloorActor.Refresh());
    return this;
  }

  /**
   * What evaluation sees of a request beside its answer: the choices it was made of and their
   * scores.
   */
  public record Traced(Feeds.Answer answer, @Nullable Choices choices, float @Nullable [] scores) {}

  /** The door for the edge: each question goes through the gateway's mailbox. */
  public static Feeds feeds(ActorRef<Message> gateway) {
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
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        gateway.tell(new AskSimilar(itemId, size, filter, budget, answer));
        return answer;
      }

      @Override
      public CompletionStage<List<Slot>> starters(int size) {
        CompletableFuture<List<Slot>> answer = new CompletableFuture<>();
        gateway.tell(new AskStarters(size, answer));
        return answer;
      }

      @Override
      public CompletionStage<Standing> stand(
          Profile profile, int popular, List<String> include, Duration budget) {
        CompletableFuture<Standing> answer = new CompletableFuture<>();
        gateway.tell(new AskStanding(profile, popular, include, budget, answer));
        return answer;
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

  private Behavior<Message> onSimilar(AskSimilar ask) {
    ItemCard card = node.catalogue().card(ask.itemId());
    ActorRef<IndexSearchActor.Command> copy = node.index();
    if (card == null) {
      ask.answer().complete(answer(ask.itemId(), Floor.NO_CANDIDATES, List.of(), ask.size()));
      return this;
    }
    if (copy == null) {
      ask.answer()
          .completeExceptionally(
              new Feeds.FeedUnavailable("no copy of the index has caught up yet"));
      return this;
    }
    TasteSpace space = node.space();
    RetrievalQuery query =
        new RetrievalQuery(
            node.clock().millis(),
            new int[0],
            new long[0],
            new int[0],
            List.of(),
            ask.filter(),
            EnumSet.allOf(Source.class),
            ask.size(),
            ask.size(),
            space == null ? Taste.NONE : new Taste(space.number(), new float[0], new float[0]),
            RetrievalQuery.Refused.NONE);
    Duration half = ask.budget().dividedBy(2);
    Scheduler scheduler = getContext().getSystem().scheduler();
    AskPattern.<IndexSearchActor.Command, IndexSearchActor.Reply>ask(
            copy,
            replyTo -> new IndexSearchActor.Similar(card.ordinal(), query, replyTo),
            half,
            scheduler)
        .thenCompose(reply -> dressed(copy, found(reply), ask, half, scheduler))
        .whenComplete((answer, failure) -> {
          if (failure == null) {
            ask.answer().complete(answer);
          } else {
            ask.answer()
                .completeExceptionally(
                    new Feeds.FeedUnavailable("the index did not answer: " + failure.getMessage()));
          }
        });
    return this;
  }

  private Behavior<Message> onStarters(AskStarters ask) {
    ask.answer().complete(standings.starters(ask.size()));
    return this;
  }

  private Behavior<Message> onStanding(AskStanding ask) {
    TasteSpace space = node.generations().now();
    TasteMap map = space == null ? null : space.map();
    ActorRef<IndexSearchActor.Command> copy = node.index();
    if (space == null || map == null) {
      ask.answer().complete(standings.unplaced());
      return this;
    }
    if (copy == null) {
      ask.answer()
          .completeExceptionally(
              new Feeds.FeedUnavailable("no copy of the index has caught up yet"));
      return this;
    }
    int[] wanted = standings.wanted(ask.profile(), ask.popular(), ask.include());
    AskPattern.<IndexSearchActor.Command, IndexSearchActor.Reply>ask(
            copy,
            replyTo -> new IndexSearchActor.Dress(wanted, replyTo),
            ask.budget(),
            getContext().getSystem().scheduler())
        .thenApply(reply ->
            switch (reply) {
              case IndexSearchActor.Dressed(List<@Nullable ItemFacts> facts) ->
                  standings.standing(space, map, ask.profile(), wanted, facts);
              case IndexSearchActor.Found _ ->
                  throw new Feeds.FeedUnavailable("the index answered another question");
              case IndexSearchActor.Overloaded(String detail) ->
                  throw new Feeds.FeedUnavailable(detail);
              case IndexSearchActor.Failed(String detail) ->
                  throw new Feeds.FeedUnavailable(detail);
            })
        .whenComplete((standing, failure) -> {
          if (failure == null) {
            ask.answer().complete(standing);
          } else {
            ask.answer()
                .completeExceptionally(
                    new Feeds.FeedUnavailable("the index did not answer: " + failure.getMessage()));
          }
        });
    return this;
  }

  private static Candidates found(IndexSearchActor.Reply reply) {
    return switch (reply) {
      case IndexSearchActor.Found(Candidates candidates) -> candidates;
      case IndexSearchActor.Dressed other -> Floor.NO_CANDIDATES;
      case IndexSearchActor.Overloaded(String detail) -> throw new Feeds.FeedUnavailable(detail);
      case IndexSearchActor.Failed(String detail) -> throw new Feeds.FeedUnavailable(detail);
    };
  }

  /** The index may not have read of a withdrawal yet: this node's catalogue knows of it first. */
  private List<@Nullable ItemFacts> servable(
      Candidates candidates, List<@Nullable ItemFacts> dressed) {
    List<@Nullable ItemFacts> servable = new ArrayList<>(dressed);
    for (int row = 0; row < servable.size(); row++) {
      if (node.catalogue().tombstoned(candidates.ordinals()[row])) {
        servable.set(row, null);
      }
    }
    return servable;
  }

  private CompletionStage<Feeds.Answer> dressed(
      ActorRef<IndexSearchActor.Command> copy,
      Candidates candidates,
      AskSimilar ask,
      Duration budget,
      Scheduler scheduler) {
    return AskPattern.<IndexSearchActor.Command, IndexSearchActor.Reply>ask(
            copy,
            replyTo -> new IndexSearchActor.Dress(candidates.ordinals(), replyTo),
            budget,
            scheduler)
        .thenApply(dressed ->
            dressed instanceof IndexSearchActor.Dressed(List<@Nullable ItemFacts> facts)
                ? answer(ask.itemId(), candidates, servable(candidates, facts), ask.size())
                : answer(ask.itemId(), Floor.NO_CANDIDATES, List.of(), ask.size()));
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
                Reasons.of(candidates, row, facts, null, false),
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
        0,
        false,
        new Feeds.Versions(
            "pipeline-" + FeedNode.PIPELINE_VERSION, "rules-" + FeedNode.RULES_VERSION, 0, 0),
        0,
        List.of());
  }
}
