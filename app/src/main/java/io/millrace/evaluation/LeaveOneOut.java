package io.millrace.evaluation;

import io.millrace.feed.FeedGateway;
import io.millrace.feed.Feeds;
import io.millrace.importing.DataSet;
import io.millrace.importing.Format;
import io.millrace.importing.Interactions;
import io.millrace.importing.S3Rec;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.item.ItemCard;
import io.millrace.learning.Choices;
import io.millrace.learning.GenerationActor;
import io.millrace.model.RankingMetrics;
import io.millrace.user.Interaction;
import io.millrace.user.UserActor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * The published leave-one-out protocol, through a real node: of each user's sequence the last item
 * is the test, the one before it the validation, the rest is train. All train items but each user's
 * last few are recorded; then these, one step after the other: each user's feed is asked for, the
 * fusion learns what the item was chosen from, and only then the items are recorded. Vectors are
 * trained before these steps, between them and after them. Validation items are recorded as history
 * only (no evidence, no example), unless they may be learnt from; then each user's feed is asked
 * for and the test item's position among all items that the user has not had is counted. Source:
 * S3-Rec (CIKM 2020), full ranking.
 *
 * <p>There is order and no time: a step is a day, and all sequences end on the same day, so that
 * every user is asked for one day after the newest item, in learning and in the test alike.
 */
final class LeaveOneOut {

  private static final int CUT_OFF = 10;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Feeds under way at once: two processors and one waiting; chosen. */
  private static final int FEEDS_AHEAD = 3;

  /** Events under way at once: what a group commit of the journal may take together; chosen. */
  private static final int EVENTS_AHEAD = 128;

  /**
   * Train items of each user, from the end, that the fusion learns from: as many as time allows.
   * Beauty, HR@10: one .0825, three .0851, six .0862.
   */
  private static final int LEARNT = 6;

  /** Steps before the end at which vectors are trained anew, beside the first and the last time. */
  private static final int TRAINED_AGAIN = 4;

  private final Driver driver;
  private final Consumer<String> progress;
  private final List<Sequence> sequences;
  private final RankingMetrics metrics = new RankingMetrics(CUT_OFF);
  private final Map<Source, RankingMetrics> bySource = new EnumMap<>(Source.class);
  private final List<Double> hits = new ArrayList<>();
  private int generations;

  /** One user's items, oldest first. */
  private record Sequence(String userId, List<DataSet.Event> events) {

    boolean tested() {
      return events.size() >= 3;
    }

    int train() {
      return tested() ? events.size() - 2 : events.size();
    }

    DataSet.Event validation() {
      return events.get(events.size() - 2);
    }

    DataSet.Event test() {
      return events.getLast();
    }
  }

  private LeaveOneOut(Driver driver, List<Sequence> sequences, Consumer<String> progress) {
    this.driver = driver;
    this.sequences = sequences;
    this.progress = progress;
    for (Source source : Source.values()) {
      bySource.put(source, new RankingMetrics(CUT_OFF));
    }
  }

  /**
   * Runs the whole protocol.
   *
   * @throws io.millrace.importing.UnreadableData when there is no such file
   */
  static EvaluationResult run(Path file, boolean alsoValidation, Consumer<String> progress)
      throws IOException, InterruptedException, ExecutionException {
    DataSet data = DataSet.open(file, Format.S3REC);
    try (Driver driver = Driver.start("eval", EnumSet.allOf(Source.class))) {
      return new LeaveOneOut(driver, endingTogether(data), progress).run(data, alsoValidation);
    }
  }

  /** Sequences with times such that the last items of all are of the same day. */
  private static List<Sequence> endingTogether(DataSet data) {
    Map<String, List<DataSet.Event>> byUser = new LinkedHashMap<>();
    for (DataSet.Event event : data.events()) {
      byUser.computeIfAbsent(event.userId(), user -> new ArrayList<>()).add(event);
    }
    int longest = byUser.values().stream().mapToInt(List::size).max().orElse(0);
    List<Sequence> sequences = new ArrayList<>(byUser.size());
    byUser.forEach((userId, events) -> {
      List<DataSet.Event> timed = new ArrayList<>(events.size());
      int begin = longest - events.size();
      for (int i = 0; i < events.size(); i++) {
        timed.add(at(events.get(i), day(begin + i + 1)));
      }
      sequences.add(new Sequence(userId, timed));
    });
    return sequences;
  }

  private static long day(int n) {
    return n * S3Rec.STEP.toMillis();
  }

  private static DataSet.Event at(DataSet.Event event, long atMs) {
    return new DataSet.Event(event.userId(), Interactions.at(event.interaction(), atMs));
  }

  private EvaluationResult run(DataSet data, boolean alsoValidation)
      throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    driver.clock().moveTo(day(1));
    List<ItemFacts> items = new ArrayList<>(data.itemsById().values());
    items.sort(Comparator.comparing(ItemFacts::itemId));
    for (ItemFacts item : items) { // one by one: their numbers decide ties
      driver.put(item, day(1));
      tell("put", driver.items(), items.size());
    }
    driver.drain();

