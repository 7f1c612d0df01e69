package io.millrace.index;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A searchable read model of items: facts, decayed evidence, predecessors, vectors. One thread
 * writes; any thread reads without locks. Reads see each item whole and evidence at least as new as
 * the last batch that was fully applied before the read began. The same puts and batches give the
 * same state bit for bit, in any order that keeps each item's puts and each stream's batches in
 * theirs.
 */
public interface ItemIndex {

  /** Adds or replaces an item; evidence that was waiting for it is joined. Writer thread only. */
  void put(int ordinal, ItemFacts facts);

  /** The item never comes back from a search until it is put again. Writer thread only. */
  void retire(int ordinal);

  /**
   * Folds one batch. Writer thread only.
   *
   * @return false when this number was folded before
   * @throws IllegalStateException on a gap: "stream 3 is at batch 7, got 9"
   */
  boolean apply(EvidenceBatch batch);

  /**
   * Takes what the first batches of several streams add up to, in their place: one and the same
   * part of each stream, after the items and before any batch; part by part until all have come.
   * Writer thread only.
   *
   * @throws IllegalStateException where a batch of such a stream has been folded: "stream 3 is at
   *     batch 7, expected none"
   */
  void begin(List<EvidencePart> parts);

  /** Candidates of all asked sources, filtered, best first by the light score. Any thread. */
  Candidates retrieve(RetrievalQuery query);

  /**
   * The same signals for given items, in the given order; unknown, retired and filtered ones are
   * left out. Any thread.
   */
  Candidates measure(int[] ordinals, RetrievalQuery query);

  /**
   * Items chosen after or before one item, and those like it in the generation that the query
   * names, best first. Any thread.
   */
  Candidates similar(int ordinal, RetrievalQuery query);

  /**
   * The k items with the largest inner product, exact. Vectors of another length than the index's
   * fail. Any thread.
   */
  Nearest nearest(float[] query, int k, RetrievalQuery.Filter filter);

  /**
   * Adds the items' vectors of a generation, filled by the caller before and after; queries that
   * name the generation use them. Writer thread only.
   *
   * @param beside the generation that feeds use meanwhile, 0 for none; all others leave
   */
  void adopt(GenerationVectors vectors, int beside);

  /** The adopted vectors of a generation, null when they are not here. Any thread. */
  @Nullable GenerationVectors vectors(int generation);

  /** Null when unknown or retired. Any thread. */
  @Nullable ItemFacts facts(int ordinal);

  /** -1 when unknown. Any thread. */
  int ordinal(long itemHash);

  /** Values of each client's vector; 0 while no item has one. Any thread. */
  int vectorLength();

  /** Every item's ordinal is below it. Any thread. */
  int ordinals();

  Counts counts(int ordinal);

  /** Number of the last batch folded per stream, 16 of them. */
  long[] batches();

  /** Servable items. */
  int size();

  /**
   * Writes all state as bytes, the same for the same state; {@link #restore} takes them into an
   * empty index. Writer thread only; what {@code out} throws comes as {@link UncheckedIOException}.
   */
  void checkpoint(OutputStream out);

  /**
   * Takes what {@link #checkpoint} wrote, whole: nothing tells whether a bit of it is another.
   *
   * @throws IllegalStateException when this index is not empty
   * @throws IllegalArgumentException when these are not the bytes of a checkpoint, or not all
   */
  void restore(InputStream checkpoint, long length);

  /** Ordinals with their inner products, best first; ties by ordinal. */
  record Nearest(int[] ordinals, float[] scores) {}

  /**
   * Totals since the beginning, and the present shares of decayed positives at 1, 3, 7, 14 and 60
   * days.
   */
  record Counts(
      long impressions, long views, double positives, long negatives, List<Double> shares) {}
}
