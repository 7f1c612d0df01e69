package io.millrace.evaluation;

import io.millrace.feed.FeedGateway;
import io.millrace.feed.Feeds;
import io.millrace.importing.DataSet;
import io.millrace.importing.Format;
import io.millrace.index.GenerationVectors;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.item.ItemCard;
import io.millrace.learning.Choices;
import io.millrace.learning.GenerationActor;
import io.millrace.retrieval.TasteSpace;
import io.millrace.user.Reward;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * Whether a like is felt in taste (P3): through a real node on event time, whose ranker learns and
 * whose generations are trained on the way, the next positive of each user with few facts is
 * recorded, and the user's feed asked for before and after.
 *
 * <p>Formula, per user: mean over the liked item's 50 neighbours of log(rank after) - log(rank
 * before), each rank among the candidates that were scored both times, the liked item left out; the
 * neighbours are the 50 of these most like it in the generation ({@link
 * GenerationVectors.Likeness}). Improved: below 0.
 */
public final class TasteShift {

  private static final int NEIGHBOURS = 50;
  private static final int FEW_FACTS = 50;
  private static final double LEARN_FROM = 0.1;
  private static final int FIRST_TRAINING = 2_000;
  private static final int TRAINED_AGAIN_AFTER = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int[] HISTORY_BOUNDS = {0, 2, 5, 20, FEW_FACTS};
  private static final String[] HISTORY_NAMES = {"0", "1-2", "3-5", "6-20", "21-49"};

  private final Driver driver;
  private final List<DataSet.Event> events;
  private final Map<String, ItemFacts> items;
  private final Consumer<String> progress;
  private final Map<String, Integer> touches = new HashMap<>();
  private final List<List<Double>> shifts = new ArrayList<>();

  private TasteShift(Driver driver, DataSet data, Consumer<String> progress) {
    this.driver = driver;
    this.events = data.events();
    this.items = data.itemsById();
    this.progress = progress;
    for (int i = 0; i < HISTORY_NAMES.length; i++) {
      shifts.add(new ArrayList<>());
    }
  }

  /**
   * Runs it.
   *
   * @param warmUp events before the first like that is tested
   * @param users tested, each once
   */
  public static EvaluationResult run(
      Path path, Format format, int warmUp, int users, Consumer<String> progress)
      throws IOException, InterruptedException, ExecutionException {
    DataSet data = DataSet.open(path, format);
    try (Driver driver = Driver.start("eval", EnumSet.allOf(Source.class))) {
      return new TasteShift(driver, data, progress).run(data.name(), warmUp, users);
    }
  }

  private EvaluationResult run(String name, int warmUp, int users)
      throws InterruptedException, ExecutionException {
    int nextTraining = FIRST_TRAINING;
    Set<String> tested = new HashSet<>();
    for (int n = 0; n < events.size() && tested.size() < users; n++) {
      DataSet.Event event = events.get(n);
      driver.clock().moveTo(event.atMs());
      boolean known = driver.node().catalogue().card(event.itemId()) != null;
      boolean positive = Reward.of(event.interaction()).positive();
      boolean tests =
          n >= warmUp
              && positive
              && known
              && touches.getOrDefault(event.userId(), 0) < FEW_FACTS
              && tested.add(event.userId());
      FeedGateway.Traced before =
          tests || (positive && known && n >= LEARN_FROM * warmUp) ? ask(event) : null;
      if (before != null) {
        learn(event, before);
      }
      if (!known) {
        driver.put(items.get(event.itemId()), event.atMs());
      }
      // Again after what was learnt from it: only the like may be the difference.
      FeedGateway.Traced without = tests ? ask(event) : null;
      driver.record(event);
      driver.drain(event.userId());
      if (without != null) {
        test(event, without, ask(event));
      }
      touches.merge(event.userId(), 1, Integer::sum);
      if (n + 1 >= nextTraining && n < warmUp) {
        nextTraining = n + 1 + Math.max(FIRST_TRAINING, (n + 1) / TRAINED_AGAIN_AFTER);
        GenerationActor.Decided decided = driver.trainGeneration();
        progress.accept("generation " + decided.number() + ": " + decided.detail());
      }
      if ((n + 1) % 1_000 == 0) {
        progress.accept("%,d events, %,d users tested".formatted(n + 1, tested.size()));
      }
    }
    return result(name, warmUp);
  }

