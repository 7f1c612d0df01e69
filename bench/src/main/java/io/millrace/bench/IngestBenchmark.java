package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.grpc.Status;
import io.millrace.app.Benchmark;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The whole way of an event, from the socket to a durable acknowledgement, with everything that
 * learns from it running: events a second and CPU of the node for an event in a closed loop, by
 * events a request (as the data set has them), and latency at 50 % and 70 % of that rate; and the
 * same one by one over two bidirectional streams.
 */
public final class IngestBenchmark implements Benchmark {

  /** Events a second of the one hot user. */
  private static final double HOT_USER_RATE = 1_000;

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

    @Option(
        names = "--hot",
        description =
            "also batches of ten with one item in half of all events, and beside one user with 1,000 events a second")
    private boolean hot;
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(new String[0]));
    try (Bed bed = options.bed.open()) {
      JsonObject result = Report.begin("ingest");
      result.addProperty("data", bed.name());
      JsonArray rows = new JsonArray();
      result.addProperty(
          "warmUpSeconds",
          Report.round(Load.warm(bed.node(), 16, options.bed.warmUp(), () -> record(bed, 10))));
      for (int batch : options.batches) {
        measure(
            bed,
            options.bed,
            "batch " + batch,
            Math.max(8, 256 / batch),
            batch,
            () -> record(bed, batch),
            rows);
      }
      if (options.hot) {
        hot(bed, options.bed, rows);
      }
      GrpcCaller.EventStream[] streams = {bed.caller().stream(), bed.caller().stream()};
      int[] turn = {0};
      measure(
          bed,
          options.bed,
          "stream",
          256,
          1,
          () ->
              streams[turn[0]++ & 1].send(bed.events().get()).thenApply(IngestBenchmark::recorded),
          rows);
      result.add("rows", rows);
      Report.print(result, options.bed.json());
    }
    return 0;
  }

  private static void hot(Bed bed, BedOptions options, JsonArray rows)
      throws IOException, InterruptedException {
    String item = bed.items().getFirst();
    SplittableRandom random = new SplittableRandom(1);
    measure(
        bed,
        options,
        "batch 10, one item in half",
        25,
        10,
        () -> record(bed, 10, () -> random.nextBoolean() ? about(item, bed) : bed.events().get()),
        rows);
    AtomicBoolean goesOn = new AtomicBoolean(true);
    AtomicLong failed = new AtomicLong();
    Thread hotUser =
        Thread.ofPlatform().start(() -> oneUser(bed, bed.users().getFirst(), goesOn, failed));
    measure(
        bed,
        options,
        "batch 10, beside one user's 1,000 a second",
        25,
        10,
        () -> record(bed, 10),
        rows);
    goesOn.set(false);
    hotUser.join();
    rows.get(rows.size() - 1).getAsJsonObject().addProperty("ofOneUserFailed", failed.get());
  }

  /** Over one stream, a second at a time. */
  private static void oneUser(Bed bed, String user, AtomicBoolean goesOn, AtomicLong failed) {
    GrpcCaller.EventStream stream = bed.caller().stream();
    try {
      while (goesOn.get()) {
        failed.addAndGet(
            Load.open(
                    HOT_USER_RATE,
                    1,
                    () ->
                        stream
                            .send(bed.events().get().toBuilder().setUserId(user).build())
                            .thenApply(IngestBenchmark::recorded))
                .failed());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void measure(
      Bed bed,
      BedOptions options,
      String by,
      int inFlight,
      int each,
      Supplier<CompletableFuture<?>> call,
      JsonArray rows)
      throws IOException, InterruptedException {
    Load.warm(bed.node(), inFlight, options.warmUp() / 2.0, call);
    Cost before = Cost.from(bed.node());
    Load.Outcome full = Load.closed(inFlight, options.seconds(), call);
    rows.add(named(by, before.row("closed " + inFlight, full, each)));
    for (int load : new int[] {50, 70}) {
      before = Cost.from(bed.node());
      Load.Outcome partly = Load.open(full.perSecond() * load / 100, options.seconds(), call);
      rows.add(named(by, before.row(load + " %", partly, each)));
    }
  }

  private static JsonObject named(String by, JsonObject row) {
    row.addProperty("by", by);
    return row;
  }

  /** Fails when any event of the batch was not recorded. */
  static CompletableFuture<RecordResponse> record(Bed bed, int batch) {
    return record(bed, batch, bed.events());
  }

  private static CompletableFuture<RecordResponse> record(
      Bed bed, int batch, Supplier<Interaction> events) {
    RecordRequest.Builder request = RecordRequest.newBuilder();
    for (int i = 0; i < batch; i++) {
      request.addEvents(events.get());
    }
    return bed.caller().record(request.build()).thenApply(IngestBenchmark::allRecorded);
  }

  /** Fails when any event was not recorded. */
  static RecordResponse allRecorded(RecordResponse response) {
    response.getResultsList().forEach(IngestBenchmark::recorded);
    return response;
  }

  private static Interaction about(String item, Bed bed) {
    return bed.events().get().toBuilder().setItemId(item).build();
  }

  private static EventResult recorded(EventResult one) {
    if (one.getUserSeq() == 0) {
      throw (one.getStatus() == EventResult.Status.BUSY
              ? Status.RESOURCE_EXHAUSTED
              : Status.UNKNOWN)
          .withDescription("not recorded: " + one.getStatus())
          .asRuntimeException();
    }
    return one;
  }
}
