package io.millrace.index;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Inner products of a few queries with the vectors of a {@link ScannedVectors} at one moment: each
 * block is read once for all queries, and what a candidate's product is need not be computed again
 * from its vector, which lies anywhere. Of one thread; its memory serves the next question too.
 *
 * <p>Blocks of vectors too short to be among the best of any query are passed over: |x y| is at
 * most |x| |y| (Cauchy and Schwarz). What is asked about one in there is computed then, to the same
 * bits.
 */
final class Products {
  private static final ScannedVectors.View NOTHING =
      new ScannedVectors.View(new VectorBlocks(0).view(), new int[0], 0);

  private float[][] queries = {};
  private BestItems[] best = {};
  private float[] lengths = {};

  /** By query and slot. */
  private float[][] scores = {};

  /** A bit for each slot whose products are known. */
  private long[] known = {};

  private int ranked;
  private ScannedVectors.View view = NOTHING;
  private IntFunction<float @Nullable []> rows = ordinal -> null;

  /**
   * Compares until the best are found.
   *
   * @param rows vector by ordinal, null for none
   * @param ranked so many of the queries, from the first, want their best
   * @param k how many of them
   * @param allowed items that may be among them
   * @param queries each of the vectors' length
   */
  void compare(
      ScannedVectors vectors,
      IntFunction<float @Nullable []> rows,
      int ranked,
      int k,
      VectorIndex.Allowed allowed,
      float[]... queries) {
    VectorBlocks.View blocks = begin(vectors, rows, ranked, k, queries);
    for (int block = blocks.arranged(); block < blocks.blockCount(); block++) {
      compare(blocks, block, allowed);
    }
    for (int block = 0; block < blocks.arranged() && reaches(blocks, block); block++) {
      compare(blocks, block, allowed);
    }
  }

  private VectorBlocks.View begin(
      ScannedVectors vectors,
      IntFunction<float @Nullable []> rows,
      int ranked,
      int k,
      float[]... queries) {
    view = vectors.now();
    VectorBlocks.View blocks = view.blocks();
    for (float[] query : queries) {
      if (blocks.length() != 0 && query.length != blocks.length()) {
        throw new IllegalArgumentException(
            "query vector has %d values, expected %d".formatted(query.length, blocks.length()));
      }
    }
    this.rows = rows;
    this.ranked = ranked;
    this.queries = queries;
    int count = queries.length;
    if (scores.length < count) {
      scores = Arrays.copyOf(scores, count);
    }
    int room = blocks.blockCount() * VectorBlocks.BLOCK;
    for (int query = 0; query < count; query++) {
      if (scores[query] == null || scores[query].length < room) {
        scores[query] = new float[room + room / 4];
      }
    }
    if (known.length < blocks.blockCount()) {
      known = new long[blocks.blockCount() + blocks.blockCount() / 4];
    }
    Arrays.fill(known, 0, blocks.blockCount(), 0);
    if (best.length < ranked) {
      best = Arrays.copyOf(best, ranked);
      lengths = new float[ranked];
    }
    for (int query = 0; query < ranked; query++) {
      if (best[query] == null) {
        best[query] = new BestItems();
      }
      best[query].begin(k);
      lengths[query] = VectorBlocks.bound(queries[query]);
    }
    return blocks;
  }

  private void compare(VectorBlocks.View blocks, int block, VectorIndex.Allowed allowed) {
    int first = block * VectorBlocks.BLOCK;
    for (int query = 0; query < queries.length; query++) {
      blocks.scores(block, queries[query], scores[query], first);
    }
    known[block] = -1;
    for (int query = 0; query < ranked; query++) {
      blocks.offer(block, scores[query], first, best[query], allowed);
      best[query].tighten();
    }
  }

  /** Whether a vector of this block, or of one after it, may be among some query's best. */
  private boolean reaches(VectorBlocks.View blocks, int block) {
    for (int query = 0; query < ranked; query++) {
      if (blocks.reaches(block, lengths[query], best[query])) {
        return true;
      }
    }
    return false;
  }

  /** Nothing was compared. */
  void forget() {
    view = NOTHING;
    queries = new float[0][];
    ranked = 0;
    rows = ordinal -> null;
  }

  /** Of how many queries. */
  int count() {
    return queries.length;
  }

  /**
   * Where an item was compared; -1 when it is not known here: there is no vector, or one that came
   * since. Asked once for all that is wanted of an item: the writer goes on meanwhile, and what it
   * moved to other arrays since is another's slot.
   */
  int slot(int ordinal) {
    VectorBlocks.View blocks = view.blocks();
    int slot = ordinal < view.slots().length ? view.slots()[ordinal] : -1;
    if (slot < 0
        || slot >= blocks.size()
        || blocks.ordinals()[slot] != ordinal
        || !blocks.current(slot)) {
      return -1;
    }
    long bit = 1L << slot;
    if ((known[slot / VectorBlocks.BLOCK] & bit) == 0) {
      float[] row = rows.apply(ordinal);
      if (row == null) {
        return -1;
      }
      compute(slot, row);
      known[slot / VectorBlocks.BLOCK] |= bit;
    }
    return slot;
  }

  /** As a block's are: fma over the dimensions in order. Three at a time, as each waits for fma. */
  private void compute(int slot, float[] row) {
    int count = queries.length;
    for (int query = 0; query < count; query += 3) {
      float[] x = queries[query];
      float[] y = queries[Math.min(query + 1, count - 1)];
      float[] z = queries[Math.min(query + 2, count - 1)];
      float ofX = 0;
      float ofY = 0;
      float ofZ = 0;
      for (int i = 0; i < row.length; i++) {
        ofX = Math.fma(row[i], x[i], ofX);
        ofY = Math.fma(row[i], y[i], ofY);
        ofZ = Math.fma(row[i], z[i], ofZ);
      }
      scores[query][slot] = ofX;
      scores[Math.min(query + 1, count - 1)][slot] = ofY;
      scores[Math.min(query + 2, count - 1)][slot] = ofZ;
    }
  }

  /** Product of a query with the vector of a {@link #slot}. */
  float of(int query, int slot) {
    return scores[query][slot];
  }

  /** Of a slot's vector with itself. */
  float square(int slot) {
    return view.blocks().squares()[slot];
  }

  /** The items that a query is nearest to, by {@link BestItems#signedKey}. */
  BestItems best(int query) {
    return best[query];
  }
}
