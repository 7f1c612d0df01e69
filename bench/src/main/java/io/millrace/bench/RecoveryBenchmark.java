package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.GetUserRequest;
import io.millrace.proto.v1.GetUserResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.RecordRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * What comes after kill -9 of a node whose journal is long: time and CPU until it is ready, until
 * its first feed and until everything acknowledged is in the index again; what the first question
 * about a user costs who must be read from the journal; and the first minute when feeds come from
 * the moment that the port answers. Nothing is warmed up: a node that has just started never is.
 * The files are in the memory of the operating system, as after a crash of the process alone.
 */
public final class RecoveryBenchmark implements Benchmark {

  /** Trains only when told, so that no training falls into what is measured. */
  private static final String ON_DEMAND = "millrace.generation.train-every=0s";

  private static final String NO_SNAPSHOTS = "millrace.user.snapshot-every=1048576";
  private static final String SNAPSHOT_OF_EACH_EVENT = "millrace.user.snapshot-every=1";
  private static final String NO_CHECKPOINT = "millrace.retrieval.checkpoint-every=7d";
  private static final String NOR_AFTER_CHANGES =
      "millrace.retrieval.checkpoint-after=" + Integer.MAX_VALUE;
  private static final String CHECKPOINT_OFTEN = "millrace.retrieval.checkpoint-every=1s";
  private static final long CHECKPOINT_WITHIN_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** A node that is asked for a feed all the time does little else than to say that it has none. */
  private static final long LOOK_EVERY_NANOS = 20_000_000;

  /** Events in one request, and requests under way, while the journal is filled. */
  private static final int BATCH = 100;

  private static final int BATCHES_AT_ONCE = 8;

  /** A minute of a node that takes nothing. */
  private static final int MOST_TRIES = 240;

  private static final Executor PAUSE =
      CompletableFuture.delayedExecutor(250, TimeUnit.MILLISECONDS);

  @Override
  public String name() {
    return "recovery";
  }

  @Override
  public String about() {
    return "after kill -9: until ready, first feed and caught up; first call of users; feeds at once";
  }

  static final class Options {
    @Option(names = "--events", description = "in the journal (default 1000000)")
    private int events = 1_000_000;

    @Option(names = "--users", description = "who did them, equally many each (default 100000)")
    private int users = 100_000;

    @Option(names = "--items", description = "in the catalogue (default 10000)")
    private int items = 10_000;

    @Option(names = "--behind", description = "events newer than the checkpoint (default 10000)")
    private int behind = 10_000;

    @Option(names = "--in-flight", description = "users recovered at once (default 64)")
    private int inFlight = 64;

    @Option(names = "--rate", description = "feeds a second at once after the start (default 200)")
    private int rate = 200;

    @Option(names = "--seconds", description = "so long (default 60)")
    private int seconds = 60;

    @Option(names = "--slice", description = "seconds of one row of it (default 5)")
    private int slice = 5;

    @Option(names = "--limit-millis", description = "p99 from which it is over (default 100)")
    private int limitMillis = 100;

    @Option(names = "--json")
    private boolean json;

    static Options of(List<String> args) {
      Options options = new Options();
      CommandLine line = new CommandLine(options).setCommandName("millrace bench recovery");
      line.parseArgs(args.toArray(new String[0]));
      Bounds bounds = new Bounds(line);
      bounds.check("--users", options.users, 2, 10_000_000);
      bounds.check("--events", options.events, options.users, 1_000_000_000);
      bounds.check("--items", options.items, 100, 10_000_000);
      bounds.check("--behind", options.behind, BATCH, 100_000_000);
      bounds.check("--in-flight", options.inFlight, 1, 4_000);
      bounds.check("--rate", options.rate, 1, 100_000);
      bounds.check("--seconds", options.seconds, 1, 3_600);
      bounds.check("--slice", options.slice, 1, options.seconds);
      bounds.check("--limit-millis", options.limitMillis, 1, 10_000);
      return options;
    }

