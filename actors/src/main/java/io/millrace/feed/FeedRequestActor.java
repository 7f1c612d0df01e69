package io.millrace.feed;

import io.millrace.feed.FeedSettings.Surface;
import io.millrace.feed.Feeds.Answer;
import io.millrace.feed.Feeds.Contribution;
import io.millrace.feed.Feeds.Purpose;
import io.millrace.feed.Feeds.Question;
import io.millrace.feed.Feeds.Slot;
import io.millrace.feed.Feeds.StageTime;
import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Signal;
import io.millrace.item.ItemCard;
import io.millrace.learning.Choices;
import io.millrace.learning.ServedRows;
import io.millrace.model.FusionFeature;
import io.millrace.model.FusionWeights;
import io.millrace.retrieval.IndexSearchActor;
import io.millrace.retrieval.TasteSpace;
import io.millrace.user.Profile;
import io.millrace.user.UserActor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * One request for a feed, from question to answer; owns its deadline and nothing afterwards. The
 * stages in order: profile, retrieve, rank, arrange, serve, dress. A stage that is late or fails
 * costs its own contribution and is named in {@code degraded}: no profile, the last one known; no
 * retrieval, the floor; no ranking, the index's order; no reservation, an unreserved slate.
 */
final class FeedRequestActor extends AbstractBehavior<FeedRequestActor.Message> {

  private static final int MOST_OFFERED_LAST = 1_000;
  private static final int TRIES_BEFORE_LAST = 2;

  /** As an explanation names what is taken off for a refusal. */
  private static final String REFUSED = "refused";

  /**
   * Retrievals of one request at most; the later ones look wider. Chosen: 32 requests at once for a
   * catalogue that nobody has used yet, whose sources all name the same items, need three.
   */
  private static final int ROUNDS = 4;

  private static final FusionWeights UNRANKED = FusionWeights.initial();

  /** Of what is left the user may take so much to serve; the rest is for dressing. Chosen. */
  private static final int SERVE_TENTHS = 8;

  sealed interface Message extends NoSerializationVerificationNeeded {}

  private record UserReplied(UserActor.Reply reply) implements Message {}

  private record IndexReplied(IndexSearchActor.Reply reply) implements Message {}

  private record Ranked(Choices choices, float[] scores, FusionWeights weights)
      implements Message {}

  private record RankFailed(Throwable cause) implements Message {}

  private record StageSpent(Stage stage) implements Message {}

  private record DeadlineReached() implements Message {}

  private enum Stage {
    PROFILE,
    RETRIEVE,
    RANK,
    ARRANGE,
    SERVE,
    DRESS
  }

  /** What the whole request yields: the answer, and for evaluation what it was made of. */
  record Outcome(Answer answer, @Nullable Choices choices, float @Nullable [] scores) {}

  private final FeedNode node;
  private final Question question;
  private final Surface surface;
  private final long stateDelayMs;
  private final CompletableFuture<Outcome> outcome;
  private final TimerScheduler<Message> timers;
  private final ActorRef<UserActor.Reply> userReplies;
  private final ActorRef<IndexSearchActor.Reply> indexReplies;
  private final long startNanos = System.nanoTime();
  private final Set<String> degraded = new LinkedHashSet<>();
  private final List<StageTime> stages = new ArrayList<>();

  private Stage stage = Stage.PROFILE;
  private long stageStartNanos = startNanos;
  private Profile profile;
  private int[] excluded = new int[0];
  private int unknownCandidates;
  private @Nullable Candidates found;
  private @Nullable Choices choices;
  private float @Nullable [] scores;
  private FusionWeights weights = UNRANKED;

  /** One generation for the whole request, whatever is adopted meanwhile. */
  private final @Nullable TasteSpace space;

  private int[] offered = new int[0];
  private int[] taken = new int[0];
  private int tries;
  private int round = 1;
  private int[] slateRows = new int[0];
  private int[] spareRows = new int[0];
  private UserActor.@Nullable Replayed replayed;
  private long asOfUserSeq;

