package io.millrace.feed;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.millrace.index.Source;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * How feeds are made, read once at start from {@code millrace.feed} and {@code millrace.surfaces}.
 *
 * @param perSource candidates each source may bring
 * @param candidates candidates that leave the index at most
 * @param spares reserved beyond the slate for holes that a tombstone leaves
 * @param profileShare part of the budget the profile stage may use; the rest likewise
 * @param refusalWeight what a score loses where an item is all like one refused just now
 * @param refusalHalfLife after which half of that is left
 * @param sampled candidates outside the slate whose features are logged for learning
 */
public record FeedSettings(
    int perSource,
    int candidates,
    int spares,
    double profileShare,
    double retrieveShare,
    double rankShare,
    float refusalWeight,
    Duration refusalHalfLife,
    int sampled,
    int cachedProfiles,
    Duration floorRefresh,
    Map<String, Surface> surfaces) {

  /**
   * What a surface shows.
   *
   * @param maxPerCategory items of one primary category in a slate; 0 means any number
   * @param diversity weight of difference against score when arranging, 0 (score alone) to 1
   * @param maxAgeRating years; -1 means any
   */
  public record Surface(
      String name,
      Set<Source> sources,
      int maxPerCategory,
      double diversity,
      boolean allowSensitive,
      int maxAgeRating) {}

  public static FeedSettings from(Config config) {
    Config feed = config.getConfig("millrace.feed");
    Map<String, Surface> surfaces = new LinkedHashMap<>();
    Config defined = config.getConfig("millrace.surfaces");
    for (String name : defined.root().keySet()) {
      surfaces.put(name, surface(name, defined.getConfig(name)));
    }
    return new FeedSettings(
        between(feed, "candidates-per-source", 1, 5_000),
        between(feed, "candidates", 20, 10_000),
        between(feed, "spares", 0, 50),
        feed.getDouble("profile-share"),
        feed.getDouble("retrieve-share"),
        feed.getDouble("rank-share"),
        refusalWeight(feed),
        refusalHalfLife(feed),
        between(feed, "sampled-candidates", 0, 500),
        between(feed, "cached-profiles", 0, 1_000_000),
        feed.getDuration("floor-refresh"),
        Map.copyOf(surfaces));
  }

  private static Surface surface(String name, Config config) {
    EnumSet<Source> sources = EnumSet.allOf(Source.class);
    if (config.hasPath("sources")) {
      sources.clear();
      for (String label : config.getStringList("sources")) {
        sources.add(Source.labelled(label));
      }
    }
    return new Surface(
        name,
        sources,
        between(config, "max-per-category", 0, 100),
        config.getDouble("diversity"),
        config.getBoolean("allow-sensitive"),
        between(config, "max-age-rating", -1, 100));
  }

  private static float refusalWeight(Config feed) {
    double weight = feed.getDouble("refusal-weight");
    if (!(weight >= 0 && weight <= 100)) {
      throw new ConfigException.BadValue(
          feed.origin(), "refusal-weight", "is " + weight + ", expected 0 to 100");
    }
    return (float) weight;
  }

  private static Duration refusalHalfLife(Config feed) {
    Duration halfLife = feed.getDuration("refusal-half-life");
    if (halfLife.compareTo(Duration.ofMinutes(1)) < 0
        || halfLife.compareTo(Duration.ofDays(365)) > 0) {
      throw new ConfigException.BadValue(
          feed.origin(), "refusal-half-life", "is " + halfLife + ", expected 1 m to 365 d");
    }
    return halfLife;
  }

  private static int between(Config config, String path, int low, int high) {
    int value = config.getInt(path);
    if (value < low || value > high) {
      throw new ConfigException.BadValue(
          config.origin(), path, "is " + value + ", expected " + low + " to " + high);
    }
    return value;
  }
}
