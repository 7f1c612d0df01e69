package io.millrace.index;

import it.unimi.dsi.fastutil.ints.IntArrays;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongArrays;
import java.util.Arrays;

/**
 * What batches of evidence add up to, by the hashes of items: counts and cells of time of each
 * item, and the sums of each directed pair by blocks of 30 days. All integers, so that the order in
 * which batches came leaves no trace. Used by one thread.
 */
public final class EvidenceSums {

  /** From so many cells on, those of one item are merged while it is added to; chosen. */
  private static final int MERGED_FROM = 256;

  /**
   * One item's sums.
   *
   * @param newestSlot newest five minutes in which anything was counted, epoch ms / 300,000
   * @param levels of each cell that holds positives: 0 five minutes, 1 an hour, 2 a day, 3 thirty
   *     days, 4 all before
   * @param starts first five minutes of each cell; 0 for all before
   * @param amounts positives in each cell, in 1/256
   */
  @SuppressWarnings("ArrayRecordComponent") // columns of one item, compared never
  public record ItemSum(
      long itemHash,
      long newestSlot,
      long impressions,
      long views,
      long positives,
      long negatives,
      int[] levels,
      long[] starts,
      long[] amounts) {}

  /** Takes pairs one by one. */
  public interface PairSink {
    /** One pair's sums in one block of 30 days since 1970. */
    void pair(long predecessor, long item, int block, long weight, long session);
  }

  /** Takes items one by one. */
  public interface ItemSink {
    /** One item's sums. */
    void item(ItemSum sum);
  }

  private final Long2ObjectOpenHashMap<WaitingEvidence.Item> items = new Long2ObjectOpenHashMap<>();
  private final Pairs pairs = new Pairs();

  /** Adds to an item; {@code asOfSlot} is the newest five minutes that any batch has seen. */
  public void add(EvidenceBatch.ItemDelta delta, long asOfSlot) {
    WaitingEvidence.Item item = item(delta.itemHash());
    item.add(delta, asOfSlot);
    if (item.cells.size() >= MERGED_FROM && item.cells.due() <= asOfSlot) {
      item.cells.fold(asOfSlot);
    }
  }

  /** Adds to a pair; one of an item with itself is none. */
  public void add(EvidenceBatch.PairDelta delta) {
    if (delta.predecessorHash() != delta.itemHash()) {
      pairs.add(
          delta.predecessorHash(),
          delta.itemHash(),
          Postings.block(delta.day()),
          delta.weight(),
          delta.sessionWeight());
    }
  }

  /**
   * Adds what was summed before.
   *
   * @throws IllegalArgumentException for columns of unequal lengths, or a level beyond 4
   */
  public void add(ItemSum sum) {
    if (sum.levels().length != sum.amounts().length
        || sum.starts().length != sum.amounts().length) {
      throw new IllegalArgumentException(
          "an item has %d levels, %d starts and %d amounts, expected equally many"
              .formatted(sum.levels().length, sum.starts().length, sum.amounts().length));
    }
    WaitingEvidence.Item item = item(sum.itemHash());
    item.newestSlot = Math.max(item.newestSlot, sum.newestSlot());
    item.impressions += sum.impressions();
    item.views += sum.views();
    item.positives += sum.positives();
    item.negatives += sum.negatives();
    for (int i = 0; i < sum.levels().length; i++) {
      item.cells.addCell(sum.levels()[i], sum.starts()[i], sum.amounts()[i]);
    }
  }

  /** Adds what was summed before. */
  public void add(long predecessor, long item, int block, long weight, long session) {
    pairs.add(predecessor, item, block, weight, session);
  }

  /** Adds all of another; its cells are kept as coarse as they are there. */
  public void addAll(EvidenceSums other) {
    for (WaitingEvidence.Item from : other.items.values()) {
      item(from.hash).addAll(from, Long.MIN_VALUE);
    }
    for (int i = 0; i < other.pairs.size; i++) {
      pairs.add(
          other.pairs.predecessors[i],
          other.pairs.items[i],
          other.pairs.blocks[i],
          other.pairs.weights[i],
          other.pairs.sessions[i]);
    }
  }

