package io.millrace.evaluation;

import io.millrace.feed.Arrangement;
import io.millrace.feed.FeedSettings.Surface;
import io.millrace.index.Candidates;
import io.millrace.index.Source;
import io.millrace.learning.Choices;
import io.millrace.model.FusionFeature;
import io.millrace.model.FusionInput;
import io.millrace.model.FusionTrainer;
import io.millrace.model.FusionWeights;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The other ways of ranking the same candidates, measured in the same run: each source alone, the
 * fusion learning without a source, and each product rule switched on alone. Owned by one thread,
 * which sees the tests in order.
 */
final class ShadowRankings {

  private static final int CUT_OFF = 20;

  private final Map<Source, Shadow> alone = new EnumMap<>(Source.class);
  private final Shadow fixed = new Shadow();
  private final Map<Source, Without> without = new EnumMap<>(Source.class);
  private final Map<String, Shadow> rules = new LinkedHashMap<>();
  private final Map<String, Long> repeatWindowsMs = new LinkedHashMap<>();
  private final Map<String, Map<String, Map<Integer, Long>>> shown = new HashMap<>();

  private record Without(FusionTrainer trainer, Shadow shadow) {}

  ShadowRankings(Set<Source> sources) {
    for (Source source : sources) {
      alone.put(source, new Shadow());
      without.put(source, new Without(new FusionTrainer(FusionWeights.initial()), new Shadow()));
    }
    rules.put("category-cap-3", new Shadow());
    rules.put("diversity-0.2", new Shadow());
    for (int days : new int[] {1, 7, 30}) {
      String name = "no-repeat-" + days + "d";
      rules.put(name, new Shadow());
      repeatWindowsMs.put(name, Duration.ofDays(days).toMillis());
    }
  }

  /** A test whose target was never seen before: every way misses it. */
  void missed() {
    every().forEach(shadow -> shadow.metrics.add(io.millrace.model.RankingMetrics.MISSED));
  }

  private Iterable<Shadow> every() {
    java.util.List<Shadow> all = new java.util.ArrayList<>(alone.values());
    all.add(fixed);
    without.values().forEach(left -> all.add(left.shadow()));
    all.addAll(rules.values());
    return all;
  }

  /**
   * Ranks (when it is a test) and learns (when it is a choice to learn from).
   *
   * @param target the chosen row, -1 when it is no candidate
   */
  void see(
      String userId,
      long nowMs,
      Choices choices,
      float[] scores,
      int target,
      boolean test,
      boolean learn) {
    Candidates candidates = choices.candidates();
    int[] ordinals = candidates.ordinals();
    if (test) {
      alone.forEach((source, shadow) ->
          shadow.metrics.add(Shadow.rank(scoresOf(source, choices), ordinals, target)));
      fixed.metrics.add(Shadow.rank(choices.scores(FusionWeights.initial()), ordinals, target));
      rule(userId, nowMs, candidates, scores, target);
    }
    without.forEach((source, left) -> seeWithout(source, left, choices, target, test, learn));
  }

  private static void seeWithout(
      Source source, Without left, Choices choices, int target, boolean test, boolean learn) {
    Candidates candidates = choices.candidates();
    float[][] matrix = choices.matrix();
    FusionInput.Column column = column(source);
    if (column != null) {
      matrix = FusionFeature.matrixWithout(column, choices.input(), matrix);
    }
    int size = candidates.size();
    int[] kept = new int[size];
    int n = 0;
    int keptTarget = -1;
    for (int row = 0; row < size; row++) {
      if (candidates.sources()[row] != source.bit()) {
        if (row == target) {
          keptTarget = n;
        }
        kept[n++] = row;
      }
    }
    if (n < size) {
      matrix = pick(matrix, kept, n);
    }
    if (test) {
      float[] scores = left.trainer().published().scores(matrix, n, choices.context());
      int[] ordinals = new int[n];
      for (int i = 0; i < n; i++) {
        ordinals[i] = candidates.ordinals()[kept[i]];
      }
      left.shadow().metrics.add(Shadow.rank(scores, ordinals, keptTarget));
    }
    if (learn && keptTarget >= 0) {
      left.trainer().learn(matrix, n, keptTarget, new float[0], choices.context());
    }
  }

  private static float[][] pick(float[][] matrix, int[] rows, int n) {
    float[][] picked = new float[matrix.length][n];
    for (int f = 0; f < matrix.length; f++) {
      for (int i = 0; i < n; i++) {
        picked[f][i] = matrix[f][rows[i]];
      }
    }
    return picked;
  }

