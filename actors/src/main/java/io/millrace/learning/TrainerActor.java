package io.millrace.learning;

import io.millrace.evidence.AnswerSink.Answer;
import io.millrace.evidence.AnswerSink.Answers;
import io.millrace.evidence.UserEventReader;
import io.millrace.model.FusionTrainer;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.retrieval.ChoiceSink.Chosen;
import io.millrace.serialization.LearningCodec;
import io.millrace.serialization.StoredBytes;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.BackoffSupervisorStrategy;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSeq;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/**
 * The only one who changes the fusion's weights: learns from positives that answer something served
 * (by their features in the served log; whoever folds evidence tells of them), from a sample of
 * those that do not (as retrieval saw them just before), and publishes to its node. Runs on a
 * thread of its own. Across a restart it keeps the weights and, with them, how far they have
 * learnt.
 */
public final class TrainerActor
    extends EventSourcedBehavior<TrainerActor.Command, TrainerSaved, TrainerSaved> {

  /** What the trainer is told. */
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /** Learns from a positive that answers nothing served, with what retrieval would have offered. */
  public record LearnChosen(Chosen chosen) implements Command {}

  /** Learns one choice at once and publishes: evaluation's way. Reply: {@link Learnt}. */
  public record LearnNow(Choices choices, int row, ActorRef<Learnt> replyTo) implements Command {}

  /**
   * Learns everything that is in the user streams now, publishes and saves. Reply: {@link Learnt}.
   */
  public record Drain(ActorRef<Learnt> replyTo) implements Command {}

  /** All that came before is learnt and published; the number of examples so far. */
  public record Learnt(long examples) implements NoSerializationVerificationNeeded {}

  /** Learns from what a part of a user stream answers; what it was told of before it leaves out. */
  public record LearnAnswers(Answers answers) implements Command {}

  private record Save() implements Command {}

  /**
   * What the trainer works with.
   *
   * @param userStreams by their numbers
   * @param reader of what nobody told it of, as around a restart
   * @param servedRows a row of the served log
   * @param saveEvery how often it reads what nobody told it of, and is made durable if it changed
   */
  public record Parts(
      PublishedWeights published,
      EventStream events,
      List<String> userStreams,
      UserEventReader reader,
      Function<String, Optional<ServedRows>> servedRows,
      Duration saveEvery) {}

  private static final int READ_AT_ONCE = 1_000;

  /** It begins where it was saved last. */
  private static final BackoffSupervisorStrategy AGAIN =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.1);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Parts parts;
  private FusionTrainer trainer = new FusionTrainer(TrainerSaved.NOTHING.weights());
  private final Map<String, Cursor> cursors = new HashMap<>();
  private final Map<Integer, TrainerSaved.Mark> marks = new HashMap<>();
  private long published;

  /** Whether it has learnt or read on since it was saved. */
  private boolean unsaved;

  /** Streams of which something was told since it was saved. */
  private final BitSet told = new BitSet();

  public static Behavior<Command> create(Parts parts) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(context ->
                Behaviors.withTimers(timers -> new TrainerActor(context, timers, parts))))
        .onFailure(AGAIN);
  }

  private TrainerActor(ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
    super(PersistenceId.ofUniqueId("trainer|default"), AGAIN);
    this.context = context;
    this.timers = timers;
    this.parts = parts;
  }

  @Override
  public TrainerSaved emptyState() {
    return TrainerSaved.NOTHING;
  }

  @Override
  public CommandHandler<Command, TrainerSaved, TrainerSaved> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(LearnChosen.class, this::onChosen)
        .onCommand(LearnNow.class, this::onLearnNow)
        .onCommand(LearnAnswers.class, this::onAnswers)
        .onCommand(Save.class, save -> onSave())
        .onCommand(Drain.class, this::onDrain)
        .build();
  }

  private Effect<TrainerSaved, TrainerSaved> onChosen(LearnChosen command) {
    Chosen chosen = command.chosen();
    TrainerSaved.Mark mark = marks.get(chosen.stream());
    if (mark != null && !mark.isBefore(chosen.number(), chosen.index())) {
      return Effect().none(); // a rebuilt index offers its choices again
    }
    unsaved = true;
    marks.put(chosen.stream(), new TrainerSaved.Mark(chosen.number(), chosen.index()));
    Choices choices =
        Choices.of(
            chosen.candidates(),
            chosen.choice().atMs(),
            chosen.choice().touches(),
            chosen.choice().lastTouchAtMs());
    int row = choices.rowOf(chosen.ordinal());
    if (row >= 0) {
      trainer.learn(choices.matrix(), choices.size(), row, new float[0], choices.context());
    }
    return Effect().none();
  }

  private Effect<TrainerSaved, TrainerSaved> onLearnNow(LearnNow command) {
    Choices choices = command.choices();
    trainer.learn(choices.matrix(), choices.size(), command.row(), new float[0], choices.context());
    unsaved = true;
    publish();
    command.replyTo().tell(new Learnt(trainer.examples()));
    return Effect().none();
  }

  private Effect<TrainerSaved, TrainerSaved> onAnswers(LearnAnswers command) {
    Answers part = command.answers();
    String stream = parts.userStreams().get(part.stream());
    told.set(part.stream());
    read(stream, part.from().position());
    long learnt = place(stream).position();
    for (Answer answer : part.answers()) {
      if (answer.place().position() > learnt) {
        learn(answer);
      }
    }
    if (part.next().position() > learnt) {
      goTo(stream, part.next());
    }
    publish();
    return Effect().none();
  }

  /** Streams of which something was told are not looked at: what is left of them will be told. */
  private Effect<TrainerSaved, TrainerSaved> onSave() {
    for (int n = 0; n < parts.userStreams().size(); n++) {
      if (!told.get(n)) {
        read(parts.userStreams().get(n), Long.MAX_VALUE);
      }
    }
    told.clear();
    publish();
    return unsaved ? save(() -> {}) : Effect().none();
  }

  private Effect<TrainerSaved, TrainerSaved> onDrain(Drain command) {
    parts.userStreams().forEach(stream -> read(stream, Long.MAX_VALUE));
    publish();
    Learnt learnt = new Learnt(trainer.examples());
    return unsaved
        ? save(() -> command.replyTo().tell(learnt))
        : Effect().none().thenRun(state -> command.replyTo().tell(learnt));
  }

  private Effect<TrainerSaved, TrainerSaved> save(Runnable after) {
    unsaved = false;
    return Effect()
        .persist(new TrainerSaved(trainer.published(), Map.copyOf(cursors), Map.copyOf(marks)))
        .thenRun(state -> after.run());
  }

  private Cursor place(String stream) {
    return cursors.getOrDefault(stream, Cursor.START);
  }

  private void goTo(String stream, Cursor next) {
    unsaved |= !next.equals(cursors.put(stream, next));
  }

  /** Reads up to a position at least, or to the end. */
  private void read(String stream, long position) {
    boolean atHead = false;
    while (!atHead && place(stream).position() < position) {
      EventStream.Batch batch = parts.events().tail(stream, place(stream), READ_AT_ONCE);
      batch.events().forEach(this::learnFrom);
      goTo(stream, batch.next());
      atHead = batch.atHead();
    }
  }

  private void learnFrom(StoredEvent event) {
    try {
      if (parts.reader().read(event) instanceof UserEventReader.Observations some) {
        some.answers().forEach(this::learn);
      }
    } catch (RuntimeException poison) {
      context
          .getLog()
          .error(
              "event passed over persistenceId={} sequence={}",
              event.persistenceId(),
              event.sequence(),
              poison);
    }
  }

  private void learn(Answer answer) {
    try {
      parts
          .servedRows()
          .apply(answer.requestId())
          .ifPresent(rows -> rows.teach(trainer, answer.ordinal()));
    } catch (RuntimeException poison) {
      context.getLog().error("an answer was passed place={}", answer.place(), poison);
    }
  }

  private void publish() {
    if (trainer.examples() != published) {
      parts.published().publish(trainer.published());
      published = trainer.examples();
    }
  }

  @Override
  public EventHandler<TrainerSaved, TrainerSaved> eventHandler() {
    return (state, event) -> event;
  }

  @Override
  public SignalHandler<TrainerSaved> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .build();
  }

  /** Also after a write that failed: what was learnt and read since the last one is gone. */
  private void onRecovered(TrainerSaved state) {
    trainer = new FusionTrainer(state.weights());
    cursors.clear();
    cursors.putAll(state.cursors());
    marks.clear();
    marks.putAll(state.marks());
    told.clear();
    unsaved = false;
    published = state.weights().examples();
    parts.published().publish(state.weights());
    timers.startTimerWithFixedDelay(new Save(), parts.saveEvery());
    context.getLog().info("trainer ready examples={}", published);
  }

  @Override
  public Set<String> tagsFor(TrainerSaved event) {
    return Set.of("system-0");
  }

  /** Each state replaces the one before: two are kept. */
  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(1, 2).withDeleteEventsOnSnapshot();
  }

  @Override
  public EventAdapter<TrainerSaved, Object> eventAdapter() {
    return new EventAdapter<>() {
      @Override
      public Object toJournal(TrainerSaved event) {
        return LearningCodec.write(event);
      }

      @Override
      public String manifest(TrainerSaved event) {
        return "";
      }

      @Override
      public EventSeq<TrainerSaved> fromJournal(Object stored, String manifest) {
        return EventSeq.single(LearningCodec.readTrainerSaved((StoredBytes) stored));
      }
    };
  }

  @Override
  public SnapshotAdapter<TrainerSaved> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(TrainerSaved state) {
        return LearningCodec.write(state);
      }

      @Override
      public TrainerSaved fromJournal(Object stored) {
        return LearningCodec.readTrainerSaved((StoredBytes) stored);
      }
    };
  }
}
