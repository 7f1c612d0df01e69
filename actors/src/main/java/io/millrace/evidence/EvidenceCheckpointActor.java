package io.millrace.evidence;

import io.millrace.index.EvidenceBatch;
import io.millrace.index.EvidencePart;
import io.millrace.index.EvidenceSums;
import io.millrace.index.SummedBatches;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventRemoval;
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
import java.util.concurrent.Semaphore;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
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
 * Who writes the checkpoints of one stream of evidence and deletes the batches that they have made
 * superfluous. One per stream, 16 in all; on a node one of them works at a time, on a thread that
 * steps back.
 *
 * <p>A checkpoint adds the batches since the one before to it, and is written part by part. Broken
 * off, it goes on where it was, true as of the same batch; whoever reads finds the newest whole
 * one. The parts of the newest two stay in the journal. Batches are deleted when a whole checkpoint
 * that holds them is {@code keep-batches} old: they tell what people did one after the other,
 * though not who.
 */
public final class EvidenceCheckpointActor
    extends EventSourcedBehavior<
        EvidenceCheckpointActor.Command, EvidencePartWritten, EvidenceCheckpointState> {

  /** As an entity its id is the number of its stream, 0 to 15. */
  public static final EntityTypeKey<Command> KEY =
      EntityTypeKey.create(Command.class, "evidence-checkpoint");

  /** What it can be told. */
  public sealed interface Command extends Wire {}

  /** Writes a checkpoint of all batches there are now, then answers {@link Written}. */
  public record Write(ActorRef<Written> replyTo) implements Command {}

  /** Wakes it when it is not running; changes nothing when it is. */
  public record StayAwake() implements Command {}

  /** The newest whole checkpoint holds the batches up to {@code number}. */
  public record Written(int stream, long number) implements Wire {}

  private enum Inner implements Command, NoSerializationVerificationNeeded {
    /** Is it time? */
    LOOK,
    /** Some more of the work under way. */
    GO_ON,
    /** Some more batches may be deleted. */
    REMOVE
  }

  /** Batches up to a number are deleted, or why not. */
  private record Removed(long number, @Nullable Throwable failure)
      implements Command, NoSerializationVerificationNeeded {}

  /**
   * What it needs of its node.
   *
   * @param turn one permit, shared by all of a node: whoever holds it works
   */
  public record Surroundings(
      EvidenceSettings settings,
      EventStream events,
      EventRemoval removal,
      InstantSource clock,
      Semaphore turn,
      EvidenceVitals vitals) {}

  /** Batches summed, or deleted, before other messages have their turn. */
  private static final int AT_ONCE = 200;

  /** Items and pairs that are summed before they are written, some 100 MB; chosen. */
  private static final long MOST_ROWS = 1_000_000;

  /** Where more is to be summed than one may hold: two since make a reader of it begin again. */
  private static final Duration NEXT_AFTER = Duration.ofSeconds(30);

  /** A part that takes no longer holds nobody up; chosen. */
  private static final Duration SHORT = Duration.ofMillis(10);

  /** Between two deletions: each keeps the journal's writer for a moment. */
  private static final Duration REMOVE_AGAIN = Duration.ofMillis(20);

  /** A start has other things to do; chosen. */
  private static final Duration FIRST_LOOK = Duration.ofMinutes(5);

  private static final Duration LOOK_EVERY = Duration.ofMinutes(1);

  /** How long one waits that has no turn. */
  private static final Duration TURN_AGAIN = Duration.ofMillis(200);

  /** The behaviour of one stream, 0 to 15. */
  public static Behavior<Command> create(int stream, Surroundings surroundings) {
    if (stream < 0 || stream >= EvidenceActor.STREAMS) {
      throw new IllegalArgumentException(
          "evidence stream " + stream + ", expected 0 to " + (EvidenceActor.STREAMS - 1));
    }
    return Behaviors.setup(context ->
        Behaviors.withTimers(
            timers -> new EvidenceCheckpointActor(context, timers, stream, surroundings)));
  }

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final int stream;
  private final Surroundings node;
  private final EvidenceCheckpoints checkpoints;
  private final List<Write> asked = new ArrayList<>();
  private @Nullable Work work;
  private boolean hasTurn;
  private boolean removing;

  /** Batches up to here are known to be deleted. */
  private long removedTo;

  private EvidenceCheckpointActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      int stream,
      Surroundings surroundings) {
    super(
        PersistenceId.ofUniqueId(EvidenceCheckpoints.persistenceId(stream)),
        SupervisorStrategy.restartWithBackoff(Duration.ofSeconds(1), Duration.ofMinutes(5), 0.1));
    this.context = context;
    this.timers = timers;
    this.stream = stream;
    this.node = surroundings;
    this.checkpoints = new EvidenceCheckpoints(surroundings.events());
  }

  /** One checkpoint on its way. */
  private static final class Work {
    /** Who asked before it began, and is answered when it is done. */
    private final List<Write> asked;

    private final EvidenceCheckpointState.Mark before;

    /** Number of the event that is part 0 of the checkpoint before. */
    private final long firstOfBefore;

    private final SummedBatches batches;
    private final NewestTouches[] touches = new NewestTouches[EvidencePart.PARTS];

    /** Batches up to it are taken. */
    private Cursor place;

    /** Whether all batches that there were are in it. */
    private boolean complete;

    /** Whether there were more than it may hold. */
    private boolean full;

    private Work(EvidenceCheckpointState state, long lastSequence, List<Write> asked) {
      this.asked = asked;
      this.before = state.newest();
      this.firstOfBefore = state.firstOfNewest(lastSequence);
      this.batches = new SummedBatches(state.stream(), before.number(), before.asOfMs());
      this.place = before.batches();
      for (int part = 0; part < touches.length; part++) {
        touches[part] = new NewestTouches();
      }
    }

    private void add(StoredEvent event) {
      EvidenceBatch batch = EvidenceCodec.batch(event.payload());
      batches.add(batch);
      for (EvidenceBatch.Touch touch : batch.touches()) {
        touches[EvidencePart.of(touch.itemHash())].add(touch);
      }
      place = event.cursor();
    }
  }

  @Override
  public EvidenceCheckpointState emptyState() {
    return EvidenceCheckpointState.empty(stream);
  }

  @Override
  public CommandHandler<Command, EvidencePartWritten, EvidenceCheckpointState> commandHandler() {
    return this::onCommand;
  }

  @Override
  public EventHandler<EvidenceCheckpointState, EvidencePartWritten> eventHandler() {
    return EvidenceCheckpointState::after;
  }

  @Override
  public SignalHandler<EvidenceCheckpointState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecoveryCompleted)
        .onSignal(PreRestart.instance(), state -> end())
        .onSignal(PostStop.instance(), state -> end())
        .build();
  }

  private void onRecoveryCompleted(EvidenceCheckpointState state) {
    end();
    removing = false;
    node.vitals().checkpointed(stream, state.newest().number());
    Duration every = node.settings().checkpointEvery();
    timers.startTimerWithFixedDelay(
        Inner.LOOK, Inner.LOOK, least(FIRST_LOOK, every), least(LOOK_EVERY, every.dividedBy(4)));
    if (!asked.isEmpty()) {
      context.getSelf().tell(Inner.GO_ON);
    }
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Gives up what is under way, if anything, and the turn. Who asked for it waits for the next. */
  private void end() {
    if (work != null) {
      asked.addAll(work.asked);
      work = null;
    }
    if (hasTurn) {
      hasTurn = false;
      node.turn().release();
    }
  }

  private Effect<EvidencePartWritten, EvidenceCheckpointState> onCommand(
      EvidenceCheckpointState state, Command command) {
    return switch (command) {
      case Write write -> {
        asked.add(write);
        yield work == null ? goOn(state) : Effect().none();
      }
      case StayAwake awake -> Effect().none();
      case Removed removed -> onRemoved(removed);
      case Inner inner ->
          switch (inner) {
            case LOOK -> onLook(state);
            case GO_ON -> goOn(state);
            case REMOVE -> {
              remove(state);
              yield Effect().none();
            }
          };
    };
  }

  private Effect<EvidencePartWritten, EvidenceCheckpointState> onLook(
      EvidenceCheckpointState state) {
    remove(state);
    return work == null && asked.isEmpty() && isDue(state) ? goOn(state) : Effect().none();
  }

  private boolean isDue(EvidenceCheckpointState state) {
    if (state.begun() != null) {
      return true;
    }
    long lastMs = state.newest().acceptedAtMs();
    if (state.whole().isEmpty()) {
      List<StoredEvent> first = node.events().of(EvidenceActor.persistenceId(stream), 1, 1);
      if (first.isEmpty()) {
        return false;
      }
      lastMs = EvidenceCodec.folded(first.getFirst().payload()).acceptedAtMs();
    }
    long last = Duration.ofMillis(lastMs).toNanos();
    long due =
        last + EvidenceActor.untilTurn(stream, last, last, node.settings().checkpointEvery());
    return Duration.ofMillis(node.clock().millis()).toNanos() >= due;
  }

  private Effect<EvidencePartWritten, EvidenceCheckpointState> goOn(EvidenceCheckpointState state) {
    timers.cancel(Inner.GO_ON);
    if (!hasTurn) {
      hasTurn = node.turn().tryAcquire();
      if (!hasTurn) {
        timers.startSingleTimer(Inner.GO_ON, Inner.GO_ON, TURN_AGAIN);
        return Effect().none();
      }
    }
    Work now = work;
    if (now == null) {
      boolean resumes = state.begun() != null; // newer batches are not in it
      now = new Work(state, lastSequenceNumber(context), resumes ? List.of() : List.copyOf(asked));
      if (!resumes) {
        asked.clear();
      }
      work = now;
    }
    return sum(now, state) ? write(now, state) : Effect().none();
  }

  /** Whether all batches of the checkpoint are summed. */
  private boolean sum(Work now, EvidenceCheckpointState state) {
    EvidenceCheckpointState.Mark begun = state.begun();
    long last = begun == null ? Long.MAX_VALUE : begun.number();
    now.full |= begun == null && now.batches.rows() >= MOST_ROWS;
    if (now.full || now.batches.number() >= last) {
      return true;
    }
    EventStream.Batch read =
        node.events().tail(EvidenceActor.streams().get(stream), now.place, AT_ONCE);
    for (StoredEvent event : read.events()) {
      now.add(event);
      if (now.batches.number() >= last) {
        return true;
      }
    }
    if (read.atHead()) {
      if (begun != null) {
        throw new IllegalStateException(
            "stream %d of evidence ends with batch %d, expected batch %d of a checkpoint begun"
                .formatted(stream, now.batches.number(), last));
      }
      now.complete = true;
      return true;
    }
    context.getSelf().tell(Inner.GO_ON);
    return false;
  }

  private Effect<EvidencePartWritten, EvidenceCheckpointState> write(
      Work now, EvidenceCheckpointState state) {
    if (now.batches.number() == now.before.number()) {
      finish(now, state);
      return Effect().none();
    }
    long begin = System.nanoTime();
    return Effect()
        .persist(part(now, state.nextPart()))
        .thenRun(after -> {
          if (after.begun() == null) {
            node.vitals().checkpointed(stream, after.newest().number());
            context
                .getLog()
                .info(
                    "wrote a checkpoint of evidence stream={} batches={} to={}",
                    stream,
                    now.batches.number() - now.before.number(),
                    now.batches.number());
            finish(now, after);
            remove(after);
          } else {
            goOnAfter(Duration.ofNanos(System.nanoTime() - begin));
          }
        });
  }

  /** Rests for as long as a part took that other writes had to wait for. */
  private void goOnAfter(Duration took) {
    if (took.compareTo(SHORT) < 0) {
      context.getSelf().tell(Inner.GO_ON);
    } else {
      timers.startSingleTimer(Inner.GO_ON, Inner.GO_ON, took);
    }
  }

  private EvidencePartWritten part(Work now, int part) {
    EvidenceSums sums = new EvidenceSums();
    NewestTouches touches = now.touches[part];
    if (now.before.number() > 0) {
      EvidencePartWritten before = checkpoints.part(stream, now.firstOfBefore, part);
      sums = before.part().sums();
      before.touches().forEach(touches::add);
    }
    sums.addAll(now.batches.take(part));
    return new EvidencePartWritten(
        new EvidencePart(stream, now.batches.number(), now.batches.asOfMs(), part, sums),
        now.place,
        touches.since(node.clock().millis() - node.settings().keepBatches().toMillis()),
        node.clock().millis());
  }

  private void finish(Work done, EvidenceCheckpointState state) {
    if (done.complete) {
      Written written = new Written(stream, state.newest().number());
      done.asked.forEach(write -> write.replyTo().tell(written));
      work = null;
    }
    end();
    if (!done.complete || !asked.isEmpty()) {
      timers.startSingleTimer(Inner.GO_ON, Inner.GO_ON, done.full ? NEXT_AFTER : Duration.ZERO);
    }
  }

  /**
   * Deletes batches, some at a time, that have been in a checkpoint for long enough; but never the
   * last one, which tells who folds how far they are.
   */
  private void remove(EvidenceCheckpointState state) {
    long upTo =
        state.coveredBy(node.clock().millis() - node.settings().keepBatches().toMillis()) - 1;
    if (removing || removedTo >= upTo) {
      return;
    }
    if (removedTo == 0) {
      List<StoredEvent> first = node.events().of(EvidenceActor.persistenceId(stream), 1, 1);
      removedTo = first.isEmpty() ? upTo : Math.min(upTo, first.getFirst().sequence() - 1);
    }
    removing = removedTo < upTo;
    if (removing) {
      long number = Math.min(upTo, removedTo + AT_ONCE);
      context.pipeToSelf(
          node.removal().remove(EvidenceActor.persistenceId(stream), removedTo + 1, number),
          (done, failure) -> new Removed(number, failure));
    }
  }

  private Effect<EvidencePartWritten, EvidenceCheckpointState> onRemoved(Removed removed) {
    removing = false;
    if (removed.failure() != null) {
      context
          .getLog()
          .warn("batches of evidence stay for now stream={}", stream, removed.failure());
      return Effect().none();
    }
    removedTo = removed.number();
    timers.startSingleTimer(Inner.REMOVE, Inner.REMOVE, REMOVE_AGAIN);
    return Effect().none();
  }

  @Override
  public Set<String> tagsFor(EvidencePartWritten event) {
    return Set.of(EvidenceCheckpoints.stream(stream));
  }

  /** As many events as a checkpoint has parts: what it leaves are the newest two. */
  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(EvidencePart.PARTS, 2).withDeleteEventsOnSnapshot();
  }

  @Override
  public EventAdapter<EvidencePartWritten, ?> eventAdapter() {
    return new PlainEvents<>(
        StoredBytes.Manifests.EVIDENCE_PART, EvidenceCodec::toBytes, EvidenceCodec::part);
  }

  @Override
  public SnapshotAdapter<EvidenceCheckpointState> snapshotAdapter() {
    return new PlainSnapshots<>(
        StoredBytes.Manifests.EVIDENCE_CHECKPOINTS_SNAPSHOT,
        EvidenceCodec::toBytes,
        EvidenceCodec::checkpoints);
  }
}
