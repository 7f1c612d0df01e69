package io.millrace.retrieval;

import com.typesafe.config.Config;
import io.millrace.evidence.AnswerSink;
import io.millrace.evidence.EvidenceActor;
import io.millrace.evidence.EvidenceCheckpointActor;
import io.millrace.evidence.EvidenceSettings;
import io.millrace.evidence.EvidenceVitals;
import io.millrace.evidence.UserEventReader;
import io.millrace.index.ItemIndex;
import io.millrace.item.Catalogue;
import io.millrace.item.CatalogueFollowerActor;
import io.millrace.item.ItemActor;
import io.millrace.item.ItemAnnouncerActor;
import io.millrace.item.ItemSettings;
import io.millrace.item.Membership;
import io.millrace.item.OrdinalAllocatorActor;
import io.millrace.item.OrdinalsActor;
import io.millrace.item.Residents;
import io.millrace.persistence.EventRemoval;
import io.millrace.persistence.EventStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.HashCodeMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.SingletonActor;

/**
 * All of a node that has to do with items: their entities, its catalogue, the folds of the user
 * streams and its copy of the index, started in the order in which they need each other.
 *
 * @param namespace of the items this node speaks of
 * @param numbering whether somebody has been reached who gives new items their ordinals
 * @param index writes this node's copy; its searches are found under {@link
 *     IndexSearchActor#SERVICE}
 */
