package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import io.millrace.proto.v1.GetItemRequest;
import io.millrace.proto.v1.GetUserRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * Bytes of live heap that one more resident user and one more resident item hold: the slope over 0,
 * 1/4, 1/2 and all of them, after a full collection each time. Users and items lie in the journal
 * and are woken by a question, so that nothing else grows meanwhile. Users whom nobody has heard of
 * show what an actor in its shard costs without a history.
 */
public final class MemoryBenchmark implements Benchmark {

  private static final String[] NOBODY_LEAVES = {
    "millrace.user.passivate-after=1d",
    "millrace.item.passivate-after=1d",
    "millrace.user.heap-share=1",
    "millrace.item.heap-share=1",
    "millrace.generation.train-every=0s",
  };
  private static final int QUARTERS = 4;
  private static final int[] STEPS = {0, 1, 2, 4};
  private static final int IN_FLIGHT = 64;
  private static final int CLASSES_NAMED = 25;
  private static final double GIB = 1 << 30;
  private static final double MIB = 1 << 20;

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String about() {
    return "bytes of a resident user and item, by class; users in a GiB; memory outside the heap";
  }

  static final class Options {
    @Option(names = "--users", description = "made resident (default 200000)")
    private int users = 200_000;

    @Option(names = "--items", description = "made resident (default 200000)")
    private int items = 200_000;

    @Option(names = "--events-per-user", description = "of each user (default 5)")
    private int eventsPerUser = 5;

    @Option(names = "--json")
    private boolean json;

    static Options of(List<String> args) {
      Options options = new Options();
      CommandLine line = new CommandLine(options).setCommandName("millrace bench memory");
      line.parseArgs(args.toArray(new String[0]));
      Bounds bounds = new Bounds(line);
      bounds.check("--users", options.users, 1_000, 10_000_000);
      bounds.check("--items", options.items, 1_000, 10_000_000);
      bounds.check("--events-per-user", options.eventsPerUser, 1, 1_000);
      return options;
    }
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = Options.of(args);
    Path folder = Files.createTempDirectory("millrace-bench");
    try {
      JsonObject result = Report.begin("memory");
      result.addProperty("users", options.users);
      result.addProperty("items", options.items);
      result.addProperty("eventsPerUser", options.eventsPerUser);
      Path dataSet = Files.createDirectories(folder.resolve("generated"));
      Bed.generate(dataSet, options.items, options.users, options.eventsPerUser);
      Path data = folder.resolve("data");
      NodeProcess.load(dataSet, data, NOBODY_LEAVES);
      JsonArray rows = new JsonArray();
      rows.add(
          measure(
              "user with " + options.eventsPerUser + " events",
              data,
              options.users,
              caller -> n -> caller.user(user("u" + n))));
      rows.add(
          measure(
              "user without events",
              data,
              options.users,
              caller -> n -> caller.user(user("nobody" + n))));
      rows.add(
          measure(
              "item",
              data,
              options.items,
              caller -> n -> caller.item(GetItemRequest.newBuilder().setItemId("i" + n).build())));
      result.add("rows", rows);
      Report.print(result, options.json);
    } finally {
      Bed.delete(folder);
    }
    return 0;
  }

  private static GetUserRequest user(String id) {
    return GetUserRequest.newBuilder().setUserId(id).build();
  }

  /** Ways to wake the n-th of something. */
  private interface Waking {
    IntFunction<CompletableFuture<?>> by(GrpcCaller caller);
  }

  private static JsonObject measure(String of, Path data, int count, Waking waking)
      throws IOException, InterruptedException {
    try (NodeProcess node = NodeProcess.start(data, NOBODY_LEAVES);
        GrpcCaller caller = node.caller()) {
      node.drain();
      IntFunction<CompletableFuture<?>> wake = waking.by(caller);
      double[] resident = new double[STEPS.length];
      double[] bytes = new double[STEPS.length];
      JsonArray points = new JsonArray();
      LiveHeap first = node.liveHeap();
      LiveHeap last = first;
      double outsideBefore = outsideHeap(node);
      AtomicInteger next = new AtomicInteger();
      for (int step = 0; step < STEPS.length; step++) {
        int upTo = (int) ((long) count * STEPS[step] / QUARTERS);
        wake(upTo - next.get(), () -> wake.apply(next.getAndIncrement()));
        last = node.liveHeap();
        resident[step] = upTo;
        bytes[step] = last.bytes();
        JsonObject point = new JsonObject();
        point.addProperty("resident", upTo);
        point.addProperty("heapBytes", last.bytes());
        points.add(point);
      }
      JsonObject row = new JsonObject();
      row.addProperty("of", of);
      addSlope(row, Slope.of(resident, bytes));
      row.add("points", points);
      addClasses(row, last.since(first), count);
      row.addProperty("residentSetMiB", Report.round(node.residentSetBytes() / MIB));
      row.addProperty("outsideHeapMiBBefore", Report.round(outsideBefore / MIB));
      row.addProperty("outsideHeapMiBAfter", Report.round(outsideHeap(node) / MIB));
      return row;
    }
  }

  private static void wake(int count, Supplier<CompletableFuture<?>> call)
      throws InterruptedException {
    Load.Outcome woken = Load.each(IN_FLIGHT, count, call);
    if (woken.done() != count) {
      throw new IllegalStateException(
          woken.done() + " answered that they are resident, expected " + count);
    }
  }

  private static void addSlope(JsonObject row, Slope slope) {
    row.addProperty("bytesEach", Report.round(slope.each()));
    row.addProperty("r2", Report.round(slope.r2()));
    row.addProperty("worstResidualBytes", Report.round(slope.worst()));
    row.addProperty("inOneGiB", Math.round(GIB / slope.each()));
    row.addProperty("gibForOneMillion", Report.round(slope.each() * 1e6 / GIB));
    row.addProperty("gibForTenMillion", Report.round(slope.each() * 1e7 / GIB));
  }

  /** Of each, by owner; and the classes that hold most. */
  private static void addClasses(JsonObject row, LiveHeap more, int count) {
    JsonObject owners = new JsonObject();
    more.byOwner()
        .forEach((owner, bytes) -> owners.addProperty(owner, Report.round((double) bytes / count)));
    row.add("bytesEachByOwner", owners);
    JsonArray classes = new JsonArray();
    more.classes().entrySet().stream()
        .sorted(
            Comparator.comparingLong(
                    (Map.Entry<String, LiveHeap.Held> one) -> one.getValue().bytes())
                .reversed())
        .limit(CLASSES_NAMED)
        .forEach(one -> {
          JsonObject named = new JsonObject();
          named.addProperty("class", one.getKey());
          named.addProperty("bytesEach", Report.round((double) one.getValue().bytes() / count));
          named.addProperty(
              "instancesEach", Report.round((double) one.getValue().instances() / count));
          classes.add(named);
        });
    row.add("classes", classes);
  }

  /** Memory of the process that is not its heap: RocksDB's among it, code, threads, buffers. */
  private static double outsideHeap(NodeProcess node) throws IOException, InterruptedException {
    double heap = 0;
    for (Map.Entry<String, Double> sample : node.metrics().entrySet()) {
      if (sample.getKey().startsWith("jvm_memory_committed_bytes{area=\"heap\"")) {
        heap += sample.getValue();
      }
    }
    return node.residentSetBytes() - heap;
  }
}
