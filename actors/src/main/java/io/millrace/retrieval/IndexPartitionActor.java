package io.millrace.retrieval;

import io.millrace.evidence.EvidenceActor;
import io.millrace.index.Candidates;
import io.millrace.index.EvidenceBatch;
import io.millrace.index.ItemFacts;
import io.millrace.index.ItemIndex;
import io.millrace.item.ItemEvent;
import io.millrace.item.ItemIds;
import io.millrace.item.StreamFollower;
import io.millrace.model.taste.Generation;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.retrieval.ChoiceSink.Chosen;
import io.millrace.serialization.CheckpointCodec;
import io.millrace.serialization.EvidenceCodec;
import io.millrace.serialization.ItemCodec;
import io.millrace.serialization.Wire;
import io.millrace.threads.Niceness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.jspecify.annotations.Nullable;

/**
 * The writer of one copy of one index partition: follows the item and evidence streams, registers
 * its {@link IndexSearchActor} when caught up. It owns the {@link ItemIndex} and writes it on its
 * own thread: give it a pinned dispatcher. A checkpoint in the data folder saves time at the next
 * start; the journal alone is the truth.
 */
public final class IndexPartitionActor extends AbstractBehavior<IndexPartitionActor.Command> {

  /** What the writer can be told. */
  public sealed interface Command extends Wire {}

  /**
   * Applies everything that is in the item and evidence streams now, then answers {@link Applied}.
   */
  public record Drain(ActorRef<Applied> replyTo) implements Command {}

  /** Writes a checkpoint now, then answers {@link Applied}. */
  public record WriteCheckpoint(ActorRef<Applied> replyTo) implements Command {}

  /**
   * Makes the items' vectors of a generation beside those of the present one, a slice at a time,
   * then answers {@link GenerationPrepared}. One at a time: the next waits. A fault of the writer
   * is an answer, too.
   */
  public record PrepareGeneration(int number, ActorRef<GenerationPrepared> replyTo)
      implements Command {}

  /** Queries may name this generation. {@code failure} is empty, or why they may not. */
  public record GenerationPrepared(int number, String failure) implements Wire {}

  /** Batches applied per evidence stream. */
  public record Applied(long[] batches) implements Wire {}

  private enum Inner implements Command, NoSerializationVerificationNeeded {
    READ_ON,
    POLL,
    CHECKPOINT,
    GO_ON,
    MOVE
  }

  /** The vectors of a generation can be searched, or why not. */
  private record Folded(Coming of, @Nullable Throwable failure)
      implements Command, NoSerializationVerificationNeeded {}

  /** Questions as feeds will ask them have been asked. */
  private record Rehearsed(Coming of, @Nullable Throwable failure)
      implements Command, NoSerializationVerificationNeeded {}

  /**
   * What the writer needs of its node.
   *
   * @param newIndex makes an empty index; asked again after a fault
   * @param folder of the checkpoint, and of what is made to search vectors
   * @param generations where vectors come from
   */
  public record Surroundings(
      RetrievalSettings settings,
      EventStream events,
      Supplier<ItemIndex> newIndex,
      Path folder,
      ChoiceSink choices,
      GenerationShelf generations,
      InstantSource clock,
      IndexVitals vitals) {}

  private static final List<String> STREAMS =
      Stream.concat(ItemIds.streams().stream(), EvidenceActor.streams().stream()).toList();

  /** Items whose vectors are made before other messages have their turn. */
  private static final int FILLED_AT_ONCE = 500;

  /** Items that are moved before other messages have their turn. */
  private static final int MOVED_AT_ONCE = 50;

  /** How long items wait when their share is spent; chosen, a tenth of what can be saved up. */
  private static final Duration MOVE_AGAIN = Duration.ofMillis(100);

  /**
   * A checkpoint comes no sooner than after so many times what the last one took, as nothing is
   * applied meanwhile: chosen, half a percent of the writer's time.
   */
  private static final int CHECKPOINT_SPACING = 200;

  private static final String WRITER_ENDED = "the index's writer failed or was stopped meanwhile";

