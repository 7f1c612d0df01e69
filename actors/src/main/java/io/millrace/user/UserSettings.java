package io.millrace.user;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.millrace.item.Residents;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How users are kept and what repeats mean, read once at start from {@code millrace.user} and
 * {@code millrace.surfaces}.
 *
 * @param shards of users in the cluster
 * @param passivateAfter without a command for so long a user leaves memory
 * @param mostResident in memory of one node at once; beyond it the least recently asked leaves
 * @param reservationIdle a reservation ends when the user was idle on its surface for so long
 * @param reservationLongest and at the latest so long after it was served
 * @param reservedItems live reserved items at most; beyond it the oldest slates are released
 * @param snapshotEvery events between two snapshots
 * @param snapshotsKept snapshots kept
 * @param waitingCommands commands that may wait for one user; beyond it they are BUSY
 */
public record UserSettings(
    int shards,
    Duration passivateAfter,
    int mostResident,
    Duration reservationIdle,
    Duration reservationLongest,
    int reservedItems,
    int snapshotEvery,
    int snapshotsKept,
    int waitingCommands,
    Map<String, Repeats> surfaces) {

  /** The surface whose rules hold where a surface is not configured. */
  private static final String DEFAULT = "home";

  private static final int LONGEST_DAYS = 250;

  /** Of heap that one more user of five events takes: bench/results/memory.md, ZGC. */
  private static final int BYTES = 5_270;

  /**
   * What a surface may show again.
   *
   * @param viewedDays days after it was viewed; 0 at once
   * @param actedDays days after the user acted on it; 0 at once, -1 never
   */
  public record Repeats(int viewedDays, int actedDays) {
    public static final Repeats FEED = new Repeats(30, -1);
  }

  public static UserSettings from(Config config) {
    Config user = config.getConfig("millrace.user");
    Map<String, Repeats> surfaces = new LinkedHashMap<>();
    if (config.hasPath("millrace.surfaces")) {
      Config defined = config.getConfig("millrace.surfaces");
      for (String name : defined.root().keySet()) {
        surfaces.put(name, repeats(defined.getConfig(name)));
      }
    }
    return new UserSettings(
        between(user, "shards", 1, 65_536),
        between(user, "passivate-after", Duration.ofSeconds(1), Duration.ofDays(1)),
        Residents.most(config, "millrace.user", BYTES),
        between(user, "reservation-idle", Duration.ofSeconds(1), Duration.ofDays(1)),
        between(user, "reservation-longest", Duration.ofSeconds(1), Duration.ofDays(1)),
        between(user, "reserved-items", 200, 65_536),
        between(user, "snapshot-every", 1, 1_048_576),
        between(user, "snapshots-kept", 1, 100),
        between(user, "waiting-commands", 8, 4_000),
        Map.copyOf(surfaces));
  }

  private static Repeats repeats(Config surface) {
    int viewed =
        surface.hasPath("repeat-viewed-after-days")
            ? between(surface, "repeat-viewed-after-days", 0, LONGEST_DAYS)
            : Repeats.FEED.viewedDays();
    int acted =
        surface.hasPath("repeat-acted-after-days")
            ? between(surface, "repeat-acted-after-days", -1, LONGEST_DAYS)
            : Repeats.FEED.actedDays();
    return new Repeats(viewed, acted);
  }

  Repeats repeats(String surface) {
    Repeats known = surfaces.get(surface);
    return known != null ? known : surfaces.getOrDefault(DEFAULT, Repeats.FEED);
  }

  private static int between(Config config, String path, int low, int high) {
    int value = config.getInt(path);
    if (value < low || value > high) {
      throw new ConfigException.BadValue(
          config.origin(), path, "is " + value + ", expected " + low + " to " + high);
    }
    return value;
  }

  private static Duration between(Config config, String path, Duration low, Duration high) {
    Duration value = config.getDuration(path);
    if (value.compareTo(low) < 0 || value.compareTo(high) > 0) {
      throw new ConfigException.BadValue(
          config.origin(), path, "is " + value + ", expected " + low + " to " + high);
    }
    return value;
  }
}
