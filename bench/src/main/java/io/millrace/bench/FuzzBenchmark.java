package io.millrace.bench;

import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * A node under requests that no honest client sends, over its real port: gRPC, gRPC-Web, JSON, REST
 * paths, broken HTTP/1.1 and broken h2. Every whole request has to be answered in time with a code
 * of the contract; meanwhile and afterwards events are recorded and feeds answered, no fault is
 * logged, and heap, threads and open files stay where they were. The exit code is 1 when something
 * was found. The same seed sends the same requests; which of them meet at the node is up to the
 * clock.
 */
public final class FuzzBenchmark implements Benchmark {

  private static final String HEAP = "1g";
  private static final int ITEMS = 1_000;
  private static final int ROUNDS = 10;
  private static final int CANARY_WITHIN_S = 10;

  /** Chosen: what a node keeps of an honest share of the requests, and the spread of one look. */
  private static final double MOST_HEAP_GROWTH = 1.5;

  private static final long HEAP_SLACK = 64L << 20;
  private static final int MORE_THREADS = 24;
  private static final int MORE_FILES = 64;

  /** Connections that ended are gone after so long. */
  private static final int SETTLE_S = 15;

  private static final class Options {
    @Option(names = "--requests", defaultValue = "1000000")
    private long requests = 1_000_000;

    @Option(names = "--seed", defaultValue = "1")
    private long seed = 1;

    @Option(names = "--from", defaultValue = "0", description = "the first case: to repeat one")
    private long from;

    @Option(names = "--lanes", defaultValue = "8", description = "connections of each protocol")
    private int lanes = 8;

    @Option(names = "--json")
    private boolean json;
  }

  @Override
  public String name() {
    return "fuzz";
  }