    record(
        sequences.stream()
            .flatMap(sequence ->
                sequence.events().stream().limit(Math.max(0, sequence.train() - LEARNT)))
            .sorted(Comparator.comparingLong(DataSet.Event::atMs))
            .toList());
    train();
    for (int fromEnd = LEARNT; fromEnd >= 1; fromEnd--) {
      List<DataSet.Event> step = new ArrayList<>();
      for (Sequence sequence : sequences) {
        if (sequence.train() >= fromEnd) {
          step.add(sequence.events().get(sequence.train() - fromEnd));
        }
      }
      learn(step);
      record(step);
      if (fromEnd == TRAINED_AGAIN || fromEnd == 1) {
        train();
      }
    }
    List<Sequence> tested = sequences.stream().filter(Sequence::tested).toList();
    record(
        tested.stream()
            .map(Sequence::validation)
            .map(validation -> alsoValidation ? validation : untaught(validation))
            .toList());
    test(tested.stream().map(Sequence::test).toList());

    double[] hit = hits.stream().mapToDouble(Double::doubleValue).toArray();
    int[] one = new int[hit.length];
    Arrays.fill(one, 1);
    RankingMetrics.Interval interval = RankingMetrics.bootstrap(hit, one, 1_000, 1);
    return EvaluationResult.of(
            alsoValidation ? "leave-one-out-online" : "leave-one-out", data.name())
        .with("users", metrics.tests())
        .with("items", driver.items())
        .with("config", driver.node().configHash())
        .with("hr@10", metrics.hitRate())
        .with("ndcg@10", metrics.ndcg())
        .with("mrr@10", metrics.reciprocalRank())
        .with("hr@10.low", interval.low())
        .with("hr@10.high", interval.high())
        .with("generations", generations)
        .with("seconds", (System.nanoTime() - start) / 1e9)
        .with("by", Map.of("source", figures()));
  }

  /** A generation of vectors from what is recorded so far. */
  private void train() throws InterruptedException, ExecutionException {
    GenerationActor.Decided decided = driver.trainGeneration();
    progress.accept("generation " + decided.number() + ": " + decided.detail());
    generations += decided.adopted() ? 1 : 0;
  }

  /** Carries events into the node and its statistics; the clock stands a step after the last. */
  private void record(List<DataSet.Event> events) throws InterruptedException, ExecutionException {
    int[] done = {0};
    InOrder.<DataSet.Event, UserActor.Reply>ask(
        events,
        EVENTS_AHEAD,
        event -> {
          driver.clock().moveTo(event.atMs());
          return driver.offer(event);
        },
        (event, reply) -> {
          Driver.mustBeRecorded(event, reply);
          tell("recorded", ++done[0], events.size());
        });
    driver.drain();
  }

  private void learn(List<DataSet.Event> chosen) throws InterruptedException, ExecutionException {
    askBefore(
        chosen,
        (event, traced) -> {
          Choices choices = traced.choices();
          int row = choices == null ? -1 : row(choices, event.itemId());
          if (choices != null && row >= 0) {
            driver.learn(choices, row);
          }
        });
  }

  private void test(List<DataSet.Event> chosen) throws InterruptedException, ExecutionException {
    askBefore(
        chosen,
        (event, traced) -> {
          Choices choices = traced.choices();
          float[] scores = traced.scores();
          if (choices == null || scores == null) {
            throw new IllegalStateException(
                "the feed for " + event.userId() + " was degraded: " + traced.answer().degraded());
          }
          int[] ordinals = choices.candidates().ordinals();
          int target = row(choices, event.itemId());
          int rank = Shadow.rank(scores, ordinals, target);
          metrics.add(rank);
          hits.add(rank <= CUT_OFF ? 1.0 : 0.0);
          bySource.forEach((source, alone) ->
              alone.add(Shadow.rank(ShadowRankings.scoresOf(source, choices), ordinals, target)));
        });
  }

  /** The feed of each event's user at the time of the event, which is not recorded yet. */
  private void askBefore(
      List<DataSet.Event> events, InOrder.Use<DataSet.Event, FeedGateway.Traced> use)
      throws InterruptedException, ExecutionException {
    int[] done = {0};
    InOrder.<DataSet.Event, FeedGateway.Traced>ask(
        events,
        FEEDS_AHEAD,
        event -> {
          driver.clock().moveTo(event.atMs());
          return driver.ask(question(event.userId()), 0);
        },
        (event, traced) -> {
          use.accept(event, traced);
          tell("asked", ++done[0], events.size());
        });
  }

  private static Feeds.Question question(String userId) {
    return new Feeds.Question(
        userId,
        "eval",
        Feeds.Purpose.PREVIEW,
        CUT_OFF,
        "evaluation",
        "",
        List.of(),
        List.of(),
        RetrievalQuery.Filter.NONE,
        false,
        0,
        PATIENCE);
  }

  private int row(Choices choices, String itemId) {
    ItemCard card = driver.node().catalogue().card(itemId);
    return card == null ? -1 : choices.rowOf(card.ordinal());
  }

  /** The same event without consent to learn from it: it is history and nothing else. */
  private static DataSet.Event untaught(DataSet.Event event) {
    Interaction did = event.interaction();
    return new DataSet.Event(
        event.userId(),
        new Interaction(
            did.eventId(),
            did.itemId(),
            did.card(),
            did.kind(),
            did.atMs(),
            did.surface(),
            did.sessionId(),
            did.requestId(),
            did.slot(),
            did.personalise(),
            false,
            did.value(),
            did.quantity(),
            did.target(),
            did.view(),
            did.details()));
  }

  private Map<String, Object> figures() {
    Map<String, Object> all = new LinkedHashMap<>();
    bySource.forEach((source, alone) -> {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("hr@10", alone.hitRate());
      one.put("ndcg@10", alone.ndcg());
      all.put(source.label(), one);
    });
    return all;
  }

  private void tell(String what, long done, long of) {
    if (done % 1_000 == 0) {
      progress.accept("%s %,d of %,d".formatted(what, done, of));
    }
  }
}
