package io.millrace.user;

import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.item.ItemIds;
import io.millrace.persistence.StoreFailed;
import io.millrace.serialization.StoredBytes;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.Wire;
import io.millrace.user.UserEvent.Context;
import io.millrace.user.UserEvent.Entry;
import io.millrace.user.UserEvent.FeedServed;
import io.millrace.user.UserEvent.InteractionsRecorded;
import io.millrace.user.UserEvent.MergeAborted;
import io.millrace.user.UserEvent.MergeCompleted;
import io.millrace.user.UserEvent.MergeStarted;
import io.millrace.user.UserEvent.PendingResolved;
import io.millrace.user.UserEvent.Resolution;
import io.millrace.user.UserState.Joined;
import io.millrace.user.UserState.Merging;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.HashCodeMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.japi.function.Procedure;
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
 * One user: the only writer of what is known about them, and the last word on what they were
 * served.
 *
 * <p>All of it is journalled and survives a restart, but for slates that were served while the
 * store was bad: they are reserved in {@code unwritten} alone, and their replies said so. While an
 * event is being written every command waits; more than {@link UserSettings#waitingCommands} are
 * answered with {@link Reason#BUSY}.
 */
public final class UserActor
    extends EventSourcedBehaviorWithEnforcedReplies<UserActor.Command, UserEvent, UserState> {

  /** What a user can be told or asked. The entity id is {@code namespace|userId}. */
  public sealed interface Command extends Wire {
    ActorRef<Reply> replyTo();
  }

  /**
   * Records what the user did, all of it in one event. Reply: {@link Recorded} or {@link Rejected}.
   */
  public record RecordInteractions(List<Interaction> interactions, ActorRef<Reply> replyTo)
      implements Command {}

  /** Asks who is asking, for one surface. Reply: {@link Profile} inside {@link ProfileIs}. */
  public record GetProfile(String surface, String feedSession, ActorRef<Reply> replyTo)
      implements Command {}

  /** Asks for everything a person may want to see about the user. Reply: {@link Described}. */
  public record Describe(ActorRef<Reply> replyTo) implements Command {}

  /** Replaces the stated preferences. Reply: {@link PreferencesSet} or {@link Rejected}. */
  public record SetPreferences(Preferences preferences, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Asks whether this request was answered within the last ten minutes. Reply: {@link Replayed} or
   * {@link NotServed}.
   */
  public record FindServed(String requestId, ActorRef<Reply> replyTo) implements Command {}

  /**
   * Makes this user, an anonymous visitor perhaps, another one, an account: that one holds all this
   * one did and was served, and from then on this one passes on whatever it is told. Saying it
   * again changes nothing. Reply: {@link Merged} or {@link Rejected}.
   *
   * @param target user id of the other one, of the same namespace
   */
  public record Merge(String target, ActorRef<Reply> replyTo) implements Joining {}

  /**
   * What a source tells its target: take this in. Reply: {@link Absorbed} or {@link Rejected}, of
   * which {@link Reason#ABORTED} alone is final.
   *
   * @param startedSeq the source's number of this merge
   * @param snapshot its state as of that number, in plain bytes
   * @param deadlineMs by the clock; later nothing is taken in, the source asks again
   */
  public record Absorb(
      String source,
      String sourceStored,
      long startedSeq,
      byte[] snapshot,
      long deadlineMs,
      ActorRef<Reply> replyTo)
      implements Joining {}

  /** Who became a user that was forgotten is forgotten too: leaves memory. No reply. */
  public record Vanish(ActorRef<Reply> replyTo) implements Joining {}

  private record TargetAnswered(Reply answer, ActorRef<Reply> replyTo)
      implements Joining, NoSerializationVerificationNeeded {}

  private record AskTargetAgain(ActorRef<Reply> replyTo)
      implements Joining, NoSerializationVerificationNeeded {}

  /** What is said of merges; everything else waits while one is under way. */
  sealed interface Joining extends Command {}

  /** Asks for the state, as it would be stored. Reply: {@link Exported}. */
  public record Export(ActorRef<Reply> replyTo) implements Command {}

  /**
   * Makes everything stored of the user unreadable; the next command finds a user nobody has heard
   * of. Reply: {@link Forgotten} or {@link Rejected}.
   */
  public record Forget(ActorRef<Reply> replyTo) implements Command {}

  /**
   * Asks to serve a slate: reserves and journals it, or says what is taken.
   *
   * @param candidates in order of preference; unless {@code takeFirstFree}, the first {@code
   *     wanted} are the slate and up to {@code spares} after them are reserved for this reply's
   *     holes
   * @param takeFirstFree the last try: the first {@code wanted} that are free are served, no
   *     spares; if fewer are free, {@link Taken} when there were more candidates than wanted (so
   *     that the request retrieves once more), else those that are
   * @param deadlineMs by the actor's clock; later it is refused with {@link Reason#TOO_LATE}
   */
  public record Serve(
      String requestId,
      String surface,
      String feedSession,
      List<Slot> candidates,
      int wanted,
      int spares,
      boolean takeFirstFree,
      long deadlineMs,
      Versions versions,
      ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * A candidate for a slot: its item, and the probability with which chance put it there (1 when it
   * was not chance).
   */
  public record Slot(int ordinal, long itemHash, float propensity) {}

  /** What made a slate. */
  public record Versions(int pipeline, int rules, long ranker, int generation) {}

  /** What the user states about themselves. */
  public record Preferences(
      List<String> likedCategories,
      List<String> blockedCategories,
      List<String> blockedCreators,
      List<String> blockedItems,
      List<String> followedCreators,
      int maxAgeRating) {}

  /** What a user answers. */
  public sealed interface Reply extends Wire {}

  /** Durable. One result per interaction, in order; {@code userSeq} is the number that holds it. */
  public record Recorded(List<Result> results, long userSeq) implements Reply {}

  public record Result(String eventId, boolean repeated, long userSeq) {}

  public record ProfileIs(Profile profile) implements Reply {}

  public record PreferencesSet(long userSeq) implements Reply {}

  /**
   * The slate is reserved and durable ({@code durable} false: the store is unhealthy, it is
   * reserved in memory only). {@code slate} and {@code spares} are indexes into the candidates.
   */
  public record Served(long userSeq, int[] slate, int[] spares, boolean durable) implements Reply {}

  /** Nothing was reserved: these sorted ordinals are taken. */
  public record Taken(int[] ordinals) implements Reply {}

  /**
   * This request was answered before: its slate (ordinals in slot order) less what was hidden,
   * blocked or retired since.
   */
  public record Replayed(long userSeq, List<Slot> slate, Versions versions) implements Reply {}

  public record NotServed() implements Reply {}

  /**
   * Everything a person may want to see about the user. Times in milliseconds; strength -1 to 1.
   */
  public record Described(
      Profile profile, List<Recent> recent, int interactions, int reserved, Preferences preferences)
      implements Reply {}

  /** This user is that one from now on. */
  public record Merged(long userSeq) implements Reply {}

  /** The target, by its id, holds what the source was as of {@code startedSeq}. */
  public record Absorbed(String target, long startedSeq, long userSeq) implements Reply {}

  /**
   * The state as it would be stored, in plain bytes.
   *
   * @param storedAs persistence ids under which events of the user lie, their own first
   */
  public record Exported(List<String> storedAs, byte[] snapshot) implements Reply {}

  /** Unreadable for good. */
  public record Forgotten() implements Reply {}

  public record Recent(String itemId, InteractionKind kind, long atMs, double strength) {}

  /** Nothing happened, and why. */
  public record Rejected(Reason reason, String detail) implements Reply {}

  public enum Reason {
    /** Too many commands wait for this user. */
    BUSY,
    STORE_UNAVAILABLE,
    /** The request's budget was spent before its turn came. */
    TOO_LATE,
    INVALID,
    /** Another merge is in the way: nothing was changed. */
    ABORTED
  }

  public static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "user");

  /** Events in one acknowledgement at most. Part of P2: a repeated batch is always known. */
  public static final int MOST_INTERACTIONS = 500;

  /** Candidates in one Serve at most. */
  private static final int MOST_CANDIDATES = 1_000;

  /** Items touched before it that an interaction is journalled with. Frozen by the readers. */
  private static final int PREDECESSORS = 20;

  private static final int MOST_RECENT = 128;

  /** What a target takes in so long after it was sent, at the latest. Chosen. */
  private static final Duration ABSORBED_WITHIN = Duration.ofSeconds(2);

  /** How often a target that does not answer is asked again. Chosen. */
  private static final Duration ASKED_EVERY = Duration.ofSeconds(1);

  /** Starts the region of users on this node; the reference takes envelopes of entity ids. */
  public static ActorRef<ShardingEnvelope<Command>> init(
      ClusterSharding sharding, ClusterShardingSettings settings, UserDependencies node) {
    return sharding.init(
        Entity.of(KEY, entity -> create(entity.getEntityId(), node, entity.getShard()))
            .withMessageExtractor(new HashCodeMessageExtractor<>(node.settings().shards()))
            .withSettings(settings));
  }

  /** The behaviour of {@code namespace|userId}, outside of any shard. */
  public static Behavior<Command> create(String entityId, UserDependencies node) {
    return create(entityId, node, null);
  }

  private static Behavior<Command> create(
      String entityId,
      UserDependencies node,
      @Nullable ActorRef<ClusterSharding.ShardCommand> shard) {
    int bar = entityId.indexOf('|');
    if (bar < 1 || bar == entityId.length() - 1) {
      throw new IllegalArgumentException("entity id '" + entityId + "', expected namespace|userId");
    }
    return Behaviors.setup(context -> {
      Patience patience = new Patience(node.settings().waitingCommands());
      return patience.around(new UserActor(context, shard, entityId, bar, node, patience), context);
    });
  }

  private final ActorContext<Command> context;
  private final @Nullable ActorRef<ClusterSharding.ShardCommand> shard;
  private final String namespace;
  private final String userId;
  private final Set<String> tags;
  private final UserDependencies node;
  private final UserSettings settings;
  private final Catalogue catalogue;
  private final Patience patience;
  private final StoredUsers stored;

  /** Reserved in memory alone, because the store was bad. */
  private final List<Slate> unwritten = new ArrayList<>();

  /** Who asked for the merge that is under way. */
  private final List<ActorRef<Reply>> mergeAskers = new ArrayList<>();

  /** Commands that wait for the end of the merge. */
  private int held;

  /** Forgotten: what still comes is for who is made next. */
  private boolean leaving;

  /** Before it a refusal may be overtaken by what was sent before a restart. */
  private long refusalsCountFromMs;

  private UserActor(
      ActorContext<Command> context,
      @Nullable ActorRef<ClusterSharding.ShardCommand> shard,
      String entityId,
      int bar,
      UserDependencies node,
      Patience patience) {
    super(
        PersistenceId.ofUniqueId(
            UserStreams.persistenceId(
                entityId.substring(0, bar), node.cipher().hmac(entityId.substring(bar + 1)))),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
    this.context = context;
    this.shard = shard;
    this.namespace = entityId.substring(0, bar);
    this.userId = entityId.substring(bar + 1);
    this.tags = Set.of(UserStreams.stream(persistenceId().id()));
    this.node = node;
    this.settings = node.settings();
    this.catalogue = node.catalogue();
    this.patience = patience;
    this.stored = new StoredUsers(node.cipher());
  }

  @Override
  public UserState emptyState() {
    return UserState.EMPTY;
  }

  @Override
  public CommandHandlerWithReply<Command, UserEvent, UserState> commandHandler() {
    return this::onCommand;
  }

  @Override
  public EventHandler<UserState, UserEvent> eventHandler() {
    return UserState::after;
  }

  @Override
  public SignalHandler<UserState> signalHandler() {
    // What waited when a write failed is gone: Pekko restarts the entity without it.
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .build();
  }

  @Override
  public Set<String> tagsFor(UserEvent event) {
    return tags;
  }

  @Override
  public EventAdapter<UserEvent, StoredBytes> eventAdapter() {
    return stored.events(persistenceId().id());
  }

  @Override
  public SnapshotAdapter<UserState> snapshotAdapter() {
    return stored.snapshots(persistenceId().id());
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(settings.snapshotEvery(), settings.snapshotsKept());
  }

  private void onRecovered(UserState state) {
    patience.begin();
    held = 0;
    if (state.merging().started() && !state.merging().done()) {
      refusalsCountFromMs = node.clock().millis() + ABSORBED_WITHIN.toMillis();
      askTarget(state);
    }
  }

  private ReplyEffect<UserEvent, UserState> onCommand(UserState state, Command command) {
    if (leaving) {
      return Effect().none().thenRun(same -> tell(userId, command)).thenNoReply();
    }
    if (command instanceof Joining joining) {
      return onJoining(state, joining);
    }
    patience.handled();
    if (state.merging().started()) {
      return state.merging().done() ? passOn(state, command) : hold(command);
    }
    long now = node.clock().millis();
    boolean writable = node.storeHealthy().getAsBoolean();
    PendingResolved resolved = writable ? resolution(state, now) : null;
    UserState known = resolved == null ? state : state.after(resolved);
    return switch (command) {
      case RecordInteractions record -> onRecord(known, resolved, record, now, writable);
      case GetProfile get -> onGetProfile(known, resolved, get, now);
      case Serve serve -> onServe(known, resolved, serve, now, writable);
      case FindServed find -> onFindServed(known, resolved, find, now);
      case SetPreferences set -> onSetPreferences(known, resolved, set, now, writable);
      case Describe describe -> onDescribe(known, resolved, describe, now);
      case Joining joining -> onJoining(known, joining);
      case Export export ->
          answer(resolved, export, new Exported(storedAs(known), StoredUsers.plainSnapshot(known)));
      case Forget forget -> onForget(forget, now, writable);
    };
  }

  // one handler per command; `resolved`, when there is one, is written with what they decide

  private ReplyEffect<UserEvent, UserState> onRecord(
      UserState state,
      @Nullable PendingResolved resolved,
      RecordInteractions command,
      long now,
      boolean writable) {
    int size = command.interactions().size();
    if (size == 0 || size > MOST_INTERACTIONS) {
      return answer(
          resolved,
          command,
          new Rejected(
              Reason.INVALID,
              "batch of %d interactions of one user, expected 1 to %d"
                  .formatted(size, MOST_INTERACTIONS)));
    }
    Set<String> fresh = new HashSet<>();
    List<Interaction> recorded = new ArrayList<>(size);
    List<Result> results = new ArrayList<>(size);
    long next = state.userSeq() + 1;
    for (Interaction did : command.interactions()) {
      boolean repeated = state.knows(did.eventId()) || !fresh.add(did.eventId());
      if (!repeated) {
        recorded.add(did);
      }
      results.add(
          new Result(
              did.eventId(),
              repeated,
              repeated && !fresh.contains(did.eventId()) ? state.userSeq() : next));
    }
    if (recorded.isEmpty()) {
      return answer(resolved, command, new Recorded(results, state.userSeq()));
    }
    if (!writable) {
      return answer(
          resolved, command, new Rejected(Reason.STORE_UNAVAILABLE, "the store takes no writes"));
    }
    return write(
        resolved,
        new InteractionsRecorded(next, now, entries(state, recorded)),
        command,
        after -> new Recorded(results, next));
  }

  /** Each with what it means and what was known just before it, by the client's clock. */
  static List<Entry> entries(UserState state, List<Interaction> recorded) {
    UserFold fold = new UserFold(state);
    List<Entry> entries = new ArrayList<>(recorded.size());
    for (Interaction did : recorded) {
      Meaning meaning = Reward.of(did);
      Context context =
          meaning.touch()
              ? fold.context(Acts.key(did.atMs(), ItemIds.hash(did.eventId())), PREDECESSORS)
              : Context.NONE;
      Entry entry = new Entry(did, meaning, context);
      entries.add(entry);
      if (entries.size() < recorded.size()) {
        fold.preview(entry);
      }
    }
    return entries;
  }

  private ReplyEffect<UserEvent, UserState> onGetProfile(
      UserState state, @Nullable PendingResolved resolved, GetProfile command, long now) {
    Exclusions exclusions = exclusions(state, command.surface(), command.feedSession(), now);
    Profile profile = new ProfileReading(state).profile(userId, exclusions);
    return answer(resolved, command, new ProfileIs(profile));
  }

  private ReplyEffect<UserEvent, UserState> onServe(
      UserState state,
      @Nullable PendingResolved resolved,
      Serve command,
      long now,
      boolean writable) {
    int size = command.candidates().size();
    if (command.wanted() < 1 || size == 0 || size > MOST_CANDIDATES) {
      return answer(
          resolved,
          command,
          new Rejected(
              Reason.INVALID,
              "%d of %d candidates wanted, expected at least 1 of 1 to %d"
                  .formatted(command.wanted(), size, MOST_CANDIDATES)));
    }
    if (now > command.deadlineMs()) {
      return answer(
          resolved,
          command,
          new Rejected(
              Reason.TOO_LATE, "%d ms after the deadline".formatted(now - command.deadlineMs())));
    }
    Replayed before = replayed(state, command.requestId(), now);
    if (before != null) {
      return answer(resolved, command, before);
    }
    Exclusions exclusions = exclusions(state, command.surface(), command.feedSession(), now);
    Choice choice = Choice.of(command, exclusions);
    if (choice == null) {
      return answer(resolved, command, new Taken(among(command.candidates(), exclusions)));
    }
    FeedServed event =
        new FeedServed(
            state.userSeq() + 1,
            now,
            command.requestId(),
            command.surface(),
            command.feedSession(),
            slots(command.candidates(), choice.slate()),
            slots(command.candidates(), choice.spares()),
            command.versions(),
            settings.reservationIdle().toMillis(),
            settings.reservationLongest().toMillis(),
            released(state, now, choice.slate().length + choice.spares().length));
    if (!writable) {
      unwritten.add(
          Slate.of(event, ItemIds.hash(command.requestId()), hashOrZero(command.feedSession())));
      return answer(
          resolved, command, new Served(state.userSeq(), choice.slate(), choice.spares(), false));
    }
    return write(
        resolved,
        event,
        command,
        after -> new Served(event.userSeq(), choice.slate(), choice.spares(), true));
  }

  private ReplyEffect<UserEvent, UserState> onFindServed(
      UserState state, @Nullable PendingResolved resolved, FindServed command, long now) {
    Replayed before = replayed(state, command.requestId(), now);
    return answer(resolved, command, before == null ? new NotServed() : before);
  }

  private ReplyEffect<UserEvent, UserState> onSetPreferences(
      UserState state,
      @Nullable PendingResolved resolved,
      SetPreferences command,
      long now,
      boolean writable) {
    if (!writable) {
      return answer(
          resolved, command, new Rejected(Reason.STORE_UNAVAILABLE, "the store takes no writes"));
    }
    IntArrayList known = new IntArrayList();
    for (String item : command.preferences().blockedItems()) {
      ItemCard card = catalogue.card(item);
      if (card != null) {
        known.add(card.ordinal());
      }
    }
    long next = state.userSeq() + 1;
    return write(
        resolved,
        new UserEvent.PreferencesSet(next, now, command.preferences(), sorted(known)),
        command,
        after -> new PreferencesSet(next));
  }

  private ReplyEffect<UserEvent, UserState> onDescribe(
      UserState state, @Nullable PendingResolved resolved, Describe command, long now) {
    Exclusions exclusions = exclusions(state, "", "", now);
    Acts acts = state.recent();
    List<Recent> recent = new ArrayList<>();
    for (int row = acts.size() - 1; row >= 0 && recent.size() < MOST_RECENT; row--) {
      ItemCard card = catalogue.card(acts.ordinal(row));
      recent.add(
          new Recent(
              card == null ? "" : card.itemId(),
              InteractionKind.ofCode(acts.kind(row)),
              acts.at(row),
              acts.strength(row) / 100.0));
    }
    int reserved = 0;
    for (Slate slate : state.slates()) {
      reserved += slate.live(now, state.activeAt(slate.surface())) ? slate.reserved() : 0;
    }
    return answer(
        resolved,
        command,
        new Described(
            new ProfileReading(state).profile(userId, exclusions),
            recent,
            acts.size(),
            reserved,
            new Preferences(
                state.likedCategories(),
                state.blockedCategories(),
                state.blockedCreators(),
                state.blockedItemIds(),
                state.followed(),
                state.maxAgeRating())));
  }

  /** Stops, so that nothing is left in memory; who asks next begins anew. */
  private ReplyEffect<UserEvent, UserState> onForget(Forget command, long now, boolean writable) {
    if (!writable) {
      return Effect()
          .reply(
              command.replyTo(),
              new Rejected(Reason.STORE_UNAVAILABLE, "the store takes no writes"));
    }
    return leave(state -> forget(state, command, now));
  }

  /** The shard keeps what comes from now on for who is made next; what is here goes back to it. */
  private ReplyEffect<UserEvent, UserState> leave(Procedure<UserState> last) {
    ActorRef<ClusterSharding.ShardCommand> from = shard;
    if (from == null) {
      return Effect().none().thenRun(last).thenStop().thenNoReply();
    }
    leaving = true;
    from.tell(new ClusterSharding.Passivate<>(context.getSelf()));
    return Effect().none().thenRun(last).thenNoReply();
  }

  private void forget(UserState state, Forget command, long now) {
    try {
      CompletableFuture<?>[] each =
          storedAs(state).stream()
              .map(id -> node.cipher().forget(id, now).toCompletableFuture())
              .toArray(CompletableFuture<?>[]::new);
      CompletionStage<Void> all = CompletableFuture.allOf(each);
      all.whenComplete((done, failure) ->
          command.replyTo().tell(failure == null ? new Forgotten() : notForgotten(failure)));
      for (Joined joined : state.joined()) {
        tell(joined.userId(), new Vanish(context.getSystem().ignoreRef()));
      }
    } catch (StoreFailed listUnwritable) {
      command.replyTo().tell(notForgotten(listUnwritable));
    }
  }

  private static Rejected notForgotten(Throwable failure) {
    return new Rejected(Reason.STORE_UNAVAILABLE, String.valueOf(failure.getMessage()));
  }

  // becoming another user: the source journals that it begins, the target that it holds everything,
  // the source that it is done; after a crash in between the source asks again

  private ReplyEffect<UserEvent, UserState> onJoining(UserState state, Joining command) {
    long now = node.clock().millis();
    return switch (command) {
      case Merge merge -> onMerge(state, merge, now);
      case Absorb absorb -> onAbsorb(state, absorb, now);
      case TargetAnswered answered -> onTargetAnswered(state, answered.answer(), now);
      case AskTargetAgain again -> Effect().none().thenRun(same -> askTarget(same)).thenNoReply();
      case Vanish vanish -> leave(same -> {});
    };
  }

  private ReplyEffect<UserEvent, UserState> onMerge(UserState state, Merge command, long now) {
    Merging merging = state.merging();
    if (merging.started()) {
      boolean same = merging.target().equals(command.target());
      if (same && merging.done()) {
        return Effect().reply(command.replyTo(), new Merged(merging.targetSeq()));
      }
      if (same && mergeAskers.size() < settings.waitingCommands()) {
        mergeAskers.add(command.replyTo());
        return Effect().noReply();
      }
      String is = merging.done() ? "has become " : "is becoming ";
      return Effect()
          .reply(
              command.replyTo(),
              same
                  ? new Rejected(Reason.BUSY, mergeAskers.size() + " ask for the same merge")
                  : new Rejected(Reason.ABORTED, userId + " " + is + merging.target()));
    }
    if (command.target().equals(userId)) {
      return Effect()
          .reply(command.replyTo(), new Rejected(Reason.INVALID, "source and target are one user"));
    }
    if (!node.storeHealthy().getAsBoolean()) {
      return Effect().reply(command.replyTo(), unavailable());
    }
    mergeAskers.add(command.replyTo());
    return Effect()
        .persist(new MergeStarted(state.userSeq() + 1, now, command.target()))
        .thenRun((UserState after) -> askTarget(after))
        .thenNoReply();
  }

  /** Nothing changes this state while it is under way, so each time the same is sent. */
  private void askTarget(UserState state) {
    Merging merging = state.merging();
    if (!merging.started() || merging.done()) {
      return;
    }
    ActorRef<Reply> nobody = context.getSystem().ignoreRef();
    tell(
        merging.target(),
        new Absorb(
            userId,
            persistenceId().id(),
            merging.startedSeq(),
            StoredUsers.plainSnapshot(state),
            node.clock().millis() + ABSORBED_WITHIN.toMillis(),
            context.messageAdapter(Reply.class, answer -> new TargetAnswered(answer, nobody))));
    context.scheduleOnce(ASKED_EVERY, context.getSelf(), new AskTargetAgain(nobody));
  }

  private ReplyEffect<UserEvent, UserState> onAbsorb(UserState state, Absorb command, long now) {
    Merging merging = state.merging();
    for (Joined joined : state.joined()) {
      if (joined.userId().equals(command.source()) && joined.startedSeq() == command.startedSeq()) {
        return Effect()
            .reply(
                command.replyTo(),
                new Absorbed(userId, command.startedSeq(), Math.max(1, state.userSeq())));
      }
    }
    if (merging.done() && !merging.target().equals(command.source())) {
      return passOn(state, command);
    }
    if (merging.started() || userId.equals(command.source())) {
      return Effect()
          .reply(
              command.replyTo(),
              new Rejected(Reason.ABORTED, userId + " is becoming " + merging.target()));
    }
    if (now > command.deadlineMs()) {
      return Effect().reply(command.replyTo(), new Rejected(Reason.TOO_LATE, "sent too long ago"));
    }
    if (!node.storeHealthy().getAsBoolean()) {
      return Effect().reply(command.replyTo(), unavailable());
    }
    long next = Math.max(state.userSeq(), command.startedSeq()) + 1;
    return Effect()
        .persist(
            new UserEvent.Merged(
                next,
                now,
                command.source(),
                command.sourceStored(),
                command.startedSeq(),
                StoredUsers.plainState(command.snapshot())))
        .thenReply(command.replyTo(), after -> new Absorbed(userId, command.startedSeq(), next));
  }

  private ReplyEffect<UserEvent, UserState> onTargetAnswered(
      UserState state, Reply answer, long now) {
    Merging merging = state.merging();
    if (!merging.started() || merging.done() || !node.storeHealthy().getAsBoolean()) {
      return Effect().noReply();
    }
    if (answer instanceof Absorbed(String target, long startedSeq, long targetSeq)
        && startedSeq == merging.startedSeq()) {
      return ended(
          new MergeCompleted(state.userSeq() + 1, now, target, targetSeq), new Merged(targetSeq));
    }
    // Messages from here to there keep their order, so after a refusal none is on its way that
    // could still be taken in; but for those from before a restart, which are too late by then.
    if (answer instanceof Rejected(Reason reason, String detail)
        && reason == Reason.ABORTED
        && now >= refusalsCountFromMs) {
      return ended(
          new MergeAborted(state.userSeq() + 1, now, detail), new Rejected(reason, detail));
    }
    return Effect().noReply();
  }

  private ReplyEffect<UserEvent, UserState> ended(UserEvent event, Reply reply) {
    return Effect()
        .persist(event)
        .thenRun((UserState after) -> {
          mergeAskers.forEach(asker -> asker.tell(reply));
          mergeAskers.clear();
          held = 0;
        })
        .thenNoReply()
        .thenUnstashAll();
  }

  private ReplyEffect<UserEvent, UserState> hold(Command command) {
    if (held >= settings.waitingCommands()) {
      return Effect()
          .reply(
              command.replyTo(),
              new Rejected(Reason.BUSY, held + " commands wait for the end of a merge"));
    }
    held++;
    return Effect().stash();
  }

  private ReplyEffect<UserEvent, UserState> passOn(UserState state, Command command) {
    return Effect().none().thenRun(same -> tell(state.merging().target(), command)).thenNoReply();
  }

  private void tell(String user, Command command) {
    node.users().accept(namespace + "|" + user, command);
  }

  /** Where events of the user lie: their own, and of whom became this one. */
  private List<String> storedAs(UserState state) {
    List<String> all = new ArrayList<>();
    all.add(persistenceId().id());
    for (Joined joined : state.joined()) {
      all.add(UserStreams.persistenceId(namespace, node.cipher().hmac(joined.userId())));
    }
    return all;
  }

  private static Rejected unavailable() {
    return new Rejected(Reason.STORE_UNAVAILABLE, "the store takes no writes");
  }

  // what the handlers share

  private ReplyEffect<UserEvent, UserState> answer(
      @Nullable PendingResolved resolved, Command command, Reply reply) {
    return resolved == null
        ? Effect().reply(command.replyTo(), reply)
        : Effect().persist(resolved).thenReply(command.replyTo(), after -> reply);
  }

  private ReplyEffect<UserEvent, UserState> write(
      @Nullable PendingResolved resolved,
      UserEvent event,
      Command command,
      java.util.function.Function<UserState, Reply> reply) {
    List<UserEvent> events = resolved == null ? List.of(event) : List.of(resolved, event);
    return Effect().persist(events).thenReply(command.replyTo(), reply::apply);
  }

  /** What has become known since; null when nothing has. */
  private @Nullable PendingResolved resolution(UserState state, long now) {
    if (state.pending().isEmpty() && state.blockedItemIds().size() == state.statedItems().length) {
      return null;
    }
    List<Resolution> resolutions = new ArrayList<>();
    for (Entry waiting : state.pending()) {
      Interaction did = waiting.interaction();
      ItemCard card = catalogue.card(did.itemId());
      if (card != null) {
        resolutions.add(
            new Resolution(ItemIds.hash(did.eventId()), card, Reward.of(did.with(card))));
      }
    }
    IntArrayList blocked = new IntArrayList();
    for (String item : state.blockedItemIds()) {
      ItemCard card = catalogue.card(item);
      if (card != null && Arrays.binarySearch(state.statedItems(), card.ordinal()) < 0) {
        blocked.add(card.ordinal());
      }
    }
    return resolutions.isEmpty() && blocked.isEmpty()
        ? null
        : new PendingResolved(state.userSeq() + 1, now, resolutions, sorted(blocked));
  }

  private static int[] sorted(IntArrayList ordinals) {
    return ordinals.intStream().sorted().distinct().toArray();
  }

  private Exclusions exclusions(UserState state, String surface, String feedSession, long now) {
    unwritten.removeIf(slate -> now - slate.servedAtMs() >= slate.longestMs());
    return Exclusions.of(state, unwritten, settings.repeats(surface), feedSession, now, catalogue);
  }

  private static int[] among(List<Slot> candidates, Exclusions exclusions) {
    return candidates.stream()
        .mapToInt(Slot::ordinal)
        .filter(exclusions::has)
        .sorted()
        .distinct()
        .toArray();
  }

  private static List<Slot> slots(List<Slot> candidates, int[] rows) {
    return Arrays.stream(rows).mapToObj(candidates::get).toList();
  }

  private static long hashOrZero(String feedSession) {
    return feedSession.isEmpty() ? 0 : ItemIds.hash(feedSession);
  }

  /** The oldest live slates that have to go so that so many more items can be reserved. */
  private long[] released(UserState state, long now, int more) {
    int reserved = more;
    for (Slate slate : state.slates()) {
      reserved += slate.live(now, state.activeAt(slate.surface())) ? slate.reserved() : 0;
    }
    LongArrayList released = new LongArrayList();
    for (Slate slate : state.slates()) {
      if (reserved <= settings.reservedItems()) {
        break;
      }
      if (slate.live(now, state.activeAt(slate.surface()))) {
        released.add(slate.request());
        reserved -= slate.reserved();
      }
    }
    return released.toLongArray();
  }

  /** What this request was answered, less what was hidden, blocked or retired since. */
  private @Nullable Replayed replayed(UserState state, String requestId, long now) {
    long request = ItemIds.hash(requestId);
    for (List<Slate> slates : List.of(state.slates(), unwritten)) {
      for (Slate slate : slates) {
        if (slate.request() == request && slate.repeatable(now)) {
          return new Replayed(
              slate.userSeq(),
              slate.slate().stream().filter(slot -> showable(state, slot.ordinal())).toList(),
              slate.versions());
        }
      }
    }
    return null;
  }

  private boolean showable(UserState state, int ordinal) {
    if (catalogue.tombstoned(ordinal)
        || Arrays.binarySearch(state.hiddenItems(), ordinal) >= 0
        || Arrays.binarySearch(state.statedItems(), ordinal) >= 0) {
      return false;
    }
    ItemCard card = catalogue.card(ordinal);
    return card == null
        || (!state.blockedCreators().contains(card.creator())
            && card.categories().stream().noneMatch(state.blockedCategories()::contains));
  }

  /** Which candidates a Serve gets, as indexes. */
  private record Choice(int[] slate, int[] spares) {

    /** Null when too few are free. */
    static @Nullable Choice of(Serve command, Exclusions exclusions) {
      List<Slot> candidates = command.candidates();
      int wanted = Math.min(command.wanted(), candidates.size());
      IntArrayList slate = new IntArrayList(wanted);
      IntArrayList spares = new IntArrayList();
      IntOpenHashSet used = new IntOpenHashSet();
      int row = 0;
      for (; row < candidates.size() && slate.size() < wanted; row++) {
        int ordinal = candidates.get(row).ordinal();
        if (exclusions.has(ordinal)) {
          if (!command.takeFirstFree()) {
            return null;
          }
        } else if (used.add(ordinal)) {
          slate.add(row);
        }
      }
      if (slate.isEmpty() || (slate.size() < wanted && candidates.size() > wanted)) {
        return null;
      }
      int most = command.takeFirstFree() ? 0 : command.spares();
      for (; row < candidates.size() && spares.size() < most; row++) {
        int ordinal = candidates.get(row).ordinal();
        if (!exclusions.has(ordinal) && used.add(ordinal)) {
          spares.add(row);
        }
      }
      return new Choice(slate.toIntArray(), spares.toIntArray());
    }
  }
}
