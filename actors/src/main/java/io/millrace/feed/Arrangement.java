package io.millrace.feed;

import io.millrace.feed.FeedSettings.Surface;
import io.millrace.index.Candidates;
import java.util.ArrayList;
import java.util.List;

/**
 * The order in which scored candidates are offered for slots: best first, made diverse, under the
 * surface's cap per primary category, which gives way step by step before a slate goes short.
 *
 * <p>Formula (maximal marginal relevance; Carbonell, Goldstein 1998): the next item maximises (1 -
 * d) r(i) - d max s(i, j) over the last {@value #WINDOW} chosen j, with r the score scaled to 0..1
 * over the best {@value #POOL_PER_SLOT} per slot and s = .6 [same primary category] + .4 [same
 * creator].
 *
 * @param rows rows of the candidates: the slate first, then all others by score
 * @param relaxed what gave way, as {@code degraded} names it
 */
public record Arrangement(int[] rows, List<String> relaxed) {

  private static final int WINDOW = 6;
  private static final int POOL_PER_SLOT = 10;

  /**
   * Arranges.
   *
   * @param wanted slots and spares together
   * @param free whether a row may be served
   */
  public static Arrangement of(
      Candidates candidates, float[] scores, Surface surface, int wanted, boolean[] free) {
    int[] byScore = order(candidates, scores, free);
    if (surface.maxPerCategory() == 0 && surface.diversity() == 0) {
      return new Arrangement(byScore, List.of());
    }
    List<String> relaxed = new ArrayList<>();
    int cap = surface.maxPerCategory() == 0 ? Integer.MAX_VALUE : surface.maxPerCategory();
    int target = Math.min(wanted, byScore.length);
    int[] slate = diverse(candidates, scores, byScore, surface.diversity(), target, cap);
    if (slate.length < target) {
      while (slate.length < target) {
        cap = cap > target ? Integer.MAX_VALUE : cap * 2;
        slate = diverse(candidates, scores, byScore, surface.diversity(), target, cap);
      }
      relaxed.add("rules:category-cap-relaxed");
    }
    boolean[] placed = new boolean[candidates.size()];
    int[] rows = new int[byScore.length];
    int n = 0;
    for (int row : slate) {
      placed[row] = true;
      rows[n++] = row;
    }
    for (int row : byScore) {
      if (!placed[row]) {
        rows[n++] = row;
      }
    }
    return new Arrangement(rows, relaxed);
  }

  /** Free rows by score; scores that are not finite come last; ties by item. */
  private static int[] order(Candidates candidates, float[] scores, boolean[] free) {
    long[] keys = new long[scores.length];
    int n = 0;
    for (int row = 0; row < scores.length; row++) {
      if (free[row]) {
        float score = Float.isFinite(scores[row]) ? scores[row] : Float.NEGATIVE_INFINITY;
        int bits = Float.floatToIntBits(score);
        int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
        keys[n++] = ((long) ~ascending << 32) | row;
      }
    }
    java.util.Arrays.sort(keys, 0, n);
    int[] rows = new int[n];
    for (int i = 0; i < n; i++) {
      rows[i] = (int) keys[i];
    }
    int[] ordinals = candidates.ordinals();
    for (int i = 1; i < n; i++) {
      int row = rows[i];
      int at = i;
      while (at > 0
          && scores[rows[at - 1]] == scores[row]
          && ordinals[rows[at - 1]] > ordinals[row]) {
        rows[at] = rows[at - 1];
        at--;
      }
      rows[at] = row;
    }
    return rows;
  }

  private static int[] diverse(
      Candidates candidates, float[] scores, int[] byScore, double diversity, int target, int cap) {
    int pool = (int) Math.min(byScore.length, (long) target * POOL_PER_SLOT);
    float best = pool == 0 ? 0 : scores[byScore[0]];
    float worst = pool == 0 ? 0 : scores[byScore[pool - 1]];
    float range = best > worst && Float.isFinite(best - worst) ? best - worst : 1;
    java.util.Map<Integer, Integer> perCategory = new java.util.HashMap<>();
    boolean[] placed = new boolean[byScore.length];
    int[] slate = new int[target];
    int n = 0;
    while (n < target) {
      int choice = -1;
      double choiceValue = Double.NEGATIVE_INFINITY;
      int looked = 0;
      for (int i = 0; i < byScore.length && looked < pool; i++) {
        if (placed[i]) {
          continue;
        }
        int category = candidates.primaryCategory()[byScore[i]];
        if (category >= 0 && perCategory.getOrDefault(category, 0) >= cap) {
          continue;
        }
        looked++;
        double relevance = (scores[byScore[i]] - worst) / range;
        double value =
            diversity == 0
                ? relevance
                : (1 - diversity) * relevance
                    - diversity * closest(candidates, byScore[i], slate, n);
        if (value > choiceValue || choice < 0) {
          choice = i;
          choiceValue = value;
        }
        if (diversity == 0 || (1 - diversity) * relevance < choiceValue) {
          break; // nothing after it can have a larger value: relevance only falls
        }
      }
      if (choice < 0) {
        break;
      }
      placed[choice] = true;
      slate[n++] = byScore[choice];
      int category = candidates.primaryCategory()[byScore[choice]];
      if (category >= 0) {
        perCategory.merge(category, 1, Integer::sum);
      }
    }
    return n == target ? slate : java.util.Arrays.copyOf(slate, n);
  }

  private static double closest(Candidates candidates, int row, int[] slate, int n) {
    double closest = 0;
    for (int i = Math.max(0, n - WINDOW); i < n; i++) {
      double same = 0;
      int category = candidates.primaryCategory()[row];
      int creator = candidates.creator()[row];
      if (category >= 0 && category == candidates.primaryCategory()[slate[i]]) {
        same += 0.6;
      }
      if (creator >= 0 && creator == candidates.creator()[slate[i]]) {
        same += 0.4;
      }
      closest = Math.max(closest, same);
    }
    return closest;
  }
}
