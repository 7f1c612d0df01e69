package io.millrace.feed;

import io.millrace.feed.FeedSettings.Surface;
import io.millrace.feed.Feeds.Question;
import io.millrace.feed.Feeds.StageTime;
import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.index.RetrievalQuery.Taste;
import io.millrace.index.Signal;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.learning.Choices;
import io.millrace.learning.Generations;
import io.millrace.learning.PublishedWeights;
import io.millrace.learning.ServedRows;
import io.millrace.model.FusionWeights;
import io.millrace.retrieval.IndexSearchActor;
import io.millrace.retrieval.TasteSpace;
import io.millrace.retrieval.UserRefusals;
import io.millrace.retrieval.UserVectors;
import io.millrace.user.Leanings;
import io.millrace.user.Profile;
import io.millrace.user.UserActor;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What all requests of one node share: who to ask, what to rank with, what to fall back on.
 * Immutable but for the index copy it asks, the floor and the profile cache, each safe for any
 * thread.
 */
final class FeedNode {

  /** Names the order of stages and their formulas in every served row. */
  static final int PIPELINE_VERSION = 1;

  static final int RULES_VERSION = 1;

  private final FeedSettings settings;
  private final InstantSource clock;
  private final BiConsumer<String, UserActor.Command> users;
  private final Catalogue catalogue;
  private final PublishedWeights published;
  private final Generations generations;
  private final Executor ranking;
  private final ImpressionTokens tokens;
  private final BiConsumer<String, ServedRows> servedLog;
  private final Consumer<List<StageTime>> observer;
  private final LongSupplier itemLagMs;
  private final ProfileCache profiles;
  private final AtomicReference<@Nullable ActorRef<IndexSearchActor.Command>> index =
      new AtomicReference<>();
  private final AtomicReference<Floor> floor = new AtomicReference<>(Floor.EMPTY);

  FeedNode(
      FeedSettings settings,
      InstantSource clock,
      BiConsumer<String, UserActor.Command> users,
      Catalogue catalogue,
      PublishedWeights published,
      Generations generations,
      Executor ranking,
      ImpressionTokens tokens,
      BiConsumer<String, ServedRows> servedLog,
      Consumer<List<StageTime>> observer,
      LongSupplier itemLagMs) {
    this.settings = settings;
    this.clock = clock;
    this.users = users;
    this.catalogue = catalogue;
    this.published = published;
    this.generations = generations;
    this.ranking = ranking;
    this.tokens = tokens;
    this.servedLog = servedLog;
    this.observer = observer;
    this.itemLagMs = itemLagMs;
    this.profiles = new ProfileCache(settings.cachedProfiles());
  }

  FeedSettings settings() {
    return settings;
  }

  InstantSource clock() {
    return clock;
  }

  Catalogue catalogue() {
    return catalogue;
  }

  ProfileCache profiles() {
    return profiles;
  }

  /** A question's surface; one that is not configured is an error the edge has already refused. */
  Surface surface(String name) {
    Surface surface = settings.surfaces().get(name);
    if (surface == null) {
      throw new IllegalArgumentException(
          "surface " + name + ", expected one of " + settings.surfaces().keySet());
    }
    return surface;
  }

  Surface withoutRules(Surface surface) {
    return new Surface(
        surface.name(), surface.sources(), 0, 0, surface.allowSensitive(), surface.maxAgeRating());
  }

  // who to ask

  void tellUser(String userId, UserActor.Command command) {
    users.accept(userId, command);
  }

  void indexIs(@Nullable ActorRef<IndexSearchActor.Command> copy) {
    index.set(copy);
  }

  @Nullable ActorRef<IndexSearchActor.Command> index() {
    return index.get();
  }

  /** False when no copy of the index is known. */
  boolean tellIndex(IndexSearchActor.Command command) {
    ActorRef<IndexSearchActor.Command> copy = index.get();
    if (copy == null) {
      return false;
    }
    copy.tell(command);
    return true;
  }

  /** How long a request may think: the budget less what the answer's way back needs. */
  Duration untilAnswer(Duration budget) {
    long nanos = budget.toNanos();
    return Duration.ofNanos(Math.max(nanos / 2, nanos - Math.max(nanos / 10, 15_000_000)));
  }

  // retrieve

  /** What a request uses from its first stage to its last; null before the first. */
  @Nullable TasteSpace space() {
    return generations.now();
  }

  /**
   * The question to the index. Vectors are derived at every request: nothing of them is older than
   * the profile.
   *
   * @param wide each source may fill the whole answer
   */
  RetrievalQuery query(
      Question question,
      Surface surface,
      Profile profile,
      int[] excluded,
      long stateDelayMs,
      boolean wide,
      @Nullable TasteSpace space) {
    long now = clock.millis();
    Leanings leanings =
        stateDelayMs > 0 ? profile.leanings().before(now - stateDelayMs) : profile.leanings();
    int from = firstKnownBefore(profile, now, stateDelayMs);
    return new RetrievalQuery(
        now,
        from == 0
            ? profile.history()
            : Arrays.copyOfRange(profile.history(), from, profile.history().length),
        from == 0
            ? profile.historyAtMs()
            : Arrays.copyOfRange(profile.historyAtMs(), from, profile.historyAtMs().length),
        excluded,
        profile.followedCreators(),
        filter(question.filter(), surface, profile),
        surface.sources(),
        wide ? settings.candidates() : settings.perSource(),
        settings.candidates(),
        space == null ? Taste.NONE : UserVectors.of(space, leanings),
        UserRefusals.of(leanings, now, settings.refusalHalfLife()));
  }

