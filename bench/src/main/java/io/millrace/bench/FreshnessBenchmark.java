package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.RecordRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * From an interaction to a feed that reflects it: the time of the pair (record, then ask), alone
 * and beside a background of events in batches of ten and feeds. A pair fails when the feed states
 * an older sequence number than the acknowledgement, or still holds the item that was acted on.
 */
public final class FreshnessBenchmark implements Benchmark {

  private static final int MOST_TURNS = 1_000;
  private static final int LONGEST_SETTLING = 600;

  @Override
  public String name() {
    return "freshness";
  }

  @Override
  public String about() {
    return "an acknowledged interaction and the feed that reflects it: p50/p99 of the pair";
  }

  private static final class Options {
    @Mixin private BedOptions bed = new BedOptions();

    @Option(names = "--pairs", defaultValue = "50", description = "pairs a second")
    private double pairs = 50;

    @Option(names = "--events", defaultValue = "5000", description = "background events a second")
    private double events = 5_000;

    @Option(names = "--feeds", defaultValue = "200", description = "background feeds a second")
    private double feeds = 200;

    @Option(
        names = "--at",
        split = ",",
        defaultValue = "1",
        description = "shares of that background to measure beside, one after the other")
    private double[] at = {1};

    @Option(
        names = "--settle",
        defaultValue = "20",
        description =
            "seconds of each background before those that count: a row of their own; none by turns")
    private int settle = 20;

    @Option(
        names = "--against",
        description =
            "another build's target/run/bench-... folder: a node of each, the load on one and on the other by turns")
    private @Nullable Path against;

    @Option(
        names = "--against-flag",
        description =
            "for the other node's JVM, as in --against-flag=-Xmn96m; without --against it is of this build too")
    private List<String> againstFlags = List.of();

    @Option(names = "--turns", defaultValue = "7", description = "of each of the two")
    private int turns = 7;
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    CommandLine line = new CommandLine(options);
    line.parseArgs(args.toArray(new String[0]));
    Bounds bounds = new Bounds(line);
    bounds.check("--turns", options.turns, 1, MOST_TURNS);
    bounds.check("--settle", options.settle, 0, LONGEST_SETTLING);
    if (options.against != null || !options.againstFlags.isEmpty()) {
      Program other = options.against == null ? Program.own() : Program.in(options.against);
      return compare(options, other.with(options.againstFlags));
    }
    try (Bed bed = options.bed.open()) {
      JsonObject result = Report.begin("freshness");
      result.addProperty("data", bed.name());
      Pairs pairs = new Pairs(bed);
      result.addProperty("warmUpSeconds", Report.round(warm(pairs, options)));
      JsonArray rows = new JsonArray();
      rows.add(pairs.row("pairs alone", options, options.bed.seconds()));
      long failed = 0;
      for (double share : options.at) {
        for (JsonObject row : beside(pairs, share, options.settle, options)) {
          failed += row.get("failed").getAsLong();
          rows.add(row);
        }
      }
      result.add("rows", rows);
      Report.print(result, options.bed.json());
      return failed == 0 ? 0 : 1;
    }
  }

  private static double warm(Pairs pairs, Options options)
      throws IOException, InterruptedException {
    Bed bed = pairs.bed;
    Supplier<CompletableFuture<?>> events = () -> IngestBenchmark.record(bed, 10);
    return Load.warm(
        bed.node(), 12, options.bed.warmUp(), inTurns(List.of(events, bed.feeds(3), pairs)));
  }

  /**
   * Two nodes beside the first of the shares: each other turn begins with the other, so that what
   * the machine does meanwhile is alike for both.
   */
  private static int compare(Options options, Program other) throws Exception {
    try (Bed own = options.bed.open(Program.own());
        Bed others = options.bed.open(other)) {
      JsonObject result = Report.begin("freshness of two nodes");
      result.addProperty("data", own.name());
      result.addProperty(
          "against", options.against == null ? "this build" : options.against.toString());
      result.addProperty("againstFlags", String.join(" ", options.againstFlags));
      List<Pairs> both = List.of(new Pairs(own), new Pairs(others));
      for (Pairs pairs : both) {
        warm(pairs, options);
      }
      JsonArray rows = new JsonArray();
      long failed = 0;
      for (int turn = 0; turn < 2 * options.turns; turn++) {
        int which = (turn + turn / 2) % 2; // 0, 1, 1, 0, 0, 1, 1, 0
        JsonObject row = beside(both.get(which), options.at[0], 0, options).getLast();
        row.addProperty("build", which == 0 ? "this" : "other");
        failed += row.get("failed").getAsLong();
        rows.add(row);
      }
      result.add("rows", rows);
      Report.print(result, options.bed.json());
      return failed == 0 ? 0 : 1;
    }
  }