  /** The behaviour of one copy. */
  public static Behavior<Command> create(int partition, Surroundings surroundings) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(context ->
                Behaviors.withTimers(
                    timers -> new IndexPartitionActor(context, timers, partition, surroundings))))
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                Duration.ofMillis(200), Duration.ofSeconds(10), 0.1));
  }

  private final int partition;
  private final Surroundings node;
  private final ItemIndex index;
  private final CheckpointFile file;
  private final StreamFollower follower;
  private @Nullable ActorRef<IndexSearchActor.Command> search;

  /** Whether anything was applied since the last checkpoint. */
  private boolean changed;

  /** The same in pieces, without what a start had to catch up with. */
  private long changes;

  private long checkpointNotBeforeNanos = System.nanoTime();

  /** Those that queries may name: the one that feeds use, and the one prepared last. */
  private final Deque<TasteSpace> generations = new ArrayDeque<>();

  private final LiveItems live;
  private final TimerScheduler<Command> timers;
  private final CpuShare choiceShare;
  private final CpuShare liveShare;

  /** Until an index without a checkpoint of its own has what the journal's say. */
  private @Nullable Rebuild rebuild;

  /** Between the reading of a checkpoint and the end of the constructor. */
  private CheckpointCodec.@Nullable Remembered remembered;

  /** Folds vectors into what searches are fast on: beside the writer, which goes on. */
  private final ExecutorService folds;

  private @Nullable Coming coming;

  /** Generations that are asked for while another one is on its way. */
  private final Deque<PrepareGeneration> waiting = new ArrayDeque<>();

  /** A generation on its way to the feeds. */
  private static final class Coming {
    private final TasteSpace made;
    private final ActorRef<GenerationPrepared> replyTo;
    private Stage stage = Stage.FILL;

    /** Items below it have their vectors. */
    private int next;

    /** Items touched since it was trained that are not yet moved. */
    private int behind;

    /** Code that feeds will run has run. */
    private boolean rehearsed;

    private Coming(TasteSpace made, ActorRef<GenerationPrepared> replyTo) {
      this.made = made;
      this.replyTo = replyTo;
    }
  }

  /** What a generation is waiting for, in this order. */
  private enum Stage {
    /** All items have their vectors in it. */
    FILL,
    /** What makes searching it fast. */
    FOLD,
    /** Items have moved for what was touched since it was trained. */
    MOVE,
    /** Where it is the first: code that feeds will run has run, meanwhile or now. */
    REHEARSE
  }

  private IndexPartitionActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      int partition,
      Surroundings surroundings) {
    super(context);
    this.partition = partition;
    this.node = surroundings;
    this.file = new CheckpointFile(surroundings.folder(), partition);
    ActorRef<Command> self = context.getSelf();
    IndexVitals vitals = surroundings.vitals();
    this.follower =
        new StreamFollower(
            surroundings.events(),
            STREAMS,
            surroundings.settings().readBatch(),
            () -> {
              vitals.behind();
              self.tell(Inner.READ_ON);
            });
    vitals.behind();
    this.index = restored(surroundings);
    this.live = new LiveItems(index::ordinal);
    if (remembered != null) {
      remembered.touches().forEach(live::take);
      live.beginAt(remembered.moved());
      remembered = null;
    }
    this.folds =
        Executors.newSingleThreadExecutor(
            Niceness.background(
                Thread.ofPlatform().daemon().name("index-fold-" + partition).factory()));
    this.timers = timers;
    this.choiceShare = new CpuShare(surroundings.settings().choiceCpuShare(), System::nanoTime);
    this.liveShare = new CpuShare(surroundings.settings().liveCpuShare(), System::nanoTime);
    timers.startTimerWithFixedDelay(Inner.POLL, Inner.POLL, surroundings.settings().pollEvery());
    timers.startTimerWithFixedDelay(
        Inner.CHECKPOINT, Inner.CHECKPOINT, surroundings.settings().checkpointEvery());
    self.tell(Inner.READ_ON);
    TasteSpace used = surroundings.generations().now();
    if (used != null) { // after a fault: what feeds use is made again
      self.tell(new PrepareGeneration(used.number(), context.getSystem().ignoreRef()));
    }
  }

  private ItemIndex restored(Surroundings surroundings) {
    Optional<CheckpointFile.Checkpoint> checkpoint =
        file.read(partition).filter(this::isOfThisJournal);
    if (checkpoint.isPresent()) {
      ItemIndex candidate = surroundings.newIndex().get();
      try {
        checkpoint.get().readState(candidate::restore);
        Map<String, Cursor> cursors = checkpoint.get().header().cursors();
        checkBatchesFollow(candidate, cursors);
        checkpoint
            .get()
            .readTouches((in, length) -> remembered = CheckpointCodec.remembered(in, length));
        cursors.forEach(follower::seek);
        surroundings.vitals().checkpointed(checkpoint.get().header().writtenAtMs());
        getContext()
            .getLog()
            .info("the index continues from its checkpoint items={}", candidate.size());
        return candidate;
      } catch (RuntimeException | IOException e) {
        getContext()
            .getLog()
            .warn("an index checkpoint cannot be used, reading the journal instead", e);
        remembered = null;
        STREAMS.forEach(stream -> follower.seek(stream, Cursor.START));
      }
    }
    rebuild = Rebuild.from(node.events(), node.settings().readBatch()).orElse(null);
    if (rebuild != null) {
      getContext()
          .getLog()
          .info(
              "the index begins with checkpoints of evidence in place of batches={}",
              rebuild.batches());
    }
    return surroundings.newIndex().get();
  }

  /** An index that was away for long may need batches that are deleted by now. */
  private void checkBatchesFollow(ItemIndex candidate, Map<String, Cursor> cursors) {
    long[] batches = candidate.batches();
    for (int stream = 0; stream < batches.length; stream++) {
      String name = EvidenceActor.streams().get(stream);
      List<StoredEvent> next =
          node.events().tail(name, cursors.getOrDefault(name, Cursor.START), 1).events();
      if (!next.isEmpty() && next.getFirst().sequence() != batches[stream] + 1) {
        throw new IllegalArgumentException(
            "it ends with batch %d of %s, whose next is batch %d, expected %d"
                .formatted(batches[stream], name, next.getFirst().sequence(), batches[stream] + 1));
      }
    }
  }

  /** A journal that was set back to an earlier state has not written what the checkpoint knows. */
  private boolean isOfThisJournal(CheckpointFile.Checkpoint checkpoint) {
    for (Map.Entry<String, Cursor> one : checkpoint.header().cursors().entrySet()) {
      Cursor head = node.events().head(one.getKey());
      if (!STREAMS.contains(one.getKey()) || one.getValue().position() > head.position()) {
        getContext()
            .getLog()
            .warn(
                "an index checkpoint is not of this journal stream={} at={} head={}",
                one.getKey(),
                one.getValue(),
                head);
        return false;
      }
    }
    return true;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Drain.class, this::onDrain)
        .onMessage(WriteCheckpoint.class, this::onWriteCheckpoint)
        .onMessage(PrepareGeneration.class, this::onPrepareGeneration)
        .onMessage(Inner.class, this::onInner)
        .onMessage(Folded.class, this::onFolded)
        .onMessage(Rehearsed.class, this::onRehearsed)
        .onSignal(PreRestart.class, restart -> onEnd())
        .onSignal(PostStop.class, stop -> onStop())
        .build();
  }

  private Behavior<Command> onDrain(Drain drain) {
    while (isRebuilding()) {
      rebuildOn();
    }
    follower.readAll(this::apply);
    onHead();
    live.moveAll();
    if (coming != null) {
      coming.behind = 0;
    }
    drain.replyTo().tell(new Applied(index.batches()));
    return this;
  }

  private Behavior<Command> onWriteCheckpoint(WriteCheckpoint write) {
    checkpoint();
    write.replyTo().tell(new Applied(index.batches()));
    return this;
  }

  private Behavior<Command> onInner(Inner inner) {
    switch (inner) {
      case READ_ON -> readOn();
      case POLL -> {
        follower.expectNews();
        readOn();
      }
      case CHECKPOINT -> checkpoint();
      case GO_ON -> goOn();
      case MOVE -> move();
    }
    return this;
  }

  private Behavior<Command> onPrepareGeneration(PrepareGeneration prepare) {
    for (TasteSpace there : generations) {
      boolean onItsWay = coming != null && coming.made == there;
      if (there.number() == prepare.number() && !onItsWay) {
        live.goOnIn(there);
        prepare.replyTo().tell(new GenerationPrepared(prepare.number(), ""));
        prepareNext();
        return this;
      }
    }
    if (coming != null) {
      waiting.addLast(prepare);
      return this;
    }
    try {
      Generation generation = node.generations().load(prepare.number());
      dropFoldersBut(prepare.number());
      coming =
          new Coming(
              new TasteSpace(
                  generation,
                  node.settings()
                      .nearest()
                      .newIndex(
                          generation.dimensions(),
                          index.size(),
                          foldersOf().resolve(Integer.toString(prepare.number())),
                          folds)),
              prepare.replyTo());
      getContext().getSelf().tell(Inner.GO_ON);
    } catch (RuntimeException e) {
      prepare
          .replyTo()
          .tell(new GenerationPrepared(prepare.number(), String.valueOf(e.getMessage())));
      prepareNext();
    }
    return this;
  }

  /** Whoever waits has a turn. */
  private void prepareNext() {
    if (coming == null && !waiting.isEmpty()) {
      getContext().getSelf().tell(waiting.removeFirst());
    }
  }

  /** No generation is on its way any more. Empty for success. */
  private void answer(Coming done, String failure) {
    coming = null;
    done.replyTo.tell(new GenerationPrepared(done.made.number(), failure));
    prepareNext();
  }

  private Path foldersOf() {
    return node.folder().resolve("nearest-" + partition);
  }

  /** Only generations that queries may name, and this one, keep what was made to search them. */
  private void dropFoldersBut(int number) {
    Path all = foldersOf();
    if (!Files.isDirectory(all)) {
      return;
    }
    Set<String> kept =
        Stream.concat(generations.stream().map(TasteSpace::number), Stream.of(number))
            .map(String::valueOf)
            .collect(Collectors.toSet());
    try (Stream<Path> paths = Files.walk(all)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        if (!path.equals(all) && !kept.contains(all.relativize(path).getName(0).toString())) {
          Files.delete(path);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("old vector graphs cannot be deleted in " + all, e);
    }
  }

  /** Carries the coming generation on, some at a time, so that evidence is not held up. */
  private void goOn() {
    Coming now = coming;
    if (now == null) {
      return;
    }
    switch (now.stage) {
      case FILL -> fill(now);
      case MOVE -> moveFor(now);
      case FOLD, REHEARSE -> {}
    }
  }

  private void fill(Coming now) {
    int end = Math.min(index.ordinals(), now.next + FILLED_AT_ONCE);
    for (; now.next < end; now.next++) {
      ItemFacts facts = index.facts(now.next);
      if (facts != null) {
        now.made.put(now.next, facts);
      }
    }
    if (now.next < index.ordinals()) {
      getContext().getSelf().tell(Inner.GO_ON);
      return;
    }
    now.stage = Stage.FOLD;
    getContext()
        .pipeToSelf(
            CompletableFuture.runAsync(now.made.vectors().search()::fold, folds),
            (done, failure) -> new Folded(now, failure));
  }

  private Behavior<Command> onFolded(Folded folded) {
    Coming now = folded.of();
    if (now != coming) { // a fault came between: it was answered
      now.made.vectors().search().close();
      return this;
    }
    Throwable failure = folded.failure();
    if (failure != null) {
      now.made.vectors().search().close();
      getContext()
          .getLog()
          .error("vectors could not be folded generation={}", now.made.number(), failure);
      answer(now, String.valueOf(failure.getMessage()));
      return this;
    }
    TasteSpace used = node.generations().now();
    for (Iterator<TasteSpace> kept = generations.iterator(); kept.hasNext(); ) {
      TasteSpace one = kept.next();
      if (used == null || one.number() != used.number()) {
        kept.remove();
        one.vectors().search().close();
      }
    }
    now.made.drawMap(used);
    generations.addLast(now.made);
    live.goOnIn(now.made);
    index.adopt(now.made.vectors(), used == null ? 0 : used.number());
    now.stage = Stage.MOVE;
    now.behind = live.waiting();
    if (used == null) {
      rehearse(now);
    }
    goOn();
    return this;
  }

  private void rehearse(Coming now) {
    getContext()
        .pipeToSelf(
            CompletableFuture.runAsync(
                new Rehearsal(index, now.made, node.settings(), node.clock().millis()), folds),
            (done, failure) -> new Rehearsed(now, failure));
  }

  /** A first generation waits for no share of a core, nor does any for a share of nothing. */
  private void moveFor(Coming now) {
    if (search == null) {
      return;
    }
    boolean first = node.generations().now() == null;
    boolean atOnce = first || node.settings().liveCpuShare() == 0;
    for (int i = 0; atOnce && i < MOVED_AT_ONCE && now.behind > 0; i++) {
      moveNext();
    }
    if (now.behind > 0) {
      getContext().getSelf().tell(atOnce ? Inner.GO_ON : Inner.MOVE);
      return;
    }
    now.stage = Stage.REHEARSE;
    if (!first || now.rehearsed) {
      prepared(now);
    }
  }

  private Behavior<Command> onRehearsed(Rehearsed rehearsed) {
    if (rehearsed.failure() != null) {
      getContext().getLog().error("questions to a new generation failed", rehearsed.failure());
    }
    Coming now = rehearsed.of();
    now.rehearsed = true;
    if (now == coming && now.stage == Stage.REHEARSE) {
      prepared(now);
    }
    return this;
  }

  private void prepared(Coming now) {
    node.generations().prepared(now.made);
    answer(now, "");
  }

  private void put(int ordinal, ItemFacts facts) {
    index.put(ordinal, facts);
    node.vitals().vectorLength(index.vectorLength());
    boolean changed = false;
    for (TasteSpace made : generations) {
      changed |= made.put(ordinal, facts);
    }
    live.put(ordinal, facts.itemId(), changed);
    if (coming != null && coming.stage.compareTo(Stage.MOVE) < 0) {
      coming.made.put(ordinal, facts);
    }
  }

  private boolean isRebuilding() {
    return rebuild != null;
  }

  private void rebuildOn() {
    Rebuild now = rebuild;
    if (now != null && now.step(index, this::apply)) {
      now.handOver(follower, live::take);
      now.close();
      rebuild = null;
      changed = true;
    }
  }

  private void readOn() {
    if (isRebuilding()) {
      rebuildOn();
      getContext().getSelf().tell(Inner.READ_ON);
      return;
    }
    if (follower.readSome(this::apply)) {
      onHead();
    } else {
      getContext().getSelf().tell(Inner.READ_ON);
    }
    if (!timers.isTimerActive(Inner.MOVE)) {
      move();
    }
    if (coming == null
        && changes >= node.settings().checkpointAfter()
        && System.nanoTime() - checkpointNotBeforeNanos >= 0) {
      checkpoint();
    }
  }

  private void move() {
    while (live.waiting() > 0) {
      if (!liveShare.run(this::moveNext)) {
        timers.startSingleTimer(Inner.MOVE, Inner.MOVE, MOVE_AGAIN);
        break;
      }
    }
    if (coming != null && coming.stage == Stage.MOVE && coming.behind <= 0) {
      goOn();
    }
  }

  private void moveNext() {
    live.moveNext();
    if (coming != null) {
      coming.behind--;
    }
  }

  private void onHead() {
    live.caughtUp();
    node.vitals().atHead(index.size());
    node.vitals().vectorLength(index.vectorLength());
    if (search == null) {
      search =
          getContext()
              .spawn(IndexSearchActor.create(index, node.settings()), "search-" + partition);
      getContext()
          .getSystem()
          .receptionist()
          .tell(Receptionist.register(IndexSearchActor.SERVICE, search));
      getContext()
          .getLog()
          .info("the index has caught up partition={} items={}", partition, index.size());
      if (coming != null && coming.stage == Stage.MOVE) {
        coming.behind = live.waiting();
        goOn();
      }
    }
  }

  /** A planned restart goes on from here; after a fault the last checkpoint is the safer one. */
  private Behavior<Command> onStop() {
    checkpoint();
    return onEnd();
  }

  private Behavior<Command> onEnd() {
    follower.close();
    if (rebuild != null) {
      rebuild.close();
    }
    generations.forEach(made -> made.vectors().search().close());
    folds.shutdown();
    if (coming != null) {
      if (coming.stage == Stage.FILL) {
        coming.made.vectors().search().close();
      }
      coming.replyTo.tell(new GenerationPrepared(coming.made.number(), WRITER_ENDED));
    }
    for (PrepareGeneration prepare : waiting) {
      prepare.replyTo().tell(new GenerationPrepared(prepare.number(), WRITER_ENDED));
    }
    return this;
  }

  private void apply(StoredEvent stored) {
    if (stored.persistenceId().startsWith("item|")) {
      count(1);
      applyItem(stored);
    } else {
      EvidenceBatch batch = EvidenceCodec.batch(stored.payload());
      count(batch.items().size() + batch.touches().size());
      applyEvidence(batch);
    }
  }

  private void count(int pieces) {
    changed = true;
    changes += search == null ? 0 : pieces;
  }

  private void applyItem(StoredEvent stored) {
    ItemEvent event;
    try {
      event = ItemCodec.event(stored.payload());
    } catch (IllegalArgumentException e) {
      poison(stored, e);
      return;
    }
    switch (event) {
      case ItemEvent.ItemPut put -> {
        try {
          put(put.ordinal(), put.facts());
        } catch (IllegalArgumentException unfit) {
          poison(stored, unfit);
        }
      }
      case ItemEvent.ItemRetired gone -> index.retire(gone.ordinal());
    }
  }

  private void poison(StoredEvent stored, IllegalArgumentException why) {
    node.vitals().poison();
    getContext()
        .getLog()
        .error(
            "passed an item event that cannot be used id={} sequence={} why={}",
            stored.persistenceId(),
            stored.sequence(),
            why.getMessage());
  }

  private void applyEvidence(EvidenceBatch batch) {
    if (batch.number() > index.batches()[batch.stream()]) {
      for (int i = 0; i < batch.choices().size(); i++) {
        int choice = i;
        choiceShare.run(() -> offerUnlessItFails(batch, choice));
      }
    }
    if (index.apply(batch)) {
      batch.touches().forEach(live::take);
      node.vitals().applied(batch.asOfMs());
    }
  }

  /** A copy is worth more than an example: feeds are asked of it all the while. */
  private void offerUnlessItFails(EvidenceBatch batch, int i) {
    try {
      offer(batch, i);
    } catch (RuntimeException e) {
      getContext()
          .getLog()
          .error("an example was passed stream={} batch={}", batch.stream(), batch.number(), e);
    }
  }

  private void offer(EvidenceBatch batch, int i) {
    EvidenceBatch.Choice choice = batch.choices().get(i);
    Candidates candidates =
        index.retrieve(
            HistoryQuery.of(
                node.generations().now(),
                choice.atMs(),
                choice.history(),
                choice.historyAtMs(),
                node.settings()));
    int ordinal = index.ordinal(choice.itemHash());
    if (ordinal >= 0) {
      watch(candidates, ordinal);
    }
    node.choices()
        .accept(new Chosen(batch.stream(), batch.number(), i, candidates, ordinal, choice));
  }

  private void watch(Candidates candidates, int chosen) {
    int sources = 0;
    for (int row = 0; row < candidates.size(); row++) {
      if (candidates.ordinals()[row] == chosen) {
        sources = candidates.sources()[row];
      }
    }
    for (SourceWatch.Change change : node.vitals().sources().chosen(sources)) {
      getContext()
          .getLog()
          .warn(
              change.drifted()
                  ? "a source brings far less of what is chosen than it did source={} recall={} usual={}"
                  : "a source brings again what is chosen source={} recall={} usual={}",
              change.source().label(),
              "%.3f".formatted(change.recall()),
              "%.3f".formatted(change.usual()));
    }
  }

  private void checkpoint() {
    if (!changed || isRebuilding()) {
      return;
    }
    long begun = System.nanoTime();
    long now = node.clock().millis();
    long bytes;
    try {
      bytes =
          file.write(
              index::checkpoint,
              out -> CheckpointCodec.write(live.remembered(), live.moved(), out),
              (state, touches) ->
                  new CheckpointHeader(partition, now, follower.cursors(), state, touches));
    } catch (IOException | UncheckedIOException e) {
      getContext().getLog().error("an index checkpoint could not be written", e);
      checkpointNotBeforeNanos = System.nanoTime() + node.settings().checkpointEvery().toNanos();
      return;
    }
    changed = false;
    changes = 0;
    long took = System.nanoTime() - begun;
    checkpointNotBeforeNanos = System.nanoTime() + took * CHECKPOINT_SPACING;
    node.vitals().checkpointed(now);
    getContext().getLog().info("wrote an index checkpoint bytes={} ms={}", bytes, took / 1_000_000);
  }
}