  private static int firstKnownBefore(Profile profile, long now, long stateDelayMs) {
    int from = 0;
    if (stateDelayMs > 0) {
      while (from < profile.history().length && profile.historyAtMs()[from] > now - stateDelayMs) {
        from++;
      }
    }
    return from;
  }

  private static Filter filter(Filter asked, Surface surface, Profile profile) {
    return new Filter(
        asked.categories(),
        both(asked.excludeCategories(), profile.blockedCategories()),
        asked.creators(),
        both(asked.excludeCreators(), profile.blockedCreators()),
        asked.tags(),
        asked.languages(),
        asked.minPrice(),
        asked.maxPrice(),
        lowest(asked.maxAgeRating(), lowest(surface.maxAgeRating(), profile.maxAgeRating())),
        asked.allowSensitive() || surface.allowSensitive(),
        asked.maxDurationMs(),
        asked.createdWithinMs());
  }

  private static List<String> both(List<String> a, List<String> b) {
    if (b.isEmpty()) {
      return a;
    }
    List<String> both = new ArrayList<>(a);
    both.addAll(b);
    return both;
  }

  private static int lowest(int a, int b) {
    return a < 0 ? b : b < 0 ? a : Math.min(a, b);
  }

  /** Sorted ordinals of the known ones among these ids. */
  int[] ordinals(List<String> itemIds) {
    int[] ordinals = new int[itemIds.size()];
    int n = 0;
    for (String itemId : itemIds) {
      ItemCard card = catalogue.card(itemId);
      if (card != null) {
        ordinals[n++] = card.ordinal();
      }
    }
    return Arrays.stream(ordinals, 0, n).sorted().distinct().toArray();
  }

  void floorIs(Floor refreshed) {
    floor.set(refreshed);
  }

  /** What can be shown when the index does not answer: popular items this node remembers. */
  Candidates floor(Question question, Surface surface, Profile profile, int[] excluded) {
    return floor
        .get()
        .candidates(
            filter(question.filter(), surface, profile),
            excluded,
            ordinals(question.candidates()),
            clock.millis());
  }

  Floor floor() {
    return floor.get();
  }

  Generations generations() {
    return generations;
  }

  Candidates noCandidates() {
    return Floor.NO_CANDIDATES;
  }

  // rank

  record RankedChoices(Choices choices, float[] scores, FusionWeights weights) {}

  /** Features and scores, as a task of its own: whoever asked can stop waiting for it. */
  CompletionStage<RankedChoices> rank(Candidates candidates, Profile profile, long stateDelayMs) {
    long now = clock.millis();
    FusionWeights weights = published.now();
    CompletableFuture<RankedChoices> ranked = new CompletableFuture<>();
    try {
      ranking.execute(() -> {
        try {
          int from = firstKnownBefore(profile, now, stateDelayMs);
          long lastTouch =
              from == 0
                  ? profile.lastTouchAtMs()
                  : from < profile.history().length ? profile.historyAtMs()[from] : Long.MIN_VALUE;
          Choices choices = Choices.of(candidates, now, profile.touches() - from, lastTouch);
          float[] scores = choices.scores(weights);
          lowerRefused(candidates, scores);
          ranked.complete(new RankedChoices(choices, scores, weights));
        } catch (RuntimeException e) {
          ranked.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException full) {
      ranked.completeExceptionally(full);
    }
    return ranked;
  }

  /** Scores are log odds: what is near to a refusal is chosen that many times less. */
  private void lowerRefused(Candidates candidates, float[] scores) {
    float[] refused = candidates.signals()[Signal.REFUSED.ordinal()];
    for (int row = 0; row < scores.length; row++) {
      scores[row] -= settings.refusalWeight() * refused[row];
    }
  }

  // serve and answer

  UserActor.Versions versions(FusionWeights weights, @Nullable TasteSpace space) {
    return new UserActor.Versions(
        PIPELINE_VERSION, RULES_VERSION, weights.examples(), space == null ? 0 : space.number());
  }

  Feeds.Versions feedVersions(UserActor.Versions versions) {
    return new Feeds.Versions(
        "pipeline-" + versions.pipeline(),
        "rules-" + versions.rules(),
        versions.ranker(),
        versions.generation());
  }

  String token(
      Question question, int ordinal, String itemId, int slot, UserActor.Versions versions) {
    return tokens.issue(question.userId(), question.requestId(), itemId, ordinal, slot, versions);
  }

  /** Facts that can be told without the index; null when not even a card is there. */
  @Nullable ItemFacts factsFromCard(int ordinal) {
    ItemFacts remembered = floor.get().facts(ordinal);
    if (remembered != null) {
      return remembered;
    }
    ItemCard card = catalogue.card(ordinal);
    if (card == null) {
      return null;
    }
    return new ItemFacts(
        card.itemId(),
        card.itemId(),
        card.categories(),
        List.of(),
        card.creator(),
        card.createdAtMs(),
        "",
        Double.NaN,
        -1,
        0,
        ItemFacts.Safety.SAFE,
        "",
        card.durationMs(),
        Map.of(),
        List.of(),
        ItemFacts.Vector.NONE);
  }

  void log(String userId, ServedRows rows) {
    servedLog.accept(userId, rows);
  }

  /** How far item statistics are behind the journal. */
  long itemLagMs() {
    return itemLagMs.getAsLong();
  }

  void observe(List<StageTime> times) {
    observer.accept(times);
  }
}
