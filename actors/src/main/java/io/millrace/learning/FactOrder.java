package io.millrace.learning;

import it.unimi.dsi.fastutil.HashCommon;
import it.unimi.dsi.fastutil.longs.Long2LongOpenHashMap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * The order in which a training takes its interactions: by time, and where times are equal by what
 * was done and by all that the user did, never by what the user is called. A user's hash is drawn
 * at random in every store; sums of floats depend on their order; so the same interactions in
 * another store would otherwise give other vectors.
 */
final class FactOrder {

  private FactOrder() {}

  static List<RecordedFact> of(Collection<RecordedFact> facts) {
    Long2LongOpenHashMap did = new Long2LongOpenHashMap();
    for (RecordedFact fact : facts) {
      did.addTo(fact.userHash(), mixed(fact));
    }
    List<RecordedFact> ordered = new ArrayList<>(facts);
    // Users who did all the same are one as good as the other: only then the hash decides.
    ordered.sort(
        Comparator.comparingLong(RecordedFact::atMs)
            .thenComparingLong(RecordedFact::itemHash)
            .thenComparingInt(RecordedFact::strength)
            .thenComparingLong(fact -> did.get(fact.userHash()))
            .thenComparingLong(RecordedFact::userHash));
    return ordered;
  }

  /** To be added up: the order in which a user did things is in their times. */
  private static long mixed(RecordedFact fact) {
    long what = fact.strength() * 4L + (fact.touch() ? 2 : 0) + (fact.opinion() ? 1 : 0);
    return HashCommon.murmurHash3(
        fact.atMs() + HashCommon.murmurHash3(fact.itemHash() + HashCommon.murmurHash3(what)));
  }
}
