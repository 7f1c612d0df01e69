package io.millrace.feed;

import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.index.Signal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Popular items as this node last saw them: the last rung of the ladder when no index copy answers.
 * Immutable.
 */
final class Floor {

  static final Candidates NO_CANDIDATES =
      new Candidates(
          new int[0],
          new int[0],
          new float[Signal.values().length][0],
          new int[0],
          new int[0],
          new int[0],
          new float[Signal.values().length],
          new int[0],
          new float[0],
          0,
          new long[0],
          List.of());

  static final Floor EMPTY = new Floor(NO_CANDIDATES, List.of());

  private final Candidates popular;
  private final Map<Integer, ItemFacts> facts = new HashMap<>();

  Floor(Candidates popular, List<@Nullable ItemFacts> facts) {
    this.popular = popular;
    for (int row = 0; row < Math.min(facts.size(), popular.size()); row++) {
      ItemFacts known = facts.get(row);
      if (known != null) {
        this.facts.put(popular.ordinals()[row], known);
      }
    }
  }

  @Nullable ItemFacts facts(int ordinal) {
    return facts.get(ordinal);
  }

  /** The most popular of sixty days that anybody may be shown, the most popular first. */
  int[] mostPopular(int n, long nowMs) {
    Candidates free = candidates(Filter.NONE, new int[0], new int[0], nowMs);
    float[] popularity = free.signals()[Signal.POPULAR_60D.ordinal()];
    return IntStream.range(0, free.size())
        .boxed()
        .sorted(Comparator.comparingDouble(row -> -popularity[row]))
        .limit(n)
        .mapToInt(row -> free.ordinals()[row])
        .toArray();
  }

  /**
   * The popular ones that may be shown, best first.
   *
   * @param excluded sorted ordinals
   * @param only sorted ordinals; empty asks for any
   */
  Candidates candidates(Filter filter, int[] excluded, int[] only, long nowMs) {
    int[] rows = new int[popular.size()];
    int n = 0;
    for (int row = 0; row < popular.size(); row++) {
      int ordinal = popular.ordinals()[row];
      ItemFacts item = facts.get(ordinal);
      if (item != null
          && passes(item, filter, nowMs)
          && Arrays.binarySearch(excluded, ordinal) < 0
          && (only.length == 0 || Arrays.binarySearch(only, ordinal) >= 0)) {
        rows[n++] = row;
      }
    }
    return select(Arrays.copyOf(rows, n));
  }

  private Candidates select(int[] rows) {
    float[][] signals = new float[popular.signals().length][];
    for (int s = 0; s < signals.length; s++) {
      signals[s] = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        signals[s][i] = popular.signals()[s][rows[i]];
      }
    }
    int[] nobody = new int[rows.length];
    Arrays.fill(nobody, -1);
    return new Candidates(
        pick(popular.ordinals(), rows),
        pick(popular.sources(), rows),
        signals,
        pick(popular.primaryCategory(), rows),
        pick(popular.creator(), rows),
        nobody,
        popular.maxima(),
        new int[0],
        new float[0],
        popular.itemLagMs(),
        popular.evidence(),
        List.of());
  }

  private static int[] pick(int[] values, int[] rows) {
    int[] picked = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = values[rows[i]];
    }
    return picked;
  }

  private static boolean passes(ItemFacts item, Filter filter, long nowMs) {
    return item.servable()
        && (filter.allowSensitive() || item.safety() == ItemFacts.Safety.SAFE)
        && (filter.categories().isEmpty() || meets(item.categories(), filter.categories()))
        && !meets(item.categories(), filter.excludeCategories())
        && (filter.creators().isEmpty() || filter.creators().contains(item.creator()))
        && !filter.excludeCreators().contains(item.creator())
        && (filter.tags().isEmpty() || meets(item.tags(), filter.tags()))
        && (filter.languages().isEmpty() || filter.languages().contains(item.language()))
        && !(filter.minPrice() > 0 && !(item.price() >= filter.minPrice()))
        && !(filter.maxPrice() >= 0 && !(item.price() <= filter.maxPrice()))
        && (filter.maxAgeRating() < 0 || item.ageRating() <= filter.maxAgeRating())
        && (filter.maxDurationMs() < 0 || item.durationMs() <= filter.maxDurationMs())
        && (filter.createdWithinMs() < 0 || nowMs - item.createdAtMs() <= filter.createdWithinMs());
  }

  private static boolean meets(List<String> a, List<String> b) {
    for (String value : a) {
      if (b.contains(value)) {
        return true;
      }
    }
    return false;
  }
}
