package io.millrace.index;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * What a workload comes to, counted the plain way from all of its steps at once: the reference that
 * indexes are compared with.
 */
final class Recount {

  private static final double DAY_MS = 86_400_000.0;
  private static final int[] HALF_LIVES = {1, 3, 7, 14, 60};
  private static final long[] SPAN_MS = {300_000L, 3_600_000L, 86_400_000L, 2_592_000_000L};
  private static final long[] KEEP_MS = {7_200_000L, 172_800_000L, 5_184_000_000L, 62_208_000_000L};

  final Map<Integer, ItemFacts> items = new TreeMap<>();
  final TreeSet<Integer> retired = new TreeSet<>();
  final Map<Integer, double[]> decayed = new HashMap<>();
  final double[] totals = new double[6];
  private final Map<Integer, Map<Integer, double[]>> pairs = new HashMap<>();
  private final Map<Integer, double[]> links = new HashMap<>();
  private final long nowMs;

  Recount(List<Workload.Step> steps, long nowMs) {
    this.nowMs = nowMs;
    Map<Long, Integer> ordinals = new HashMap<>();
    long watermark = Long.MIN_VALUE;
    for (Workload.Step step : steps) {
      switch (step) {
        case Workload.Put(int ordinal, ItemFacts facts) -> {
          items.put(ordinal, facts);
          retired.remove(ordinal);
          ordinals.put(ItemHash.of(facts.itemId()), ordinal);
        }
        case Workload.Retire(int ordinal) -> {
          if (items.containsKey(ordinal)) {
            retired.add(ordinal);
          }
        }
        case Workload.Batch(EvidenceBatch batch) -> watermark = Math.max(watermark, batch.asOfMs());
      }
    }
    for (Workload.Step step : steps) {
      if (step instanceof Workload.Batch(EvidenceBatch batch)) {
        for (EvidenceBatch.ItemDelta delta : batch.items()) {
          Integer ordinal = ordinals.get(delta.itemHash());
          if (ordinal != null) {
            add(ordinal, delta, watermark);
          }
        }
        for (EvidenceBatch.PairDelta delta : batch.pairs()) {
          Integer from = ordinals.get(delta.predecessorHash());
          Integer to = ordinals.get(delta.itemHash());
          if (from != null && to != null && !from.equals(to)) {
            add(from, to, delta);
          }
        }
      }
    }
  }

  private void add(int ordinal, EvidenceBatch.ItemDelta delta, long watermark) {
    double[] own = decayed.computeIfAbsent(ordinal, _ -> new double[6]);
    int stagger = (int) (delta.itemHash() >>> 56);
    for (int h = 0; h < HALF_LIVES.length; h++) {
      own[h] += delta.positives() * weight(delta.bucket() * 300_000L, watermark, stagger, h);
      totals[h] += delta.positives() * weight(delta.bucket() * 300_000L, watermark, 0, h);
    }
    own[5] += delta.positives();
    totals[5] += delta.positives();
  }

  /** From the middle of the bucket that the moment is kept in under the watermark. */
  private double weight(long atMs, long watermark, int stagger, int h) {
    for (int level = 0; level < 4; level++) {
      long parent = SPAN_MS[Math.min(3, level + 1)];
      long dueMs =
          Math.floorDiv(atMs, parent) * parent
              + parent
              + KEEP_MS[level]
              + parent / 300_000 * stagger / 256 * 300_000;
      if (dueMs > Math.floorDiv(watermark, 300_000L) * 300_000L) {
        double middle = Math.floorDiv(atMs, SPAN_MS[level]) * SPAN_MS[level] + SPAN_MS[level] / 2.0;
        return Math.pow(2, (middle - nowMs) / DAY_MS / HALF_LIVES[h]);
      }
    }
    throw new IllegalArgumentException("older than the reference goes");
  }

