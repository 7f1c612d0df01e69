package io.millrace.item;

import io.millrace.index.ItemFacts;
import io.millrace.item.ItemEvent.ItemPut;
import io.millrace.item.ItemEvent.ItemRetired;
import io.millrace.serialization.ItemCodec;
import io.millrace.serialization.PlainEvents;
import io.millrace.serialization.PlainSnapshots;
import io.millrace.serialization.StoredBytes;
import io.millrace.serialization.Wire;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;

/**
 * One item: the only writer of what the catalogue says and decides about it.
 *
 * <p>It promises that a change is durable before it is acknowledged; that an item put is known,
 * when acknowledged, to the catalogue of the node that asked; and that an item withdrawn (retired,
 * or put in a state that cannot be served) is known as such to the catalogue of every node before
 * anybody is told so, also when it crashed in between: what was announced is not remembered across
 * a restart, so recovery, and every repetition, announces again.
 */
public final class ItemActor
    extends EventSourcedBehaviorWithEnforcedReplies<ItemActor.Command, ItemEvent, ItemState> {

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

  private record OrdinalCame(OrdinalsActor.Reply reply)
      implements Command, NoSerializationVerificationNeeded {}

  private record KnownEverywhere(long itemSeq)
      implements Command, NoSerializationVerificationNeeded {}

  /** What an item answers. */
  public sealed interface Reply extends Wire {}

  /** Durable. {@code itemSeq} counts this item's catalogue changes. */
  public record Stored(String itemId, int ordinal, long itemSeq) implements Reply {}

  public record ItemIs(ItemFacts facts, int ordinal, long itemSeq, boolean retired)
      implements Reply {}

  public record Unknown(String itemId) implements Reply {}

  /**
   * Nothing happened, and why: {@link #WRONG_ITEM}, {@link #STORE_UNAVAILABLE} or {@link
   * #NO_ORDINAL}.
   */
  public record Rejected(String reason, String detail) implements Reply {}

  /** The facts name another item. The caller's mistake. */
  public static final String WRONG_ITEM = "WRONG_ITEM";

  /** The store cannot take writes now: try again. */
  public static final String STORE_UNAVAILABLE = "STORE_UNAVAILABLE";

  /** A new item needs an ordinal and none came: try again. */
  public static final String NO_ORDINAL = "NO_ORDINAL";

  public static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "item");

  /**
   * What an item needs of its node.
   *
   * @param storeHealthy whether a write begun now may be expected to be acknowledged soon
   */
  public record Surroundings(
      ItemSettings settings,
      ActorRef<OrdinalsActor.Command> ordinals,
      ActorRef<ItemAnnouncerActor.Command> announcer,
      InstantSource clock,
      BooleanSupplier storeHealthy) {}

  /** The behaviour of {@code namespace|itemId}. */
  public static Behavior<Command> create(String entityId, Surroundings surroundings) {
    int bar = entityId.indexOf('|');
    if (bar < 1 || bar == entityId.length() - 1) {
      throw new IllegalArgumentException("entity id '" + entityId + "', expected namespace|itemId");
    }
    return Behaviors.setup(context -> new ItemActor(context, entityId, bar, surroundings));
  }

  private final String itemId;
  private final String stream;
  private final Surroundings node;
  private final ActorRef<OrdinalsActor.Reply> ordinalCame;
  private final ActorRef<ItemAnnouncerActor.Announced> knownEverywhere;

  /** The first Put, while it waits for its ordinal; everything after it is stashed. */
  private @Nullable Put unnumbered;

  /** Who waits for the catalogues to know which change. */
  private final List<Waiting> waiting = new ArrayList<>();

  /** The newest change that is known where it must be, as far as this incarnation knows. */
  private long announced;

  private record Waiting(long itemSeq, ActorRef<Reply> replyTo) {}

  private ItemActor(
      ActorContext<Command> context, String entityId, int bar, Surroundings surroundings) {
    super(
        PersistenceId.ofUniqueId("item|" + entityId),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
    this.itemId = entityId.substring(bar + 1);
    this.stream = ItemIds.stream(itemId);
    this.node = surroundings;
    this.ordinalCame = context.messageAdapter(OrdinalsActor.Reply.class, OrdinalCame::new);
    this.knownEverywhere =
        context.messageAdapter(
            ItemAnnouncerActor.Announced.class, done -> new KnownEverywhere(done.itemSeq()));
  }

  @Override
  public ItemState emptyState() {
    return ItemState.EMPTY;
  }

  @Override
  public CommandHandlerWithReply<Command, ItemEvent, ItemState> commandHandler() {
    return this::onCommand;
  }

  @Override
  public EventHandler<ItemState, ItemEvent> eventHandler() {
    return ItemState::after;
  }

  @Override
  public SignalHandler<ItemState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecoveryCompleted)
        .build();
  }

  private ReplyEffect<ItemEvent, ItemState> onCommand(ItemState state, Command command) {
    return switch (command) {
      case OrdinalCame came -> onOrdinalCame(came.reply());
      case KnownEverywhere known -> onKnownEverywhere(known.itemSeq());
      case Command later when unnumbered != null -> Effect().stash();
      case Put put -> onPut(state, put);
      case Retire retire -> onRetire(state, retire);
      case GetItem get -> onGetItem(state, get);
    };
  }

  private ReplyEffect<ItemEvent, ItemState> onPut(ItemState state, Put put) {
    if (!put.facts().itemId().equals(itemId)) {
      return Effect()
          .reply(
              put.replyTo(),
              new Rejected(
                  WRONG_ITEM,
                  "the facts are of item '%s', expected '%s'"
                      .formatted(put.facts().itemId(), itemId)));
    }
    if (!state.retired() && dated(put.facts(), state).equals(state.facts())) {
      return acknowledge(state, put.replyTo());
    }
    if (!node.storeHealthy().getAsBoolean()) {
      return unavailable(put.replyTo());
    }
    if (state.facts() == null) {
      unnumbered = put;
      node.ordinals().tell(new OrdinalsActor.Take(ordinalCame));
      return Effect().noReply();
    }
    return store(state, state.ordinal(), put);
  }

  private ReplyEffect<ItemEvent, ItemState> onOrdinalCame(OrdinalsActor.Reply reply) {
    Put put = unnumbered;
    unnumbered = null;
    if (put == null) {
      return Effect().noReply();
    }
    return switch (reply) {
      case OrdinalsActor.Taken taken -> store(ItemState.EMPTY, taken.ordinal(), put);
      case OrdinalsActor.NoneLeft none -> {
        put.replyTo().tell(new Rejected(NO_ORDINAL, none.detail()));
        yield Effect().noReply().thenUnstashAll();
      }
    };
  }

  private ReplyEffect<ItemEvent, ItemState> store(ItemState state, int ordinal, Put put) {
    long now = node.clock().millis();
    // The contract gives puts no time of their caller, so both times are ours.
    ItemPut event = new ItemPut(state.itemSeq() + 1, ordinal, now, now, dated(put.facts(), state));
    return Effect()
        .persist(event)
        .thenRun((ItemState after) -> announce(after, put.replyTo()))
        .thenNoReply()
        .thenUnstashAll();
  }

  private ReplyEffect<ItemEvent, ItemState> onRetire(ItemState state, Retire retire) {
    if (state.facts() == null) {
      return Effect().reply(retire.replyTo(), new Unknown(itemId));
    }
    if (state.retired()) {
      return acknowledge(state, retire.replyTo());
    }
    if (!node.storeHealthy().getAsBoolean()) {
      return unavailable(retire.replyTo());
    }
    long now = node.clock().millis();
    return Effect()
        .persist(
            new ItemRetired(
                itemId, state.itemSeq() + 1, state.ordinal(), now, now, retire.reason()))
        .thenRun((ItemState after) -> announce(after, retire.replyTo()))
        .thenNoReply();
  }

  private ReplyEffect<ItemEvent, ItemState> onGetItem(ItemState state, GetItem get) {
    return Effect()
        .reply(
            get.replyTo(),
            state.facts() == null
                ? new Unknown(itemId)
                : new ItemIs(state.facts(), state.ordinal(), state.itemSeq(), state.retired()));
  }

  /** Nothing new: answers at once what is known where it must be, else when it is. */
  private ReplyEffect<ItemEvent, ItemState> acknowledge(ItemState state, ActorRef<Reply> replyTo) {
    if (announced >= state.itemSeq()) {
      return Effect().reply(replyTo, stored(state.ordinal(), state.itemSeq()));
    }
    announce(state, replyTo);
    return Effect().noReply();
  }

  private ReplyEffect<ItemEvent, ItemState> unavailable(ActorRef<Reply> replyTo) {
    return Effect()
        .reply(replyTo, new Rejected(STORE_UNAVAILABLE, "the store cannot take writes now"));
  }

  private void announce(ItemState state, @Nullable ActorRef<Reply> replyTo) {
    ItemFacts facts = state.facts();
    if (facts == null) {
      return;
    }
    if (replyTo != null) {
      waiting.add(new Waiting(state.itemSeq(), replyTo));
    }
    node.announcer()
        .tell(
            new ItemAnnouncerActor.Announce(
                ItemCard.of(facts, state.ordinal()),
                state.itemSeq(),
                state.tombstoned(),
                replyTo,
                knownEverywhere));
  }

  private ReplyEffect<ItemEvent, ItemState> onKnownEverywhere(long itemSeq) {
    announced = Math.max(announced, itemSeq);
    return Effect()
        .none()
        .thenRun((ItemState state) ->
            waiting.removeIf(one -> {
              boolean known = one.itemSeq() <= announced;
              if (known) {
                one.replyTo().tell(stored(state.ordinal(), one.itemSeq()));
              }
              return known;
            }))
        .thenNoReply();
  }

  private Stored stored(int ordinal, long itemSeq) {
    return new Stored(itemId, ordinal, itemSeq);
  }

  private void onRecoveryCompleted(ItemState state) {
    if (state.tombstoned()) {
      announce(state, null);
    }
  }

  /** Facts without a time keep the one they had, or are of now. */
  private ItemFacts dated(ItemFacts facts, ItemState state) {
    if (facts.createdAtMs() != 0) {
      return facts;
    }
    ItemFacts before = state.facts();
    return new ItemFacts(
        facts.itemId(),
        facts.title(),
        facts.categories(),
        facts.tags(),
        facts.creator(),
        before == null ? node.clock().millis() : before.createdAtMs(),
        facts.language(),
        facts.price(),
        facts.stock(),
        facts.ageRating(),
        facts.safety(),
        facts.sponsor(),
        facts.durationMs(),
        facts.attributes(),
        facts.variants(),
        facts.vector());
  }

  @Override
  public Set<String> tagsFor(ItemEvent event) {
    return Set.of(stream);
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(node.settings().snapshotEvery(), 2);
  }

  @Override
  public EventAdapter<ItemEvent, ?> eventAdapter() {
    return new PlainEvents<>(
        StoredBytes.Manifests.ITEM_EVENT, ItemCodec::toBytes, ItemCodec::event);
  }

  @Override
  public SnapshotAdapter<ItemState> snapshotAdapter() {
    return new PlainSnapshots<>(
        StoredBytes.Manifests.ITEM_SNAPSHOT, ItemCodec::toBytes, ItemCodec::state);
  }
}
