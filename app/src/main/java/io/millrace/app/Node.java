package io.millrace.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.edge.Backend;
import io.millrace.edge.Trouble;
import io.millrace.edge.UserExport;
import io.millrace.evidence.EvidenceActor;
import io.millrace.feed.FeedGateway;
import io.millrace.feed.FeedSettings;
import io.millrace.feed.Feeds;
import io.millrace.feed.ImpressionTokens;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.ItemIndex;
import io.millrace.index.Source;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemActor;
import io.millrace.item.ItemEvent;
import io.millrace.item.ItemIds;
import io.millrace.item.Residents;
import io.millrace.learning.GenerationActor;
import io.millrace.learning.Generations;
import io.millrace.learning.GenerationsState;
import io.millrace.learning.JournalForge;
import io.millrace.learning.PublishedWeights;
import io.millrace.learning.ServedRows;
import io.millrace.learning.TrainerActor;
import io.millrace.model.FusionFeature;
import io.millrace.model.taste.Pace;
import io.millrace.persistence.Backup;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.RocksStoreExtension;
import io.millrace.retrieval.CatalogueNode;
import io.millrace.retrieval.SourceWatch;
import io.millrace.retrieval.TasteSpace;
import io.millrace.serialization.ItemCodec;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.UserCipher;
import io.millrace.threads.Niceness;
import io.millrace.user.UserActor;
import io.millrace.user.UserDependencies;
import io.millrace.user.UserSettings;
import io.millrace.user.UserStreams;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.jspecify.annotations.Nullable;

/**
 * One running node: its actors, started in the order in which they need each other, and the doors
 * to them.
 */
public final class Node implements Backend, AutoCloseable {

  private static final String NAMESPACE = "default";

  /** Folders beside the journal: read from it and perhaps behind it; and named in it. */
  static final List<String> DERIVED = List.of("index");

  static final List<String> SPOKEN_OF = List.of("generations");

  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration GENERATION_PATIENCE = Duration.ofHours(6);

