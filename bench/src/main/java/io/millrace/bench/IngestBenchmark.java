package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The whole way of an event, from the socket to a durable acknowledgement, with everything that
 * learns from it running: events a second and CPU of the node for an event in a closed loop, by
 * events a request (across random users), and latency at 50 % and 70 % of that rate.
 */
public final class IngestBenchmark implements Benchmark {

  @Override
  public String name() {
    return "ingest";
  }

  @Override
  public String about() {
    return "events: a second, CPU, p50/p99 of the acknowledgement at 50 % and 70 % load, by batch";
  }

  private static final class Options {
    @Mixin private BedOptions bed = new BedOptions();

    @Option(names = "--batch", split = ",", description = "events a request (default 1,10,100)")
    private int[] batches = {1, 10, 100};
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(new String[0]));
    try (Bed bed = options.bed.open()) {
      JsonObject result = Report.begin("ingest");
      result.addProperty("data", bed.name());
      JsonArray rows = new JsonArray();
      SplittableRandom random = new SplittableRandom(1);
      Load.closed(16, options.bed.warmUp(), () -> record(bed, 10, random));
      for (int batch : options.batches) {
        Supplier<CompletableFuture<?>> call = () -> record(bed, batch, random);
        int inFlight = Math.max(8, 256 / batch);
        Load.closed(inFlight, options.bed.warmUp() / 4.0, call);
        double before = bed.node().cpuSeconds();
        Load.Outcome full = Load.closed(inFlight, options.bed.seconds(), call);
        rows.add(measured(bed, batch, "closed " + inFlight, full, before));
        for (int load : new int[] {50, 70}) {
          before = bed.node().cpuSeconds();
          Load.Outcome partly =
              Load.open(full.perSecond() * load / 100, options.bed.seconds(), call);
          rows.add(measured(bed, batch, load + " %", partly, before));
        }
      }
      result.add("rows", rows);
      Report.print(result, options.bed.json());
    }
    return 0;
  }

  /** Fails when any event of the batch was not recorded. */
  static CompletableFuture<RecordResponse> record(Bed bed, int batch, SplittableRandom random) {
    RecordRequest.Builder request = RecordRequest.newBuilder();
    for (int i = 0; i < batch; i++) {
      request.addEvents(
          Interaction.newBuilder()
              .setEventId(new UUID(random.nextLong(), random.nextLong()).toString())
              .setUserId(bed.users().get(random.nextInt(bed.users().size())))
              .setItemId(bed.items().get(random.nextInt(bed.items().size())))
              .setKind(Kind.LIKE));
    }
    return bed.caller()
        .record(request.build())
        .thenApply(response -> {
          response
              .getResultsList()
              .forEach(one -> {
                if (one.getUserSeq() == 0) {
                  throw new IllegalStateException("not recorded: " + one.getStatus());
                }
              });
          return response;
        });
  }

  private static JsonObject measured(
      Bed bed, int batch, String load, Load.Outcome outcome, double cpuBefore) {
    JsonObject row = new JsonObject();
    long events = outcome.latency().getTotalCount() * batch;
    row.addProperty("batch", batch);
    row.addProperty("load", load);
    row.addProperty("eventsPerSecond", Report.round(outcome.perSecond() * batch));
    row.addProperty("failed", outcome.failed());
    Report.addLatency(row, outcome.latency());
    row.addProperty(
        "cpuMicrosPerEvent",
        Report.round((bed.node().cpuSeconds() - cpuBefore) * 1e6 / Math.max(1, events)));
    return row;
  }
}
