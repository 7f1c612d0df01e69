package io.millrace.item;

import com.typesafe.config.Config;
import java.time.Duration;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings.PassivationStrategySettings;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings.PassivationStrategySettings$;

/**
 * How many users or items of a node may be in memory at once, and who leaves: who was idle for a
 * while and, beyond the share of the heap that they may take, who was asked for least recently.
 * Idleness alone bounds nothing: a million items put in a minute are all in memory before the first
 * of them was idle for half of one.
 */
public final class Residents {
  /** Chosen: more than have a command under way at once, and 160 MB in 1,024 shards of each. */
  private static final int LEAST = 16;

  private Residents() {}

  /**
   * As many as fit in the share of the heap that is configured as {@code heap-share}, and at least
   * {@value #LEAST} a shard, so that none leaves in the middle of what it was asked.
   *
   * @param section of the settings that has it, and {@code shards}
   * @param bytesEach of heap that one more takes, as {@code bench memory} measures
   * @throws IllegalArgumentException when the share is not above 0, to 1
   */
  public static int most(Config root, String section, int bytesEach) {
    String key = section + ".heap-share";
    double share = root.getDouble(key);
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException(key + " is " + share + ", expected above 0, to 1");
    }
    double most = share * Runtime.getRuntime().maxMemory() / bytesEach;
    return (int) Math.clamp(most, LEAST * root.getInt(section + ".shards"), Integer.MAX_VALUE);
  }

  /**
   * Of one node; its shards have equal parts of it, at least one each.
   *
   * @param idle without a command for so long one leaves
   * @param most in memory
   */
  public static PassivationStrategySettings leave(Duration idle, int most) {
    return PassivationStrategySettings$.MODULE$
        .defaults()
        .withIdleEntityPassivation(idle)
        .withActiveEntityLimit(most)
        .withLeastRecentlyUsedReplacement();
  }
}
