package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Three times what a closed loop reaches, of feeds and then of events in batches of ten: how much
 * is refused, how late what is served comes, and how a load of half the capacity fares before, in
 * the five seconds after, and later.
 */
public final class OverloadBenchmark implements Benchmark {

  private static final int BATCH = 10;
  private static final int AFTER_SECONDS = 5;

  @Override
  public String name() {
    return "overload";
  }

  @Override
  public String about() {
    return "three times the capacity: what is refused, p99 of what is served, and afterwards";
  }

  private enum What {
    FEED,
    EVENT
  }

  private static final class Options {
    @Mixin private BedOptions bed = new BedOptions();

    @Option(names = "--times", defaultValue = "3", description = "the capacity")
    private double times = 3;

    @Option(names = "--for", defaultValue = "120", description = "so many seconds of it")
    private int overloadSeconds = 120;

    @Option(
        names = "--of",
        split = ",",
        defaultValue = "feed,event",
        description = "${DEFAULT-VALUE}: of what, in this order")
    private List<What> what = List.of(What.values());
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(args.toArray(new String[0]));
    try (Bed bed = options.bed.open()) {
      JsonObject result = Report.begin("overload");
      result.addProperty("data", bed.name());
      JsonArray rows = new JsonArray();
      for (What what : options.what) {
        switch (what) {
          case FEED -> measure(bed, options, "feed", 16, 1, bed.feeds(1), rows);
          case EVENT ->
              measure(
                  bed, options, "event", 32, BATCH, () -> IngestBenchmark.record(bed, BATCH), rows);
        }
      }
      result.add("rows", rows);
      Report.print(result, options.bed.json());
    }
    return 0;
  }

  private static void measure(
      Bed bed,
      Options options,
      String what,
      int inFlight,
      int each,
      Supplier<CompletableFuture<?>> call,
      JsonArray rows)
      throws IOException, InterruptedException {
    int seconds = options.bed.seconds();
    Load.warm(bed.node(), inFlight, options.bed.warmUp(), call);
    double full = Load.closed(inFlight, seconds, call).perSecond();
    row(bed, what, "50 % before", full / 2, seconds, each, call, rows);
    row(
        bed,
        what,
        options.times * 100 + " %",
        full * options.times,
        options.overloadSeconds,
        each,
        call,
        rows);
    row(bed, what, "50 % at once after", full / 2, AFTER_SECONDS, each, call, rows);
    row(bed, what, "50 % later", full / 2, seconds, each, call, rows);
  }

  private static void row(
      Bed bed,
      String what,
      String load,
      double rate,
      double seconds,
      int each,
      Supplier<CompletableFuture<?>> call,
      JsonArray rows)
      throws IOException, InterruptedException {
    Cost cost = Cost.from(bed.node());
    JsonObject row = cost.row(load, Load.open(rate, seconds, call), each);
    row.addProperty("of", what);
    rows.add(row);
  }
}
