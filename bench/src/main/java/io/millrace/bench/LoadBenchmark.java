package io.millrace.bench;

import io.millrace.app.Benchmark;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * An open-loop load on a running node, from a process of its own: requests leave when the schedule
 * says so, and each latency is counted from when its request was due, so that a stall is not hidden
 * by waiting for it. Kinds: {@code feed} (preview: nothing is reserved), {@code serve} (real
 * feeds), {@code events}, {@code pair} (an acknowledged interaction, then a feed; the time of
 * both).
 */
public final class LoadBenchmark implements Benchmark {

  private static final int MOST_IN_FLIGHT = 1_000;
  private static final Pattern CPU =
      Pattern.compile("(?m)^process_cpu_time_ns_total\\S* ([0-9.eE+]+)$");

  @Override
  public String name() {
    return "load";
  }

  @Override
  public String about() {
    return "open-loop load of feeds, events or pairs on a running node: latency, rate, CPU of the node";
  }

  private static final class Options {
    @Option(names = "--server", defaultValue = "127.0.0.1:8080")
    private String server = "127.0.0.1:8080";

    @Option(names = "--kind", defaultValue = "feed", description = "feed, serve, events, pair")
    private String kind = "feed";

    @Option(names = "--rate", defaultValue = "50", description = "requests a second")
    private double rate = 50;

    @Option(names = "--seconds", defaultValue = "20")
    private int seconds = 20;

    @Option(names = "--warm-up", defaultValue = "10", description = "seconds not counted")
    private int warmUp = 10;

    @Option(names = "--batch", defaultValue = "1", description = "events a request")
    private int batch = 1;

    @Option(names = "--users", defaultValue = "2000")
    private int users = 2000;

