package io.millrace.edge;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the edge behaves, read once at start from {@code millrace.edge}; each key is explained in
 * {@code reference.conf}.
 *
 * @param surfaces that may be asked for; empty means any
 */
public record EdgeSettings(
    String bind,
    int port,
    Duration defaultDeadline,
    Duration mostDeadline,
    int mostEventsInFlight,
    int mostFeedsInFlight,
    Duration eventsWithin,
    Duration feedsWithin,
    Duration mostEvidenceLag,
    int mostBodyBytes,
    int streamParallelism,
    Callers.Limits callers,
    Duration leaveAfter,
    Set<String> surfaces) {

  public static EdgeSettings of(Config root) {
    Config edge = root.getConfig("millrace.edge");
    Set<String> surfaces = new TreeSet<>();
    if (root.hasPath("millrace.surfaces")) {
      surfaces.addAll(root.getObject("millrace.surfaces").keySet());
    }
    return new EdgeSettings(
        edge.getString("bind"),
        within(edge, "port", 0, 65_535),
        edge.getDuration("default-deadline"),
        edge.getDuration("max-deadline"),
        within(edge, "max-events-in-flight", 1, 10_000_000),
        within(edge, "max-feeds-in-flight", 1, 1_000_000),
        within(edge, "events-within", Duration.ofMillis(1), Duration.ofMinutes(1)),
        within(edge, "feeds-within", Duration.ofMillis(1), Duration.ofMinutes(1)),
        edge.getDuration("max-evidence-lag"),
        within(edge, "max-body-bytes", 1_024, 64 << 20),
        within(edge, "stream-parallelism", 1, 4_096),
        callers(edge),
        within(edge, "leave-after", Duration.ZERO, Duration.ofMinutes(5)),
        Set.copyOf(surfaces));
  }

  private static Callers.Limits callers(Config edge) {
    return new Callers.Limits(
        edge.getString("callers.by-header").strip().toLowerCase(Locale.ROOT),
        within(edge, "callers.events-per-second", 0, 100_000_000),
        within(edge, "callers.feeds-per-second", 0, 1_000_000),
        within(edge, "callers.burst", Duration.ofMillis(100), Duration.ofMinutes(10)));
  }

  private static Duration within(Config edge, String key, Duration least, Duration most) {
    Duration value = edge.getDuration(key);
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "millrace.edge." + key + " is " + value + ", expected " + least + " to " + most);
    }
    return value;
  }

  private static int within(Config edge, String key, int least, int most) {
    int value = edge.getInt(key);
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "millrace.edge." + key + " is " + value + ", expected " + least + " to " + most);
    }
    return value;
  }
}