  /**
   * The pairs beside such a share of the background: those of its first seconds, in which the node
   * still compiles for it, and those after them.
   */
  private static List<JsonObject> beside(Pairs pairs, double share, int settle, Options options)
      throws IOException, InterruptedException {
    Bed bed = pairs.bed;
    double events = share * options.events;
    double feeds = share * options.feeds;
    AtomicLong done = new AtomicLong();
    AtomicLong failed = new AtomicLong();
    double seconds = settle + options.bed.seconds() + 4.0;
    Thread eventThread =
        background(events / 10, seconds, done, failed, () -> IngestBenchmark.record(bed, 10));
    Thread feedThread = background(feeds, seconds, done, failed, bed.feeds(3));
    Load.open(options.pairs, 2, pairs);
    String load =
        String.format(Locale.ROOT, "beside %.0f events/s and %.0f feeds/s", events, feeds);
    List<JsonObject> rows = new ArrayList<>();
    if (settle > 0) {
      rows.add(pairs.row(load + ", its first " + settle + " s", options, settle));
    }
    JsonObject row = pairs.row(load, options, options.bed.seconds());
    rows.add(row);
    eventThread.join();
    feedThread.join();
    row.addProperty("backgroundDone", done.get());
    row.addProperty("backgroundFailed", failed.get());
    return rows;
  }

  /** One of each after the other, by a single thread. */
  private static Supplier<CompletableFuture<?>> inTurns(
      List<Supplier<CompletableFuture<?>>> calls) {
    AtomicLong turn = new AtomicLong();
    return () -> calls.get((int) (turn.getAndIncrement() % calls.size())).get();
  }

  private static Thread background(
      double rate,
      double seconds,
      AtomicLong done,
      AtomicLong failed,
      Supplier<CompletableFuture<?>> call) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            Load.Outcome outcome = Load.open(rate, seconds, call);
            done.addAndGet(outcome.latency().getTotalCount());
            failed.addAndGet(outcome.failed() + outcome.refused());
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /** Pairs of random users and items, asked for by a single thread. */
  private static final class Pairs implements Supplier<CompletableFuture<?>> {
    private final Bed bed;
    private final SplittableRandom random = new SplittableRandom(1);

    /** Of a pair's time, until its interaction was acknowledged. */
    private volatile Histogram acknowledged = histogram();

    Pairs(Bed bed) {
      this.bed = bed;
    }

    private static Histogram histogram() {
      return new SynchronizedHistogram(TimeUnit.MINUTES.toNanos(2), 3);
    }

    JsonObject row(String load, Options options, int seconds)
        throws IOException, InterruptedException {
      acknowledged = histogram();
      ThreadTimes before = bed.node().threadTimes();
      Cost cost = Cost.from(bed.node());
      JsonObject row = cost.row(load, Load.open(options.pairs, seconds, this), 1);
      JsonObject first = new JsonObject();
      Report.addLatency(first, acknowledged);
      row.add("acknowledged", first);
      row.add("threadMillisPerSecond", bed.node().threadTimes().micros(before, seconds * 1_000L));
      return row;
    }

    @Override
    public CompletableFuture<GetFeedResponse> get() {
      String user = bed.users().get(random.nextInt(bed.users().size()));
      String item = bed.items().get(random.nextInt(bed.items().size()));
      RecordRequest request =
          RecordRequest.newBuilder()
              .addEvents(
                  Interaction.newBuilder()
                      .setEventId(new UUID(random.nextLong(), random.nextLong()).toString())
                      .setUserId(user)
                      .setItemId(item)
                      .setKind(Kind.LIKE))
              .build();
      long begin = System.nanoTime();
      return bed.caller()
          .record(request)
          .thenCompose(response -> {
            acknowledged.recordValue(System.nanoTime() - begin);
            return feedThatReflects(user, item, response.getResults(0).getUserSeq());
          });
    }

    private CompletableFuture<GetFeedResponse> feedThatReflects(
        String user, String item, long seq) {
      return bed.caller()
          .feed(GetFeedRequest.newBuilder().setUserId(user).build())
          .thenApply(feed -> {
            if (seq == 0
                || feed.getAsOfUserSeq() < seq
                || feed.getItemsList().stream().anyMatch(one -> one.getItemId().equals(item))) {
              throw new IllegalStateException("stale: " + seq + " " + feed.getAsOfUserSeq());
            }
            return feed;
          });
    }
  }
}