    int actions() {
      return events / users;
    }
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = Options.of(args);
    Path folder = Files.createTempDirectory("millrace-bench");
    try {
      JsonObject result = Report.begin("recovery");
      result.addProperty("events", options.actions() * options.users);
      result.addProperty("users", options.users);
      result.addProperty("items", options.items);
      Path data = folder.resolve("data");
      result.addProperty("generation", fill(options, folder, data));
      JsonArray restarts = new JsonArray();
      JsonArray recoveries = new JsonArray();
      deleteCheckpoint(data);
      restart(options, data, "no checkpoint", "no snapshot", restarts, recoveries);
      result.add("evidenceCheckpoint", checkpointEvidence(data));
      restart(
          options,
          data,
          "checkpoint of evidence in the journal",
          "no snapshot",
          restarts,
          recoveries);
      snapshotAndCheckpoint(options, data);
      restart(
          options,
          data,
          "checkpoint " + options.behind + " events ago",
          "snapshot of the last event",
          restarts,
          recoveries);
      result.add("restarts", restarts);
      result.add("firstCalls", recoveries);
      result.add("feedsAtOnce", feedsAtOnce(options, data));
      Report.print(result, options.json);
    } finally {
      Bed.delete(folder);
    }
    return 0;
  }

  /**
   * A journal with a generation of vectors, neither snapshots of users nor a checkpoint. Returns
   * what came of the training.
   */
  private static String fill(Options options, Path folder, Path data)
      throws IOException, InterruptedException {
    Path dataSet = Files.createDirectories(folder.resolve("generated"));
    Bed.generate(dataSet, options.items, options.users, options.actions());
    NodeProcess.load(dataSet, data, ON_DEMAND, NO_SNAPSHOTS, NO_CHECKPOINT, NOR_AFTER_CHANGES);
    NodeProcess node =
        NodeProcess.start(
            data,
            ON_DEMAND,
            NO_SNAPSHOTS,
            NO_CHECKPOINT,
            NOR_AFTER_CHANGES,
            "millrace.generation.cpu-share=1");
    try {
      return node.train();
    } finally {
      node.kill();
    }
  }

  /** What it takes to sum all batches, for once a day it is those of a day. */
  private static JsonObject checkpointEvidence(Path data) throws IOException, InterruptedException {
    NodeProcess node = NodeProcess.start(data, ON_DEMAND, NO_SNAPSHOTS, NO_CHECKPOINT);
    try {
      node.drain();
      double cpuBefore = node.cpuSeconds();
      long begin = System.nanoTime();
      node.checkpointEvidence();
      JsonObject cost = new JsonObject();
      cost.addProperty("seconds", Report.round((System.nanoTime() - begin) / 1e9));
      cost.addProperty("cpuSeconds", Report.round(node.cpuSeconds() - cpuBefore));
      return cost;
    } finally {
      node.kill();
      deleteCheckpoint(data);
    }
  }

