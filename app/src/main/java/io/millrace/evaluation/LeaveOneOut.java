package io.millrace.evaluation;

import io.millrace.feed.FeedGateway;
import io.millrace.feed.Feeds;
import io.millrace.importing.DataSet;
import io.millrace.importing.Format;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.item.ItemCard;
import io.millrace.learning.Choices;
import io.millrace.model.RankingMetrics;
import io.millrace.user.Interaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * The published leave-one-out protocol, through a real node: of each user's sequence the last item
 * is the test, the one before it the validation, the rest is train. Everybody's train items are
 * recorded; the fusion learns from the last of them, asked for before they are recorded; validation
 * items are recorded as history only (no evidence, no example), unless they may be learnt from;
 * then each user's feed is asked for and the test item's position among all items that the user has
 * not had is counted. Source: S3-Rec (CIKM 2020), full ranking.
 */
final class LeaveOneOut {

  private static final int CUT_OFF = 10;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Driver driver;
  private final Consumer<String> progress;

  private LeaveOneOut(Driver driver, Consumer<String> progress) {
    this.driver = driver;
    this.progress = progress;
  }

  static EvaluationResult run(Path file, boolean alsoValidation, Consumer<String> progress)
      throws IOException, InterruptedException, ExecutionException {
    DataSet data = DataSet.open(file, Format.S3REC);
    try (Driver driver = Driver.start("eval", EnumSet.allOf(Source.class))) {
      return new LeaveOneOut(driver, progress).run(data, alsoValidation);
    }
  }

  private EvaluationResult run(DataSet data, boolean alsoValidation)
      throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    Map<String, List<DataSet.Event>> sequences = new LinkedHashMap<>();
    for (DataSet.Event event : data.events()) {
      sequences.computeIfAbsent(event.userId(), user -> new ArrayList<>()).add(event);
    }
    sequences.values().removeIf(sequence -> sequence.size() < 3);
    long begin = data.events().isEmpty() ? 0 : data.events().getFirst().atMs();
    driver.clock().moveTo(begin);
    for (ItemFacts item : data.itemsById().values()) {
      driver.put(item, begin);
    }
    int recorded = 0;
    for (DataSet.Event event : data.events()) {
      List<DataSet.Event> sequence = sequences.get(event.userId());
      if (sequence != null && sequence.indexOf(event) < sequence.size() - 3) {
        driver.clock().moveTo(event.atMs());
        driver.record(event);
        tell("recorded", ++recorded, data.events().size());
      }
    }
    driver.clock().moveTo(data.events().isEmpty() ? begin : data.events().getLast().atMs());
    driver.drain();
    learn(sequences);
    for (List<DataSet.Event> sequence : sequences.values()) {
      driver.record(sequence.get(sequence.size() - 3));
      DataSet.Event validation = sequence.get(sequence.size() - 2);
      driver.record(alsoValidation ? validation : untaught(validation));
    }
    driver.drain();
    RankingMetrics metrics = test(sequences);
    return EvaluationResult.of(
            alsoValidation ? "leave-one-out-online" : "leave-one-out", data.name())
        .with("users", metrics.tests())
        .with("items", driver.items())
        .with("config", driver.node().configHash())
        .with("hr@10", metrics.hitRate())
        .with("ndcg@10", metrics.ndcg())
        .with("mrr@10", metrics.reciprocalRank())
        .with("seconds", (System.nanoTime() - start) / 1e9);
  }

  private void learn(Map<String, List<DataSet.Event>> sequences)
      throws InterruptedException, ExecutionException {
    int done = 0;
    for (Map.Entry<String, List<DataSet.Event>> user : sequences.entrySet()) {
      DataSet.Event lastTrain = user.getValue().get(user.getValue().size() - 3);
      Choices choices = ask(user.getKey()).choices();
      int row = choices == null ? -1 : row(choices, lastTrain.itemId());
      if (choices != null && row >= 0) {
        driver.learn(choices, row);
      }
      tell("learnt", ++done, sequences.size());
    }
  }

  private RankingMetrics test(Map<String, List<DataSet.Event>> sequences)
      throws InterruptedException, ExecutionException {
    RankingMetrics metrics = new RankingMetrics(CUT_OFF);
    for (Map.Entry<String, List<DataSet.Event>> user : sequences.entrySet()) {
      FeedGateway.Traced traced = ask(user.getKey());
      Choices choices = traced.choices();
      float[] scores = traced.scores();
      metrics.add(
          choices == null || scores == null
              ? RankingMetrics.MISSED
              : Shadow.rank(
                  scores,
                  choices.candidates().ordinals(),
                  row(choices, user.getValue().getLast().itemId())));
      tell("tested", metrics.tests(), sequences.size());
    }
    return metrics;
  }

  private FeedGateway.Traced ask(String userId) throws InterruptedException, ExecutionException {
    return driver.preview(
        new Feeds.Question(
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
            PATIENCE),
        0);
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

  private void tell(String what, long done, long of) {
    if (done % 1_000 == 0) {
      progress.accept("%s %,d of %,d".formatted(what, done, of));
    }
  }
}
