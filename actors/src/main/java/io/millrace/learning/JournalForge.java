package io.millrace.learning;

import io.millrace.index.ItemFacts;
import io.millrace.model.taste.Content;
import io.millrace.model.taste.ContentEncoder;
import io.millrace.model.taste.Contents;
import io.millrace.model.taste.Crew;
import io.millrace.model.taste.Generation;
import io.millrace.model.taste.GenerationCheck;
import io.millrace.model.taste.GenerationTrainer;
import io.millrace.model.taste.Interactions;
import io.millrace.model.taste.Pace;
import io.millrace.model.taste.SparseFeatures;
import io.millrace.model.taste.TasteSettings;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.retrieval.Leaning;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains generations from everything that is in the journal: of each user and item the interaction
 * that speaks last. The newest interactions are kept out of the training and decide whether it is
 * any good.
 */
public final class JournalForge implements GenerationActor.Forge {

  private static final Logger log = LoggerFactory.getLogger(JournalForge.class);

  private static final int READ_AT_ONCE = 1_000;

  /**
   * What it reads.
   *
   * @param facts what one stored user event says; may refuse poison with any exception
   * @param put the facts that one stored item event puts, null when it puts none
   * @param leastFacts fewer make no generation
   * @param mostSlice interactions kept out to check with, at most; a twentieth if that is fewer
   * @param threads that work at the pace
   * @param pace how much of a core each may take; a new one for each training, so that the time in
   *     between counts as nobody's work
   */
  public record Sources(
      EventStream events,
      List<String> userStreams,
      List<String> itemStreams,
      Function<StoredEvent, List<RecordedFact>> facts,
      Function<StoredEvent, @Nullable ItemFacts> put,
      Function<String, Long> itemHash,
      int leastFacts,
      int mostSlice,
      int threads,
      Supplier<Pace> pace) {}

  private record Pair(long user, long item) {}

  private final Sources sources;
  private final ContentEncoder encoder = new ContentEncoder();

  public JournalForge(Sources sources) {
    this.sources = sources;
  }

  @Override
  public GenerationActor.@Nullable Forged forge(
      int number, @Nullable Generation present, Consumer<String> progress) {
    Pace pace = sources.pace().get();
    try {
      return forge(number, present, pace, progress);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CancellationException("training of generation " + number + " was interrupted");
    }
  }

  private GenerationActor.@Nullable Forged forge(
      int number, @Nullable Generation present, Pace pace, Consumer<String> progress)
      throws InterruptedException {
    Interactions facts = interactions(pace);
    if (facts.size() < sources.leastFacts()) {
      progress.accept(
          String.format(
              Locale.ROOT,
              "the first generation needs %,d interactions, %,d more than there are",
              sources.leastFacts(),
              sources.leastFacts() - facts.size()));
      return null;
    }
    Contents contents = contents(pace);
    int slice = Math.min(sources.mostSlice(), facts.size() / 20);
    int upTo = facts.size() - slice;
    try (Crew crew = new Crew(sources.threads())) {
      GenerationTrainer trainer =
          new GenerationTrainer(
              TasteSettings.DEFAULT,
              contents,
              encoder.columns(),
              (phase, share) -> {
                pace.step(phase, share);
                progress.accept(
                    String.format(Locale.ROOT, "training, %s: %.0f %%", phase, share * 100));
              },
              crew);
      long begun = System.nanoTime();
      GenerationTrainer.Trained trained = trainer.train(facts, upTo, number, present);
      double seconds = (System.nanoTime() - begun) / 1e9;
      GenerationCheck.Verdict verdict =
          present == null
              ? GenerationCheck.checkFirst(
                  trained.generation(), trainer.placebo(facts, upTo), facts, upTo, contents, crew)
              : GenerationCheck.check(trained.generation(), present, facts, upTo, contents, crew);
      return forged(trained, upTo, seconds, verdict);
    }
  }

  private static GenerationActor.Forged forged(
      GenerationTrainer.Trained trained,
      int upTo,
      double seconds,
      GenerationCheck.Verdict verdict) {
    String report =
        String.format(
            Locale.ROOT,
            "%s; %.1f s, %.0f s a million interactions, rotated onto the one before with residual %.3f",
            verdict.candidate(),
            seconds,
            seconds * 1e6 / upTo,
            trained.rotationResidual());
    return new GenerationActor.Forged(
        trained.generation(), upTo, report, verdict.promoted() ? null : verdict.reason());
  }

  private Interactions interactions(Pace pace) throws InterruptedException {
    Map<Pair, RecordedFact> spoken = new HashMap<>();
    for (String stream : sources.userStreams()) {
      read(
          stream,
          pace,
          event -> {
            for (RecordedFact fact : sources.facts().apply(event)) {
              spoken.merge(
                  new Pair(fact.userHash(), fact.itemHash()), fact, JournalForge::outranking);
            }
          });
    }
    spoken.values().removeIf(fact -> !fact.says());
    Interactions facts = new Interactions();
    for (RecordedFact fact : FactOrder.of(spoken.values())) {
      facts.add(
          fact.userHash(),
          fact.itemHash(),
          Leaning.weight(fact.strength(), fact.against()),
          Leaning.target(fact.strength(), fact.against()),
          fact.atMs());
    }
    return facts;
  }

  /** An opinion outranks a view, and the later of two alike the earlier. */
  private static RecordedFact outranking(RecordedFact a, RecordedFact b) {
    if (a.opinion() != b.opinion()) {
      return a.opinion() ? a : b;
    }
    return a.atMs() > b.atMs() ? a : b;
  }

  private Contents contents(Pace pace) throws InterruptedException {
    Map<Long, SparseFeatures> rows = new HashMap<>();
    Map<Long, SparseFeatures> clients = new HashMap<>();
    for (String stream : sources.itemStreams()) {
      read(
          stream,
          pace,
          event -> {
            ItemFacts facts = sources.put().apply(event);
            if (facts != null) {
              long hash = sources.itemHash().apply(facts.itemId());
              rows.put(
                  hash,
                  encoder.encode(
                      new Content(
                          facts.title(), facts.tags(), facts.categories(), facts.creator())));
              if (facts.vector().length() > 0) {
                clients.put(hash, SparseFeatures.ofClientVector(facts.vector().toArray()));
              }
            }
          });
    }
    return new Contents() {
      @Override
      public @Nullable SparseFeatures content(long itemHash) {
        return rows.get(itemHash);
      }

      @Override
      public @Nullable SparseFeatures client(long itemHash) {
        return clients.get(itemHash);
      }
    };
  }

  private void read(String stream, Pace pace, Consumer<StoredEvent> reader)
      throws InterruptedException {
    Cursor cursor = Cursor.START;
    boolean atHead = false;
    while (!atHead) {
      EventStream.Batch batch = sources.events().tail(stream, cursor, READ_AT_ONCE);
      for (StoredEvent event : batch.events()) {
        try {
          reader.accept(event);
        } catch (RuntimeException poison) {
          log.error(
              "event passed over persistenceId={} sequence={}",
              event.persistenceId(),
              event.sequence(),
              poison);
        }
      }
      cursor = batch.next();
      atHead = batch.atHead();
      pace.step("reading", 0);
    }
  }
}