  private void rule(String userId, long nowMs, Candidates candidates, float[] scores, int target) {
    boolean[] free = new boolean[candidates.size()];
    Arrays.fill(free, true);
    Surface capped = new Surface("rule", EnumSet.noneOf(Source.class), 3, 0, true, -1);
    Surface diverse = new Surface("rule", EnumSet.noneOf(Source.class), 0, 0.2, true, -1);
    rules.get("category-cap-3").metrics.add(position(candidates, scores, capped, free, target));
    rules.get("diversity-0.2").metrics.add(position(candidates, scores, diverse, free, target));
    repeatWindowsMs.forEach((name, windowMs) -> {
      Map<Integer, Long> seen =
          shown
              .computeIfAbsent(name, rule -> new HashMap<>())
              .computeIfAbsent(userId, user -> new HashMap<>());
      boolean[] unseen = free.clone();
      for (int row = 0; row < unseen.length; row++) {
        Long at = seen.get(candidates.ordinals()[row]);
        unseen[row] = at == null || nowMs - at > windowMs;
      }
      Surface plain = new Surface("rule", EnumSet.noneOf(Source.class), 0, 0, true, -1);
      int[] slate = Arrangement.of(candidates, scores, plain, CUT_OFF, unseen).rows();
      int position = io.millrace.model.RankingMetrics.MISSED;
      for (int i = 0; i < Math.min(CUT_OFF, slate.length); i++) {
        seen.put(candidates.ordinals()[slate[i]], nowMs);
        if (slate[i] == target) {
          position = i + 1;
        }
      }
      rules.get(name).metrics.add(position);
    });
  }

  private static int position(
      Candidates candidates, float[] scores, Surface surface, boolean[] free, int target) {
    int[] rows = Arrangement.of(candidates, scores, surface, CUT_OFF, free).rows();
    for (int i = 0; i < Math.min(CUT_OFF, rows.length); i++) {
      if (rows[i] == target) {
        return i + 1;
      }
    }
    return io.millrace.model.RankingMetrics.MISSED;
  }

  /** A source's own order of the rows it brought; NaN elsewhere. */
  static float[] scoresOf(Source source, Choices choices) {
    FusionInput input = choices.input();
    int size = choices.size();
    float[] scores = new float[size];
    int[] sources = choices.candidates().sources();
    for (int row = 0; row < size; row++) {
      if ((sources[row] & source.bit()) == 0) {
        scores[row] = Float.NaN;
        continue;
      }
      scores[row] =
          switch (source) {
            case POPULAR_1D -> input.popular()[0][row];
            case POPULAR_3D -> input.popular()[1][row];
            case POPULAR_7D -> input.popular()[2][row];
            case POPULAR_14D -> input.popular()[3][row];
            case POPULAR_60D -> input.popular()[4][row];
            case POPULAR_EVER -> input.popular()[5][row];
            case CO_VISITED -> input.coVisited()[0][row];
            case CO_VISITED_LAST -> input.coVisited()[1][row];
            case CO_VISITED_SESSION -> input.coVisited()[2][row];
            case CO_VISITED_COSINE -> input.coVisited()[3][row];
            case NEAREST, NEAR_ARRIVALS -> input.near()[0][row];
            case NEAREST_RECENT -> input.near()[1][row];
            case NEAR_CONTENT -> input.alike()[0][row];
            case RETURNING -> input.popular()[3][row];
            case TRENDING -> input.popular()[0][row] / (input.popular()[3][row] + 1e-4f);
            case ARRIVALS, FOLLOWED -> FusionFeature.mixture(input, row);
          };
    }
    return scores;
  }

  private static FusionInput.@org.jspecify.annotations.Nullable Column column(Source source) {
    return switch (source) {
      case POPULAR_1D -> FusionInput.Column.POPULAR_1D;
      case POPULAR_3D -> FusionInput.Column.POPULAR_3D;
      case POPULAR_7D -> FusionInput.Column.POPULAR_7D;
      case POPULAR_14D -> FusionInput.Column.POPULAR_14D;
      case POPULAR_60D -> FusionInput.Column.POPULAR_60D;
      case POPULAR_EVER -> FusionInput.Column.POPULAR_EVER;
      case CO_VISITED -> FusionInput.Column.CO_VISITED;
      case CO_VISITED_LAST -> FusionInput.Column.CO_VISITED_LAST;
      case CO_VISITED_SESSION -> FusionInput.Column.CO_VISITED_SESSION;
      case CO_VISITED_COSINE -> FusionInput.Column.CO_VISITED_COSINE;
      case NEAREST -> FusionInput.Column.NEAREST;
      case NEAREST_RECENT -> FusionInput.Column.NEAREST_RECENT;
      case NEAR_CONTENT -> FusionInput.Column.ALIKE;
      case TRENDING, ARRIVALS, FOLLOWED, NEAR_ARRIVALS, RETURNING -> null;
    };
  }

  /**
   * Figures by way: {@code source}, {@code without} and {@code rule}, each name to hit rate and
   * NDCG.
   */
  Map<String, Object> figures() {
    Map<String, Object> bySource = new LinkedHashMap<>();
    alone.forEach((source, shadow) -> bySource.put(source.label(), figures(shadow)));
    bySource.put("fixed-mixture", figures(fixed));
    Map<String, Object> byWithout = new LinkedHashMap<>();
    without.forEach((source, left) -> byWithout.put(source.label(), figures(left.shadow())));
    Map<String, Object> byRule = new LinkedHashMap<>();
    rules.forEach((name, shadow) -> byRule.put(name, figures(shadow)));
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("source", bySource);
    all.put("without", byWithout);
    all.put("rule", byRule);
    return all;
  }

  private static Map<String, Object> figures(Shadow shadow) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("hr@20", shadow.metrics.hitRate());
    figures.put("ndcg@20", shadow.metrics.ndcg());
    figures.put("mrr@20", shadow.metrics.reciprocalRank());
    return figures;
  }
}
