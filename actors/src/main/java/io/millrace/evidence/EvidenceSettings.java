package io.millrace.evidence;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The validated settings under {@code millrace.evidence}; {@code reference.conf} says what each
 * does.
 */
public record EvidenceSettings(
    Duration batchEvery,
    int readBatch,
    int snapshotEvery,
    double choiceShare,
    int choicesPerBatch,
    Duration pollEvery,
    Duration cardWait,
    Duration lagLimit,
    Duration checkpointEvery,
    Duration keepBatches) {

  /** Checkpoints that are known go back further. */
  private static final int MOST_PERIODS = 30;

  public static EvidenceSettings of(Config root) {
    Config config = root.getConfig("millrace.evidence");
    double share = config.getDouble("choice-share");
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "millrace.evidence.choice-share is " + share + ", expected 0 to 1");
    }
    Duration checkpointEvery =
        time(config, "checkpoint-every", Duration.ofSeconds(1), Duration.ofDays(36_500));
    Duration keepBatches = time(config, "keep-batches", Duration.ZERO, Duration.ofDays(365));
    if (keepBatches.compareTo(checkpointEvery.multipliedBy(MOST_PERIODS)) > 0) {
      throw new IllegalArgumentException(
          "millrace.evidence.keep-batches is %s, expected at most %d times checkpoint-every, %s"
              .formatted(keepBatches, MOST_PERIODS, checkpointEvery));
    }
    return new EvidenceSettings(
        time(config, "batch-every", Duration.ZERO, Duration.ofDays(1)),
        count(config, "read-batch", 1, 1 << 16),
        count(config, "snapshot-every", 1, 1 << 20),
        share,
        count(config, "choices-per-batch", 0, 1 << 16),
        time(config, "poll-every", Duration.ofMillis(10), Duration.ofHours(1)),
        time(config, "card-wait", Duration.ZERO, Duration.ofMinutes(1)),
        time(config, "lag-limit", Duration.ofMillis(100), Duration.ofHours(1)),
        checkpointEvery,
        keepBatches);
  }

  private static int count(Config config, String key, int least, int most) {
    int value = config.getInt(key);
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "millrace.evidence.%s is %d, expected %d to %d".formatted(key, value, least, most));
    }
    return value;
  }

  private static Duration time(Config config, String key, Duration least, Duration most) {
    Duration value = config.getDuration(key);
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "millrace.evidence.%s is %s, expected %s to %s".formatted(key, value, least, most));
    }
    return value;
  }
}
