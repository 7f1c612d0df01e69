package io.millrace.evidence;

import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.EvidenceCodec;
import io.millrace.serialization.PlainEvents;
import io.millrace.serialization.PlainSnapshots;
import io.millrace.serialization.StoredBytes;
import io.millrace.serialization.Wire;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;

/**
 * The exactly-once fold of one user stream into numbered batches of evidence about items. One per
 * stream, 16 in all, alive all the time.
 *
 * <p>It promises that each readable event is in exactly one batch, because a batch and the place it
 * accounts for are one event; that an event it cannot read, and one of a forgotten user, is counted
 * and passed and stalls nothing; and that a batch is written about every {@code batch-every}, never
 * two within half of it unless somebody drains or there is more to read. It reads the disk: give it
 * a dispatcher of its own.
 */
public final class EvidenceActor
    extends EventSourcedBehavior<EvidenceActor.Command, EvidenceFolded, EvidenceState> {

  public static final int STREAMS = 16;

  /** As an entity its id is the number of its stream, 0 to 15. */
  public static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "evidence");

  private static final List<String> ALL_STREAMS =
      IntStream.range(0, STREAMS).mapToObj(n -> "evidence-" + n).toList();

  /** What an evidence actor can be told. */
  public sealed interface Command extends Wire {}

  /** Folds everything that is in its user stream now, then answers {@link Drained}. */
  public record Drain(ActorRef<Drained> replyTo) implements Command {}

  /** Wakes it when it is not running; changes nothing when it is. */
  public record StayAwake() implements Command {}

  private enum Inner implements Command, NoSerializationVerificationNeeded {
    /** Something was committed. */
    NEWS,
    /** The time for the next batch has come, or there is more to read. */
    FOLD,
    /** For stores whose commits are not all announced. */
    POLL
  }

  /** All user events before the call are in batches up to {@code number}, durable. */
  public record Drained(int stream, long number) implements Wire {}

  /** All streams of evidence. */
  public static List<String> streams() {
    return ALL_STREAMS;
  }

  /** Its events are the batches, by their numbers. */
  static String persistenceId(int stream) {
    return "evidence|" + stream;
  }

  /** What an evidence actor needs of its node. */
  public record Surroundings(
      EvidenceSettings settings,
      EventStream events,
      UserEventReader reader,
      AnswerSink answers,
      Catalogue catalogue,
      InstantSource clock,
      EvidenceVitals vitals) {}

  /** How often a predecessor's card is looked for again while it is not there yet. */
  private static final Duration CARD_RETRY = Duration.ofMillis(5);

  /** Events without evidence after which the place is written all the same; chosen. */
  private static final int PASSED_LIMIT = 20_000;

  /** The behaviour of one stream, 0 to 15. */
  public static Behavior<Command> create(int stream, Surroundings surroundings) {
    if (stream < 0 || stream >= STREAMS) {
      throw new IllegalArgumentException(
          "evidence stream " + stream + ", expected 0 to " + (STREAMS - 1));
    }
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> new EvidenceActor(context, timers, stream, surroundings)));
  }

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final int stream;
  private final String source;
  private final Surroundings node;
  private final ChoiceSample sample;
  private final List<Drain> drains = new ArrayList<>();
  private EventStream.@Nullable Subscription subscription;

  /** Whether it was told of news since the stream was last read: commits come by the thousand. */
  private final AtomicBoolean woken = new AtomicBoolean();

  /** Read up to here; ahead of the durable place while nothing worth a batch was found. */
  private Cursor place = Cursor.START;

  private int passed;
  private long lastBatchNanos;
  private long cardWaitSinceNanos;
  private boolean waitsForCard;

  private EvidenceActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      int stream,
      Surroundings surroundings) {
    super(
        PersistenceId.ofUniqueId(persistenceId(stream)),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
    this.context = context;
    this.timers = timers;
    this.stream = stream;
    this.source = "user-" + stream;
    this.node = surroundings;
    this.sample =
        new ChoiceSample(
            surroundings.settings().choiceShare(), surroundings.settings().choicesPerBatch());
    this.lastBatchNanos = System.nanoTime() - surroundings.settings().batchEvery().toNanos();
  }

  @Override
  public EvidenceState emptyState() {
    return EvidenceState.empty(stream);
  }

  @Override
  public CommandHandler<Command, EvidenceFolded, EvidenceState> commandHandler() {
    return this::onCommand;
  }

  @Override
  public EventHandler<EvidenceState, EvidenceFolded> eventHandler() {
    return EvidenceState::after;
  }

  @Override
  public SignalHandler<EvidenceState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecoveryCompleted)
        .onSignal(PostStop.instance(), state -> endSubscription())
        .build();
  }

  private void onRecoveryCompleted(EvidenceState state) {
    endSubscription();
    woken.set(false);
    place = state.source();
    passed = 0;
    node.vitals().folded(stream, state.number());
    node.vitals().waits(stream);
    ActorRef<Command> self = context.getSelf();
    EvidenceVitals vitals = node.vitals();
    int number = stream;
    subscription =
        node.events()
            .onCommit(
                source,
                () -> {
                  vitals.waits(number);
                  if (woken.compareAndSet(false, true)) {
                    self.tell(Inner.NEWS);
                  }
                });
    Duration poll = node.settings().pollEvery();
    timers.startTimerWithFixedDelay(Inner.POLL, Inner.POLL, poll);
    self.tell(Inner.FOLD);
  }

  private void endSubscription() {
    if (subscription != null) {
      subscription.close();
      subscription = null;
    }
  }

  private Effect<EvidenceFolded, EvidenceState> onCommand(EvidenceState state, Command command) {
    return switch (command) {
      case Drain drain -> {
        drains.add(drain);
        yield fold(state);
      }
      case StayAwake awake -> Effect().none();
      case Inner inner ->
          switch (inner) {
            case NEWS, POLL -> onNews(state);
            case FOLD -> fold(state);
          };
    };
  }

  private Effect<EvidenceFolded, EvidenceState> onNews(EvidenceState state) {
    node.vitals().waits(stream);
    if (timers.isTimerActive(Inner.FOLD)) {
      return Effect().none();
    }
    long now = System.nanoTime();
    if (now - lastBatchNanos >= node.settings().batchEvery().toNanos()) {
      return fold(state);
    }
    foldAfter(
        Duration.ofNanos(untilTurn(stream, now, lastBatchNanos, node.settings().batchEvery())));
    return Effect().none();
  }

  /**
   * Nanoseconds until a stream's next turn that is at least half a period after its last batch.
   * Turns of the streams are spread evenly over the period: in step, their batches would keep a
   * processor to themselves for a third of it.
   *
   * @param now nanoseconds of any clock that all streams share
   * @param lastBatch of the same clock
   * @param batchEvery the period, above zero
   */
  static long untilTurn(int stream, long now, long lastBatch, Duration batchEvery) {
    long period = batchEvery.toNanos();
    long earliest = Math.max(now, lastBatch + period / 2);
    long turn = period / STREAMS * stream;
    return earliest - now + Math.floorMod(turn - earliest, period);
  }

  private void foldAfter(Duration delay) {
    timers.startSingleTimer(Inner.FOLD, Inner.FOLD, delay);
  }

  private Effect<EvidenceFolded, EvidenceState> fold(EvidenceState state) {
    timers.cancel(Inner.FOLD);
    woken.set(false);
    EventStream.Batch read = node.events().tail(source, place, node.settings().readBatch());
    if (read.events().isEmpty()) {
      place = read.next();
      return drained(state);
    }
    List<Observed> observed = new ArrayList<>();
    List<AnswerSink.Answer> answers = new ArrayList<>();
    read(read.events(), observed, answers);
    if (mustWaitForCards(observed)) {
      foldAfter(CARD_RETRY);
      return Effect().none();
    }
    EvidenceFold fold = new EvidenceFold(state.asOfMs(), this::hashOf, sample);
    observed.forEach(fold::add);
    node.vitals().read(stream, read.events().size());
    node.answers().accept(new AnswerSink.Answers(stream, place, read.next(), answers));
    place = read.next();
    passed += read.events().size();
    if (fold.isEmpty() && passed < PASSED_LIMIT) {
      return read.atHead() ? drained(state) : more();
    }
    return Effect()
        .persist(
            new EvidenceFolded(
                fold.batch(stream, state.number() + 1), place, node.clock().millis()))
        .thenRun(after -> onPersisted(after, read.atHead()));
  }

  private void onPersisted(EvidenceState after, boolean atHead) {
    passed = 0;
    lastBatchNanos = System.nanoTime();
    node.vitals().folded(stream, after.number());
    if (atHead) {
      node.vitals().caughtUp(stream);
      answerDrains(after);
    } else {
      context.getSelf().tell(Inner.FOLD);
    }
  }

  private Effect<EvidenceFolded, EvidenceState> drained(EvidenceState state) {
    node.vitals().caughtUp(stream);
    answerDrains(state);
    return Effect().none();
  }

  private Effect<EvidenceFolded, EvidenceState> more() {
    context.getSelf().tell(Inner.FOLD);
    return Effect().none();
  }

  private void answerDrains(EvidenceState state) {
    drains.forEach(drain -> drain.replyTo().tell(new Drained(stream, state.number())));
    drains.clear();
  }

  private void read(
      List<StoredEvent> events, List<Observed> observed, List<AnswerSink.Answer> answers) {
    for (StoredEvent event : events) {
      try {
        switch (node.reader().read(event)) {
          case UserEventReader.Observations some -> {
            observed.addAll(some.observed());
            answers.addAll(some.answers());
          }
          case UserEventReader.Forgotten gone -> node.vitals().forget(stream);
        }
      } catch (IllegalArgumentException e) {
        node.vitals().poison(stream);
        context
            .getLog()
            .error(
                "passed a user event that cannot be read stream={} id={} sequence={} why={}",
                source,
                event.persistenceId(),
                event.sequence(),
                e.getMessage());
      }
    }
  }

  /**
   * An ordinal in a user's event was in a catalogue when it was written, so its item is durable and
   * this node's catalogue will have it in a moment: evidence waits for it, but not for ever.
   */
  private boolean mustWaitForCards(List<Observed> observed) {
    boolean missing = false;
    for (Observed one : observed) {
      if (one.touch()) {
        for (int ordinal : one.context().predecessors()) {
          missing |= node.catalogue().card(ordinal) == null;
        }
      }
    }
    long now = System.nanoTime();
    if (!missing) {
      waitsForCard = false;
    } else if (!waitsForCard) {
      waitsForCard = true;
      cardWaitSinceNanos = now;
    } else if (now - cardWaitSinceNanos > node.settings().cardWait().toNanos()) {
      waitsForCard = false;
      context.getLog().error("left out pairs with items that no catalogue knows stream={}", source);
      return false;
    }
    return missing;
  }

  private long hashOf(int ordinal) {
    ItemCard card = node.catalogue().card(ordinal);
    return card == null ? 0 : card.itemHash();
  }

  @Override
  public Set<String> tagsFor(EvidenceFolded event) {
    return Set.of(ALL_STREAMS.get(stream));
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(node.settings().snapshotEvery(), 2);
  }

  @Override
  public EventAdapter<EvidenceFolded, ?> eventAdapter() {
    return new PlainEvents<>(
        StoredBytes.Manifests.EVIDENCE_BATCH, EvidenceCodec::toBytes, EvidenceCodec::folded);
  }

  @Override
  public SnapshotAdapter<EvidenceState> snapshotAdapter() {
    return new PlainSnapshots<>(
        StoredBytes.Manifests.EVIDENCE_SNAPSHOT, EvidenceCodec::toBytes, EvidenceCodec::state);
  }
}
