package io.millrace.index;

import java.util.Arrays;

/**
 * Inner products of a few queries with all vectors of a {@link ScannedVectors} at one moment: each
 * block is read once for all queries, and what a candidate's product is need not be computed again
 * from its vector, which lies anywhere. Of one thread; its memory serves the next question too.
 */
final class Products {
  private static final ScannedVectors.View NOTHING =
      new ScannedVectors.View(new VectorBlocks(0).view(), new int[0], 0);

  private float[][] scores = {};
  private int count;
  private ScannedVectors.View view = NOTHING;

  /**
   * Compares all, and offers the items that a query is nearest to by {@link BestItems#signedKey}:
   * block by block, while its products are at hand.
   *
   * @param best what the first queries' items are offered to, one for each of them
   * @param queries each of the vectors' length
   */
  void compare(
      ScannedVectors vectors, VectorIndex.Allowed allowed, BestItems[] best, float[]... queries) {
    view = vectors.now();
    count = queries.length;
    VectorBlocks.View blocks = view.blocks();
    int size = blocks.size();
    int room = (size + VectorBlocks.BLOCK - 1) / VectorBlocks.BLOCK * VectorBlocks.BLOCK;
    if (scores.length < count) {
      scores = Arrays.copyOf(scores, count);
    }
    for (int query = 0; query < count; query++) {
      if (blocks.length() != 0 && queries[query].length != blocks.length()) {
        throw new IllegalArgumentException(
            "query vector has %d values, expected %d"
                .formatted(queries[query].length, blocks.length()));
      }
      if (scores[query] == null || scores[query].length < room) {
        scores[query] = new float[room + room / 4];
      }
    }
    for (int first = 0; first < size; first += VectorBlocks.BLOCK) {
      for (int query = 0; query < count; query++) {
        int block = first / VectorBlocks.BLOCK;
        blocks.scores(block, queries[query], scores[query], first);
        if (query < best.length) {
          blocks.offer(block, scores[query], first, best[query], allowed);
        }
      }
    }
  }

  /** Nothing was compared. */
  void forget() {
    view = NOTHING;
    count = 0;
  }

  /** Of how many queries. */
  int count() {
    return count;
  }

  /**
   * Where an item was compared; -1 when it is not known here: there is no vector, or one that came
   * since. Asked once for all that is wanted of an item: the writer goes on meanwhile, and what it
   * moved to other arrays since is another's slot.
   */
  int slot(int ordinal) {
    VectorBlocks.View blocks = view.blocks();
    int slot = ordinal < view.slots().length ? view.slots()[ordinal] : -1;
    return slot >= 0
            && slot < blocks.size()
            && blocks.ordinals()[slot] == ordinal
            && blocks.current(slot)
        ? slot
        : -1;
  }

  /** Product of a query with the vector of a {@link #slot}. */
  float of(int query, int slot) {
    return scores[query][slot];
  }

  /** Of a slot's vector with itself. */
  float square(int slot) {
    return view.blocks().squares()[slot];
  }
}