  private final ActorSystem<?> system;
  private final InstantSource clock;
  private final RocksStore store;
  private final UserCipher cipher;
  private final StoredUsers storedUsers;
  private final ClusterSharding sharding;
  private final CatalogueNode items;
  private final ActorRef<TrainerActor.Command> trainer;
  private final ActorRef<FeedGateway.Message> gateway;
  private final ImpressionTokens tokens;
  private final PublishedWeights weights;
  private final Generations generations;
  private final ActorRef<GenerationActor.Command> generationActor;
  private final ExecutorService training;
  private final ExecutorService upkeep =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("backup").factory());
  private final Feeds feeds;
  private volatile boolean answering;

  /** What was adopted before the start is in use again. */
  private volatile boolean generationsSettled;

  private volatile boolean stopping;

  /**
   * Starts a node alone in its cluster. Throws {@code StoreUnusable} when the data folder cannot be
   * used.
   *
   * @param config all settings, resolved
   * @param clock tells the time to everything that keeps it
   * @param stages told the stages of each request
   */
  public static Node start(
      Config config, InstantSource clock, Consumer<List<Feeds.StageTime>> stages) {
    return start(config, clock, stages, ExactItemIndex::new);
  }

  /**
   * Starts a node with another index.
   *
   * @param newIndex makes an empty one
   */
  public static Node start(
      Config config,
      InstantSource clock,
      Consumer<List<Feeds.StageTime>> stages,
      Supplier<ItemIndex> newIndex) {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "millrace", config);
    try {
      Cluster cluster = Cluster.get(system);
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
      return new Node(system, config, clock, stages, newIndex);
    } catch (RuntimeException e) {
      system.terminate();
      throw e;
    }
  }

  private Node(
      ActorSystem<Void> system,
      Config config,
      InstantSource clock,
      Consumer<List<Feeds.StageTime>> stages,
      Supplier<ItemIndex> newIndex) {
    this.system = system;
    this.clock = clock;
    this.store = RocksStoreExtension.of(system);
    this.tokens = new ImpressionTokens(store.keys().signingKey());
    this.weights = new PublishedWeights();
    this.generations = new Generations(store.dir().resolve("generations"));
    this.cipher = UserCipher.of(store.keys());
    this.storedUsers = new StoredUsers(cipher);
    FeedSettings feedSettings = FeedSettings.from(config);

    this.trainer =
        system.systemActorOf(
            TrainerActor.create(
                new TrainerActor.Parts(
                    weights,
                    store.streams(),
                    userStreams(),
                    storedUsers,
                    requestId -> servedRow(requestId).flatMap(storedUsers::servedRows),
                    config.getDuration("millrace.learning.save-every"))),
            "trainer",
            DispatcherSelector.fromConfig("millrace.learning.dispatcher"));
    this.items =
        CatalogueNode.start(
            system,
            new CatalogueNode.Needs(
                NAMESPACE,
                store.streams(),
                store,
                storedUsers,
                newIndex,
                store.dir().resolve("index"),
                store.health()::isHealthy,
                chosen -> trainer.tell(new TrainerActor.LearnChosen(chosen)),
                answers -> trainer.tell(new TrainerActor.LearnAnswers(answers)),
                generations,
                clock));
    this.training =
        Executors.newSingleThreadExecutor(
            Niceness.background(Thread.ofPlatform().daemon().name("generation").factory()));
    this.generationActor =
        system.systemActorOf(
            GenerationActor.create(generationParts(config.getConfig("millrace.generation"))),
            "generations",
            DispatcherSelector.defaultDispatcher());
    UserSettings userSettings = UserSettings.from(config);
    this.sharding = ClusterSharding.get(system);
    UserActor.init(
        sharding,
        ClusterShardingSettings.create(system)
            .withPassivationStrategy(
                Residents.leave(userSettings.passivateAfter(), userSettings.mostResident())),
        new UserDependencies(
            clock,
            cipher,
            items.catalogue(),
            (entityId, command) -> sharding.entityRefFor(UserActor.KEY, entityId).tell(command),
            store.health()::isHealthy,
            userSettings));

    this.gateway =
        system.systemActorOf(
            FeedGateway.create(
                new FeedGateway.Parts(
                    feedSettings,
                    clock,
                    (userId, command) -> user(userId).tell(command),
                    items.catalogue(),
                    weights,
                    generations,
                    system.executionContext(),
                    tokens,
                    this::logServed,
                    stages,
                    () -> items.evidenceVitals().lagMs() + items.indexVitals().lagMs(),
                    () -> answering = true)),
            "feeds",
            DispatcherSelector.defaultDispatcher());
    this.feeds = FeedGateway.feeds(gateway);
  }

  private GenerationActor.Parts generationParts(Config config) {
    return new GenerationActor.Parts(
        generations,
        new JournalForge(
            new JournalForge.Sources(
                store.streams(),
                userStreams(),
                ItemIds.streams(),
                storedUsers::facts,
                stored ->
                    ItemCodec.event(stored.payload()) instanceof ItemEvent.ItemPut put
                        ? put.facts()
                        : null,
                ItemIds::hash,
                config.getInt("least-facts"),
                config.getInt("checked-with"),
                config.getInt("threads"),
                () ->
                    Pace.ofCore(
                        config.getDouble("cpu-share"),
                        System::nanoTime,
                        TimeUnit.NANOSECONDS::sleep))),
        training,
        items::prepareGeneration,
        config.getDuration("train-every"),
        config.getLong("train-after"),
        config.getDuration("first-after"),
        items.evidenceVitals()::events,
        clock,
        () -> generationsSettled = true);
  }

  private static List<String> userStreams() {
    List<String> streams = new ArrayList<>();
    for (int n = 0; n < EvidenceActor.STREAMS; n++) {
      streams.add("user-" + n);
    }
    return streams;
  }

  /** Under names that say nothing: a request's id may hold what only its user's key may open. */
  private void logServed(String userId, ServedRows rows) {
    store
        .served()
        .append(
            cipher.hmac(rows.requestId()),
            Instant.ofEpochMilli(rows.atMs()),
            storedUsers.servedRows(persistenceId(userId), rows));
  }

  private Optional<byte[]> servedRow(String requestId) {
    Optional<byte[]> row = store.served().find(cipher.hmac(requestId));
    // Rows of the first version lie under the id itself.
    return row.isPresent() ? row : store.served().find(requestId);
  }

  private String persistenceId(String userId) {
    return UserStreams.persistenceId(NAMESPACE, cipher.hmac(userId));
  }

  @Override
  public ActorSystem<?> system() {
    return system;
  }

  @Override
  public InstantSource clock() {
    return clock;
  }

  @Override
  public Catalogue catalogue() {
    return items.catalogue();
  }

  @Override
  public Feeds feeds() {
    return feeds;
  }

  @Override
  public ImpressionTokens tokens() {
    return tokens;
  }

  public ActorRef<FeedGateway.Message> gateway() {
    return gateway;
  }

  public ActorRef<TrainerActor.Command> trainer() {
    return trainer;
  }

  /** The generation that feeds use, with the items in it; null before the first. */
  public @Nullable TasteSpace taste() {
    return generations.now();
  }

  public RocksStore store() {
    return store;
  }

  @Override
  public CompletionStage<UserActor.Reply> askUser(
      String userId,
      Function<ActorRef<UserActor.Reply>, UserActor.Command> message,
      Duration timeout) {
    return user(userId).ask(message::apply, timeout);
  }

  @Override
  public CompletionStage<Iterator<String>> exportUser(String userId, Duration timeout) {
    return user(userId)
        .<UserActor.Reply>ask(UserActor.Export::new, timeout)
        .thenApply(reply ->
            switch (reply) {
              case UserActor.Exported held ->
                  new UserExport(
                      new UserExport.Sources(
                          store.streams(),
                          cipher,
                          request -> servedRow(request).flatMap(storedUsers::plainServedRows),
                          items.catalogue()),
                      userId,
                      held.storedAs(),
                      held.snapshot(),
                      clock.millis());
              case UserActor.Rejected rejected -> throw Trouble.of(rejected);
              default -> throw new IllegalStateException("user answered " + reply);
            });
  }

  @Override
  public CompletionStage<UserActor.Reply> forgetUser(String userId, Duration timeout) {
    return user(userId)
        .<UserActor.Reply>ask(UserActor.Forget::new, timeout)
        .whenComplete((reply, failure) -> gateway.tell(new FeedGateway.ForgetUser(userId)));
  }

  @Override
  public CompletionStage<ItemActor.Reply> askItem(
      String itemId,
      Function<ActorRef<ItemActor.Reply>, ItemActor.Command> message,
      Duration timeout) {
    return items.item(itemId).ask(message::apply, timeout);
  }

  private EntityRef<UserActor.Command> user(String userId) {
    return sharding.entityRefFor(UserActor.KEY, NAMESPACE + "|" + userId);
  }

  @Override
  public boolean ready() {
    return !stopping && answering && generationsSettled && items.ready();
  }

  @Override
  public Duration evidenceLag() {
    return Duration.ofMillis(items.evidenceVitals().lagMs());
  }

  @Override
  public long indexedItems() {
    return items.indexVitals().items();
  }

  @Override
  public int vectorLength() {
    return items.indexVitals().vectorLength();
  }

  @Override
  public CompletionStage<Void> drain() {
    return items
        .awaitApplied()
        .thenCompose(applied ->
            AskPattern.<TrainerActor.Command, TrainerActor.Learnt>ask(
                trainer, TrainerActor.Drain::new, PATIENCE, system.scheduler()))
        .thenAccept(learnt -> {});
  }

  @Override
  public CompletionStage<GenerationActor.Decided> decideGeneration(GenerationCommand command) {
    return AskPattern.ask(
        generationActor, command::answering, GENERATION_PATIENCE, system.scheduler());
  }

  @Override
  public CompletionStage<Backup.Contents> backup(Path to) {
    return CompletableFuture.supplyAsync(
        () -> Backup.write(store, to, clock.instant(), DERIVED, SPOKEN_OF), upkeep);
  }

  @Override
  public CompletionStage<GenerationsState> describeGenerations() {
    return AskPattern.ask(
        generationActor, GenerationActor.Describe::new, PATIENCE, system.scheduler());
  }

  /** Carries what users of this one's stream did into the index, and nothing else. */
  public CompletionStage<long[]> drainUser(String userId) {
    return items.awaitApplied(
        Integer.parseInt(UserStreams.stream(persistenceId(userId)).substring("user-".length())));
  }

  /** Carries changes of items into the index, and nothing of what users did. */
  public CompletionStage<long[]> drainItems() {
    return items.awaitItems();
  }

  @Override
  public CompletionStage<Void> checkpoint() {
    return items.checkpointEvidence();
  }

  /** Writes the index's checkpoint now, so that the next start reads less. */
  public CompletionStage<long[]> checkpointIndex() {
    return items.checkpointIndex();
  }

  /**
   * Names what ranks: the feature list, the settings of feeds, surfaces and users. Equal for equal
   * behaviour.
   */
  public String configHash() {
    CRC32 crc = new CRC32();
    crc.update(Arrays.toString(FusionFeature.values()).getBytes(StandardCharsets.UTF_8));
    Config config = system.settings().config();
    for (String path :
        List.of("millrace.feed", "millrace.surfaces", "millrace.evidence", "millrace.user")) {
      crc.update(
          config
              .getConfig(path)
              .root()
              .render(ConfigRenderOptions.concise())
              .getBytes(StandardCharsets.UTF_8));
    }
    return "%08x".formatted(crc.getValue());
  }

  /** Has what this node counts of itself read as metrics. */
  void countIn(MeterRegistry registry) {
    SourceWatch sources = items.indexVitals().sources();
    for (Source source : Source.values()) {
      Gauge.builder("millrace.source.recall", sources, watch -> watch.recall(source))
          .description("Share of the last choices that the source had proposed")
          .tag("source", source.label())
          .register(registry);
      Gauge.builder("millrace.source.recall.usual", sources, watch -> watch.usualRecall(source))
          .description("The same of many more choices")
          .tag("source", source.label())
          .register(registry);
      Gauge.builder("millrace.source.drifted", sources, watch -> watch.drifted(source) ? 1 : 0)
          .description("Whether the source proposes far less of what is chosen than it did")
          .tag("source", source.label())
          .register(registry);
    }
    Gauge.builder(
            "millrace.generation.adopted",
            generations,
            all -> {
              TasteSpace now = all.now();
              return now == null ? 0 : now.number();
            })
        .description("The generation of vectors that feeds use, 0 for none")
        .register(registry);
    Gauge.builder("millrace.store.full.tables", store, RocksStore::fullTables)
        .description("Tables of rows that are full and wait to be written to files")
        .register(registry);
    Gauge.builder("millrace.store.unmerged.files", store, RocksStore::unmergedFiles)
        .description("Files of new rows that wait to be merged with older ones")
        .register(registry);
    Gauge.builder("millrace.generation.refused", generations, all -> all.lastRefused() ? 1 : 0)
        .description("Whether the newest generation was refused and the one before stays")
        .register(registry);
  }

  /** Waits until feeds can be served. */
  public void awaitReady(Duration patience) throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!ready()) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("the node is not ready after " + patience);
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Stops: no more readiness, then the actors, then the store. */
  @Override
  public void close() {
    stopping = true;
    system.terminate();
    try {
      system.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      system.log().warn("the node did not stop in time", e);
    }
    training.shutdownNow();
    upkeep.shutdownNow();
  }
}