    @Option(names = "--seed", defaultValue = "1")
    private long seed = 1;
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    List<String> measured = new ArrayList<>(args);
    measured.remove("--json"); // the result always is one JSON object on one line
    new CommandLine(options).parseArgs(measured.toArray(new String[0]));
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build()) {
      List<String> items = items(client, options);
      play(client, options, items, options.warmUp);
      double cpuBefore = cpuSeconds(client, options);
      long begin = System.nanoTime();
      Outcome outcome = play(client, options, items, options.seconds);
      double seconds = (System.nanoTime() - begin) / 1e9;
      double cpu = cpuSeconds(client, options) - cpuBefore;
      long done = outcome.latency.getTotalCount();
      System.out.printf(
          Locale.ROOT,
          "{\"bench\":\"load\",\"kind\":\"%s\",\"rate\":%.1f,\"batch\":%d,\"done\":%d,\"failed\":%d,"
              + "\"perSecond\":%.1f,\"p50Millis\":%.3f,\"p90Millis\":%.3f,\"p99Millis\":%.3f,\"maxMillis\":%.3f,"
              + "\"cpuMicrosPerRequest\":%.1f,\"cores\":%.2f}%n",
          options.kind,
          options.rate,
          options.batch,
          done,
          outcome.failed.get(),
          done / seconds,
          outcome.latency.getValueAtPercentile(50) / 1e6,
          outcome.latency.getValueAtPercentile(90) / 1e6,
          outcome.latency.getValueAtPercentile(99) / 1e6,
          outcome.latency.getMaxValue() / 1e6,
          done == 0 ? 0 : cpu * 1e6 / done,
          cpu / seconds);
      return outcome.failed.get() == 0 ? 0 : 1;
    }
  }

  private record Outcome(Histogram latency, AtomicLong failed) {}

  /** One client waits for nobody: a request that is due leaves, unless a thousand are under way. */
  private static Outcome play(HttpClient client, Options options, List<String> items, int seconds)
      throws InterruptedException {
    Outcome outcome =
        new Outcome(new SynchronizedHistogram(TimeUnit.MINUTES.toNanos(2), 3), new AtomicLong());
    SplittableRandom random = new SplittableRandom(options.seed + seconds);
    Semaphore inFlight = new Semaphore(MOST_IN_FLIGHT);
    long gap = (long) (1e9 / options.rate);
    long count = (long) (options.rate * seconds);
    long begin = System.nanoTime();
    for (long n = 0; n < count; n++) {
      long due = begin + n * gap;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      inFlight.acquire();
      CompletableFuture<Boolean> _ =
          ask(client, options, items, random)
              .whenComplete((ok, failure) -> {
                inFlight.release();
                if (failure == null && ok) {
                  outcome.latency.recordValue(System.nanoTime() - due);
                } else {
                  outcome.failed.incrementAndGet();
                }
              });
    }
    inFlight.acquire(MOST_IN_FLIGHT);
    return outcome;
  }

  private static CompletableFuture<Boolean> ask(
      HttpClient client, Options options, List<String> items, SplittableRandom random) {
    String user = "load-" + random.nextInt(options.users);
    return switch (options.kind) {
      case "feed" -> feed(client, options, user, true);
      case "serve" -> feed(client, options, user, false);
      case "events" -> events(client, options, user, items, random);
      case "pair" ->
          events(client, options, user, items, random)
              .thenCompose(ok ->
                  ok
                      ? feed(client, options, user, true)
                      : CompletableFuture.completedFuture(false));
      default ->
          throw new IllegalArgumentException(
              "kind is " + options.kind + ", expected feed, serve, events or pair");
    };
  }

  private static CompletableFuture<Boolean> feed(
      HttpClient client, Options options, String user, boolean preview) {
    HttpRequest request =
        HttpRequest.newBuilder(
                uri(options, "/v1/users/" + user + "/feed?size=20&preview=" + preview))
            .timeout(Duration.ofSeconds(10))
            .build();
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofByteArray())
        .thenApply(response -> response.statusCode() == 200);
  }

  private static CompletableFuture<Boolean> events(
      HttpClient client,
      Options options,
      String user,
      List<String> items,
      SplittableRandom random) {
    StringBuilder body = new StringBuilder("{\"events\":[");
    for (int i = 0; i < options.batch; i++) {
      body.append(i == 0 ? "" : ",")
          .append("{\"eventId\":\"")
          .append(new UUID(random.nextLong(), random.nextLong()))
          .append("\",\"userId\":\"")
          .append(options.batch == 1 ? user : "load-" + random.nextInt(options.users))
          .append("\",\"itemId\":\"")
          .append(items.get(random.nextInt(items.size())))
          .append("\",\"kind\":\"LIKE\"}");
    }
    HttpRequest request =
        HttpRequest.newBuilder(uri(options, "/v1/events"))
            .timeout(Duration.ofSeconds(10))
            .header("content-type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    body.append("]}").toString(), StandardCharsets.UTF_8))
            .build();
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenApply(response -> response.statusCode() == 200 && !response.body().contains("BUSY"));
  }

  /** Items to act on: what a stranger is shown. */
  private static List<String> items(HttpClient client, Options options)
      throws IOException, InterruptedException {
    String body =
        client
            .send(
                HttpRequest.newBuilder(
                        uri(options, "/v1/users/load-probe/feed?size=100&preview=true"))
                    .build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    List<String> items = new ArrayList<>();
    Matcher matcher = Pattern.compile("\\{\"itemId\":\"([^\"]+)\",\"token\"").matcher(body);
    while (matcher.find()) {
      items.add(matcher.group(1));
    }
    if (items.isEmpty()) {
      throw new IOException("the node at " + options.server + " shows no items: load data first");
    }
    return items;
  }

  private static double cpuSeconds(HttpClient client, Options options)
      throws IOException, InterruptedException {
    String metrics =
        client
            .send(
                HttpRequest.newBuilder(uri(options, "/metrics")).build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    Matcher matcher = CPU.matcher(metrics);
    return matcher.find() ? Double.parseDouble(matcher.group(1)) / 1e9 : Double.NaN;
  }

  private static URI uri(Options options, String path) {
    return URI.create("http://" + options.server + path);
  }
}