public record CatalogueNode(
    ActorSystem<?> system,
    String namespace,
    Catalogue catalogue,
    AtomicBoolean numbering,
    ActorRef<CatalogueFollowerActor.Command> follower,
    ActorRef<IndexPartitionActor.Command> index,
    EvidenceVitals evidenceVitals,
    IndexVitals indexVitals) {

  /** The only partition so far. */
  private static final int PARTITION = 0;

  /** A fold that a moved shard left asleep is woken within this time; chosen below batch lag. */
  private static final Duration WAKE_EVERY = Duration.ofSeconds(2);

  /** A drain may have hours of an import before it. */
  private static final Duration DRAIN_PATIENCE = Duration.ofHours(6);

  /** For one stream's checkpoint, and how often it is asked for. */
  private static final Duration CHECKPOINT_PATIENCE = Duration.ofMinutes(30);

  private static final int CHECKPOINT_TRIES = 12;

  /**
   * What this node's items need of the rest of it.
   *
   * @param folder where the index keeps its checkpoint
   * @param newIndex makes an empty index
   * @param storeHealthy whether a write begun now may be expected to be acknowledged soon
   * @param choices where examples for the ranker go
   * @param answers where positives that answer something served go
   * @param generations where vectors come from
   */
  public record Needs(
      String namespace,
      EventStream events,
      EventRemoval removal,
      UserEventReader userEvents,
      Supplier<ItemIndex> newIndex,
      Path folder,
      BooleanSupplier storeHealthy,
      ChoiceSink choices,
      AnswerSink answers,
      GenerationShelf generations,
      InstantSource clock) {}

  /** Starts all of it, in a system that is, or becomes, a member of a cluster. Once a node. */
  public static CatalogueNode start(ActorSystem<?> system, Needs needs) {
    Config config = system.settings().config();
    ItemSettings itemSettings = ItemSettings.of(config);
    Membership membership = Membership.of(system);

    CatalogueFollowerActor.Parts catalogue =
        CatalogueFollowerActor.create(needs.events(), membership, itemSettings);
    ActorRef<CatalogueFollowerActor.Command> follower =
        system.systemActorOf(
            catalogue.behavior(),
            "catalogue-follower",
            DispatcherSelector.fromConfig("millrace.item.dispatcher"));
    AtomicBoolean numbering = new AtomicBoolean();
    startItems(system, needs, itemSettings, membership, () -> numbering.set(true));

    EvidenceVitals evidenceVitals = new EvidenceVitals(System::nanoTime);
    EvidenceSettings evidenceSettings = EvidenceSettings.of(config);
    startEvidence(
        system,
        new EvidenceActor.Surroundings(
            evidenceSettings,
            needs.events(),
            needs.userEvents(),
            needs.answers(),
            catalogue.catalogue(),
            needs.clock(),
            evidenceVitals),
        new EvidenceCheckpointActor.Surroundings(
            evidenceSettings,
            needs.events(),
            needs.removal(),
            needs.clock(),
            new Semaphore(1),
            evidenceVitals));

    IndexVitals indexVitals = new IndexVitals();
    ActorRef<IndexPartitionActor.Command> index =
        system.systemActorOf(
            IndexPartitionActor.create(
                PARTITION,
                new IndexPartitionActor.Surroundings(
                    RetrievalSettings.of(config),
                    needs.events(),
                    needs.newIndex(),
                    needs.folder(),
                    needs.choices(),
                    needs.generations(),
                    needs.clock(),
                    indexVitals)),
            "index-partition-" + PARTITION,
            DispatcherSelector.fromConfig("millrace.retrieval.dispatcher"));
    return new CatalogueNode(
        system,
        needs.namespace(),
        catalogue.catalogue(),
        numbering,
        follower,
        index,
        evidenceVitals,
        indexVitals);
  }

  /** {@code MODULE$}: Pekko gives Java no other way to its default strategy. */
  private static void startItems(
      ActorSystem<?> system,
      Needs needs,
      ItemSettings settings,
      Membership membership,
      Runnable numbering) {
    ActorRef<OrdinalAllocatorActor.Command> allocator =
        ClusterSingleton.get(system)
            .init(
                SingletonActor.of(
                    Behaviors.supervise(OrdinalAllocatorActor.create(needs.clock()))
                        .onFailure(
                            SupervisorStrategy.restartWithBackoff(
                                Duration.ofMillis(200), Duration.ofSeconds(5), 0.1)),
                    "ordinal-allocator"));
    ActorRef<OrdinalsActor.Command> ordinals =
        system.systemActorOf(
            restarted(
                OrdinalsActor.create(
                    allocator,
                    membership.self().toString(),
                    settings.ordinalBlock(),
                    settings.ordinalWait(),
                    numbering)),
            "ordinals",
            DispatcherSelector.defaultDispatcher());
    ActorRef<ItemAnnouncerActor.Command> announcer =
        system.systemActorOf(
            restarted(ItemAnnouncerActor.create(membership, settings)),
            "item-announcer",
            DispatcherSelector.defaultDispatcher());
    ItemActor.Surroundings surroundings =
        new ItemActor.Surroundings(
            settings, ordinals, announcer, needs.clock(), needs.storeHealthy());
    ClusterSharding.get(system)
        .init(
            Entity.of(ItemActor.KEY, entity -> ItemActor.create(entity.getEntityId(), surroundings))
                .withMessageExtractor(new HashCodeMessageExtractor<>(settings.shards()))
                .withSettings(
                    ClusterShardingSettings.create(system)
                        .withPassivationStrategy(
                            Residents.leave(settings.passivateAfter(), settings.mostResident()))));
  }

  /** A fault costs what was under way; items and nodes ask again. */
  private static <T> Behavior<T> restarted(Behavior<T> behavior) {
    return Behaviors.supervise(behavior).onFailure(SupervisorStrategy.restart());
  }

  private static void startEvidence(
      ActorSystem<?> system,
      EvidenceActor.Surroundings folds,
      EvidenceCheckpointActor.Surroundings checkpoints) {
    List<Runnable> wakes = new ArrayList<>();
    startPerStream(
            system, EvidenceActor.KEY, "dispatcher", stream -> EvidenceActor.create(stream, folds))
        .forEach(fold -> wakes.add(() -> fold.tell(new EvidenceActor.StayAwake())));
    startPerStream(
            system,
            EvidenceCheckpointActor.KEY,
            "checkpoint-dispatcher",
            stream -> EvidenceCheckpointActor.create(stream, checkpoints))
        .forEach(one -> wakes.add(() -> one.tell(new EvidenceCheckpointActor.StayAwake())));
    system.systemActorOf(waker(wakes), "evidence-waker", DispatcherSelector.defaultDispatcher());
  }

  /** An entity for each stream of evidence, which is not put to sleep. */
  private static <M> List<EntityRef<M>> startPerStream(
      ActorSystem<?> system,
      EntityTypeKey<M> key,
      String dispatcher,
      IntFunction<Behavior<M>> behavior) {
    ClusterSharding sharding = ClusterSharding.get(system);
    sharding.init(
        Entity.of(key, entity -> behavior.apply(Integer.parseInt(entity.getEntityId())))
            .withEntityProps(DispatcherSelector.fromConfig("millrace.evidence." + dispatcher))
            .withMessageExtractor(new HashCodeMessageExtractor<>(EvidenceActor.STREAMS))
            .withSettings(ClusterShardingSettings.create(system).withNoPassivationStrategy()));
    List<EntityRef<M>> all = new ArrayList<>();
    for (int stream = 0; stream < EvidenceActor.STREAMS; stream++) {
      all.add(sharding.entityRefFor(key, Integer.toString(stream)));
    }
    return all;
  }

  private enum Wake {
    WAKE
  }

  /** Every node wakes all of them: whoever hosts a moved or crashed one starts it again. */
  private static Behavior<Wake> waker(List<Runnable> wakes) {
    return Behaviors.withTimers(timers -> {
      timers.startTimerWithFixedDelay(Wake.WAKE, Duration.ZERO, WAKE_EVERY);
      return Behaviors.receive(Wake.class)
          .onMessage(
              Wake.class,
              wake -> {
                wakes.forEach(Runnable::run);
                return Behaviors.same();
              })
          .build();
    });
  }

  /** Whether new items can be put, and what is known of the others has been read. */
  public boolean ready() {
    return numbering.get() && catalogue.ready() && indexVitals.caughtUp();
  }

  /** The entity of an item. */
  public EntityRef<ItemActor.Command> item(String itemId) {
    return ClusterSharding.get(system).entityRefFor(ItemActor.KEY, namespace + "|" + itemId);
  }

  /** The fold of a user stream, 0 to 15. */
  public EntityRef<EvidenceActor.Command> evidence(int stream) {
    return ClusterSharding.get(system).entityRefFor(EvidenceActor.KEY, Integer.toString(stream));
  }

  /**
   * Carries everything acknowledged before the call into the catalogue, the evidence and the index
   * of this node.
   *
   * @return batches applied in the index, one number per stream
   */
  public CompletionStage<long[]> awaitApplied() {
    return drainCatalogue()
        .thenCompose(applied -> drainEvidence())
        .thenCompose(drained -> drainIndex());
  }

  /** As {@link #awaitApplied}, where only users of one stream, 0 to 15, have done anything. */
  public CompletionStage<long[]> awaitApplied(int stream) {
    return drainCatalogue()
        .thenCompose(applied -> drainEvidence(stream))
        .thenCompose(drained -> drainIndex());
  }

  /** As {@link #awaitApplied}, where nobody did anything: only items were changed. */
  public CompletionStage<long[]> awaitItems() {
    return drainCatalogue().thenCompose(applied -> drainIndex());
  }

  /** Has the index make the items' vectors of a generation; fails when it cannot. */
  public CompletionStage<Void> prepareGeneration(int number) {
    return AskPattern.<IndexPartitionActor.Command, IndexPartitionActor.GenerationPrepared>ask(
            index,
            replyTo -> new IndexPartitionActor.PrepareGeneration(number, replyTo),
            DRAIN_PATIENCE,
            system.scheduler())
        .thenAccept(prepared -> {
          if (!prepared.failure().isEmpty()) {
            throw new IllegalStateException(prepared.failure());
          }
        });
  }

  /** Writes the index's checkpoint now; it is written by itself, too. */
  public CompletionStage<long[]> checkpointIndex() {
    return AskPattern.<IndexPartitionActor.Command, IndexPartitionActor.Applied>ask(
            index, IndexPartitionActor.WriteCheckpoint::new, DRAIN_PATIENCE, system.scheduler())
        .thenApply(IndexPartitionActor.Applied::batches);
  }

  /** Writes a checkpoint of each stream of evidence now; they are written by themselves, too. */
  public CompletionStage<Void> checkpointEvidence() {
    ClusterSharding sharding = ClusterSharding.get(system);
    CompletableFuture<?>[] all = new CompletableFuture<?>[EvidenceActor.STREAMS];
    for (int stream = 0; stream < all.length; stream++) {
      EntityRef<EvidenceCheckpointActor.Command> writer =
          sharding.entityRefFor(EvidenceCheckpointActor.KEY, Integer.toString(stream));
      all[stream] = checkpointOf(writer, CHECKPOINT_TRIES).toCompletableFuture();
    }
    return CompletableFuture.allOf(all);
  }

  /** Who is moved or stopped forgets who asked. */
  private static CompletionStage<EvidenceCheckpointActor.Written> checkpointOf(
      EntityRef<EvidenceCheckpointActor.Command> entity, int tries) {
    CompletionStage<EvidenceCheckpointActor.Written> answer =
        entity.ask(EvidenceCheckpointActor.Write::new, CHECKPOINT_PATIENCE);
    return tries == 1
        ? answer
        : answer.exceptionallyCompose(late -> checkpointOf(entity, tries - 1));
  }

  private CompletionStage<CatalogueFollowerActor.Applied> drainCatalogue() {
    return AskPattern.ask(
        follower, CatalogueFollowerActor.Drain::new, DRAIN_PATIENCE, system.scheduler());
  }

  private CompletableFuture<?> drainEvidence() {
    CompletableFuture<?>[] all = new CompletableFuture<?>[EvidenceActor.STREAMS];
    for (int stream = 0; stream < all.length; stream++) {
      all[stream] = drainEvidence(stream).toCompletableFuture();
    }
    return CompletableFuture.allOf(all);
  }

  private CompletionStage<EvidenceActor.Drained> drainEvidence(int stream) {
    return evidence(stream).ask(EvidenceActor.Drain::new, DRAIN_PATIENCE);
  }

  private CompletionStage<long[]> drainIndex() {
    return AskPattern.<IndexPartitionActor.Command, IndexPartitionActor.Applied>ask(
            index, IndexPartitionActor.Drain::new, DRAIN_PATIENCE, system.scheduler())
        .thenApply(IndexPartitionActor.Applied::batches);
  }
}
