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
import io.millrace.learning.GenerationActor;
import io.millrace.model.FusionWeights;
import io.millrace.model.RankingMetrics;
import io.millrace.retrieval.TasteSpace;
import io.millrace.retrieval.UserVectors;
import io.millrace.user.Leanings;
import io.millrace.user.Reward;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Test-then-train over a data set in time order, through a real node whose clock is the data's:
 * before each positive the node is asked for the user's feed, the position of what the user chose
 * is counted, the choice is learnt, and only then the event is recorded and drained through user,
 * evidence and index. Nothing is known before its time. Two runs give the same ranks.
 */
public final class Prequential {

  private static final double LEARN_FROM = 0.1;
  private static final int CUT_OFF = 20;

  /** Generations are trained by count of events: after so many, then with each twentieth more. */
  private static final int FIRST_TRAINING = 2_000;

  private static final int TRAINED_AGAIN_AFTER = 20;
  private static final int RECALL_AT = 300;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int[] HISTORY_BOUNDS = {0, 2, 5, 20, Integer.MAX_VALUE};
  private static final String[] HISTORY_NAMES = {"0", "1-2", "3-5", "6-20", ">20"};
  private static final double DAY_MS = 86_400_000.0;
  private static final double[] AGE_BOUNDS_DAYS = {1, 3, 14, 60, Double.MAX_VALUE};
  private static final double FRESH_DAYS = 3;

  /** Numbers of touches at which a new user is looked at. */
  private static final int[] TOUCHES = {0, 1, 2, 3, 5};

  private static final String[] TOUCHES_NAMES = {"0", "1", "2", "3", "5"};
  private static final String[] AGE_NAMES = {"<1d", "1-3d", "3-14d", "14-60d", ">60d"};

  private final PrequentialOptions options;
  private final Set<Source> sources;
  private final Ranker ranker;
  private final DataSet data;
  private final Driver driver;
  private final Consumer<String> progress;
  private final RankingMetrics overall = new RankingMetrics(CUT_OFF);
  private final RankingMetrics recall = new RankingMetrics(RECALL_AT);

  /** Whether some source brought the chosen item at all, before anything was ranked. */
  private final RankingMetrics union = new RankingMetrics(1);

  private final RankingMetrics[] byTouches = metrics(TOUCHES_NAMES.length);

  /** Tests whose item is young: the feed, and popularity within arrivals alone. */
  private final RankingMetrics[] fresh = metrics(2);

  private final Map<String, ItemFacts> items;
  private final ColdItems cold;
  private final RankingMetrics[] byHistory = metrics(HISTORY_NAMES.length);
  private final RankingMetrics[] byAge = metrics(AGE_NAMES.length);
  private final Map<String, double[]> hitsByUser = new LinkedHashMap<>();
  private final Set<Integer> recommended = new HashSet<>();
  private final CRC32 ranks = new CRC32();
  private int generations;

  private record Seen(
      String userId,
      long atMs,
      @Nullable Choices choices,
      float[] scores,
      int target,
      boolean test,
      boolean learn) {}

  private final BlockingQueue<Seen> toShadows = new ArrayBlockingQueue<>(64);
  private final ShadowRankings shadows;

  /** Whether others are measured beside: not when freshness or the ranker itself is varied. */
  private final boolean shadowed;

  private Prequential(
      PrequentialOptions options,
      Set<Source> sources,
      DataSet data,
      Driver driver,
      Consumer<String> progress) {
    this.options = options;
    this.sources = sources;
    this.ranker = Ranker.of(options.ranker());
    this.data = data;
    this.driver = driver;
    this.progress = progress;
    this.shadows = new ShadowRankings(sources);
    this.items = data.itemsById();
    this.cold = new ColdItems(items.values());
    this.shadowed =
        options.ablation()
            && ranker == Ranker.FUSION
            && options.stateDelay().isZero()
            && options.itemLag().isZero();
  }

