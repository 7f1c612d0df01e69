package io.millrace.index;

import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongArrays;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evidence of items that the catalogue has not named yet, until it does. Bounded: beyond the bound
 * the eighth whose newest evidence is oldest goes, and is counted. Writer thread only.
 */
final class WaitingEvidence {

  static final int MAX_ITEMS = 65_536;
  static final int MAX_PAIRS = 131_072;

  static final class Item {
    final long hash;
    final EvidenceCells cells;
    long newestSlot = Long.MIN_VALUE;
    long impressions;
    long views;
    long positives;
    long negatives;

    Item(long hash) {
      this.hash = hash;
      cells = new EvidenceCells(EvidenceCells.staggerOf(hash));
    }

    void add(EvidenceBatch.ItemDelta delta, long watermarkSlot) {
      impressions += delta.impressions();
      views += delta.views();
      positives += delta.positives();
      negatives += delta.negatives();
      newestSlot = Math.max(newestSlot, delta.bucket());
      if (delta.positives() != 0) {
        cells.add(delta.bucket(), delta.positives(), watermarkSlot);
      }
    }

    /** Adds all of another, whose cells are not coarser than they may be at the watermark. */
    void addAll(Item other, long watermarkSlot) {
      impressions += other.impressions;
      views += other.views;
      positives += other.positives;
      negatives += other.negatives;
      newestSlot = Math.max(newestSlot, other.newestSlot);
      cells.addAll(other.cells, watermarkSlot);
    }
  }

  record Pair(long predecessor, long successor, int block) {
    static final Comparator<Pair> BY_HASH =
        Comparator.comparingLong(Pair::predecessor)
            .thenComparingLong(Pair::successor)
            .thenComparingInt(Pair::block);
  }

  static final class Sum {
    long weight;
    long session;
  }

  private final Long2ObjectOpenHashMap<Item> items = new Long2ObjectOpenHashMap<>();
  private final Map<Pair, Sum> pairs = new HashMap<>();

  /** The pairs that name a hash on either side. */
  private final Long2ObjectOpenHashMap<Set<Pair>> pairsOf = new Long2ObjectOpenHashMap<>();

  private long dropped;

  /** Items and pairs dropped since the beginning. */
  long dropped() {
    return dropped;
  }

  void setDropped(long count) {
    dropped = count;
  }

  void add(EvidenceBatch.ItemDelta delta, long watermarkSlot) {
    item(delta.itemHash()).add(delta, watermarkSlot);
    keepBound();
  }

  /** Adds what several batches say of an item. */
  void add(Item sum, long watermarkSlot) {
    item(sum.hash).addAll(sum, watermarkSlot);
    keepBound();
  }

  private void keepBound() {
    if (items.size() > MAX_ITEMS) {
      long[] hashes = items.keySet().toLongArray();
      LongArrays.quickSort(
          hashes,
          (a, b) -> {
            int byAge = Long.compare(items.get(a).newestSlot, items.get(b).newestSlot);
            return byAge != 0 ? byAge : Long.compare(a, b);
          });
      for (int i = 0; i < MAX_ITEMS / 8; i++) {
        items.remove(hashes[i]);
        dropped++;
      }
    }
  }

  Item item(long hash) {
    return items.computeIfAbsent(hash, Item::new);
  }

  void add(long predecessor, long successor, int block, long weight, long session) {
    Pair pair = new Pair(predecessor, successor, block);
    Sum sum = pairs.get(pair);
    if (sum == null) {
      sum = new Sum();
      pairs.put(pair, sum);
      pairsOf.computeIfAbsent(predecessor, _ -> new HashSet<>()).add(pair);
      pairsOf.computeIfAbsent(successor, _ -> new HashSet<>()).add(pair);
    }
    sum.weight += weight;
    sum.session += session;
    if (pairs.size() > MAX_PAIRS) {
      List<Pair> oldest = new ArrayList<>(pairs.keySet());
      oldest.sort(Comparator.comparingInt(Pair::block).thenComparing(Pair.BY_HASH));
      for (Pair old : oldest.subList(0, MAX_PAIRS / 8)) {
        takePair(old);
        dropped++;
      }
    }
  }

  /** Evidence of the item, which waits no longer; null when there was none. */
  @Nullable Item take(long hash) {
    return items.remove(hash);
  }

  /** The pairs that name the item, sorted. */
  List<Pair> pairsOf(long hash) {
    Set<Pair> found = pairsOf.get(hash);
    if (found == null) {
      return List.of();
    }
    List<Pair> sorted = new ArrayList<>(found);
    sorted.sort(Pair.BY_HASH);
    return sorted;
  }

  Sum takePair(Pair pair) {
    Sum sum = pairs.remove(pair);
    if (sum == null) {
      throw new IllegalStateException("no such pair waits: " + pair);
    }
    forget(pair.predecessor(), pair);
    forget(pair.successor(), pair);
    return sum;
  }

  private void forget(long hash, Pair pair) {
    Set<Pair> of = pairsOf.get(hash);
    if (of != null && of.remove(pair) && of.isEmpty()) {
      pairsOf.remove(hash);
    }
  }

  /** Hashes of items that wait, ascending. */
  long[] hashes() {
    long[] hashes = items.keySet().toLongArray();
    java.util.Arrays.sort(hashes);
    return hashes;
  }

  /** Pairs that wait, sorted. */
  List<Pair> pairs() {
    List<Pair> sorted = new ArrayList<>(pairs.keySet());
    sorted.sort(Pair.BY_HASH);
    return sorted;
  }

  Sum sum(Pair pair) {
    Sum sum = pairs.get(pair);
    return sum == null ? new Sum() : sum;
  }
}