  @Override
  public String about() {
    return "requests that no honest client sends: every answer a known code, nothing grows";
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(new String[0]));
    Path log = Files.createTempFile("millrace-fuzz", ".log");
    FuzzFindings findings = new FuzzFindings();
    JsonObject result = Report.begin("fuzz");
    result.addProperty("seed", options.seed);
    result.addProperty("requests", options.requests);
    boolean found;
    try (Bed bed = Bed.generated(ITEMS, ITEMS, log, HEAP)) {
      measure(bed, options, findings, result);
      logged(log, findings);
      findings.addTo(result);
      found = findings.any();
    }
    Report.print(result, options.json);
    if (!found) {
      Files.delete(log);
    } else {
      System.err.println("the node's log: " + log);
    }
    return found ? 1 : 0;
  }

  private static void measure(Bed bed, Options options, FuzzFindings findings, JsonObject result)
      throws Exception {
    FuzzCases cases = new FuzzCases(options.seed);
    Footprint before = null;
    double seconds = 0;
    double cpu = bed.node().cpuSeconds();
    for (int round = 0; round < ROUNDS; round++) {
      long from = options.from + options.requests * round / ROUNDS;
      long to = options.from + options.requests * (round + 1) / ROUNDS;
      long begin = System.nanoTime();
      send(cases, from, to, options.lanes, bed, findings);
      seconds += (System.nanoTime() - begin) / 1e9;
      canary(bed, options.seed, to, findings);
      if (!bed.node().isAlive()) {
        findings.found("the node ended", "between cases " + from + " and " + to);
        return;
      }
      if (round == 0) {
        before = settled(bed.node(), null);
        before.addTo(result, "after a tenth");
      }
      System.err.printf(
          "%d requests, %.0f a second%n", to - options.from, (to - options.from) / seconds);
    }
    Footprint after = settled(bed.node(), before);
    after.addTo(result, "after all");
    result.addProperty("perSecond", Report.round(options.requests / seconds));
    result.addProperty(
        "nodeCpuMicros", Report.round((bed.node().cpuSeconds() - cpu) * 1e6 / options.requests));
    if (before != null) {
      after.grown(before).forEach(what -> findings.found(what, "after " + options.requests));
    }
  }

  private static void send(
      FuzzCases cases, long from, long to, int lanes, Bed bed, FuzzFindings findings)
      throws InterruptedException {
    AtomicLong next = new AtomicLong(from);
    List<Thread> threads = new ArrayList<>();
    for (int lane = 0; lane < lanes; lane++) {
      FuzzLane one = new FuzzLane(cases, next, to, bed.node().address(), findings);
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                try (one) {
                  one.run();
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** What an honest client sees: its event is taken, and is in the next feed, which is full. */
  private static void canary(Bed bed, long seed, long number, FuzzFindings findings)
      throws InterruptedException {
    String user = "canary-" + seed + "-" + number;
    String item = bed.items().get((int) (number % bed.items().size()));
    try {
      RecordResponse recorded =
          bed.caller()
              .record(
                  RecordRequest.newBuilder()
                      .addEvents(
                          Interaction.newBuilder()
                              .setEventId(user)
                              .setUserId(user)
                              .setItemId(item)
                              .setKind(Kind.LIKE))
                      .build())
              .get(CANARY_WITHIN_S, TimeUnit.SECONDS);
      GetFeedResponse feed =
          bed.caller()
              .feed(GetFeedRequest.newBuilder().setUserId(user).build())
              .get(CANARY_WITHIN_S, TimeUnit.SECONDS);
      if (recorded.getResults(0).getStatus() != EventResult.Status.RECORDED) {
        findings.found("an honest event is refused", recorded.toString());
      }
      if (feed.getItemsCount() != 20
          || feed.getAsOfUserSeq() < recorded.getResults(0).getUserSeq()
          || feed.getItemsList().stream().anyMatch(one -> one.getItemId().equals(item))
          || !feed.getDegradedList().isEmpty()) {
        findings.found("an honest feed is wrong", "after case " + number + ": " + feed);
      }
    } catch (ExecutionException | TimeoutException failed) {
      findings.found("an honest call fails: " + failed, "after case " + number);
    }
  }

  /** The node's log names no fault and shows no trace of one. */
  private static void logged(Path log, FuzzFindings findings) throws IOException {
    String before = "";
    for (String line : Files.readAllLines(log)) {
      if (line.matches("[0-9:.]+ ERROR .*")) {
        findings.found("logged ERROR: " + line.substring(13, Math.min(line.length(), 80)), line);
      } else if (line.startsWith("\tat ") && !before.startsWith("\tat ")) {
        findings.found("logged a trace: " + before, line);
      }
      before = line;
    }
  }

  /** What the node holds once connections that ended are gone; the best of some looks. */
  private static Footprint settled(
      NodeProcess node, @org.jspecify.annotations.Nullable Footprint before)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_S);
    Footprint now = Footprint.of(node);
    while (System.nanoTime() < end && (before == null || !now.grown(before).isEmpty())) {
      TimeUnit.SECONDS.sleep(1);
      Footprint next = Footprint.of(node);
      boolean still = next.files() == now.files() && next.threads() == now.threads();
      now = next;
      if (before == null && still) {
        break;
      }
    }
    return now;
  }

  /**
   * What a node holds at a moment.
   *
   * @param heap bytes after a full collection
   * @param files open files and sockets, -1 where the machine does not tell
   */
  private record Footprint(long heap, int threads, int files) {

    static Footprint of(NodeProcess node) throws IOException, InterruptedException {
      double threads = 0;
      for (var sample : node.metrics().entrySet()) {
        if (sample.getKey().startsWith("jvm_threads_live_threads")) {
          threads = sample.getValue();
        }
      }
      return new Footprint(node.liveHeap().bytes(), (int) threads, node.openFiles());
    }

    List<String> grown(Footprint before) {
      List<String> grown = new ArrayList<>();
      if (heap > before.heap * MOST_HEAP_GROWTH + HEAP_SLACK) {
        grown.add("the heap grew from " + before.heap + " to " + heap + " bytes");
      }
      if (threads > before.threads + MORE_THREADS) {
        grown.add("threads grew from " + before.threads + " to " + threads);
      }
      if (files > before.files + MORE_FILES) {
        grown.add("open files grew from " + before.files + " to " + files);
      }
      return grown;
    }

    void addTo(JsonObject result, String when) {
      JsonObject row = new JsonObject();
      row.addProperty("heapMiB", heap >> 20);
      row.addProperty("threads", threads);
      row.addProperty("openFiles", files);
      result.add(when, row);
    }
  }
}
