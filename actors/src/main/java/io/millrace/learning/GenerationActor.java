package io.millrace.learning;

import io.millrace.learning.GenerationEvent.Adopted;
import io.millrace.learning.GenerationEvent.Refused;
import io.millrace.learning.GenerationEvent.Trained;
import io.millrace.model.taste.Generation;
import io.millrace.serialization.GenerationCodec;
import io.millrace.serialization.PlainEvents;
import io.millrace.serialization.PlainSnapshots;
import io.millrace.serialization.StoredBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only one who decides about generations: has the next one trained from the journal (by itself
 * every so often, or when told), checks it, has the index prepare it beside the present one, and
 * then lets feeds use it. Each decision is journalled before it takes effect; a restart adopts
 * again what was adopted.
 */
public final class GenerationActor
    extends EventSourcedBehavior<GenerationActor.Command, GenerationEvent, GenerationsState> {

  /** What it is told. */
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /** Trains the next generation and adopts it when it passes. Reply: {@link Decided}. */
  public record Train(ActorRef<Decided> replyTo) implements Command {}

  /** Adopts one whose file is kept. Reply: {@link Decided}. */
  public record Promote(int number, ActorRef<Decided> replyTo) implements Command {}

  /** Adopts the one before the present one. Reply: {@link Decided}. */
  public record Rollback(ActorRef<Decided> replyTo) implements Command {}

  /** Which there are. Reply: the state. */
  public record Describe(ActorRef<GenerationsState> replyTo) implements Command {}

  private record Tick() implements Command {}

  private record Forging(@Nullable Forged forged, @Nullable Throwable failure, ActorRef<Decided> to)
      implements Command {}

  private record Prepared(int number, @Nullable Throwable failure, ActorRef<Decided> to)
      implements Command {}

  /**
   * What came of it.
   *
   * @param adopted whether feeds now use {@code number}
   * @param detail for people: what was measured, or why not
   */
  public record Decided(int number, boolean adopted, String detail)
      implements NoSerializationVerificationNeeded {}

  /**
   * A generation fresh from training.
   *
   * @param facts it was trained from
   * @param report what its check measured
   * @param refusal why it must not be adopted; null when it may
   */
  public record Forged(
      Generation generation, long facts, String report, @Nullable String refusal) {}

  /** Trains and checks; called on a thread of its own, one at a time. */
  public interface Forge {
    /**
     * The next generation; null when there is too little to learn from.
     *
     * @param present the adopted one, null before the first
     */
    @Nullable Forged forge(int number, @Nullable Generation present, Consumer<String> progress);
  }

  /**
   * What it works with.
   *
   * @param prepare has the index make the items' vectors of a generation
   * @param trainEvery how often it trains by itself; {@link Duration#ZERO} never
   * @param trainAfter events after which it trains sooner; 0 for never
   * @param firstAfter when it first looks
   * @param events that this node has read so far
   * @param settled run once after each recovery: what was adopted is in use again, or cannot be
   */
  public record Parts(
      Generations generations,
      Forge forge,
      Executor training,
      IntFunction<CompletionStage<Void>> prepare,
      Duration trainEvery,
      long trainAfter,
      Duration firstAfter,
      LongSupplier events,
      InstantSource clock,
      Runnable settled) {}

  /** Training logs from its own thread, where the context's logger must not be used. */
  private static final Logger LOG = LoggerFactory.getLogger(GenerationActor.class);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Parts parts;
  private boolean busy;

  /** When it last trained by itself or was told to, and what it had read then. */
  private long trainedAtMs = Long.MIN_VALUE;

  private long trainedAtEvents;

  /** How often it looks whether it is time; chosen. */
  private static final Duration LOOK_EVERY = Duration.ofMinutes(1);

  public static Behavior<Command> create(Parts parts) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new GenerationActor(context, timers, parts)));
  }

  private GenerationActor(
      ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
    super(
        PersistenceId.ofUniqueId("generations|default"),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.1));
    this.context = context;
    this.timers = timers;
    this.parts = parts;
  }

  @Override
  public GenerationsState emptyState() {
    return GenerationsState.NONE;
  }

  @Override
  public CommandHandler<Command, GenerationEvent, GenerationsState> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Tick.class, this::onTick)
        .onCommand(Train.class, (state, train) -> onTrain(state, train.replyTo()))
        .onCommand(Forging.class, this::onForged)
        .onCommand(Prepared.class, this::onPrepared)
        .onCommand(
            Promote.class,
            (state, promote) -> onPromote(state, promote.number(), promote.replyTo()))
        .onCommand(Rollback.class, this::onRollback)
        .onCommand(Describe.class, this::onDescribe)
        .build();
  }

  private Effect<GenerationEvent, GenerationsState> onTick(GenerationsState state, Tick tick) {
    if (busy) {
      return Effect().none();
    }
    if (isDue()) {
      return onTrain(state, context.getSystem().ignoreRef());
    }
    if (state.adopted() != 0 && parts.generations().now() == null) { // it failed at the start
      busy = true;
      prepare(state.adopted(), context.getSystem().ignoreRef());
    }
    return Effect().none();
  }

  private boolean isDue() {
    if (parts.trainEvery().isZero()) {
      return false;
    }
    return trainedAtMs == Long.MIN_VALUE
        || parts.clock().millis() - trainedAtMs >= parts.trainEvery().toMillis()
        || (parts.trainAfter() > 0
            && parts.events().getAsLong() - trainedAtEvents >= parts.trainAfter());
  }

  private Effect<GenerationEvent, GenerationsState> onTrain(
      GenerationsState state, ActorRef<Decided> replyTo) {
    if (busy) {
      replyTo.tell(new Decided(0, false, "a generation is being trained or adopted already"));
      return Effect().none();
    }
    busy = true;
    trainedAtMs = parts.clock().millis();
    trainedAtEvents = parts.events().getAsLong();
    int number = state.last() + 1;
    int present = state.adopted();
    CompletableFuture<@Nullable Forged> forging =
        CompletableFuture.supplyAsync(
            () -> parts.forge().forge(number, present(present), parts.generations()::progress),
            parts.training());
    context.pipeToSelf(forging, (forged, failure) -> new Forging(forged, failure, replyTo));
    return Effect().none();
  }

  /** Null when there is none yet, or its file cannot be read: the next must not wait for that. */
  private @Nullable Generation present(int number) {
    if (number == 0) {
      return null;
    }
    try {
      return parts.generations().load(number);
    } catch (UncheckedIOException e) {
      LOG.warn("training goes on without the present generation", e);
      return null;
    }
  }

  private Effect<GenerationEvent, GenerationsState> onForged(
      GenerationsState state, Forging result) {
    Forged forged = result.forged();
    if (result.failure() != null) {
      busy = false;
      context.getLog().error("a generation could not be trained", result.failure());
      result.to().tell(new Decided(state.last() + 1, false, String.valueOf(result.failure())));
      return Effect().none();
    }
    if (forged == null) {
      busy = false;
      if (state.adopted() == 0) {
        trainedAtMs = Long.MIN_VALUE; // nothing was trained: the next tick looks again
      }
      result.to().tell(new Decided(0, false, "there is too little to learn from yet"));
      return Effect().none();
    }
    int number = Math.toIntExact(forged.generation().number());
    long now = parts.clock().millis();
    if (forged.refusal() != null) {
      busy = false;
      parts.generations().refused();
      String refused = "generation {} is refused: {} ({})";
      if (state.adopted() == 0) {
        context.getLog().info(refused, number, forged.refusal(), forged.report());
      } else {
        context.getLog().error(refused, number, forged.refusal(), forged.report());
      }
      return Effect()
          .persist(new Refused(now, number, forged.refusal(), forged.report()))
          .thenRun(after ->
              result.to().tell(new Decided(number, false, "refused: " + forged.refusal())));
    }
    long bytes;
    try {
      bytes = parts.generations().save(forged.generation());
    } catch (IOException e) {
      busy = false;
      context.getLog().error("generation {} could not be written", number, e);
      result.to().tell(new Decided(number, false, "could not be written: " + e.getMessage()));
      return Effect().none();
    }
    TrainedGeneration trained =
        new TrainedGeneration(
            number,
            bytes,
            forged.facts(),
            forged.generation().createdAtMs(),
            forged.generation().items(),
            forged.generation().users(),
            forged.report());
    return Effect()
        .persist(new Trained(now, trained))
        .thenRun(after -> {
          state.leftBy(after).forEach(this::delete);
          context.getLog().info("trained {} ({})", forged.generation(), forged.report());
          prepare(number, result.to());
        });
  }

  private void delete(int number) {
    try {
      parts.generations().delete(number);
    } catch (IOException e) {
      context.getLog().warn("the file of generation {} could not be deleted", number, e);
    }
  }

  private void prepare(int number, ActorRef<Decided> replyTo) {
    context.pipeToSelf(
        parts.prepare().apply(number), (done, failure) -> new Prepared(number, failure, replyTo));
  }

  private Effect<GenerationEvent, GenerationsState> onPrepared(
      GenerationsState state, Prepared prepared) {
    busy = false;
    int number = prepared.number();
    if (prepared.failure() != null) {
      context.getLog().error("generation {} could not be prepared", number, prepared.failure());
      prepared.to().tell(new Decided(number, false, String.valueOf(prepared.failure())));
      parts.settled().run();
      return Effect().none();
    }
    if (state.adopted() == number) { // again, after a restart
      adopt(state, prepared);
      parts.settled().run();
      return Effect().none();
    }
    return Effect()
        .persist(new Adopted(parts.clock().millis(), number))
        .thenRun(after -> adopt(after, prepared));
  }

  private void adopt(GenerationsState state, Prepared prepared) {
    parts.generations().adopt(prepared.number());
    TrainedGeneration trained = state.kept(prepared.number());
    context.getLog().info("feeds use generation {}", prepared.number());
    prepared
        .to()
        .tell(new Decided(prepared.number(), true, trained == null ? "adopted" : trained.report()));
  }

  private Effect<GenerationEvent, GenerationsState> onPromote(
      GenerationsState state, int number, ActorRef<Decided> replyTo) {
    if (busy) {
      replyTo.tell(new Decided(number, false, "a generation is being trained or adopted already"));
    } else if (state.kept(number) == null) {
      replyTo.tell(
          new Decided(
              number,
              false,
              "no such generation is kept, expected one of "
                  + state.kept().stream().map(TrainedGeneration::number).toList()));
    } else {
      busy = true;
      prepare(number, replyTo);
    }
    return Effect().none();
  }

  private Effect<GenerationEvent, GenerationsState> onRollback(
      GenerationsState state, Rollback rollback) {
    TrainedGeneration before = state.beforeAdopted();
    if (before == null) {
      rollback
          .replyTo()
          .tell(new Decided(0, false, "no generation before " + state.adopted() + " is kept"));
      return Effect().none();
    }
    return onPromote(state, before.number(), rollback.replyTo());
  }

  private Effect<GenerationEvent, GenerationsState> onDescribe(
      GenerationsState state, Describe describe) {
    describe.replyTo().tell(state);
    return Effect().none();
  }

  @Override
  public EventHandler<GenerationsState, GenerationEvent> eventHandler() {
    return GenerationsState::after;
  }

  @Override
  public SignalHandler<GenerationsState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .build();
  }

  private void onRecovered(GenerationsState state) {
    busy = false;
    if (state.adopted() != 0) {
      busy = true;
      prepare(state.adopted(), context.getSystem().ignoreRef());
    } else {
      parts.settled().run();
    }
    boolean often = !parts.trainEvery().isZero() && parts.trainEvery().compareTo(LOOK_EVERY) < 0;
    timers.startTimerWithFixedDelay(
        new Tick(), parts.firstAfter(), often ? parts.trainEvery() : LOOK_EVERY);
  }

  @Override
  public Set<String> tagsFor(GenerationEvent event) {
    return Set.of("system-0");
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(20, 2);
  }

  @Override
  public EventAdapter<GenerationEvent, ?> eventAdapter() {
    return new PlainEvents<>(
        StoredBytes.Manifests.GENERATION_EVENT, GenerationCodec::write, GenerationCodec::event);
  }

  @Override
  public SnapshotAdapter<GenerationsState> snapshotAdapter() {
    return new PlainSnapshots<>(
        StoredBytes.Manifests.GENERATIONS_SNAPSHOT, GenerationCodec::write, GenerationCodec::state);
  }
}
