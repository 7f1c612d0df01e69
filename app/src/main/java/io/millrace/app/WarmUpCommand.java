package io.millrace.app;

import io.millrace.edge.InteractionCheck;
import io.millrace.importing.DataSet;
import io.millrace.importing.Importer;
import io.millrace.importing.Interactions;
import io.millrace.learning.GenerationActor;
import io.millrace.proto.v1.EventServiceClient;
import io.millrace.proto.v1.FeedServiceClient;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.SimilarRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.grpc.GrpcClientSettings;
import picocli.CommandLine.Command;

/**
 * Uses a node of its own the way nodes are used, so that a JVM told to ({@code -XX:AOTCacheOutput})
 * keeps the classes that it loaded and what it learned of their methods. The launcher runs it once
 * a build: the nodes after it start sooner.
 */
@Command(
    name = "warm-up",
    description = "Uses a node for a while, for what the JVM keeps of it (-XX:AOTCacheOutput).",
    hidden = true,
    mixinStandardHelpOptions = true)
final class WarmUpCommand implements Callable<Integer> {
  private static final int EVENTS = 15_000;
  private static final int ROUNDS = 100;
  private static final int FEEDS_AT_ONCE = 8;
  private static final int BATCHES_AT_ONCE = 4;
  private static final int BATCH = 10;
  private static final int RANKED = 100;

  private static final Map<String, Object> SETTINGS =
      Map.of("millrace.generation.cpu-share", 1.0, "millrace.generation.first-after", "1 h");

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("millrace-warm-up");
    try {
      NodeOptions options = new NodeOptions(folder, "127.0.0.1", 0, null, SETTINGS);
      DataSet films = DemoFilms.open();
      DataSet known =
          films
              .with(films.items(), films.events().subList(0, EVENTS))
              .endingAt(System.currentTimeMillis());
      try (RunningNode node = RunningNode.start(options, true)) {
        node.awaitReady();
        new Importer(node.target(), (_, _, _) -> {}).carry(known);
        node.backend().decideGeneration(GenerationActor.Train::new).toCompletableFuture().join();
        use(node, known);
      }
      // From what the first one left: what a restart takes.
      try (RunningNode node = RunningNode.start(options, true)) {
        node.awaitReady();
        use(node, known);
      }
    } finally {
      delete(folder);
    }
    return 0;
  }

  private static void use(RunningNode node, DataSet known) {
    URI at = URI.create(node.url());
    ActorSystem system = ActorSystem.create("warm-up");
    try (Client browser = new Client(at.getAuthority())) {
      GrpcClientSettings settings =
          GrpcClientSettings.connectToServiceAt(at.getHost(), at.getPort(), system).withTls(false);
      FeedServiceClient feeds = FeedServiceClient.create(settings, system);
      EventServiceClient events = EventServiceClient.create(settings, system);
      SplittableRandom random = new SplittableRandom(1);
      for (int round = 0; round < ROUNDS; round++) {
        List<CompletableFuture<?>> asked = new ArrayList<>();
        for (int n = 0; n < FEEDS_AT_ONCE; n++) {
          asked.add(feeds.getFeed(feed(any(known, random), n)).toCompletableFuture());
        }
        for (int n = 0; n < BATCHES_AT_ONCE; n++) {
          asked.add(events.record(batch(known, random)).toCompletableFuture());
        }
        DataSet.Event event = any(known, random);
        asked.add(
            feeds
                .similar(SimilarRequest.newBuilder().setItemId(event.itemId()).build())
                .toCompletableFuture());
        asked.add(feeds.rank(rank(known, random)).toCompletableFuture());
        browser.get("/v1/users/" + Client.encoded(event.userId()) + "/feed?size=20");
        // A node that is not warm yet refuses some.
        asked.forEach(one -> one.handle((_, _) -> true).join());
      }
      List.of("/", "/readyz", "/metrics").forEach(browser::get);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }

  private static GetFeedRequest feed(DataSet.Event event, int number) {
    return GetFeedRequest.newBuilder()
        .setUserId(event.userId())
        .setPreview(number % 2 == 0)
        .build();
  }

  private static RecordRequest batch(DataSet known, SplittableRandom random) {
    RecordRequest.Builder batch = RecordRequest.newBuilder();
    for (int n = 0; n < BATCH; n++) {
      DataSet.Event event = any(known, random);
      batch.addEvents(
          InteractionCheck.interaction(
                  event.userId(), Interactions.at(event.interaction(), System.currentTimeMillis()))
              .toBuilder()
              .setEventId("warm-up-" + random.nextLong()));
    }
    return batch.build();
  }

  private static RankRequest rank(DataSet known, SplittableRandom random) {
    RankRequest.Builder rank = RankRequest.newBuilder().setUserId(any(known, random).userId());
    for (int n = 0; n < RANKED; n++) {
      rank.addCandidates(any(known, random).itemId());
    }
    return rank.build();
  }

  private static DataSet.Event any(DataSet known, SplittableRandom random) {
    return known.events().get(random.nextInt(known.events().size()));
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
