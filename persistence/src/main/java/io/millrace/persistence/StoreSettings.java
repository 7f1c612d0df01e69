package io.millrace.persistence;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The validated settings of a store, read from {@code millrace.persistence}; units, ranges and
 * consequences are in this module's {@code reference.conf}.
 *
 * @param dir the data folder
 * @param sync whether a group is on the disk before it is acknowledged
 * @param queueCapacity writes that may wait
 * @param groupLimit writes that share one sync
 * @param unhealthyAfter age of the oldest waiting write from which the store counts as bad
 * @param probeInterval how often a bad store is tried
 * @param blockCacheBytes memory for blocks read from disk
 * @param writeBufferBytes memory for rows not yet in files
 * @param servedKeep how long served rows are kept
 * @param keyCacheEntries unwrapped user keys held in memory
 * @param masterKeyFile where the master key lies; empty for {@code master.key} in the data folder
 * @param rotateMasterKeyEvery how old the master key gets
 * @param forgottenFile where the list of destroyed keys lies; empty for beside the data folder
 * @param dropDamagedLog whether a log that is damaged before its end is used up to there
 * @param untaggedStream the stream of events that were persisted without a tag
 */
public record StoreSettings(
    Path dir,
    boolean sync,
    int queueCapacity,
    int groupLimit,
    Duration unhealthyAfter,
    Duration probeInterval,
    long blockCacheBytes,
    long writeBufferBytes,
    Duration servedKeep,
    int keyCacheEntries,
    Optional<Path> masterKeyFile,
    Duration rotateMasterKeyEvery,
    Optional<Path> forgottenFile,
    boolean dropDamagedLog,
    String untaggedStream) {

  private static final String PATH = "millrace.persistence";

  /** The settings of a whole configuration; throws naming the path and the range. */
  public static StoreSettings of(Config root) {
    Config config = root.getConfig(PATH);
    return new StoreSettings(
        Path.of(config.getString("dir")),
        config.getBoolean("sync"),
        (int) inRange(config, "queue-capacity", config.getInt("queue-capacity"), 16, 1 << 24),
        (int) inRange(config, "group-limit", config.getInt("group-limit"), 1, 65_536),
        inRange(config, "unhealthy-after", Duration.ofMillis(10), Duration.ofMinutes(5)),
        inRange(config, "probe-interval", Duration.ofMillis(1), Duration.ofMinutes(1)),
        inRange(config, "block-cache", config.getBytes("block-cache"), 1 << 20, 1L << 40),
        inRange(config, "write-buffer", config.getBytes("write-buffer"), 1 << 20, 1L << 36),
        inRange(config, "served-keep", Duration.ofDays(1), Duration.ofDays(366)),
        (int) inRange(config, "key-cache", config.getInt("key-cache"), 16, 1 << 26),
        file(config, "master-key-file"),
        inRange(config, "rotate-master-key-every", Duration.ofMinutes(1), Duration.ofDays(7)),
        file(config, "forgotten-file"),
        config.getBoolean("drop-damaged-log"),
        config.getString("untagged-stream"));
  }

  /** The defaults of {@code reference.conf} for a data folder. */
  public static StoreSettings in(Path dir) {
    return of(
        ConfigFactory.defaultReference()
            .withValue(PATH + ".dir", ConfigValueFactory.fromAnyRef(dir.toString())));
  }

  /** The list of destroyed keys of a data folder. */
  Path forgottenFileOf(Path folder) {
    return forgottenFile.orElseGet(
        () -> folder.resolveSibling(folder.getFileName() + ".forgotten"));
  }

  /** With another place for the list of destroyed keys. */
  StoreSettings withForgottenFile(Path file) {
    return new StoreSettings(
        dir,
        sync,
        queueCapacity,
        groupLimit,
        unhealthyAfter,
        probeInterval,
        blockCacheBytes,
        writeBufferBytes,
        servedKeep,
        keyCacheEntries,
        masterKeyFile,
        rotateMasterKeyEvery,
        Optional.of(file),
        dropDamagedLog,
        untaggedStream);
  }

  private static Optional<Path> file(Config config, String key) {
    return Optional.of(config.getString(key)).filter(s -> !s.isEmpty()).map(Path::of);
  }

  private static long inRange(Config config, String key, long actual, long low, long high) {
    if (actual < low || actual > high) {
      throw outside(config, key, actual, low, high);
    }
    return actual;
  }

  private static Duration inRange(Config config, String key, Duration low, Duration high) {
    Duration actual = config.getDuration(key);
    if (actual.compareTo(low) < 0 || actual.compareTo(high) > 0) {
      throw outside(config, key, actual, low, high);
    }
    return actual;
  }

  private static IllegalArgumentException outside(
      Config config, String key, Object actual, Object low, Object high) {
    return new IllegalArgumentException(
        "%s.%s is %s, expected %s to %s (%s)"
            .formatted(PATH, key, actual, low, high, config.getValue(key).origin().description()));
  }
}
