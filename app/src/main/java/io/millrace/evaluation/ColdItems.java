package io.millrace.evaluation;

import io.millrace.index.ItemFacts;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Items that nobody has touched yet, of which only the catalogue's text is known: when one is
 * touched for the first time, where did it stand among all of them? By its content against the
 * user's vector, beside the newest first and the lot. Places that tie are drawn by lot, so what is
 * counted is the expected hit. Owned by one thread.
 */
final class ColdItems {

  private static final int CUT_OFF = 20;

  /** Expected hits and expected share of the items that stand before the one touched. */
  private static final class Way {
    private double hits;
    private double before;

    /**
     * @param better items before it
     * @param equal items that tie with it, itself among them
     */
    void add(int better, int equal, int all) {
      hits += Math.clamp((CUT_OFF - better) / (double) equal, 0, 1);
      before += (better + (equal - 1) / 2.0) / Math.max(1, all - 1);
    }
  }

  private final Map<String, ItemFacts> untouched = new LinkedHashMap<>();
  private final Map<String, float[]> content = new HashMap<>();
  private final Way byContent = new Way();
  private final Way byNewest = new Way();
  private final Way byLot = new Way();
  private int generation;
  private int tests;

  ColdItems(Collection<ItemFacts> items) {
    items.forEach(item -> untouched.put(item.itemId(), item));
  }

  void touched(String itemId) {
    untouched.remove(itemId);
  }

  /**
   * Counts the first touch of an item.
   *
   * @param number of the generation that the vectors are of
   * @param user the user's vector; empty when nothing is known of them
   * @param prior what an item's content says
   */
  void test(int number, float[] user, Function<ItemFacts, float[]> prior, ItemFacts first) {
    if (!untouched.containsKey(first.itemId())) {
      return;
    }
    if (number != generation) {
      generation = number;
      content.clear();
    }
    tests++;
    int all = untouched.size();
    byLot.add(0, all, all);
    count(byNewest, ColdItems::year, first);
    if (user.length == 0) {
      byContent.add(0, all, all);
    } else {
      count(
          byContent,
          item -> product(content.computeIfAbsent(item.itemId(), id -> prior.apply(item)), user),
          first);
    }
  }

  private interface Score {
    float of(ItemFacts item);
  }

  private void count(Way way, Score score, ItemFacts first) {
    float own = score.of(first);
    int better = 0;
    int equal = 0;
    for (ItemFacts item : untouched.values()) {
      float other = score.of(item);
      better += other > own ? 1 : 0;
      equal += other == own ? 1 : 0;
    }
    way.add(better, equal, untouched.size());
  }

  private static float product(float[] a, float[] b) {
    float sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static float year(ItemFacts item) {
    String year = item.attributes().getOrDefault(ItemFacts.RELEASE_YEAR, "0");
    return year.matches("\\d{1,4}") ? Integer.parseInt(year) : 0;
  }

  Map<String, Object> figures() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("events", tests);
    all.put("content", figures(byContent));
    all.put("newest", figures(byNewest));
    all.put("random", figures(byLot));
    return all;
  }

  private Map<String, Object> figures(Way way) {
    int n = Math.max(1, tests);
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("hr@20", way.hits / n);
    figures.put("before", way.before / n);
    return figures;
  }
}
