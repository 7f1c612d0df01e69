package io.millrace.model;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * How often something was shown and what came of it, by key. It only grows: one entry for each key
 * ever counted. Owned by one thread.
 */
final class ReactionCounts {

  private static final Reaction[] REACTIONS = Reaction.values();

  /** Where nothing is counted yet; chosen, forgotten after some hundred showings. */
  private static final double FIRST_RATE = 0.1;

  private static final double FIRST_SHOWN = 10;

  /** Of one key: showings first, then each reaction. */
  private final Map<Long, int[]> byKey = new HashMap<>();

  private final long[] all = new long[1 + REACTIONS.length];

  /** Counts one showing under all keys. */
  void add(long[] keys, Set<Reaction> reactions) {
    for (long key : keys) {
      int[] counts = byKey.computeIfAbsent(key, k -> new int[1 + REACTIONS.length]);
      counts[0]++;
      for (Reaction reaction : reactions) {
        counts[1 + reaction.ordinal()]++;
      }
    }
    all[0]++;
    for (Reaction reaction : reactions) {
      all[1 + reaction.ordinal()]++;
    }
  }

  int shown(long key) {
    int[] counts = byKey.get(key);
    return counts == null ? 0 : counts[0];
  }

  /**
   * The key's log odds of a reaction less those of everything together.
   *
   * @param strength showings at the common rate that are added to those counted
   */
  double lift(long key, Reaction reaction, double strength) {
    double common = common(reaction);
    int[] counts = byKey.get(key);
    return counts == null
        ? 0
        : logOdds((counts[1 + reaction.ordinal()] + strength * common) / (counts[0] + strength))
            - logOdds(common);
  }

  /** The share of all showings. */
  double common(Reaction reaction) {
    return (all[1 + reaction.ordinal()] + FIRST_SHOWN * FIRST_RATE) / (all[0] + FIRST_SHOWN);
  }

  static double logOdds(double share) {
    double inside = Math.clamp(share, 1e-4, 1 - 1e-4);
    return Math.log(inside / (1 - inside));
  }
}
