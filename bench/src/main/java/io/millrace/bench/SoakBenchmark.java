package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * As many events as a node takes, in batches of ten, for many minutes beside a few feeds: whether
 * what a flood leaves to be done later (files to merge, evidence to fold, memory to collect,
 * generations to train) catches up with it. One row a slice of {@code --seconds}, from the start:
 * the first ones are of a node that still compiles.
 */
public final class SoakBenchmark implements Benchmark {

  private static final int BATCH = 10;
  private static final int IN_FLIGHT = 25;

  @Override
  public String name() {
    return "soak";
  }

  @Override
  public String about() {
    return "as many events as fit for many minutes, beside a few feeds: does anything fall behind";
  }

  private static final class Options {
    @Mixin private BedOptions bed = new BedOptions();

    @Option(names = "--for", defaultValue = "600", description = "seconds of it")
    private int forSeconds = 600;

    @Option(names = "--feeds", defaultValue = "20", description = "a second, beside the events")
    private double feeds = 20;
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(new String[0]));
    int seconds = options.bed.seconds();
    try (Bed bed = options.bed.open()) {
      JsonObject result = Report.begin("soak");
      result.addProperty("data", bed.name());
      JsonArray rows = new JsonArray();
      for (int slice = 0; slice * seconds < options.forSeconds; slice++) {
        Cost cost = Cost.from(bed.node());
        FutureTask<Load.Outcome> feeds =
            new FutureTask<>(() -> Load.open(options.feeds, seconds, bed.feeds(1)));
        Thread.ofPlatform().start(feeds);
        Load.Outcome events =
            Load.closed(IN_FLIGHT, seconds, () -> IngestBenchmark.record(bed, BATCH));
        Load.Outcome beside = feeds.get();
        JsonObject row = cost.row("after " + slice * seconds + " s", events, BATCH);
        addFeeds(row, beside);
        addNode(row, bed.node());
        rows.add(row);
      }
      result.add("rows", rows);
      Report.print(result, options.bed.json());
    }
    return 0;
  }

  private static void addFeeds(JsonObject row, Load.Outcome feeds) {
    row.addProperty("feedsPerSecond", Report.round(feeds.perSecond()));
    row.addProperty("feedsRefused", feeds.refused());
    row.addProperty("feedsFailed", feeds.failed());
    row.addProperty("feedP99Millis", Report.round(feeds.millis(99)));
  }

  private static void addNode(JsonObject row, NodeProcess node)
      throws IOException, InterruptedException {
    Map<String, Double> metrics = node.metrics();
    row.addProperty("lagSeconds", Report.round(metrics.get("millrace_journal_lag_seconds")));
    row.addProperty("fullTables", metrics.get("millrace_store_full_tables"));
    row.addProperty("unmergedFiles", metrics.get("millrace_store_unmerged_files"));
    row.addProperty("generation", metrics.get("millrace_generation_adopted"));
    row.addProperty("residentMegabytes", Report.round(node.residentSetBytes() / 1e6));
    row.addProperty("openFiles", node.openFiles());
  }
}