  /** One more event for each user, and what the index needs to go on from there. */
  private static void snapshotAndCheckpoint(Options options, Path data)
      throws IOException, InterruptedException {
    NodeProcess node = NodeProcess.start(data, ON_DEMAND, SNAPSHOT_OF_EACH_EVENT, CHECKPOINT_OFTEN);
    try (GrpcCaller caller = node.caller()) {
      AtomicInteger next = new AtomicInteger();
      SplittableRandom random = new SplittableRandom(1);
      record(options, options.users, caller, random, () -> next.getAndIncrement() % options.users);
      node.drain();
      deleteCheckpoint(data);
      record(options, BATCH, caller, random, () -> random.nextInt(options.users));
      Path written = awaitCheckpoint(data);
      Path kept = data.resolveSibling("kept.checkpoint");
      Files.copy(written, kept);
      record(options, options.behind, caller, random, () -> random.nextInt(options.users));
      node.kill();
      Files.move(kept, written, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      node.kill();
    }
  }

  private static void record(
      Options options,
      int events,
      GrpcCaller caller,
      SplittableRandom random,
      Supplier<Integer> user)
      throws InterruptedException {
    Load.Outcome outcome =
        Load.each(
            BATCHES_AT_ONCE,
            Math.ceilDiv(events, BATCH),
            () -> offer(caller, events(options, random, user), MOST_TRIES));
    if (outcome.refused() + outcome.failed() > 0) {
      throw new IllegalStateException(
          (outcome.refused() + outcome.failed()) + " batches were not recorded, expected 0");
    }
  }

  /** What a busy node does not take is offered again: repeating it changes nothing. */
  private static CompletableFuture<Object> offer(
      GrpcCaller caller, RecordRequest batch, int tries) {
    return caller
        .record(batch)
        .<Object>thenApply(IngestBenchmark::allRecorded)
        .exceptionallyCompose(failure ->
            tries == 0
                ? CompletableFuture.failedFuture(failure)
                : CompletableFuture.runAsync(() -> {}, PAUSE)
                    .thenCompose(paused -> offer(caller, batch, tries - 1)));
  }

  private static RecordRequest events(
      Options options, SplittableRandom random, Supplier<Integer> user) {
    RecordRequest.Builder request = RecordRequest.newBuilder();
    for (int n = 0; n < BATCH; n++) {
      request.addEvents(
          Interaction.newBuilder()
              .setEventId(new UUID(random.nextLong(), random.nextLong()).toString())
              .setUserId("u" + user.get())
              .setItemId("i" + random.nextInt(options.items))
              .setKind(Kind.LIKE));
    }
    return request.build();
  }

  private static Path awaitCheckpoint(Path data) throws IOException {
    long end = System.nanoTime() + CHECKPOINT_WITHIN_NANOS;
    while (System.nanoTime() < end) {
      List<Path> written = checkpoints(data);
      if (!written.isEmpty()) {
        return written.getFirst();
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
    throw new IOException("no checkpoint of the index after two minutes");
  }

  private static void deleteCheckpoint(Path data) throws IOException {
    for (Path written : checkpoints(data)) {
      Files.delete(written);
    }
  }

  private static List<Path> checkpoints(Path data) throws IOException {
    Path index = data.resolve("index");
    if (!Files.isDirectory(index)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(index)) {
      return files.filter(file -> file.toString().endsWith(".checkpoint")).toList();
    }
  }

  private static void restart(
      Options options,
      Path data,
      String from,
      String users,
      JsonArray restarts,
      JsonArray recoveries)
      throws Exception {
    NodeProcess node =
        NodeProcess.launch(data, ON_DEMAND, NO_SNAPSHOTS, NO_CHECKPOINT, NOR_AFTER_CHANGES);
    CompletableFuture<Double> ready = cpuWhenReady(node);
    try {
      node.awaitPort();
      try (GrpcCaller caller = node.caller()) {
        JsonObject row = new JsonObject();
        row.addProperty("from", from);
        row.addProperty("portSeconds", Report.round(node.secondsSinceBegin()));
        addFirstFeed(node, caller, row);
        double cpuToReady = ready.get();
        row.addProperty("readySeconds", Report.round(node.startSeconds()));
        row.addProperty("cpuSecondsToReady", Report.round(cpuToReady));
        node.drain();
        row.addProperty("caughtUpSeconds", Report.round(node.secondsSinceBegin()));
        row.addProperty("cpuSecondsToCaughtUp", Report.round(node.cpuSeconds()));
        restarts.add(row);
        // The first user has been asked for already. Two halves: the JVM is colder in the first.
        AtomicInteger next = new AtomicInteger(1);
        int half = (options.users - 1) / 2;
        recoveries.add(firstCalls(options, node, caller, users, "first half", half, next));
        recoveries.add(
            firstCalls(
                options, node, caller, users, "second half", options.users - 1 - half, next));
      }
    } finally {
      node.kill();
      ready.exceptionally(ended -> 0.0).join();
    }
  }

  private static CompletableFuture<Double> cpuWhenReady(NodeProcess node) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            node.awaitReady();
            return node.cpuSeconds();
          } catch (IOException ended) {
            throw new UncheckedIOException(ended);
          }
        },
        action -> Thread.ofPlatform().daemon().name("ready").start(action));
  }

  /** Asks until an answer comes, and until one comes with nothing left out. */
  private static void addFirstFeed(NodeProcess node, GrpcCaller caller, JsonObject row)
      throws InterruptedException {
    GetFeedRequest request = GetFeedRequest.newBuilder().setUserId("u0").setPreview(true).build();
    boolean any = false;
    while (true) {
      try {
        GetFeedResponse feed = caller.feed(request).get();
        if (feed.getItemsCount() > 0 && !any) {
          any = true;
          row.addProperty("firstFeedSeconds", Report.round(node.secondsSinceBegin()));
        }
        if (any && feed.getDegradedCount() == 0) {
          row.addProperty("firstWholeFeedSeconds", Report.round(node.secondsSinceBegin()));
          return;
        }
      } catch (ExecutionException notYet) {
        // that it is not ready is what is measured: asked again until it is
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
  }

  private static JsonObject firstCalls(
      Options options,
      NodeProcess node,
      GrpcCaller caller,
      String of,
      String part,
      int users,
      AtomicInteger next)
      throws InterruptedException {
    Cost cost = Cost.from(node);
    JsonObject row =
        cost.row(
            "closed " + options.inFlight,
            Load.each(
                options.inFlight,
                users,
                () ->
                    caller
                        .user(
                            GetUserRequest.newBuilder()
                                .setUserId("u" + next.getAndIncrement())
                                .build())
                        .thenApply(RecoveryBenchmark::known)),
            1);
    row.addProperty("from", of);
    row.addProperty("part", part);
    return row;
  }

  /** Fails for a user of whom nothing came back. */
  private static GetUserResponse known(GetUserResponse user) {
    if (user.getInteractions() == 0) {
      throw new IllegalStateException(user.getUserId() + " has 0 interactions, expected some");
    }
    return user;
  }

  private static JsonObject feedsAtOnce(Options options, Path data)
      throws IOException, InterruptedException {
    NodeProcess node = NodeProcess.launch(data, ON_DEMAND);
    CompletableFuture<Double> ready = cpuWhenReady(node);
    try {
      node.awaitPort();
      JsonObject result = new JsonObject();
      result.addProperty("portSeconds", Report.round(node.secondsSinceBegin()));
      SplittableRandom random = new SplittableRandom(2);
      List<Load.Outcome> slices;
      try (GrpcCaller caller = node.caller()) {
        slices =
            Load.slices(
                options.rate,
                options.slice,
                options.seconds / options.slice,
                () ->
                    caller.feed(
                        GetFeedRequest.newBuilder()
                            .setUserId("u" + random.nextInt(options.users))
                            .build()));
      }
      ready.join();
      result.addProperty("readySeconds", Report.round(node.startSeconds()));
      result.addProperty("cpuSeconds", Report.round(node.cpuSeconds()));
      result.addProperty("feedsPerSecond", options.rate);
      result.addProperty("limitMillis", options.limitMillis);
      int settled = settledFrom(slices, options.limitMillis);
      if (settled < slices.size()) {
        result.addProperty("settledAfterSeconds", settled * options.slice);
      }
      JsonArray rows = new JsonArray();
      for (int n = 0; n < slices.size(); n++) {
        rows.add(row(n * options.slice, slices.get(n)));
      }
      result.add("rows", rows);
      return result;
    } finally {
      node.kill();
      ready.exceptionally(ended -> 0.0).join();
    }
  }

  private static JsonObject row(int fromSecond, Load.Outcome slice) {
    JsonObject row = new JsonObject();
    row.addProperty("fromSecond", fromSecond);
    row.addProperty("done", slice.done());
    row.addProperty("refused", slice.refused());
    row.addProperty("failed", slice.failed());
    Report.addLatency(row, slice.latency());
    return row;
  }

  /**
   * The first slice from which on every call succeeds and p99 stays under the limit; the number of
   * slices when there is none.
   */
  static int settledFrom(List<Load.Outcome> slices, double limitMillis) {
    int from = slices.size();
    while (from > 0 && isWell(slices.get(from - 1), limitMillis)) {
      from--;
    }
    return from;
  }

  private static boolean isWell(Load.Outcome slice, double limitMillis) {
    return slice.refused() + slice.failed() == 0
        && slice.done() > 0
        && slice.millis(99) < limitMillis;
  }
}
