package io.millrace.retrieval;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The validated settings under {@code millrace.retrieval}; {@code reference.conf} says what each
 * does.
 */
public record RetrievalSettings(
    int searchThreads,
    int searchQueue,
    int readBatch,
    Duration pollEvery,
    Duration checkpointEvery,
    int checkpointAfter,
    int choicePerSource,
    int choiceLimit,
    double choiceCpuShare,
    double liveCpuShare,
    NearestSettings nearest) {

  public static RetrievalSettings of(Config root) {
    Config config = root.getConfig("millrace.retrieval");
    int threads = count(config, "search-threads", 0, 1024);
    return new RetrievalSettings(
        threads == 0 ? Runtime.getRuntime().availableProcessors() : threads,
        count(config, "search-queue", 1, 1 << 20),
        count(config, "read-batch", 1, 1 << 16),
        time(config, "poll-every", Duration.ofMillis(10), Duration.ofHours(1)),
        time(config, "checkpoint-every", Duration.ofSeconds(1), Duration.ofDays(7)),
        count(config, "checkpoint-after", 1, Integer.MAX_VALUE),
        count(config, "choice-per-source", 1, 10_000),
        count(config, "choice-limit", 1, 10_000),
        share(config, "choice-cpu-share"),
        share(config, "live-cpu-share"),
        NearestSettings.of(root));
  }

  private static double share(Config config, String key) {
    double value = config.getDouble(key);
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "millrace.retrieval.%s is %s, expected 0 to 1".formatted(key, value));
    }
    return value;
  }

  private static int count(Config config, String key, int least, int most) {
    int value = config.getInt(key);
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "millrace.retrieval.%s is %d, expected %d to %d".formatted(key, value, least, most));
    }
    return value;
  }

  private static Duration time(Config config, String key, Duration least, Duration most) {
    Duration value = config.getDuration(key);
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "millrace.retrieval.%s is %s, expected %s to %s".formatted(key, value, least, most));
    }
    return value;
  }
}