  private FeedGateway.Traced ask(DataSet.Event event)
      throws InterruptedException, ExecutionException {
    return driver.preview(
        new Feeds.Question(
            event.userId(),
            "eval",
            Feeds.Purpose.PREVIEW,
            20,
            "evaluation",
            "",
            List.of(),
            List.of(),
            RetrievalQuery.Filter.NONE,
            false,
            0,
            PATIENCE),
        0);
  }

  private void learn(DataSet.Event event, FeedGateway.Traced traced)
      throws InterruptedException, ExecutionException {
    Choices choices = Objects.requireNonNull(traced.choices());
    int row = choices.rowOf(ordinal(event.itemId()));
    if (row >= 0) {
      driver.learn(choices, row);
    }
  }

  private int ordinal(String itemId) {
    ItemCard card = driver.node().catalogue().card(itemId);
    return card == null ? -1 : card.ordinal();
  }

  private void test(DataSet.Event event, FeedGateway.Traced before, FeedGateway.Traced after) {
    TasteSpace space = driver.node().taste();
    int liked = ordinal(event.itemId());
    float[] vector = space == null ? null : space.vectors().vector(liked);
    if (space == null || vector == null) {
      return;
    }
    Map<Integer, Float> first = scores(before);
    Map<Integer, Float> second = scores(after);
    first.keySet().retainAll(second.keySet());
    second.keySet().retainAll(first.keySet());
    first.remove(liked);
    second.remove(liked);
    Map<Integer, Integer> ranksBefore = ranks(first);
    Map<Integer, Integer> ranksAfter = ranks(second);
    GenerationVectors.Likeness likeness = space.vectors().new Likeness(vector);
    List<Integer> neighbours =
        first.keySet().stream()
            .sorted(
                Comparator.comparingDouble((Integer ordinal) ->
                        -likeness.to(Objects.requireNonNull(space.vectors().vector(ordinal))))
                    .thenComparing(ordinal -> ordinal))
            .limit(NEIGHBOURS)
            .toList();
    double shift = 0;
    for (int neighbour : neighbours) {
      shift +=
          Math.log((double) ranksAfter.get(neighbour) / ranksBefore.get(neighbour))
              / neighbours.size();
    }
    int history = 0;
    while (touches.getOrDefault(event.userId(), 0) > HISTORY_BOUNDS[history]) {
      history++;
    }
    shifts.get(history).add(shift);
  }

  private static Map<Integer, Float> scores(FeedGateway.Traced traced) {
    int[] ordinals = Objects.requireNonNull(traced.choices()).candidates().ordinals();
    float[] scores = Objects.requireNonNull(traced.scores());
    Map<Integer, Float> all = new HashMap<>();
    for (int row = 0; row < ordinals.length; row++) {
      all.put(ordinals[row], scores[row]);
    }
    return all;
  }

  private static Map<Integer, Integer> ranks(Map<Integer, Float> scores) {
    Map<Integer, Integer> ranks = new HashMap<>();
    scores.entrySet().stream()
        .sorted(
            Map.Entry.<Integer, Float>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .forEach(entry -> ranks.put(entry.getKey(), ranks.size() + 1));
    return ranks;
  }

  private EvaluationResult result(String name, int warmUp) {
    List<Double> all = new ArrayList<>();
    Map<String, Object> by = new LinkedHashMap<>();
    for (int i = 0; i < HISTORY_NAMES.length; i++) {
      all.addAll(shifts.get(i));
      by.put(HISTORY_NAMES[i], figures(shifts.get(i)));
    }
    EvaluationResult result =
        EvaluationResult.of("taste-shift", name)
            .with("config", driver.node().configHash())
            .with("warm-up", warmUp);
    figures(all).forEach(result::with);
    return result.with("by", Map.of("history", by));
  }

  private static Map<String, Object> figures(List<Double> shifts) {
    double[] sorted = shifts.stream().mapToDouble(shift -> shift).sorted().toArray();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("users", sorted.length);
    figures.put(
        "improved",
        Arrays.stream(sorted).filter(shift -> shift < 0).count() / (double) sorted.length);
    figures.put("mean-log-rank-shift", Arrays.stream(sorted).average().orElse(Double.NaN));
    figures.put(
        "median-log-rank-shift", sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2]);
    return figures;
  }
}
