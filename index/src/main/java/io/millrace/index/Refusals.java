package io.millrace.index;

import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How near candidates are to what the user refused. Owned by one thread, used once.
 *
 * <p>Formulas, d a refused item of strength s, j a candidate, w decayed weights of pairs:
 *
 * <pre>
 * refused(j) = min(2, sum over d of s (d) * like (d, j))
 * like       = the largest of
 *   vectors    (c - .45) / (1 - .45), c the likeness of the two in the generation
 *   pairs      (w(d, j) - out(d) p(j)) / root((20 + out(d)) (20 + in(j))) / .05, at most 1; p the
 *              item's share at 60 days: what is chosen after everything goes with nothing
 *   creator    1 where it is the same
 *   kind       .5 * shared categories / all categories of both, only while there is no generation
 * </pre>
 *
 * <p>What is disjoint gets exactly 0. On MovieTweetings films without a common genre have a
 * likeness of at most .33 (99 of 100), and the 50th neighbour of a film one of .62 (median).
 */
final class Refusals {

  /** So many full refusals weigh as much as any number. */
  private static final float MOST = 2;

  /** Likeness of two items that have no more in common than any two. */
  private static final float LEAST_LIKENESS = .45f;

  /** About half of what pairs of items that always go together reach. */
  private static final double FULL_PAIR = .05;

  private static final float KIND = .5f;

  /** Column of the share at that half-life. */
  private static final int SIXTY_DAYS = 4;

  private final IndexView view;
  private final @Nullable GenerationVectors vectors;
  private final RetrievalQuery query;

  Refusals(IndexView view, @Nullable GenerationVectors vectors, RetrievalQuery query) {
    this.view = view;
    this.vectors = vectors;
    this.query = query;
  }

  /** Fills in the measure of the first {@code count} items. */
  void fill(int[] ordinals, int count, float[] out) {
    RetrievalQuery.Refused refused = query.refused();
    Int2IntOpenHashMap rows = new Int2IntOpenHashMap(count);
    rows.defaultReturnValue(-1);
    for (int row = 0; row < count; row++) {
      rows.put(ordinals[row], row);
    }
    float[] like = new float[count];
    for (int i = 0; i < refused.ordinals().length; i++) {
      int ordinal = refused.ordinals()[i];
      Arrays.fill(like, 0);
      facts(ordinal, ordinals, count, like);
      pairs(ordinal, ordinals, rows, like);
      near(ordinal, ordinals, like);
      for (int row = 0; row < count; row++) {
        out[row] = Math.min(MOST, out[row] + refused.strengths()[i] * like[row]);
      }
    }
  }

  private void facts(int refused, int[] ordinals, int count, float[] like) {
    ItemRow one = view.row(refused);
    if (one == null) {
      return;
    }
    for (int row = 0; row < count; row++) {
      ItemRow other = view.row(ordinals[row]);
      if (other == null) {
        continue;
      }
      if (one.creator() >= 0 && one.creator() == other.creator()) {
        like[row] = 1;
      } else if (vectors == null) {
        like[row] = KIND * overlap(one.categories(), other.categories());
      }
    }
  }

  /** Of two short lists: what both have by what either has. */
  private static float overlap(int[] a, int[] b) {
    int both = 0;
    for (int x : a) {
      for (int y : b) {
        both += x == y ? 1 : 0;
      }
    }
    return both == 0 ? 0 : (float) both / (a.length + b.length - both);
  }

  private void pairs(int refused, int[] ordinals, Int2IntOpenHashMap rows, float[] like) {
    Postings.View pairs = view.pairs();
    Posting posting = refused < 0 ? null : pairs.posting(refused);
    if (posting == null) {
      return;
    }
    double decay = pairs.decay(query.nowMs());
    float[] links = pairs.links();
    double out = links[refused * Postings.LINKS + Postings.OUT] * decay;
    double total = view.totals()[SIXTY_DAYS];
    Posting.Strongest strongest = posting.strongest();
    int count = strongest == null ? posting.size() : Posting.READ;
    int[] successors = strongest == null ? posting.successors : strongest.successors;
    float[] weights = strongest == null ? posting.weights : strongest.weights;
    for (int i = 0; i < count; i++) {
      int row = weights[i] > 0 ? rows.get(successors[i]) : -1;
      if (row >= 0) {
        int other = ordinals[row];
        double in = links[other * Postings.LINKS + Postings.IN] * decay;
        double share =
            total > 0
                ? Math.min(1, view.columns()[other * Popularity.STRIDE + SIXTY_DAYS] / total)
                : 0;
        double cosine =
            (weights[i] * decay - out * share)
                / Math.sqrt((Retrieval.SHRINK + out) * (Retrieval.SHRINK + in));
        like[row] = Math.max(like[row], (float) Math.min(1, cosine / FULL_PAIR));
      }
    }
  }

  private void near(int refused, int[] ordinals, float[] like) {
    float[] one = vectors == null ? null : vectors.vector(refused);
    if (vectors == null || one == null) {
      return;
    }
    GenerationVectors.Likeness likeness = vectors.new Likeness(one);
    for (int row = 0; row < like.length; row++) {
      float[] other = like[row] == 1 ? null : vectors.vector(ordinals[row]);
      if (other != null) {
        float more = (likeness.to(other) - LEAST_LIKENESS) / (1 - LEAST_LIKENESS);
        like[row] = Math.max(like[row], more);
      }
    }
  }
}