  static Behavior<Message> create(
      FeedNode node, Question question, long stateDelayMs, CompletableFuture<Outcome> outcome) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers ->
            new FeedRequestActor(context, timers, node, question, stateDelayMs, outcome).begin()));
  }

  private FeedRequestActor(
      ActorContext<Message> context,
      TimerScheduler<Message> timers,
      FeedNode node,
      Question question,
      long stateDelayMs,
      CompletableFuture<Outcome> outcome) {
    super(context);
    this.timers = timers;
    this.node = node;
    this.question = question;
    this.stateDelayMs = stateDelayMs;
    this.outcome = outcome;
    this.surface = node.surface(question.surface());
    this.profile = Profile.unknown(question.userId());
    this.space = node.space();
    this.userReplies = context.messageAdapter(UserActor.Reply.class, UserReplied::new);
    this.indexReplies = context.messageAdapter(IndexSearchActor.Reply.class, IndexReplied::new);
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(UserReplied.class, message -> onUser(message.reply()))
        .onMessage(IndexReplied.class, message -> onIndex(message.reply()))
        .onMessage(Ranked.class, this::onRanked)
        .onMessage(RankFailed.class, this::onRankFailed)
        .onMessage(StageSpent.class, this::onStageSpent)
        .onMessage(DeadlineReached.class, message -> onDeadline())
        .build();
  }

  // 1 profile: who is asking

  private Behavior<Message> begin() {
    timers.startSingleTimer(new DeadlineReached(), node.untilAnswer(question.budget()));
    limit(Stage.PROFILE, node.settings().profileShare());
    if (reserves()) {
      node.tellUser(question.userId(), new UserActor.FindServed(question.requestId(), userReplies));
    }
    node.tellUser(
        question.userId(),
        new UserActor.GetProfile(question.surface(), question.feedSession(), userReplies));
    return this;
  }

  private Behavior<Message> onUser(UserActor.Reply reply) {
    return switch (reply) {
      case UserActor.NotServed() -> this;
      case UserActor.Replayed again ->
          stage == Stage.PROFILE || stage == Stage.SERVE ? replay(again) : this;
      case UserActor.ProfileIs(Profile is) when stage == Stage.PROFILE -> {
        profile = is;
        node.profiles().put(question.surface(), is);
        yield retrieve();
      }
      case UserActor.Served served when stage == Stage.SERVE -> onServed(served);
      case UserActor.Taken(int[] ordinals) when stage == Stage.SERVE -> onTaken(ordinals);
      case UserActor.Rejected(UserActor.Reason reason, String detail) ->
          onUserRejected(reason, detail);
      case UserActor.ProfileIs late -> this;
      case UserActor.Served late -> this;
      case UserActor.Taken late -> this;
      case UserActor.Recorded other -> this;
      case UserActor.PreferencesSet other -> this;
      case UserActor.Described other -> this;
      case UserActor.Forgotten other -> this;
      case UserActor.Exported other -> this;
      case UserActor.Merged other -> this;
      case UserActor.Absorbed other -> this;
    };
  }

  private Behavior<Message> onUserRejected(UserActor.Reason reason, String detail) {
    getContext().getLog().debug("user refused stage={} reason={} detail={}", stage, reason, detail);
    return switch (stage) {
      case PROFILE -> withoutProfile(label(reason));
      case SERVE -> unreserved(label(reason));
      case RETRIEVE, RANK, ARRANGE, DRESS -> this;
    };
  }

  private Behavior<Message> withoutProfile(String why) {
    Profile cached = node.profiles().find(question.surface(), question.userId());
    if (cached != null) {
      profile = cached;
    }
    degraded.add("user:" + why);
    return retrieve();
  }

  private Behavior<Message> replay(UserActor.Replayed again) {
    replayed = again;
    next(Stage.DRESS);
    limitRest();
    node.tellIndex(
        new IndexSearchActor.Dress(
            again.slate().stream().mapToInt(UserActor.Slot::ordinal).toArray(), indexReplies));
    return this;
  }

  // 2 retrieve: what could be shown

  private Behavior<Message> retrieve() {
    next(Stage.RETRIEVE);
    limit(Stage.RETRIEVE, node.settings().retrieveShare());
    asOfUserSeq = profile.userSeq();
    boolean rankOnly = question.purpose() == Purpose.RANK && !reserves();
    excluded = node.ordinals(question.exclude());
    if (!rankOnly) {
      excluded = union(union(profile.taken(), excluded), taken);
    }
    RetrievalQuery query =
        node.query(question, surface, profile, excluded, stateDelayMs, round > 1, space);
    boolean asked;
    if (question.candidates().isEmpty()) {
      asked = node.tellIndex(new IndexSearchActor.Retrieve(query, indexReplies));
    } else {
      int[] ordinals = node.ordinals(question.candidates());
      unknownCandidates = question.candidates().size() - ordinals.length;
      asked = node.tellIndex(new IndexSearchActor.Measure(ordinals, query, indexReplies));
    }
    return asked ? this : floor("no-copy");
  }

  private Behavior<Message> onIndex(IndexSearchActor.Reply reply) {
    return switch (reply) {
      case IndexSearchActor.Found(Candidates candidates) when stage == Stage.RETRIEVE -> {
        for (String missing : candidates.missing()) {
          degraded.add("source:" + missing);
        }
        yield rank(candidates);
      }
      case IndexSearchActor.Dressed(List<@Nullable ItemFacts> facts) when stage == Stage.DRESS ->
          answer(facts);
      case IndexSearchActor.Overloaded(String detail) -> withoutIndex("overloaded");
      case IndexSearchActor.Failed(String detail) -> withoutIndex("failed");
      case IndexSearchActor.Found late -> this;
      case IndexSearchActor.Dressed late -> this;
    };
  }

  private Behavior<Message> withoutIndex(String why) {
    return switch (stage) {
      case RETRIEVE -> floor(why);
      case DRESS -> answer(List.of());
      case PROFILE, RANK, ARRANGE, SERVE -> this;
    };
  }

  private Behavior<Message> floor(String why) {
    degraded.add("retrieval:" + why);
    return rank(node.floor(question, surface, profile, excluded));
  }

  // 3 rank: how good each would be

  private Behavior<Message> rank(Candidates candidates) {
    found = candidates;
    next(Stage.RANK);
    limit(Stage.RANK, node.settings().rankShare());
    Profile who = profile;
    getContext()
        .pipeToSelf(
            node.rank(candidates, who, stateDelayMs),
            (ranked, failure) ->
                ranked != null
                    ? new Ranked(ranked.choices(), ranked.scores(), ranked.weights())
                    : new RankFailed(failure));
    return this;
  }

  private Behavior<Message> onRanked(Ranked ranked) {
    if (stage != Stage.RANK) {
      return this;
    }
    choices = ranked.choices();
    scores = ranked.scores();
    weights = ranked.weights();
    return arrange();
  }

  private Behavior<Message> onRankFailed(RankFailed failed) {
    if (stage != Stage.RANK) {
      return this;
    }
    getContext().getLog().warn("ranking failed request={}", question.requestId(), failed.cause());
    return unranked("failed");
  }

  private Behavior<Message> unranked(String why) {
    degraded.add("ranker:" + why);
    int size = candidates().size();
    float[] inIndexOrder = new float[size];
    for (int row = 0; row < size; row++) {
      inIndexOrder[row] = (float) (size - row) / size;
    }
    scores = inIndexOrder;
    return arrange();
  }

  // 4 arrange: a slate and spares

  private Behavior<Message> arrange() {
    next(Stage.ARRANGE);
    Candidates candidates = candidates();
    boolean[] free = new boolean[candidates.size()];
    for (int row = 0; row < free.length; row++) {
      int ordinal = candidates.ordinals()[row];
      free[row] = Arrays.binarySearch(taken, ordinal) < 0 && !node.catalogue().tombstoned(ordinal);
    }
    Surface rules = question.purpose() == Purpose.RANK ? node.withoutRules(surface) : surface;
    Arrangement arrangement =
        Arrangement.of(
            candidates, rankedScores(), rules, question.size() + node.settings().spares(), free);
    degraded.removeIf(part -> part.startsWith("rules:"));
    degraded.addAll(arrangement.relaxed());
    offered = arrangement.rows();
    return reserves() ? serve() : dress(first(offered, question.size()), new int[0]);
  }

  // 5 serve: the user's last word on repeats

  private Behavior<Message> serve() {
    next(Stage.SERVE);
    boolean last = tries >= TRIES_BEFORE_LAST;
    tries++;
    int wanted = wantedReserved();
    int spares = last ? 0 : node.settings().spares();
    int[] rows = first(offered, last ? MOST_OFFERED_LAST : wanted + spares);
    if (rows.length == 0) {
      return dress(rows, rows);
    }
    Duration left = node.untilAnswer(question.budget()).minusNanos(System.nanoTime() - startNanos);
    if (left.isNegative()) {
      return unreserved("late");
    }
    left = left.multipliedBy(SERVE_TENTHS).dividedBy(10);
    timers.startSingleTimer(Stage.SERVE, new StageSpent(Stage.SERVE), left);
    List<UserActor.Slot> slots = new ArrayList<>(rows.length);
    for (int row : rows) {
      int ordinal = candidates().ordinals()[row];
      ItemCard card = node.catalogue().card(ordinal);
      slots.add(new UserActor.Slot(ordinal, card == null ? 0 : card.itemHash(), 1f));
    }
    node.tellUser(
        question.userId(),
        new UserActor.Serve(
            question.requestId(),
            question.surface(),
            question.feedSession(),
            slots,
            Math.min(wanted, rows.length),
            Math.min(spares, Math.max(0, rows.length - wanted)),
            last,
            node.clock().millis() + left.toMillis(),
            node.versions(weights, space),
            userReplies));
    return this;
  }

  private Behavior<Message> onTaken(int[] ordinals) {
    taken = union(taken, ordinals);
    if (tries > TRIES_BEFORE_LAST && round < ROUNDS) {
      round++;
      tries = 0;
      return retrieve();
    }
    // Fewer are left than wanted: the next Serve offers those and gets what is free of them. They
    // become fewer each time.
    return arrange();
  }

  private Behavior<Message> onServed(UserActor.Served served) {
    if (!served.durable()) {
      degraded.add("user:not-durable");
    }
    asOfUserSeq = Math.max(asOfUserSeq, served.userSeq());
    int[] slate = new int[served.slate().length];
    for (int i = 0; i < slate.length; i++) {
      slate[i] = offered[served.slate()[i]];
    }
    int[] spares = new int[served.spares().length];
    for (int i = 0; i < spares.length; i++) {
      spares[i] = offered[served.spares()[i]];
    }
    if (question.purpose() == Purpose.RANK) {
      boolean[] reserved = new boolean[candidates().size()];
      int[] all = Arrays.copyOf(slate, offered.length);
      int n = slate.length;
      for (int row : slate) {
        reserved[row] = true;
      }
      for (int row : offered) {
        if (!reserved[row] && n < all.length) {
          all[n++] = row;
        }
      }
      return dress(first(Arrays.copyOf(all, n), question.size()), new int[0]);
    }
    return dress(slate, spares);
  }

  private Behavior<Message> unreserved(String why) {
    degraded.add("reservation:" + why);
    return dress(first(offered, question.size()), new int[0]);
  }

  // 6 dress: the words and pictures of what was chosen, and the answer

  private Behavior<Message> dress(int[] slate, int[] spares) {
    slateRows = slate;
    spareRows = spares;
    next(Stage.DRESS);
    limitRest();
    int[] ordinals = new int[slate.length + spares.length];
    int n = 0;
    for (int row : slate) {
      ordinals[n++] = candidates().ordinals()[row];
    }
    for (int row : spares) {
      ordinals[n++] = candidates().ordinals()[row];
    }
    int[] because = reasonsBehind(slate, spares);
    int[] all = Arrays.copyOf(ordinals, n + because.length);
    System.arraycopy(because, 0, all, n, because.length);
    return node.tellIndex(new IndexSearchActor.Dress(all, indexReplies)) ? this : answer(List.of());
  }

  private int[] reasonsBehind(int[] slate, int[] spares) {
    int[] because = new int[slate.length + spares.length];
    int n = 0;
    for (int row : slate) {
      because[n++] = candidates().because()[row];
    }
    for (int row : spares) {
      because[n++] = candidates().because()[row];
    }
    return because;
  }

  private Behavior<Message> answer(List<@Nullable ItemFacts> dressed) {
    if (dressed.isEmpty() && !(slateRows.length == 0 && replayed == null)) {
      degraded.add("facts:missing");
    }
    return replayed == null ? answerFresh(dressed) : answerAgain(replayed, dressed);
  }

  private Behavior<Message> answerFresh(List<@Nullable ItemFacts> dressed) {
    List<Slot> slots = new ArrayList<>(slateRows.length);
    int chosen = slateRows.length + spareRows.length;
    int[] shown = new int[slateRows.length];
    for (int i = 0; i < chosen && slots.size() < slateRows.length; i++) {
      int row = i < slateRows.length ? slateRows[i] : spareRows[i - slateRows.length];
      int ordinal = candidates().ordinals()[row];
      if (node.catalogue().tombstoned(ordinal)) {
        continue; // retired after it was reserved: a spare takes its place
      }
      ItemFacts facts = dressed.isEmpty() ? node.factsFromCard(ordinal) : dressed.get(i);
      ItemFacts because = dressed.size() > chosen + i ? dressed.get(chosen + i) : null;
      if (facts == null) {
        continue;
      }
      shown[slots.size()] = row;
      slots.add(
          new Slot(
              facts,
              node.token(
                  question, ordinal, facts.itemId(), slots.size(), node.versions(weights, space)),
              Reasons.of(candidates(), row, facts, because, liked(candidates().because()[row])),
              rankedScores()[row],
              Reasons.sources(candidates().sources()[row]),
              1.0,
              contributions(row)));
    }
    if (slots.size() < question.size() && question.candidates().isEmpty()) {
      degraded.add(
          "short:"
              + (found == null || degraded.stream().anyMatch(d -> d.startsWith("retrieval"))
                  ? "floor"
                  : "no-more-eligible-items"));
    }
    int dropped =
        question.candidates().isEmpty() ? 0 : question.candidates().size() - candidates().size();
    Answer answer =
        new Answer(
            question.requestId(),
            question.surface(),
            asOfUserSeq,
            slots,
            List.copyOf(degraded),
            node.itemLagMs(),
            false,
            node.feedVersions(node.versions(weights, space)),
            Math.max(dropped, unknownCandidates),
            timed());
    if (question.purpose() != Purpose.PREVIEW && choices != null && !slots.isEmpty()) {
      node.log(
          question.userId(),
          ServedRows.of(
              question.requestId(),
              node.clock().millis(),
              choices,
              Arrays.copyOf(shown, slots.size()),
              node.settings().sampled(),
              question.requestId().hashCode()));
    }
    return done(answer);
  }

  private Behavior<Message> answerAgain(
      UserActor.Replayed again, List<@Nullable ItemFacts> dressed) {
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < again.slate().size(); i++) {
      int ordinal = again.slate().get(i).ordinal();
      ItemFacts facts = dressed.isEmpty() ? node.factsFromCard(ordinal) : dressed.get(i);
      if (facts == null || node.catalogue().tombstoned(ordinal)) {
        continue;
      }
      slots.add(
          new Slot(
              facts,
              node.token(question, ordinal, facts.itemId(), i, again.versions()),
              List.of("as answered before"),
              0,
              List.of(),
              again.slate().get(i).propensity(),
              List.of()));
    }
    return done(
        new Answer(
            question.requestId(),
            question.surface(),
            again.userSeq(),
            slots,
            List.copyOf(degraded),
            0,
            true,
            node.feedVersions(again.versions()),
            0,
            timed()));
  }

  private Behavior<Message> done(Answer answer) {
    outcome.complete(new Outcome(answer, choices, scores));
    return Behaviors.stopped();
  }

  // the clock of the request

  private Behavior<Message> onStageSpent(StageSpent spent) {
    if (spent.stage() != stage) {
      return this;
    }
    return switch (stage) {
      case PROFILE -> withoutProfile("late");
      case RETRIEVE -> floor("late");
      case RANK -> unranked("late");
      case SERVE -> unreserved("late");
      case DRESS -> answer(List.of());
      case ARRANGE -> this;
    };
  }

  private Behavior<Message> onDeadline() {
    if (stage == Stage.PROFILE) {
      degraded.add("user:late");
    }
    if (replayed == null) {
      if (found == null) {
        degraded.add("retrieval:late");
        found = node.floor(question, surface, profile, excluded);
      }
      if (scores == null) {
        unrankedAtDeadline();
      }
      if (slateRows.length == 0) {
        if (reserves()) {
          degraded.add("reservation:late");
        }
        slateRows = first(offered.length == 0 ? allRows() : offered, question.size());
      }
    }
    return answer(List.of());
  }

  private void unrankedAtDeadline() {
    degraded.add("ranker:late");
    float[] inIndexOrder = new float[candidates().size()];
    for (int row = 0; row < inIndexOrder.length; row++) {
      inIndexOrder[row] = (float) (inIndexOrder.length - row) / inIndexOrder.length;
    }
    scores = inIndexOrder;
  }

  private void next(Stage following) {
    long now = System.nanoTime();
    stages.add(
        new StageTime(
            stage.name().toLowerCase(java.util.Locale.ROOT), (now - stageStartNanos) / 1_000));
    stageStartNanos = now;
    timers.cancel(stage);
    stage = following;
  }

  private List<StageTime> timed() {
    next(stage);
    List<StageTime> times = List.copyOf(stages);
    node.observe(times);
    return times;
  }

  private void limit(Stage limited, double share) {
    long nanos = (long) (node.untilAnswer(question.budget()).toNanos() * share);
    timers.startSingleTimer(limited, new StageSpent(limited), Duration.ofNanos(nanos));
  }

  /** The dressing stage may use what is left, less a little to answer in. */
  private void limitRest() {
    long left = node.untilAnswer(question.budget()).toNanos() - (System.nanoTime() - startNanos);
    timers.startSingleTimer(
        Stage.DRESS,
        new StageSpent(Stage.DRESS),
        Duration.ofNanos(Math.max(1_000_000, left * 8 / 10)));
  }

  // small things

  private boolean reserves() {
    return switch (question.purpose()) {
      case SERVE -> true;
      case PREVIEW -> false;
      case RANK -> question.reserveFirst() > 0;
    };
  }

  private int wantedReserved() {
    return question.purpose() == Purpose.RANK ? question.reserveFirst() : question.size();
  }

  private Candidates candidates() {
    return found == null ? node.noCandidates() : found;
  }

  private float[] rankedScores() {
    return scores == null ? new float[candidates().size()] : scores;
  }

  private boolean liked(int ordinal) {
    for (int i = 0; i < profile.history().length; i++) {
      if (profile.history()[i] == ordinal) {
        return profile.historyLiked()[i];
      }
    }
    return false;
  }

  private int[] allRows() {
    int[] rows = new int[candidates().size()];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = row;
    }
    return rows;
  }

  private List<Contribution> contributions(int row) {
    if (!question.explain() || choices == null) {
      return List.of();
    }
    float[] in = weights.in(choices.context());
    List<Contribution> parts = new ArrayList<>();
    Map<String, Integer> seen = new HashMap<>();
    for (FusionFeature feature : FusionFeature.values()) {
      float value = choices.matrix()[feature.ordinal()][row];
      if (seen.putIfAbsent(feature.label(), 0) == null
          && value != 0
          && in[feature.ordinal()] != 0) {
        parts.add(new Contribution(feature.label(), value, in[feature.ordinal()]));
      }
    }
    float refused = candidates().signal(Signal.REFUSED, row);
    if (refused > 0) {
      parts.add(new Contribution(REFUSED, refused, -node.settings().refusalWeight()));
    }
    parts.sort(Comparator.comparingDouble(part -> -Math.abs(part.value() * part.weight())));
    return List.copyOf(parts);
  }

  private static String label(UserActor.Reason reason) {
    return reason.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  private static int[] first(int[] rows, int n) {
    return rows.length <= n ? rows : Arrays.copyOf(rows, n);
  }

  private static int[] union(int[] a, int[] b) {
    if (b.length == 0) {
      return a;
    }
    if (a.length == 0) {
      return b;
    }
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    Arrays.sort(both);
    int n = 0;
    for (int i = 0; i < both.length; i++) {
      if (i == 0 || both[i] != both[i - 1]) {
        both[n++] = both[i];
      }
    }
    return Arrays.copyOf(both, n);
  }
}
