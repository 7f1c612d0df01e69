package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.RankRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What a feed costs: CPU of the node for a feed, wall time of each stage one at a time, and latency
 * at 50 % and 70 % of the rate that a closed loop of 16 reaches with client and node on the same
 * cores. Feeds of 20 for random users of the data; {@code --reserve} makes them real (a reservation
 * is journalled), else they are previews. Also {@code Rank} of 100 given items.
 */
public final class FeedBenchmark implements Benchmark {

  private static final int SIZE = 20;
  private static final int RANKED = 100;

  @Override
  public String name() {
    return "feed";
  }

  @Override
  public String about() {
    return "a feed: CPU, stages, p50/p99 at 50 % and 70 % load; Rank of 100";
  }

  private static final class Options {
    @Mixin private BedOptions bed = new BedOptions();

    @Option(names = "--reserve", description = "real feeds instead of previews")
    private boolean reserve;
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(new String[0]));
    try (Bed bed = options.bed.open()) {
      JsonObject result = Report.begin("feed");
      result.addProperty("data", bed.name());
      result.addProperty("items", bed.items().size());
      result.addProperty("reserve", options.reserve);
      result.addProperty("startSeconds", Report.round(bed.node().startSeconds()));
      SplittableRandom random = new SplittableRandom(1);
      Supplier<CompletableFuture<?>> feed = () -> bed.caller().feed(feed(bed, options, random));
      Supplier<CompletableFuture<?>> rank = () -> bed.caller().rank(rank(bed, random));
      result.addProperty(
          "warmUpSeconds", Report.round(Load.warm(bed.node(), 4, options.bed.warmUp(), feed)));
      JsonArray rows = new JsonArray();
      rows.add(staged(bed, options.bed.seconds(), feed));
      ThreadTimes times = bed.node().threadTimes();
      Cost before = Cost.from(bed.node());
      Load.Outcome full = Load.closed(16, options.bed.seconds(), feed);
      JsonObject row = before.row("closed 16", full, 1);
      row.add("cpuMicrosByThread", bed.node().threadTimes().micros(times, full.done()));
      rows.add(row);
      for (int load : new int[] {50, 70}) {
        Cost start = Cost.from(bed.node());
        rows.add(
            start.row(
                load + " %",
                Load.open(full.perSecond() * load / 100, options.bed.seconds(), feed),
                1));
      }
      Load.warm(bed.node(), 4, options.bed.warmUp() / 3.0, rank);
      Cost start = Cost.from(bed.node());
      rows.add(
          start.row("rank 100, one at a time", Load.closed(1, options.bed.seconds(), rank), 1));
      result.add("rows", rows);
      Report.print(result, options.bed.json());
    }
    return 0;
  }

  private static GetFeedRequest feed(Bed bed, Options options, SplittableRandom random) {
    return GetFeedRequest.newBuilder()
        .setUserId(bed.users().get(random.nextInt(bed.users().size())))
        .setSize(SIZE)
        .setPreview(!options.reserve)
        .build();
  }

  private static RankRequest rank(Bed bed, SplittableRandom random) {
    List<String> candidates = new ArrayList<>(RANKED);
    int first = random.nextInt(bed.items().size() - RANKED);
    for (int i = 0; i < RANKED; i++) {
      candidates.add(bed.items().get(first + i));
    }
    return RankRequest.newBuilder()
        .setUserId(bed.users().get(random.nextInt(bed.users().size())))
        .addAllCandidates(candidates)
        .build();
  }

  /** One at a time, so that the wall time of a stage is nearly its own work. */
  private static JsonObject staged(Bed bed, int seconds, Supplier<CompletableFuture<?>> feed)
      throws IOException, InterruptedException {
    Map<String, Double> before = bed.node().metrics();
    Cost cost = Cost.from(bed.node());
    JsonObject row = cost.row("one at a time", Load.closed(1, seconds, feed), 1);
    JsonObject stages = new JsonObject();
    for (Map.Entry<String, Double> sample : bed.node().metrics().entrySet()) {
      String name = sample.getKey();
      if (name.startsWith("millrace_feed_stage_seconds_sum")) {
        String count = name.replace("_sum", "_count");
        double spent = sample.getValue() - before.getOrDefault(name, 0.0);
        double times =
            bed.node().metrics().getOrDefault(count, 0.0) - before.getOrDefault(count, 0.0);
        stages.addProperty(
            name.replaceAll(".*stage=\"([a-z]+)\".*", "$1"),
            Report.round(times == 0 ? 0 : spent / times * 1e6));
      }
    }
    row.add("stageMicros", stages);
    return row;
  }
}
