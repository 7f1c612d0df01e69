package io.millrace.evaluation;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.app.Node;
import io.millrace.feed.FeedGateway;
import io.millrace.feed.Feeds;
import io.millrace.importing.DataSet;
import io.millrace.importing.Facts;
import io.millrace.importing.Interactions;
import io.millrace.index.ItemFacts;
import io.millrace.index.Source;
import io.millrace.item.ItemActor;
import io.millrace.learning.Choices;
import io.millrace.learning.GenerationActor;
import io.millrace.learning.TrainerActor;
import io.millrace.user.Interaction;
import io.millrace.user.Leanings;
import io.millrace.user.Profile;
import io.millrace.user.UserActor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** A node of its own in a temporary folder, on the clock of the data, driven one step at a time. */
final class Driver implements AutoCloseable {

  private static final String DEFAULT_DISPATCHER = "pekko.actor.default-dispatcher";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path folder;
  private final EventClock clock;
  private final Node node;
  private int items;

  private Driver(Path folder, EventClock clock, Node node) {
    this.folder = folder;
    this.clock = clock;
    this.node = node;
  }

  static Driver start(String surface, Set<Source> sources) throws IOException {
    Path folder = Files.createTempDirectory("millrace-eval");
    List<String> labels = sources.stream().map(Source::label).toList();
    Config config =
        ConfigFactory.parseMap(
                Map.ofEntries(
                    Map.entry("millrace.persistence.dir", folder.toString()),
                    Map.entry("millrace.persistence.sync", "off"),
                    // Statistics move when they are drained, not by themselves.
                    Map.entry("millrace.evidence.batch-every", "1 d"),
                    Map.entry("millrace.evidence.choice-share", 0),
                    Map.entry("millrace.evidence.lag-limit", "1 h"),
                    Map.entry("millrace.evidence.checkpoint-every", "36500 d"),
                    Map.entry("millrace.retrieval.checkpoint-every", "7 d"),
                    Map.entry("millrace.retrieval.checkpoint-after", Integer.MAX_VALUE),
                    Map.entry("millrace.generation.train-every", "0 s"),
                    Map.entry("millrace.generation.cpu-share", "1"),
                    Map.entry(
                        "millrace.generation.threads", Runtime.getRuntime().availableProcessors()),
                    Map.entry("millrace.surfaces." + surface + ".sources", labels),
                    // One step waits for the one before: a thread for all actors saves waking
                    // others.
                    Map.entry(
                        "pekko.actor.default-dispatcher.fork-join-executor.parallelism-min", 1),
                    Map.entry(
                        "pekko.actor.default-dispatcher.fork-join-executor.parallelism-max", 1),
                    Map.entry("millrace.item.dispatcher", DEFAULT_DISPATCHER),
                    Map.entry("millrace.evidence.dispatcher", DEFAULT_DISPATCHER),
                    Map.entry("millrace.retrieval.dispatcher", DEFAULT_DISPATCHER),
                    Map.entry("millrace.learning.dispatcher", DEFAULT_DISPATCHER),
                    Map.entry("pekko.loglevel", "WARNING")))
            .withFallback(ConfigFactory.parseResources("local.conf"))
            .withFallback(ConfigFactory.load());
    EventClock clock = new EventClock(0);
    Node node = Node.start(config.resolve(), clock, stages -> {});
    try {
      node.awaitReady(Duration.ofSeconds(60));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the node started", e);
    } catch (TimeoutException e) {
      node.close();
      throw new IOException(e.getMessage(), e);
    }
    return new Driver(folder, clock, node);
  }

  EventClock clock() {
    return clock;
  }

  Node node() {
    return node;
  }

  int items() {
    return items;
  }

  /** Puts an item as if it had come into the catalogue just now. */
  void put(ItemFacts facts, long atMs) throws InterruptedException, ExecutionException {
    ItemFacts now = Facts.createdAt(facts, atMs);
    ItemActor.Reply reply =
        await(node.askItem(facts.itemId(), replyTo -> new ItemActor.Put(now, replyTo), PATIENCE));
    if (!(reply instanceof ItemActor.Stored)) {
      throw new IllegalStateException("item " + facts.itemId() + " was not stored: " + reply);
    }
    items++;
  }

  void record(DataSet.Event event) throws InterruptedException, ExecutionException {
    mustBeRecorded(event, await(offer(event)));
  }

  /** Sends an event on its way. */
  CompletionStage<UserActor.Reply> offer(DataSet.Event event) {
    Interaction stamped =
        Interactions.stamped(event.interaction(), node.catalogue().card(event.itemId()));
    return node.askUser(
        event.userId(),
        replyTo -> new UserActor.RecordInteractions(List.of(stamped), replyTo),
        PATIENCE);
  }

  static void mustBeRecorded(DataSet.Event event, UserActor.Reply reply) {
    if (!(reply instanceof UserActor.Recorded)) {
      throw new IllegalStateException("event of " + event.userId() + " was not recorded: " + reply);
    }
  }

  /** Carries what this user did into the index. */
  void drain(String userId) throws InterruptedException, ExecutionException {
    await(node.drainUser(userId));
  }

  /** Carries new items into the index, and nothing of what anybody did. */
  void drainItems() throws InterruptedException, ExecutionException {
    await(node.drainItems());
  }

  /** Carries what everybody did into the index. */
  void drain() throws InterruptedException, ExecutionException {
    await(node.drain());
  }

  /** Trains and adopts the next generation from what is recorded so far. */
  GenerationActor.Decided trainGeneration() throws InterruptedException, ExecutionException {
    return await(node.decideGeneration(GenerationActor.Train::new));
  }

  /** What the user did, as feeds know it. */
  Leanings leanings(String userId, String surface) throws InterruptedException, ExecutionException {
    UserActor.Reply reply =
        await(
            node.askUser(
                userId, replyTo -> new UserActor.GetProfile(surface, "", replyTo), PATIENCE));
    if (reply instanceof UserActor.ProfileIs(Profile profile)) {
      return profile.leanings();
    }
    throw new IllegalStateException("no profile of " + userId + ": " + reply);
  }

  FeedGateway.Traced preview(Feeds.Question question, long stateDelayMs)
      throws InterruptedException, ExecutionException {
    return await(ask(question, stateDelayMs));
  }

  /** Sends a question on its way. */
  CompletionStage<FeedGateway.Traced> ask(Feeds.Question question, long stateDelayMs) {
    return FeedGateway.trace(node.gateway(), question, stateDelayMs);
  }

  void learn(Choices choices, int row) throws InterruptedException, ExecutionException {
    await(
        AskPattern.<TrainerActor.Command, TrainerActor.Learnt>ask(
            node.trainer(),
            replyTo -> new TrainerActor.LearnNow(choices, row, replyTo),
            PATIENCE,
            node.system().scheduler()));
  }

  static <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
    try {
      return stage.toCompletableFuture().get(10, TimeUnit.MINUTES);
    } catch (TimeoutException e) {
      throw new IllegalStateException("the node did not answer within ten minutes", e);
    }
  }

  @Override
  public void close() {
    node.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      node.system().log().warn("could not delete {}", folder, e);
    }
  }
}
