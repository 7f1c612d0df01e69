package io.millrace.edge;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.feed.Feeds;
import io.millrace.proto.v1.EventResult;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * The node's counters: for Prometheus since the start, and for the page over the last seconds. Safe
 * from any thread.
 */
public final class EdgeMetrics {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final Backend backend;
  private final Timer feeds;
  private final Timer records;
  private final Map<EventResult.Status, Counter> events = new ConcurrentHashMap<>();
  private final Recent recentFeeds = new Recent();
  private final Recent recentEvents = new Recent();
  private volatile long itemLagMs;

  EdgeMetrics(Backend backend) {
    this.backend = backend;
    new JvmMemoryMetrics().bindTo(registry);
    collections.bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    feeds = timer("millrace.feed", "From a feed's question to its answer");
    records = timer("millrace.record", "From a batch of events to its acknowledgement");
    gauge("millrace.index.items", "Items that can be served", Backend::indexedItems);
    gauge(
        "millrace.journal.lag.seconds",
        "How far evidence is behind the journal",
        node -> node.evidenceLag().toMillis() / 1_000.0);
    gauge("millrace.ready", "Whether the node may be sent traffic", node -> node.ready() ? 1 : 0);
  }

  private Timer timer(String name, String what) {
    return Timer.builder(name)
        .description(what)
        .publishPercentileHistogram()
        .minimumExpectedValue(Duration.ofNanos(100_000))
        .maximumExpectedValue(Duration.ofSeconds(10))
        .register(registry);
  }

  private void gauge(String name, String what, ToDoubleFunction<Backend> value) {
    Gauge.builder(name, backend, value).description(what).register(registry);
  }

  /** For parts of the node that count something of their own. */
  public MeterRegistry registry() {
    return registry;
  }

  void feed(long nanos, Feeds.@Nullable Answer answer, @Nullable Throwable failure) {
    feeds.record(nanos, TimeUnit.NANOSECONDS);
    recentFeeds.add(nanos, 1);
    if (answer == null) {
      String trouble = failure == null ? "INTERNAL" : Trouble.of(failure).trouble().name();
      counter("millrace.feeds.failed", "trouble", trouble).increment();
      return;
    }
    itemLagMs = answer.itemLagMs();
    counter("millrace.feeds", "surface", answer.surface()).increment();
    if (answer.replayed()) {
      counter("millrace.feeds.replayed", "surface", answer.surface()).increment();
    }
    for (String part : answer.degraded()) {
      int end = part.indexOf(':');
      counter("millrace.feeds.degraded", "part", end < 0 ? part : part.substring(0, end))
          .increment();
    }
  }

  void record(long nanos, @Nullable List<EventResult> results) {
    records.record(nanos, TimeUnit.NANOSECONDS);
    if (results == null) {
      return;
    }
    recentEvents.add(nanos, results.size());
    for (EventResult result : results) {
      events
          .computeIfAbsent(
              result.getStatus(),
              status ->
                  counter("millrace.events", "status", status.name().toLowerCase(Locale.ROOT)))
          .increment();
    }
  }

  /** How long each stage of one feed took; part of a sum and a count, without a histogram. */
  public void stages(List<Feeds.StageTime> times) {
    for (Feeds.StageTime time : times) {
      registry
          .timer("millrace.feed.stage", "stage", time.stage())
          .record(time.micros(), TimeUnit.MICROSECONDS);
    }
  }

  /** Counted without their names: those have no bound. */
  void callers(Callers callers) {
    Gauge.builder("millrace.callers", callers, Callers::known)
        .description("Callers whose rate is remembered")
        .register(registry);
  }

  void refusedCaller(String what) {
    counter("millrace.callers.refused", "of", what).increment();
  }

  void refusedFeed() {
    counter("millrace.feeds.failed", "trouble", Trouble.RESOURCE_EXHAUSTED.name()).increment();
  }

  void refused(Trouble trouble) {
    counter("millrace.events.refused", "trouble", trouble.name()).increment();
  }

  private Counter counter(String name, String tag, String value) {
    return registry.counter(name, tag, value);
  }

  /** What Prometheus reads. */
  String scrape() {
    return registry.scrape();
  }

  /** What the page reads: rates and latencies of the last seconds, as one JSON object. */
  String stats() {
    Recent.Rate feed = recentFeeds.rate();
    Recent.Rate event = recentEvents.rate();
    return String.format(
        Locale.ROOT,
        "{\"eventsPerSecond\":%.1f,\"feedsPerSecond\":%.1f,\"feedP50Millis\":%.3f,"
            + "\"feedP99Millis\":%.3f,\"recordP50Millis\":%.3f,\"recordP99Millis\":%.3f,"
            + "\"indexSize\":%d,\"itemLagMillis\":%d,\"ready\":%b}",
        event.perSecond(),
        feed.perSecond(),
        feed.p50Ms(),
        feed.p99Ms(),
        event.p50Ms(),
        event.p99Ms(),
        backend.indexedItems(),
        itemLagMs,
        backend.ready());
  }

  void close() {
    collections.close();
    registry.close();
  }

  /** Rates over the last five to ten seconds: two windows, the older one whole. */
  private static final class Recent {
    private static final long WINDOW_NANOS = 5_000_000_000L;

    record Rate(double perSecond, double p50Ms, double p99Ms) {}

    private final Recorder recorder = new Recorder(TimeUnit.MINUTES.toNanos(1), 2);
    private final LongAdder counted = new LongAdder();
    private Histogram older = new Histogram(TimeUnit.MINUTES.toNanos(1), 2);
    private Histogram newer = new Histogram(TimeUnit.MINUTES.toNanos(1), 2);
    private long olderCount;
    private long newerCount;
    private long olderStart = System.nanoTime();
    private long newerStart = olderStart;
    private long lastAsked = olderStart;

    void add(long nanos, long count) {
      recorder.recordValue(Math.min(nanos, TimeUnit.MINUTES.toNanos(1)));
      counted.add(count);
    }

    synchronized Rate rate() {
      long now = System.nanoTime();
      if (now - lastAsked > 2 * WINDOW_NANOS) {
        forget(now);
      }
      lastAsked = now;
      newer.add(recorder.getIntervalHistogram());
      newerCount += counted.sumThenReset();
      if (now - newerStart > WINDOW_NANOS) {
        Histogram reused = older;
        older = newer;
        olderCount = newerCount;
        olderStart = newerStart;
        reused.reset();
        newer = reused;
        newerCount = 0;
        newerStart = now;
      }
      Histogram both = older.copy();
      both.add(newer);
      double seconds = Math.max(1e-3, (now - olderStart) / 1e9);
      return new Rate(
          (olderCount + newerCount) / seconds,
          both.getValueAtPercentile(50) / 1e6,
          both.getValueAtPercentile(99) / 1e6);
    }

    /** Nobody looked for a while: what was counted meanwhile is not of the last seconds. */
    private void forget(long now) {
      recorder.reset();
      counted.reset();
      older.reset();
      newer.reset();
      olderCount = 0;
      newerCount = 0;
      olderStart = now;
      newerStart = now;
    }
  }
}