  private WaitingEvidence.Item item(long hash) {
    return items.computeIfAbsent(hash, WaitingEvidence.Item::new);
  }

  /** Items, and pairs by block. */
  public long size() {
    return (long) items.size() + pairs.size;
  }

  /** Every item by its hash, its cells as coarse as they are at that time, milliseconds. */
  public void forEachItem(long asOfMs, ItemSink sink) {
    long asOfSlot = TimeGrid.slot(asOfMs);
    long[] hashes = items.keySet().toLongArray();
    LongArrays.quickSort(hashes);
    for (long hash : hashes) {
      WaitingEvidence.Item item = items.get(hash);
      item.cells.fold(asOfSlot);
      int cells = item.cells.size();
      int[] levels = new int[cells];
      long[] starts = new long[cells];
      long[] amounts = new long[cells];
      for (int i = 0; i < cells; i++) {
        levels[i] = item.cells.levelAt(i);
        starts[i] = item.cells.startAt(i);
        amounts[i] = item.cells.amountAt(i);
      }
      sink.item(
          new ItemSum(
              hash,
              item.newestSlot,
              item.impressions,
              item.views,
              item.positives,
              item.negatives,
              levels,
              starts,
              amounts));
    }
  }

  /** Every pair by the hashes of predecessor and item, then the block. */
  public void forEachPair(PairSink sink) {
    int[] order = new int[pairs.size];
    Arrays.setAll(order, i -> i);
    IntArrays.quickSort(order, pairs::compare);
    for (int i : order) {
      sink.pair(
          pairs.predecessors[i],
          pairs.items[i],
          pairs.blocks[i],
          pairs.weights[i],
          pairs.sessions[i]);
    }
  }

  /** The items as they are. */
  Iterable<WaitingEvidence.Item> items() {
    return items.values();
  }

  /** Columns in the order in which pairs came first, and a table of where each is. */
  private static final class Pairs {
    private long[] predecessors = new long[16];
    private long[] items = new long[16];
    private int[] blocks = new int[16];
    private long[] weights = new long[16];
    private long[] sessions = new long[16];
    private int size;

    /** Row + 1, 0 for free; a power of two, at least twice the rows. */
    private int[] table = new int[32];

    private void add(long predecessor, long item, int block, long weight, long session) {
      int slot = slot(predecessor, item, block);
      int row = table[slot] - 1;
      if (row < 0) {
        if (size == predecessors.length) {
          grow();
          slot = slot(predecessor, item, block);
        }
        row = size++;
        table[slot] = row + 1;
        predecessors[row] = predecessor;
        items[row] = item;
        blocks[row] = block;
      }
      weights[row] += weight;
      sessions[row] += session;
    }

    private int slot(long predecessor, long item, int block) {
      long mixed = (predecessor ^ Long.rotateLeft(item, 29) + block) * 0x9E3779B97F4A7C15L;
      int mask = table.length - 1;
      int at = (int) (mixed >>> 32) & mask;
      while (table[at] != 0 && !is(table[at] - 1, predecessor, item, block)) {
        at = (at + 1) & mask;
      }
      return at;
    }

    private boolean is(int row, long predecessor, long item, int block) {
      return items[row] == item && predecessors[row] == predecessor && blocks[row] == block;
    }

    private void grow() {
      int room = Math.multiplyExact(size, 2);
      predecessors = Arrays.copyOf(predecessors, room);
      items = Arrays.copyOf(items, room);
      blocks = Arrays.copyOf(blocks, room);
      weights = Arrays.copyOf(weights, room);
      sessions = Arrays.copyOf(sessions, room);
      table = new int[Math.multiplyExact(room, 2)];
      for (int row = 0; row < size; row++) {
        table[slot(predecessors[row], items[row], blocks[row])] = row + 1;
      }
    }

    private int compare(int a, int b) {
      int by = Long.compare(predecessors[a], predecessors[b]);
      by = by != 0 ? by : Long.compare(items[a], items[b]);
      return by != 0 ? by : Integer.compare(blocks[a], blocks[b]);
    }
  }
}