  private void add(int from, int to, EvidenceBatch.PairDelta delta) {
    double middle = (Math.floorDiv(delta.day(), 30) + .5) * 30 * DAY_MS;
    double unit = Math.pow(2, (middle - nowMs) / DAY_MS / 120) / 1_024;
    double[] pair =
        pairs.computeIfAbsent(from, _ -> new HashMap<>()).computeIfAbsent(to, _ -> new double[2]);
    double[] out = links.computeIfAbsent(from, _ -> new double[3]);
    double[] in = links.computeIfAbsent(to, _ -> new double[3]);
    pair[0] += delta.weight() * unit;
    pair[1] += delta.sessionWeight() * unit;
    out[0] += delta.weight() * unit;
    out[1] += delta.sessionWeight() * unit;
    in[2] += delta.weight() * unit;
  }

  double share(int ordinal, int column) {
    double[] own = decayed.get(ordinal);
    return own == null ? 0 : own[column] / totals[column];
  }

  double[] pair(int from, int to) {
    return pairs.getOrDefault(from, Map.of()).getOrDefault(to, new double[2]);
  }

  double[] link(int ordinal) {
    return links.getOrDefault(ordinal, new double[3]);
  }

  boolean servable(int ordinal) {
    ItemFacts facts = items.get(ordinal);
    return facts != null
        && !retired.contains(ordinal)
        && facts.safety() != ItemFacts.Safety.UNSAFE
        && facts.stock() != 0;
  }

  /** In words of the documentation, one comparison after the other. */
  boolean admitted(int ordinal, RetrievalQuery query) {
    if (!servable(ordinal)) {
      return false;
    }
    for (int excluded : query.excluded()) {
      if (excluded == ordinal) {
        return false;
      }
    }
    ItemFacts facts = items.get(ordinal);
    RetrievalQuery.Filter filter = query.filter();
    if (facts.safety() == ItemFacts.Safety.SENSITIVE && !filter.allowSensitive()) {
      return false;
    }
    if (!filter.categories().isEmpty()
        && Collections.disjoint(filter.categories(), facts.categories())) {
      return false;
    }
    if (!Collections.disjoint(filter.excludeCategories(), facts.categories())) {
      return false;
    }
    if (!filter.creators().isEmpty() && !filter.creators().contains(facts.creator())) {
      return false;
    }
    if (filter.excludeCreators().contains(facts.creator())) {
      return false;
    }
    if (!filter.tags().isEmpty() && Collections.disjoint(filter.tags(), facts.tags())) {
      return false;
    }
    if (!filter.languages().isEmpty() && !filter.languages().contains(facts.language())) {
      return false;
    }
    if (!Double.isNaN(filter.minPrice())
        && (Double.isNaN(facts.price()) || facts.price() < filter.minPrice())) {
      return false;
    }
    if (!Double.isNaN(filter.maxPrice())
        && (Double.isNaN(facts.price()) || facts.price() > filter.maxPrice())) {
      return false;
    }
    if (filter.maxAgeRating() >= 0 && facts.ageRating() > filter.maxAgeRating()) {
      return false;
    }
    if (filter.maxDurationMs() >= 0 && facts.durationMs() > filter.maxDurationMs()) {
      return false;
    }
    return filter.createdWithinMs() < 0
        || query.nowMs() - facts.createdAtMs() <= filter.createdWithinMs();
  }

  double coVisited(RetrievalQuery query, int ordinal, Signal signal) {
    double sum = 0;
    for (int k = 0; k < Math.min(20, query.history().length); k++) {
      int from = query.history()[k];
      double fade = Math.pow(.9, k);
      sum +=
          switch (signal) {
            case CO_VISITED -> fade * pair(from, ordinal)[0] / (20 + link(from)[0]);
            case CO_VISITED_LAST -> k > 0 ? 0 : pair(from, ordinal)[0] / (20 + link(from)[0]);
            case CO_VISITED_SESSION ->
                query.nowMs() - query.historyAtMs()[k] < 3_600_000
                    ? fade * pair(from, ordinal)[1] / (20 + link(from)[1])
                    : 0;
            case CO_VISITED_COSINE ->
                fade
                    * pair(from, ordinal)[0]
                    / Math.sqrt((20 + link(from)[0]) * (20 + link(ordinal)[2]));
            default -> throw new IllegalArgumentException(signal.name());
          };
    }
    return sum;
  }

