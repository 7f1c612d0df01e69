package io.millrace.evaluation;

import io.millrace.importing.DataSet;
import io.millrace.importing.Format;
import io.millrace.importing.KuaiRand;
import io.millrace.importing.KuaiRand.Earlier;
import io.millrace.importing.KuaiRand.Impression;
import io.millrace.importing.UnreadableData;
import io.millrace.index.ItemFacts;
import io.millrace.model.ProbabilityMetrics;
import io.millrace.model.Reaction;
import io.millrace.model.ReactionModel;
import io.millrace.model.Showing;
import io.millrace.model.SparseRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Test-then-train over a log of impressions in time order: before each the probabilities of click,
 * long view and like are asked for; what came of it counts, and is learnt, from the end of the
 * watching on. What users did before the log begins counts from the end of that. The log's first
 * half of the days is warm-up; the test is what comes after the last impression of these.
 *
 * <p>Unlike the other protocols it asks the model alone and no node: nothing in a node predicts
 * reactions yet.
 */
final class ClickThrough {

  private static final long DAY_MS = 86_400_000;

  private final ReactionModel model = new ReactionModel();
  private final Map<Reaction, ProbabilityMetrics> learnt = new EnumMap<>(Reaction.class);
  private final Map<Reaction, ProbabilityMetrics> rates = new EnumMap<>(Reaction.class);
  private final Set<String> users = new HashSet<>();
  private final PriorityQueue<Running> running =
      new PriorityQueue<>(
          Comparator.comparingLong(Running::endsAtMs).thenComparingInt(Running::number));

  /** An impression that is being watched; {@code number} is its place in the log. */
  private record Running(
      Showing showing, SparseRow described, Set<Reaction> reactions, long endsAtMs, int number) {}

  private ClickThrough() {
    for (Reaction reaction : Reaction.values()) {
      learnt.put(reaction, new ProbabilityMetrics());
      rates.put(reaction, new ProbabilityMetrics());
    }
  }

  /**
   * Runs the whole protocol.
   *
   * @throws UnreadableData when there is no such log, or it has fewer than two days
   */
  static EvaluationResult run(Path path, Consumer<String> progress) throws IOException {
    DataSet data = DataSet.open(path, Format.KUAIRAND);
    return new ClickThrough()
        .run(
            data.name(),
            KuaiRand.impressions(path),
            KuaiRand.earlier(path),
            data.itemsById(),
            progress);
  }

  private EvaluationResult run(
      String name,
      List<Impression> log,
      List<Earlier> before,
      Map<String, ItemFacts> videos,
      Consumer<String> progress)
      throws UnreadableData {
    long start = System.nanoTime();
    long testAfterMs = lastOfWarmUp(name, log);
    int recalled = 0;
    for (int n = 0; n < log.size(); n++) {
      Impression impression = log.get(n);
      while (recalled < before.size() && before.get(recalled).untilMs() <= impression.timeMs()) {
        Earlier one = before.get(recalled++);
        model.recall(one.userId(), one.length(), one.watched(), one.watchedLong(), one.liked());
      }
      learnUntil(impression.timeMs());
      Showing showing = showing(impression, videos.get(impression.videoId()));
      SparseRow described = model.describe(showing);
      Set<Reaction> reactions = reactions(impression);
      if (impression.timeMs() > testAfterMs) {
        users.add(impression.userId());
        test(showing, described, reactions);
      }
      running.add(new Running(showing, described, reactions, impression.endMs(), n));
      if ((n + 1) % 1_000 == 0) {
        progress.accept("%,d of %,d impressions".formatted(n + 1, log.size()));
      }
    }
    return result(name, (System.nanoTime() - start) / 1e9);
  }

  private static long lastOfWarmUp(String name, List<Impression> log) throws UnreadableData {
    TreeSet<Integer> days = new TreeSet<>();
    log.forEach(impression -> days.add(impression.day()));
    if (days.size() < 2) {
      throw new UnreadableData(name + " has " + days.size() + " days, expected at least 2");
    }
    int firstTestDay = List.copyOf(days).get(days.size() / 2);
    return log.stream()
        .filter(impression -> impression.day() < firstTestDay)
        .mapToLong(Impression::timeMs)
        .max()
        .orElseThrow();
  }

  private void learnUntil(long nowMs) {
    while (!running.isEmpty() && running.element().endsAtMs() <= nowMs) {
      Running ended = running.remove();
      model.learn(ended.showing(), ended.described(), ended.reactions(), ended.endsAtMs());
    }
  }

  private void test(Showing showing, SparseRow described, Set<Reaction> reactions) {
    learnt.forEach((reaction, metrics) ->
        metrics.add(model.probability(reaction, described), reactions.contains(reaction)));
    rates.forEach((reaction, metrics) ->
        metrics.add(model.probabilityFromRates(reaction, showing), reactions.contains(reaction)));
  }

  private static Set<Reaction> reactions(Impression impression) {
    Set<Reaction> reactions = EnumSet.noneOf(Reaction.class);
    if (impression.click()) {
      reactions.add(Reaction.CLICK);
    }
    if (impression.longView()) {
      reactions.add(Reaction.LONG_VIEW);
    }
    if (impression.like()) {
      reactions.add(Reaction.LIKE);
    }
    return reactions;
  }

  private static Showing showing(Impression impression, @Nullable ItemFacts video) {
    long ageMs = video == null ? 0 : impression.timeMs() - video.createdAtMs();
    return new Showing(
        impression.userId(),
        impression.videoId(),
        video == null ? "" : video.creator(),
        video == null || video.categories().isEmpty() ? "" : video.categories().getFirst(),
        "tab-" + impression.tab(),
        impression.timeMs(),
        impression.durationMs(),
        Math.clamp(ageMs / DAY_MS, 0, 10_000));
  }

  private EvaluationResult result(String name, double seconds) {
    EvaluationResult result = EvaluationResult.of("ctr", name);
    ProbabilityMetrics clicks = learnt.getOrDefault(Reaction.CLICK, new ProbabilityMetrics());
    result.with("events", clicks.examples()).with("users", users.size());
    result.with("model", "online-logistic");
    add(result, "auc.", learnt, ProbabilityMetrics::auc);
    add(result, "logloss.", learnt, ProbabilityMetrics::logLoss);
    add(result, "calibration.", learnt, ProbabilityMetrics::calibration);
    add(result, "auc-of-rates.", rates, ProbabilityMetrics::auc);
    add(result, "logloss-of-rates.", rates, ProbabilityMetrics::logLoss);
    return result.with("seconds", seconds);
  }

  /** What cannot be said, as where nothing was liked, is left out. */
  private static void add(
      EvaluationResult result,
      String name,
      Map<Reaction, ProbabilityMetrics> all,
      ToDoubleFunction<ProbabilityMetrics> figure) {
    all.forEach((reaction, metrics) -> {
      double value = figure.applyAsDouble(metrics);
      if (Double.isFinite(value)) {
        result.with(name + reaction.label(), value);
      }
    });
  }
}
