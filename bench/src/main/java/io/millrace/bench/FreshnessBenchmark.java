package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.RecordRequest;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * From an interaction to a feed that reflects it: the time of the pair (record, then ask), alone
 * and beside a background of events in batches of ten and feeds. A pair fails when the feed states
 * an older sequence number than the acknowledgement, or still holds the item that was acted on.
 */
public final class FreshnessBenchmark implements Benchmark {

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
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(new String[0]));
    try (Bed bed = options.bed.open()) {
      JsonObject result = Report.begin("freshness");
      result.addProperty("data", bed.name());
      SplittableRandom random = new SplittableRandom(1);
      Supplier<CompletableFuture<?>> pair = () -> pair(bed, random);
      Supplier<CompletableFuture<?>> events = eventsOf(bed);
      result.addProperty(
          "warmUpSeconds",
          Report.round(
              Load.warm(bed.node(), 16, options.bed.warmUp() / 2.0, events)
                  + Load.warm(bed.node(), 4, options.bed.warmUp() / 2.0, pair)));
      JsonArray rows = new JsonArray();
      Cost cost = Cost.from(bed.node());
      rows.add(cost.row("pairs alone", Load.open(options.pairs, options.bed.seconds(), pair), 1));
      JsonObject beside = besideOthers(bed, options, pair);
      rows.add(beside);
      result.add("rows", rows);
      Report.print(result, options.bed.json());
      return beside.get("failed").getAsLong() == 0 ? 0 : 1;
    }
  }

  private static JsonObject besideOthers(
      Bed bed, Options options, Supplier<CompletableFuture<?>> pair) throws InterruptedException {
    AtomicLong done = new AtomicLong();
    AtomicLong failed = new AtomicLong();
    Thread events =
        background(options.events / 10, options.bed.seconds() + 4, done, failed, eventsOf(bed));
    Thread feeds = background(options.feeds, options.bed.seconds() + 4, done, failed, feedsOf(bed));
    Load.open(options.pairs, 2, pair);
    Cost cost = Cost.from(bed.node());
    JsonObject row =
        cost.row(
            String.format(
                java.util.Locale.ROOT,
                "beside %.0f events/s and %.0f feeds/s",
                options.events,
                options.feeds),
            Load.open(options.pairs, options.bed.seconds(), pair),
            1);
    events.join();
    feeds.join();
    row.addProperty("backgroundDone", done.get());
    row.addProperty("backgroundFailed", failed.get());
    return row;
  }

  private static Supplier<CompletableFuture<?>> eventsOf(Bed bed) {
    return () -> IngestBenchmark.record(bed, 10);
  }

  private static Supplier<CompletableFuture<?>> feedsOf(Bed bed) {
    SplittableRandom random = new SplittableRandom(3);
    return () ->
        bed.caller()
            .feed(
                GetFeedRequest.newBuilder()
                    .setUserId(bed.users().get(random.nextInt(bed.users().size())))
                    .build());
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

  private static CompletableFuture<GetFeedResponse> pair(Bed bed, SplittableRandom random) {
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
    return bed.caller()
        .record(request)
        .thenCompose(acknowledged -> {
          long seq = acknowledged.getResults(0).getUserSeq();
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
        });
  }
}