  /** Every word of an item once. */
  private static Set<String> words(ItemFacts facts) {
    String texts = facts.title() + " " + String.join(" ", facts.tags());
    Set<String> words =
        new LinkedHashSet<>(
            List.of(texts.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", " ").split(" ", -1)));
    words.remove("");
    if (!facts.creator().isEmpty()) {
      words.add("by " + facts.creator());
    }
    return words;
  }

  /** Cosine of the two items' words, each as long as it is rare. */
  double alike(int a, int b) {
    Map<String, Integer> uses = new HashMap<>();
    items
        .values()
        .forEach(facts -> words(facts).forEach(word -> uses.merge(word, 1, Integer::sum)));
    ToDoubleFunction<String> square =
        word -> {
          double octaves = Math.floor(4 * Math.log(1.0 + uses.get(word)) / Math.log(2) + 1e-9) / 4;
          double rarity = Math.log(1.0 + items.size()) - octaves * Math.log(2);
          return uses.get(word) > Words.UNIVERSAL ? 0 : rarity * rarity;
        };
    Set<String> ofA = words(items.get(a));
    Set<String> ofB = words(items.get(b));
    double both = ofA.stream().filter(ofB::contains).mapToDouble(square).sum();
    return both
        / Math.sqrt(
            ofA.stream().mapToDouble(square).sum() * ofB.stream().mapToDouble(square).sum());
  }

  double alike(RetrievalQuery query, int ordinal) {
    double sum = 0;
    for (int k = 0; k < Math.min(20, query.history().length); k++) {
      sum += Math.pow(.9, k) * alike(query.history()[k], ordinal);
    }
    return sum;
  }

  double categoryLeaning(RetrievalQuery query, int ordinal) {
    Map<String, Double> leanings = new HashMap<>();
    double history = 0;
    for (int k = 0; k < query.history().length; k++) {
      List<String> categories = items.get(query.history()[k]).categories();
      for (String category : categories) {
        leanings.merge(category, Math.pow(.97, k) / categories.size(), Double::sum);
      }
      history += Math.pow(.97, k);
    }
    List<String> all =
        items.keySet().stream()
            .filter(this::servable)
            .flatMap(i -> items.get(i).categories().stream())
            .toList();
    double sum = 0;
    List<String> own = items.get(ordinal).categories();
    for (String category : own) {
      double usual = (Collections.frequency(all, category) + .5) / (all.size() + 1);
      sum += Math.log((leanings.getOrDefault(category, 0.0) + 5 * usual) / ((history + 5) * usual));
    }
    return sum / own.size();
  }

  double mixture(int i) {
    return .6 * share(i, 0)
        + .15 * share(i, 1)
        + .15 * share(i, 2)
        + .05 * share(i, 3)
        + .05 * share(i, 4);
  }

  double light(RetrievalQuery query, int ordinal) {
    return mixture(ordinal)
        + .5 * coVisited(query, ordinal, Signal.CO_VISITED)
        + .3 * coVisited(query, ordinal, Signal.CO_VISITED_SESSION);
  }

  /** The admitted items with a positive score, best first, ties by ordinal. */
  List<Integer> best(RetrievalQuery query, ToDoubleFunction<Integer> score) {
    List<Integer> best = new ArrayList<>();
    for (int ordinal : items.keySet()) {
      if (admitted(ordinal, query) && score.applyAsDouble(ordinal) > 0) {
        best.add(ordinal);
      }
    }
    best.sort((a, b) -> {
      int byScore = Double.compare(score.applyAsDouble(b), score.applyAsDouble(a));
      return byScore != 0 ? byScore : Integer.compare(a, b);
    });
    return best;
  }
}
