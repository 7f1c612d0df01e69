package io.millrace.item;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The validated settings under {@code millrace.item}; {@code reference.conf} says what each does.
 */
public record ItemSettings(
    int shards,
    Duration passivateAfter,
    int mostResident,
    int ordinalBlock,
    Duration ordinalWait,
    int snapshotEvery,
    Duration announceAgainAfter,
    Duration learnWait,
    int readBatch,
    Duration pollEvery) {

  /** Of heap that one more item in memory takes: bench/results/memory.md, ZGC. */
  private static final int BYTES = 4_630;

  public static ItemSettings of(Config root) {
    Config config = root.getConfig("millrace.item");
    return new ItemSettings(
        count(config, "shards", 1, 1 << 16),
        time(config, "passivate-after", Duration.ofSeconds(1), Duration.ofDays(1)),
        Residents.most(root, "millrace.item", BYTES),
        count(config, "ordinal-block", 1, 1 << 20),
        time(config, "ordinal-wait", Duration.ofMillis(10), Duration.ofMinutes(1)),
        count(config, "snapshot-every", 1, 1 << 20),
        time(config, "announce-again-after", Duration.ofMillis(10), Duration.ofMinutes(1)),
        time(config, "learn-wait", Duration.ofMillis(1), Duration.ofMinutes(1)),
        count(config, "read-batch", 1, 1 << 16),
        time(config, "poll-every", Duration.ofMillis(10), Duration.ofHours(1)));
  }

  private static int count(Config config, String key, int least, int most) {
    int value = config.getInt(key);
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "millrace.item.%s is %d, expected %d to %d".formatted(key, value, least, most));
    }
    return value;
  }

  private static Duration time(Config config, String key, Duration least, Duration most) {
    Duration value = config.getDuration(key);
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "millrace.item.%s is %s, expected %s to %s".formatted(key, value, least, most));
    }
    return value;
  }
}