  /**
   * Runs the whole protocol.
   *
   * @throws io.millrace.importing.UnreadableData when there is no such data set
   */
  public static EvaluationResult run(PrequentialOptions options, Consumer<String> progress)
      throws IOException, InterruptedException, ExecutionException {
    Set<Source> sources = sources(options);
    Ranker.of(options.ranker());
    DataSet read = DataSet.open(options.path(), options.format());
    DataSet data = read.format() == Format.ONLINE_RETAIL ? read.firstOfEachPair() : read;
    try (Driver driver = Driver.start(options.surface(), sources)) {
      return new Prequential(options, sources, data, driver, progress).run();
    }
  }

  private static Set<Source> sources(PrequentialOptions options) {
    EnumSet<Source> sources = EnumSet.noneOf(Source.class);
    for (String label : options.sources()) {
      sources.addAll(labelled(label));
    }
    if (sources.isEmpty()) {
      sources = EnumSet.allOf(Source.class);
    }
    for (String label : options.without()) {
      sources.removeAll(labelled(label));
    }
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("no source is left, expected at least one");
    }
    return sources;
  }

  /** {@code popular} stands for all six. */
  private static Set<Source> labelled(String label) {
    return label.equals("popular")
        ? EnumSet.range(Source.POPULAR_1D, Source.POPULAR_EVER)
        : EnumSet.of(Source.labelled(label));
  }

  /** What orders the candidates. */
  private enum Ranker {
    /** The fusion, learning as it goes. */
    FUSION,
    /** The fixed mixture that the fusion starts from. */
    FIXED,
    /** The sum of the asked sources' own scores, each as a share of its largest. */
    OFF;

    static Ranker of(String label) {
      for (Ranker ranker : values()) {
        if (ranker.name().toLowerCase(Locale.ROOT).equals(label)) {
          return ranker;
        }
      }
      throw new IllegalArgumentException("ranker is " + label + ", expected fusion, fixed or off");
    }
  }

  private EvaluationResult run() throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    List<DataSet.Event> events = data.events();
    int firstTest = firstTest(events);
    Thread shadowing = Thread.ofPlatform().name("shadow-rankings").start(this::shadow);
    Map<String, Integer> touches = new HashMap<>();
    Map<String, Long> firstSeen = new HashMap<>();
    long drainedAt = 0;
    int nextTraining = FIRST_TRAINING;
    int end = options.limit() == 0 ? events.size() : (int) Math.min(events.size(), options.limit());
    for (int n = 0; n < end; n++) {
      DataSet.Event event = events.get(n);
      driver.clock().moveTo(event.atMs());
      boolean positive = Reward.of(event.interaction()).positive();
      boolean test = positive && n >= firstTest;
      boolean learn = positive && n >= LEARN_FROM * events.size();
      boolean known = driver.node().catalogue().card(event.itemId()) != null;
      if (test || learn) {
        ask(
            event,
            known,
            test,
            learn,
            touches.getOrDefault(event.userId(), 0),
            firstSeen.get(event.itemId()));
      }
      cold.touched(event.itemId());
      if (!known) {
        driver.put(items.get(event.itemId()), event.atMs());
        firstSeen.put(event.itemId(), event.atMs());
      }
      driver.record(event);
      if (options.itemLag().isZero()) {
        driver.drain(event.userId());
      } else if (event.atMs() - drainedAt >= options.itemLag().toMillis()) {
        driver.drain();
        drainedAt = event.atMs();
      } else if (!known) {
        driver.drainItems();
      }
      touches.merge(event.userId(), 1, Integer::sum);
      if (n + 1 >= nextTraining) {
        nextTraining = n + 1 + Math.max(FIRST_TRAINING, (n + 1) / TRAINED_AGAIN_AFTER);
        GenerationActor.Decided decided = driver.trainGeneration();
        progress.accept("generation " + decided.number() + ": " + decided.detail());
        generations += decided.adopted() ? 1 : 0;
      }
      if ((n + 1) % 1_000 == 0) {
        progress.accept(
            "%,d of %,d events, hr@20 %.4f".formatted(n + 1, events.size(), overall.hitRate()));
      }
    }
    toShadows.put(new Seen("", 0, null, new float[0], 0, false, false));
    shadowing.join();
    return result(start);
  }

  private int firstTest(List<DataSet.Event> events) {
    if (options.fromMs() == null) {
      return (int) (options.warmUp() * events.size() + 1e-6);
    }
    long from = options.fromMs();
    int n = 0;
    while (n < events.size() && events.get(n).atMs() < from) {
      n++;
    }
    return n;
  }

  private void ask(
      DataSet.Event event,
      boolean known,
      boolean test,
      boolean learn,
      int touches,
      @Nullable Long firstSeenMs)
      throws InterruptedException, ExecutionException {
    if (!known) {
      if (test) {
        count(event, RankingMetrics.MISSED, touches, null);
        union.add(RankingMetrics.MISSED);
        testCold(event);
        toShadows(new Seen(event.userId(), event.atMs(), null, new float[0], -1, true, false));
      }
      return;
    }
    FeedGateway.Traced traced =
        driver.preview(question(event.userId()), options.stateDelay().toMillis());
    Choices choices = traced.choices();
    if (choices == null
        || !traced.answer().degraded().stream().allMatch(part -> part.startsWith("short"))) {
      throw new IllegalStateException(
          "the feed for " + event.userId() + " was degraded: " + traced.answer().degraded());
    }
    ItemCard card = driver.node().catalogue().card(event.itemId());
    int target = card == null ? -1 : choices.rowOf(card.ordinal());
    float[] scores = scores(choices, traced);
    if (test) {
      int rank = Shadow.rank(scores, choices.candidates().ordinals(), target);
      count(event, rank, touches, firstSeenMs);
      union.add(target < 0 ? RankingMetrics.MISSED : 1);
      if (firstSeenMs != null && event.atMs() - firstSeenMs < FRESH_DAYS * DAY_MS) {
        fresh[0].add(rank);
        fresh[1].add(
            Shadow.rank(
                ShadowRankings.scoresOf(Source.ARRIVALS, choices),
                choices.candidates().ordinals(),
                target));
      }
      traced.answer().slots().forEach(slot -> recommended.add(ordinal(slot)));
    }
    boolean learns = learn && target >= 0;
    toShadows(new Seen(event.userId(), event.atMs(), choices, scores, target, test, learns));
    if (learns && ranker == Ranker.FUSION) {
      driver.learn(choices, target);
    }
  }

  private void testCold(DataSet.Event event) throws InterruptedException, ExecutionException {
    TasteSpace space = driver.node().taste();
    ItemFacts item = items.get(event.itemId());
    if (space != null && item != null) {
      Leanings leanings = driver.leanings(event.userId(), options.surface());
      cold.test(space.number(), UserVectors.of(space, leanings).longTerm(), space::prior, item);
    }
  }

  private void toShadows(Seen seen) throws InterruptedException {
    if (shadowed) {
      toShadows.put(seen);
    }
  }

  private int ordinal(Feeds.Slot slot) {
    ItemCard card = driver.node().catalogue().card(slot.facts().itemId());
    return card == null ? -1 : card.ordinal();
  }

  private Feeds.Question question(String userId) {
    return new Feeds.Question(
        userId,
        options.surface(),
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

  private float[] scores(Choices choices, FeedGateway.Traced traced) {
    return switch (ranker) {
      case FUSION -> {
        float[] scores = traced.scores();
        yield scores == null ? new float[choices.size()] : scores;
      }
      case FIXED -> choices.scores(FusionWeights.initial());
      case OFF -> {
        float[] sum = new float[choices.size()];
        for (Source source : sources) {
          float[] own = ShadowRankings.scoresOf(source, choices);
          float largest = 0;
          for (float score : own) {
            largest = Float.isNaN(score) ? largest : Math.max(largest, score);
          }
          for (int row = 0; row < sum.length && largest > 0; row++) {
            sum[row] += Float.isNaN(own[row]) ? 0 : own[row] / largest;
          }
        }
        yield sum;
      }
    };
  }

  private void count(DataSet.Event event, int rank, int touches, @Nullable Long firstSeenMs) {
    overall.add(rank);
    recall.add(rank);
    ranks.update(rank);
    ranks.update(rank >>> 8);
    int history = 0;
    while (touches > HISTORY_BOUNDS[history]) {
      history++;
    }
    byHistory[history].add(rank);
    for (int n = 0; n < TOUCHES.length; n++) {
      if (touches == TOUCHES[n]) {
        byTouches[n].add(rank);
      }
    }
    double ageDays = firstSeenMs == null ? 0 : (event.atMs() - firstSeenMs) / DAY_MS;
    int age = 0;
    while (ageDays >= AGE_BOUNDS_DAYS[age]) {
      age++;
    }
    byAge[age].add(rank);
    double[] user = hitsByUser.computeIfAbsent(event.userId(), id -> new double[3]);
    user[0] += rank <= CUT_OFF ? 1 : 0;
    user[1] += rank <= CUT_OFF ? Math.log(2) / Math.log(rank + 1.0) : 0;
    user[2]++;
  }

  private void shadow() {
    try {
      Seen seen = toShadows.take();
      while (!seen.userId().isEmpty()) {
        if (seen.choices() == null) {
          shadows.missed();
        } else {
          shadows.see(
              seen.userId(),
              seen.atMs(),
              seen.choices(),
              seen.scores(),
              seen.target(),
              seen.test(),
              seen.learn());
        }
        seen = toShadows.take();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private EvaluationResult result(long startNanos) {
    int users = hitsByUser.size();
    double[] hits = new double[users];
    double[] gains = new double[users];
    int[] counts = new int[users];
    int i = 0;
    for (double[] user : hitsByUser.values()) {
      hits[i] = user[0];
      gains[i] = user[1];
      counts[i++] = (int) user[2];
    }
    RankingMetrics.Interval interval = RankingMetrics.bootstrap(hits, counts, 1_000, 1);
    RankingMetrics.Interval ndcg = RankingMetrics.bootstrap(gains, counts, 1_000, 2);
    Map<String, Object> by = new LinkedHashMap<>();
    by.put("history", figures(HISTORY_NAMES, byHistory));
    by.put("age", figures(AGE_NAMES, byAge));
    by.put("touches", figures(TOUCHES_NAMES, byTouches));
    by.put("fresh", figures(new String[] {"feed", "popular-arrivals"}, fresh));
    by.put("cold", cold.figures());
    if (shadowed) {
      by.putAll(shadows.figures());
    }
    return EvaluationResult.of("prequential", data.name())
        .with("events", overall.tests())
        .with("users", users)
        .with("config", driver.node().configHash())
        .with("hr@20", overall.hitRate())
        .with("ndcg@20", overall.ndcg())
        .with("mrr@20", overall.reciprocalRank())
        .with("hr@20.low", interval.low())
        .with("hr@20.high", interval.high())
        .with("ndcg@20.low", ndcg.low())
        .with("ndcg@20.high", ndcg.high())
        .with("coverage@20", (double) recommended.size() / Math.max(1, driver.items()))
        .with("recall@300", recall.hitRate())
        .with("union-recall", union.hitRate())
        .with("generations", generations)
        .with("seconds", (System.nanoTime() - startNanos) / 1e9)
        .with("ranks", "%08x".formatted(ranks.getValue()))
        .with("by", by);
  }

  private static Map<String, Object> figures(String[] names, RankingMetrics[] metrics) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (int i = 0; i < names.length; i++) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("events", metrics[i].tests());
      one.put("hr@20", metrics[i].hitRate());
      one.put("ndcg@20", metrics[i].ndcg());
      all.put(names[i], one);
    }
    return all;
  }

  private static RankingMetrics[] metrics(int n) {
    RankingMetrics[] all = new RankingMetrics[n];
    for (int i = 0; i < n; i++) {
      all[i] = new RankingMetrics(CUT_OFF);
    }
    return all;
  }
}
