package io.millrace.index;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One question against one view: every asked source gives its best eligible items, their union gets
 * all signals, the light score cuts it. Owned by one thread, used once.
 *
 * <p>Formulas (sums over the newest 20 of the history, k = 0 for the newest; w decayed weights of
 * pairs, of each k the strongest {@link Posting#READ}; out and in the sums of all by item):
 *
 * <pre>
 * co-visited          sum .9^k w(k, j) / (20 + out(k))
 * co-visited-last     w(0, j) / (20 + out(0))
 * co-visited-session  sum over items under an hour old, .9^k ws(k, j) / (20 + outs(k))
 * cosine              sum .9^k w(k, j) / root((20 + out(k)) (20 + in(j)))
 * trending            p1 / (p14 + .0001), among the 1,024 most popular at a day
 * light               .6 p1 + .15 p3 + .15 p7 + .05 p14 + .05 p60 + .5 co-visited + .3 session,
 *                     and .2 of the largest of these times nearest / the largest nearest
 * nearest             inner product of the user's long-term vector with the item's
 * near-arrivals       the same among the arrivals
 * near-content        sum .9^k likeness(k, j) of {@link Words}, of the rarest words
 * returning           p14 within the three categories that the history is most of, for users whose
 *                     newest item is over 30 days old
 * </pre>
 */
final class Retrieval {

  static final int HISTORY = 20;

  /** Measured with the recipe of the fusion; 5 is worse on both data sets. */
  static final double SHRINK = 20;

  static final double FADE = .9;
  static final long SESSION_MS = 3_600_000;
  static final double TREND_FLOOR = 1e-4;
  private static final int CO_VISITED = 0;
  private static final int LAST = 1;
  private static final int SESSION = 2;
  private static final int COSINE = 3;

  /** Largest single term of the co-visitation, and which item of the history it comes from. */
  private static final int STRONGEST = 4;

  private static final int BECAUSE = 5;

  /** Of pairs that lead to the one item that is asked about. */
  private static final int BACKWARDS = 6;

  /** What words add up to, not yet divided by the length of the item's own. */
  private static final int ALIKE = 7;

  /** Absence after which somebody is shown what went on without them; chosen. */
  static final long ABSENCE_MS = 30 * 86_400_000L;

  private static final int CATEGORIES_BACK = 3;

  /** Queries of {@link Products}; the newest item's vector only if it has one. */
  private static final int LONG_TERM = 0;

  private static final int RECENT = 1;
  private static final int NEWEST = 2;

  /** How much each item of the history counts less than the one after it, for categories. */
  static final double CATEGORY_FADE = .97;

  /** Items' worth of doubt: a history of so many counts as much as the catalogue; chosen. */
  static final double CATEGORY_DOUBT = 5;

  /**
   * Users of words that near-content looks at, the rarest words first, as they say most; twice as
   * many again and again while too few of them are eligible, up to {@link #MOST_WORDS_READ}.
   * Chosen.
   */
  private static final int WORDS_READ = 8_192;

  private static final int MOST_WORDS_READ = 8 * WORDS_READ;

  /** What likenesses that fade by {@link #FADE} add up to at most. */
  private static final float MOST_ALIKE = 10;

  private static final int SIGNALS = Signal.values().length;

  private final IndexView view;

  /** Of the query's generation; null when it names none, or one that is not here. */
  private final @Nullable GenerationVectors near;

  /** The same; null, too, when nothing is known of the user. */
  private final @Nullable GenerationVectors vectors;

  private final RetrievalQuery query;
  private final Eligibility eligibility;
  private final Scratch scratch;
  private final Names names;
  private final double[] inverse = new double[Popularity.COLUMNS];
  private final int[] history;

  /** By category what the history has of it; empty without categories. */
  private final float[] leanings;

  private double leaningsSum;

  /** By category {@link #leaningLog}, 0 where nobody asked for it yet. */
  private double[] leaningLogs = {};

  /** Whether {@link #ALIKE} says of every item what it has of the words that are asked for. */
  private boolean allWordsRead;

  /** Long-term inner product by row of the union, once all of it has been compared. */
  private float[] unionNear = {};

  Retrieval(
      IndexView view,
      @Nullable GenerationVectors vectors,
      RetrievalQuery query,
      Names names,
      Scratch scratch) {
    this.view = view;
    this.near = vectors;
    this.vectors = query.taste().longTerm().length == 0 ? null : vectors;
    this.query = query;
    this.names = names;
    this.scratch = scratch;
    this.eligibility = new Eligibility(query.filter(), names, query.nowMs());
    for (int c = 0; c < inverse.length; c++) {
      inverse[c] = view.totals()[c] > 0 ? 1 / view.totals()[c] : 0;
    }
    this.history = Arrays.copyOf(query.history(), Math.min(HISTORY, query.history().length));
    this.leanings = new float[view.lists().categoryLong().length];
    for (int ordinal : query.excluded()) {
      scratch.exclude(ordinal);
    }
  }

  Candidates retrieve() {
    sumPairs();
    readHistory();
    Set<Source> asked = query.sources();
    for (int c = 0; c < Popularity.COLUMNS; c++) {
      // Sources of popularity come first and in the order of the columns.
      Source source = SOURCES[c];
      if (asked.contains(source)) {
        popular(c, source.bit());
      }
    }
    coVisited(asked);
    if (asked.contains(Source.TRENDING)) {
      trending();
    }
    if (asked.contains(Source.ARRIVALS)) {
      arrivals();
    }
    if (asked.contains(Source.FOLLOWED)) {
      followed();
    }
    if (vectors != null) {
      nearest(vectors, asked);
    }
    if (asked.contains(Source.NEAR_CONTENT)) {
      nearContent();
    }
    if (asked.contains(Source.RETURNING)
        && history.length > 0
        && query.nowMs() - query.historyAtMs()[0] > ABSENCE_MS) {
      returning();
    }
    if (asked.contains(Source.POPULAR_EVER)
        && scratch.unionSize < Math.min(query.limit(), query.perSource())) {
      floor();
    }
    return best();
  }

  private static final Source[] SOURCES = {
    Source.POPULAR_1D,
    Source.POPULAR_3D,
    Source.POPULAR_7D,
    Source.POPULAR_14D,
    Source.POPULAR_60D,
    Source.POPULAR_EVER
  };

  /** Lists may be newer than the view, and then name an item that its arrays have no room for. */
  private boolean known(int ordinal) {
    return ordinal < view.rows().length;
  }

  private boolean eligible(int ordinal) {
    return known(ordinal) && scratch.eligible(ordinal, view, eligibility);
  }

  /** Reads ahead what {@link #share} and {@link #mixture} of those items are made of. */
  private void popularityAhead(int[] ordinals, int next, int count) {
    scratch.ahead.doubles(view.columns(), Popularity.STRIDE, ordinals, next, count);
  }

  /** Reads ahead what {@link #eligible} of those items depends on, without a filter. */
  private void eligibleAhead(int[] ordinals, int next, int count) {
    scratch.marksAhead(ordinals, next, count);
    scratch.ahead.bytes(view.audiences(), ordinals, next, count);
  }

  /** At most 1: numbers may be newer than the total that they are shares of. */
  private double share(int ordinal, int column) {
    return Math.min(1, view.columns()[ordinal * Popularity.STRIDE + column] * inverse[column]);
  }

  private double mixture(int ordinal) {
    return .6 * share(ordinal, 0)
        + .15 * share(ordinal, 1)
        + .15 * share(ordinal, 2)
        + .05 * share(ordinal, 3)
        + .05 * share(ordinal, 4);
  }

  private void popular(int column, int bit) {
    walk(view.lists().popular()[column].top(), column, bit, query.perSource());
    int[] categories = eligibility.categories();
    if (column == Popularity.EVER && categories != null) {
      for (int category : categories) {
        walk(
            ItemLists.View.of(view.lists().categoryLong(), category),
            column,
            bit,
            query.perSource());
      }
    }
  }

  private void walk(int[] list, int column, int bit, int limit) {
    int left = limit;
    for (int i = 0; i < list.length && left > 0; i++) {
      popularityAhead(list, i, list.length);
      eligibleAhead(list, i, list.length);
      int ordinal = list[i];
      if (!known(ordinal)) {
        continue;
      }
      if (!(view.columns()[ordinal * Popularity.STRIDE + column] > 0)) {
        return;
      }
      if (eligible(ordinal)) {
        scratch.take(ordinal, bit);
        left--;
      }
    }
  }

  private void sumPairs() {
    Postings.View pairs = view.pairs();
    double decay = pairs.decay(query.nowMs());
    double fade = 1;
    for (int k = 0; k < history.length; k++, fade *= FADE) {
      Posting posting = history[k] < 0 ? null : pairs.posting(history[k]);
      if (posting == null) {
        continue;
      }
      int links = history[k] * Postings.LINKS;
      double out = SHRINK + pairs.links()[links + Postings.OUT] * decay;
      double outSession = SHRINK + pairs.links()[links + Postings.OUT_SESSION] * decay;
      boolean running = query.nowMs() - query.historyAtMs()[k] < SESSION_MS;
      sum(
          posting,
          k,
          (float) (fade * decay / out),
          k == 0 ? (float) (decay / out) : 0,
          running ? (float) (fade * decay / outSession) : 0,
          (float) (fade * decay / Math.sqrt(out)));
    }
  }

  private void sum(Posting posting, int k, float all, float last, float session, float cosine) {
    Posting.Strongest strongest = posting.strongest();
    int count = strongest == null ? posting.size() : Posting.READ;
    int[] successors = strongest == null ? posting.successors : scratch.held(strongest.successors);
    float[] weights = strongest == null ? posting.weights : strongest.weights;
    scratch.expect(count);
    float[] sums = scratch.sums;
    int known = view.rows().length;
    for (int i = 0; i < count; i++) {
      scratch.sumsAhead(successors, i, count);
      float weight = weights[i];
      int successor = successors[i];
      if (weight > 0 && successor < known) {
        int at = scratch.sumsOf(successor);
        float term = all * weight;
        sums[at + CO_VISITED] += term;
        sums[at + COSINE] += cosine * weight;
        if (term > sums[at + STRONGEST]) {
          sums[at + STRONGEST] = term;
          sums[at + BECAUSE] = k;
        }
      }
    }
    if (last > 0) {
      for (int i = 0; i < count; i++) {
        if (weights[i] > 0 && successors[i] < known) {
          sums[scratch.sumsOf(successors[i]) + LAST] = last * weights[i];
        }
      }
    }
    if (session > 0) {
      float[] sessions = strongest == null ? posting.sessions : strongest.sessions;
      for (int i = 0; i < count; i++) {
        if (sessions[i] > 0 && successors[i] < known) {
          sums[scratch.sumsOf(successors[i]) + SESSION] += session * sessions[i];
        }
      }
    }
  }

  private void coVisited(Set<Source> asked) {
    BestItems all = scratch.best;
    BestItems last = scratch.bestLast;
    BestItems session = scratch.bestSession;
    all.begin(asked.contains(Source.CO_VISITED) ? query.perSource() : 0);
    last.begin(asked.contains(Source.CO_VISITED_LAST) ? query.perSource() : 0);
    session.begin(asked.contains(Source.CO_VISITED_SESSION) ? query.perSource() : 0);
    float[] sums = scratch.sums;
    for (int i = 0; i < scratch.summedCount; i++) {
      int ordinal = scratch.summed[i];
      int at = i * Scratch.SUMS;
      offer(all, sums[at + CO_VISITED], ordinal);
      offer(last, sums[at + LAST], ordinal);
      offer(session, sums[at + SESSION], ordinal);
    }
    take(all, Source.CO_VISITED.bit());
    take(last, Source.CO_VISITED_LAST.bit());
    take(session, Source.CO_VISITED_SESSION.bit());
    if (asked.contains(Source.CO_VISITED_COSINE)) {
      cosine();
    }
  }

  /** Reads ahead what pairs lead to those items. */
  private void incomingAhead(int[] ordinals, int next, int count) {
    scratch.ahead.floats(view.pairs().links(), Postings.LINKS, Postings.IN, ordinals, next, count);
  }

  private void cosine() {
    BestItems best = scratch.best;
    best.begin(query.perSource());
    double decay = view.pairs().decay(query.nowMs());
    float[] links = view.pairs().links();
    for (int i = 0; i < scratch.summedCount; i++) {
      incomingAhead(scratch.summed, i, scratch.summedCount);
      int ordinal = scratch.summed[i];
      double in = SHRINK + links[ordinal * Postings.LINKS + Postings.IN] * decay;
      offer(best, (float) (scratch.sums[i * Scratch.SUMS + COSINE] / Math.sqrt(in)), ordinal);
    }
    takeBest(Source.CO_VISITED_COSINE.bit());
  }

  private void offer(BestItems best, float sum, int ordinal) {
    if (sum > 0) {
      long key = BestItems.key(sum, ordinal);
      if (best.wants(key) && eligible(ordinal)) {
        best.offer(key);
      }
    }
  }

  private void take(BestItems best, int bit) {
    int size = best.size();
    for (int i = 0; i < size; i++) {
      scratch.take(BestItems.ordinal(best.get(i)), bit);
    }
  }

  private void takeBest(int bit) {
    take(scratch.best, bit);
  }

  private void trending() {
    trending(view.lists().popular()[ItemLists.SHORT].top(), query.perSource());
    int[] done = new int[3];
    int count = 0;
    for (int k = 0; k < Math.min(3, history.length); k++) {
      ItemRow row = view.row(history[k]);
      if (row != null && row.categories().length > 0) {
        int category = row.categories()[0];
        boolean again = false;
        for (int i = 0; i < count; i++) {
          again |= done[i] == category;
        }
        if (!again) {
          done[count++] = category;
          trending(
              ItemLists.View.of(view.lists().categoryShort(), category), query.perSource() / 8);
        }
      }
    }
  }

  private void trending(int[] list, int limit) {
    BestItems best = scratch.best;
    best.begin(limit);
    for (int i = 0; i < list.length; i++) {
      popularityAhead(list, i, list.length);
      int ordinal = list[i];
      if (!known(ordinal)) {
        continue;
      }
      double shortShare = share(ordinal, ItemLists.SHORT);
      if (!(shortShare > 0)) {
        break;
      }
      long key =
          BestItems.key(
              (float) (shortShare / (share(ordinal, ItemLists.LONG) + TREND_FLOOR)), ordinal);
      if (best.wants(key) && eligible(ordinal)) {
        best.offer(key);
      }
    }
    takeBest(Source.TRENDING.bit());
  }

  private void arrivals() {
    BestItems best = scratch.best;
    best.begin(query.perSource());
    long fromMs = query.nowMs() - ItemLists.ARRIVAL_MS;
    int[] arrivals = view.lists().arrivals().top();
    for (int i = 0; i < arrivals.length; i++) {
      popularityAhead(arrivals, i, arrivals.length);
      eligibleAhead(arrivals, i, arrivals.length);
      scratch.ahead.facts(view.rows(), arrivals, i, arrivals.length);
      int ordinal = arrivals[i];
      double mixture = known(ordinal) ? mixture(ordinal) : 0;
      if (!(mixture > 0)) {
        continue;
      }
      long key = BestItems.key((float) mixture, ordinal);
      if (best.wants(key) && eligible(ordinal)) {
        ItemRow row = view.row(ordinal);
        if (row != null && row.createdAtMs() >= fromMs) {
          best.offer(key);
        }
      }
    }
    takeBest(Source.ARRIVALS.bit());
  }

  private void followed() {
    BestItems best = scratch.best;
    best.begin(query.perSource());
    for (String creator : query.followedCreators()) {
      for (int ordinal :
          ItemLists.View.of(view.lists().creators(), names.creators().known(creator))) {
        ItemRow row = view.row(ordinal);
        if (row != null && eligible(ordinal)) {
          // To the second: that leaves room for the ordinal in one long.
          long seconds = Math.clamp(row.createdAtMs() / 1_000, 0, Integer.MAX_VALUE);
          best.offer(seconds << 32 | (0xffffffffL - ordinal));
        }
      }
    }
    takeBest(Source.FOLLOWED.bit());
  }

  private void nearest(GenerationVectors vectors, Set<Source> asked) {
    RetrievalQuery.Taste taste = query.taste();
    // How many a filter admits is not known: the index draws a sample.
    boolean any = query.filter().equals(RetrievalQuery.Filter.NONE);
    VectorIndex.Allowed allowed =
        VectorIndex.Allowed.where(this::eligible, any ? view.servable() : -1);
    if (asked.contains(Source.NEAREST) && vectors.search() instanceof ScannedVectors all) {
      compare(vectors, all, asked, allowed);
    } else {
      if (asked.contains(Source.NEAREST)) {
        take(vectors, taste.longTerm(), query.perSource(), allowed, Source.NEAREST.bit());
      }
      if (asked.contains(Source.NEAREST_RECENT)) {
        take(vectors, taste.recent(), query.perSource(), allowed, Source.NEAREST_RECENT.bit());
      }
    }
    if (asked.contains(Source.NEAR_ARRIVALS)) {
      BestItems best = scratch.best;
      best.begin(query.perSource());
      long fromMs = query.nowMs() - ItemLists.ARRIVAL_MS;
      int[] arrivals = view.lists().arrivals().top();
      for (int i = 0; i < arrivals.length; i++) {
        eligibleAhead(arrivals, i, arrivals.length);
        scratch.ahead.facts(view.rows(), arrivals, i, arrivals.length);
        if (scratch.products.count() == 0) {
          vectors.vectorsAhead(scratch.ahead, arrivals, i, arrivals.length);
        }
        int ordinal = arrivals[i];
        ItemRow row = view.row(ordinal);
        if (row != null && row.createdAtMs() >= fromMs && eligible(ordinal)) {
          offer(best, product(vectors, LONG_TERM, ordinal, taste.longTerm()), ordinal);
        }
      }
      takeBest(Source.NEAR_ARRIVALS.bit());
    }
  }

  /** Both sources, and the products that candidates are asked for afterwards, in one go. */
  private void compare(
      GenerationVectors vectors,
      ScannedVectors all,
      Set<Source> asked,
      VectorIndex.Allowed allowed) {
    RetrievalQuery.Taste taste = query.taste();
    BestItems longTerm = scratch.best;
    BestItems recent = scratch.bestLast;
    longTerm.begin(query.perSource());
    recent.begin(asked.contains(Source.NEAREST_RECENT) ? query.perSource() : 0);
    BestItems[] best = {longTerm, recent};
    float[] newest = history.length == 0 ? null : vectors.vector(history[0]);
    if (newest == null) {
      scratch.products.compare(all, allowed, best, taste.longTerm(), taste.recent());
    } else {
      scratch.products.compare(all, allowed, best, taste.longTerm(), taste.recent(), newest);
    }
    take(longTerm, Source.NEAREST.bit());
    take(recent, Source.NEAREST_RECENT.bit());
  }

  /**
   * Of an item's vector and one of the queries that {@link Products} may have compared with all.
   */
  private float product(GenerationVectors of, int which, int ordinal, float[] to) {
    int slot = which < scratch.products.count() ? scratch.products.slot(ordinal) : -1;
    return slot < 0 ? product(of.vector(ordinal), to) : scratch.products.of(which, slot);
  }

  private void take(
      GenerationVectors vectors, float[] to, int k, VectorIndex.Allowed allowed, int bit) {
    for (int ordinal :
        vectors.search().search(to, k, VectorIndex.Budget.ENOUGH, allowed).ordinals()) {
      scratch.take(ordinal, bit);
    }
  }

  private static float length(float[] vector) {
    return (float) Math.sqrt(InnerProduct.of(vector, vector));
  }

  private static float product(float @Nullable [] item, float[] user) {
    return item == null ? 0 : InnerProduct.of(item, user);
  }

  /** What the history is called, and which categories it is of. */
  private void readHistory() {
    Words.View words = view.words();
    float fade = 1;
    for (int k = 0; k < history.length; k++, fade *= (float) FADE) {
      int[] own = words.of(history[k]);
      float length = words.length(history[k]);
      for (int word : own) {
        float rarity = words.rarity(word);
        float weight = length > 0 ? rarity * rarity / length : 0;
        if (weight > 0) {
          scratch.ask(word, fade * weight, k == 0 ? weight : 0);
        }
      }
    }
    double counts = 1;
    for (int k = 0; k < query.history().length; k++, counts *= CATEGORY_FADE) {
      ItemRow row = view.row(query.history()[k]);
      if (row != null && row.categories().length > 0) {
        leaningsSum += counts;
        for (int category : row.categories()) {
          if (category < leanings.length) {
            leanings[category] += (float) (counts / row.categories().length);
          }
        }
      }
    }
  }

  private void nearContent() {
    Words.View words = view.words();
    allWordsRead = true;
    int read = 0;
    int room = WORDS_READ;
    for (int word : rarestFirst(words)) {
      Words.Users users = words.users(word);
      // A common word that is asked for counts, and finds nobody.
      allWordsRead &= users.count() > 0;
      read += users.count();
      if (read > room) {
        if (room == MOST_WORDS_READ || enoughAlike()) {
          allWordsRead = false;
          break;
        }
        room *= 2;
      }
      add(users, scratch.weight(word));
    }
    if (read == 0) {
      return;
    }
    BestItems best = scratch.best;
    best.begin(query.perSource());
    for (int i = 0; i < scratch.summedCount; i++) {
      words.lengthsAhead(scratch.ahead, scratch.summed, i, scratch.summedCount);
      float sum = scratch.sums[i * Scratch.SUMS + ALIKE];
      if (sum > 0) {
        int ordinal = scratch.summed[i];
        offer(best, perLength(sum, words.length(ordinal)), ordinal);
      }
    }
    takeBest(Source.NEAR_CONTENT.bit());
  }

  /** Of the same rarity the newest of the history first: numbers of words differ among copies. */
  private int[] rarestFirst(Words.View words) {
    int count = scratch.askedWordCount;
    long[] order = scratch.keys(count);
    for (int i = 0; i < count; i++) {
      order[i] = (long) words.users(scratch.askedWords[i]).count() << 32 | i;
    }
    Arrays.sort(order, 0, count);
    int[] rarest = new int[count];
    for (int i = 0; i < count; i++) {
      rarest[i] = scratch.askedWords[(int) order[i]];
    }
    return rarest;
  }

  private boolean enoughAlike() {
    int enough = query.perSource();
    for (int i = 0; i < scratch.summedCount && enough > 0; i++) {
      if (scratch.sums[i * Scratch.SUMS + ALIKE] > 0 && eligible(scratch.summed[i])) {
        enough--;
      }
    }
    return enough == 0;
  }

  private void add(Words.Users users, float weight) {
    scratch.expect(users.count());
    float[] sums = scratch.sums;
    int known = view.rows().length;
    for (int i = 0; i < users.count(); i++) {
      scratch.sumsAhead(users.items(), i, users.count());
      int ordinal = users.items()[i];
      if (ordinal < known) {
        sums[scratch.sumsOf(ordinal) + ALIKE] += weight;
      }
    }
  }

  private void returning() {
    float[] left = leanings.clone();
    for (int n = 0; n < CATEGORIES_BACK; n++) {
      int most = mostOf(left);
      if (most < 0) {
        return;
      }
      left[most] = 0;
      walk(
          ItemLists.View.of(view.lists().categoryLong(), most),
          ItemLists.LONG,
          Source.RETURNING.bit(),
          Math.max(1, query.perSource() / CATEGORIES_BACK));
    }
  }

  /** The first in the order of the history, as numbers of categories are another in each copy. */
  private int mostOf(float[] leanings) {
    int most = -1;
    for (int ordinal : query.history()) {
      ItemRow row = view.row(ordinal);
      for (int category : row == null ? TopList.EMPTY : row.categories()) {
        if (category < leanings.length
            && leanings[category] > 0
            && (most < 0 || leanings[category] > leanings[most])) {
          most = category;
        }
      }
    }
    return most;
  }

  /** Lists are exhausted: looks at every item, the most popular ever first. */
  private void floor() {
    BestItems best = scratch.best;
    best.begin(Math.min(query.limit(), query.perSource()) - scratch.unionSize);
    ItemRow[] rows = view.rows();
    for (int ordinal = 0; ordinal < rows.length; ordinal++) {
      if (rows[ordinal] != null) {
        long key =
            BestItems.key(
                Math.max(0f, (float) view.columns()[ordinal * Popularity.STRIDE + Popularity.EVER]),
                ordinal);
        if (best.wants(key) && eligible(ordinal) && !scratch.taken(ordinal)) {
          best.offer(key);
        }
      }
    }
    takeBest(Source.POPULAR_EVER.bit());
  }

  private Candidates best() {
    int count = scratch.unionSize;
    double[] light = new double[count];
    double mostLight = 0;
    unionNear = new float[vectors == null ? 0 : count];
    float mostNear = 0;
    boolean compared = scratch.products.count() > 0;
    for (int i = 0; i < count; i++) {
      popularityAhead(scratch.union, i, count);
      scratch.sumsAhead(scratch.union, i, count);
      if (vectors != null && !compared) {
        vectors.vectorsAhead(scratch.ahead, scratch.union, i, count);
      }
      int ordinal = scratch.union[i];
      light[i] = mixture(ordinal);
      int at = scratch.knownSums(ordinal);
      if (at >= 0) {
        light[i] += .5 * scratch.sums[at + CO_VISITED] + .3 * scratch.sums[at + SESSION];
      }
      mostLight = Math.max(mostLight, light[i]);
      if (vectors != null) {
        unionNear[i] = product(vectors, LONG_TERM, ordinal, query.taste().longTerm());
        mostNear = Math.max(mostNear, unionNear[i]);
      }
    }
    long[] keys = scratch.keys(count);
    for (int i = 0; i < count; i++) {
      double score =
          light[i] + (mostNear > 0 ? .2 * mostLight * Math.max(0, unionNear[i]) / mostNear : 0);
      keys[i] =
          (long) (Integer.MAX_VALUE - Float.floatToRawIntBits((float) Math.max(0, score))) << 32
              | scratch.union[i];
    }
    Arrays.sort(keys, 0, count);
    int kept = Math.min(count, query.limit());
    int[] ordinals = new int[kept];
    int[] sources = new int[kept];
    for (int i = 0; i < kept; i++) {
      ordinals[i] = (int) keys[i];
      sources[i] = scratch.sources[scratch.row(ordinals[i])];
    }
    return fill(ordinals, sources);
  }

  Candidates measure(int[] asked) {
    sumPairs();
    readHistory();
    int[] ordinals = new int[asked.length];
    int kept = 0;
    for (int ordinal : asked) {
      if (ordinal >= 0 && eligible(ordinal)) {
        ordinals[kept++] = ordinal;
      }
    }
    return fill(Arrays.copyOf(ordinals, kept), new int[kept]);
  }

  /**
   * What is like an item: half by pairs in both directions, half by likeness in the query's
   * generation, where an item that nobody chose stands at its content. What is left of the limit is
   * filled by clients' vectors, if there is no generation, and by the category. The query's history
   * must be the item alone.
   *
   * <p>Formula: pairs = w(i, j) / root((20 + out(i)) (20 + in(j))) + the same from j to i; score =
   * pairs / largest pairs + likeness, which is 0 where it is negative.
   */
  Candidates similar(int item, Nearest clients) {
    scratch.exclude(item);
    sumPairs();
    readHistory();
    sumPredecessors(item);
    int limit = query.limit();
    float mostPairs = 0;
    BestItems best = scratch.best;
    best.begin(2 * limit);
    for (int i = 0; i < scratch.summedCount; i++) {
      float pairs = bothWays(scratch.summed[i], i * Scratch.SUMS);
      offer(best, pairs, scratch.summed[i]);
      mostPairs = Math.max(mostPairs, pairs);
    }
    take(best, Source.CO_VISITED.bit());
    float[] vector = near == null ? null : near.vector(item);
    GenerationVectors.Likeness likeness =
        near == null || vector == null ? null : near.new Likeness(vector);
    if (near != null && vector != null) {
      take(
          near,
          near.own(vector),
          2 * limit,
          VectorIndex.Allowed.where(this::eligible, view.servable()),
          Source.NEAREST.bit());
    }
    best.begin(limit);
    for (int i = 0; i < scratch.unionSize; i++) {
      int ordinal = scratch.union[i];
      int at = scratch.knownSums(ordinal);
      float score = at < 0 || mostPairs == 0 ? 0 : bothWays(ordinal, at) / mostPairs;
      float[] other = likeness == null || near == null ? null : near.vector(ordinal);
      if (likeness != null && other != null) {
        score += Math.max(0, likeness.to(other));
      }
      if (score > 0) {
        best.offer(BestItems.key(score, ordinal));
      }
    }
    int[] ordinals = new int[limit];
    int[] sources = new int[limit];
    int count = 0;
    for (long key : best.sorted()) {
      ordinals[count] = BestItems.ordinal(key);
      sources[count] = scratch.sources[scratch.row(ordinals[count])];
      count++;
    }
    for (int ordinal : near == null ? clients.find(limit) : TopList.EMPTY) {
      count = append(ordinal, 0, ordinals, sources, count);
    }
    ItemRow row = view.row(item);
    if (row != null && row.categories().length > 0) {
      for (int ordinal : ItemLists.View.of(view.lists().categoryLong(), row.categories()[0])) {
        count = append(ordinal, Source.POPULAR_14D.bit(), ordinals, sources, count);
      }
    }
    return fill(Arrays.copyOf(ordinals, count), Arrays.copyOf(sources, count));
  }

  /** Adds to the sums of those after which the item is chosen. */
  private void sumPredecessors(int item) {
    Postings.View pairs = view.pairs();
    Posting.Incoming incoming = pairs.incoming(item);
    if (incoming == null) {
      return;
    }
    double decay = pairs.decay(query.nowMs());
    float[] links = pairs.links();
    double in = SHRINK + links[item * Postings.LINKS + Postings.IN] * decay;
    long[] all = incoming.all();
    scratch.expect(all.length);
    for (long entry : all) {
      int predecessor = (int) (entry >> 32);
      Posting posting = pairs.posting(predecessor);
      float weight = posting == null ? 0 : posting.weights[(int) entry];
      if (weight > 0 && predecessor < view.rows().length) {
        double out = SHRINK + links[predecessor * Postings.LINKS + Postings.OUT] * decay;
        int at = scratch.sumsOf(predecessor);
        float term = (float) (weight * decay / out);
        scratch.sums[at + CO_VISITED] += term;
        scratch.sums[at + BACKWARDS] = (float) (weight * decay / Math.sqrt(out * in));
        scratch.sums[at + STRONGEST] = Math.max(term, scratch.sums[at + STRONGEST]);
        scratch.sums[at + BECAUSE] = 0;
      }
    }
  }

  /** Cosine of the pairs of an item with the one asked about, from it and to it. */
  private float bothWays(int ordinal, int at) {
    double decay = view.pairs().decay(query.nowMs());
    double in = SHRINK + view.pairs().links()[ordinal * Postings.LINKS + Postings.IN] * decay;
    return (float) (scratch.sums[at + COSINE] / Math.sqrt(in)) + scratch.sums[at + BACKWARDS];
  }

  /** Items whose clients' vectors are near, best first. */
  interface Nearest {
    int[] find(int k);
  }

  private int append(int ordinal, int bit, int[] ordinals, int[] sources, int count) {
    if (count == ordinals.length || !eligible(ordinal) || among(ordinal, ordinals, count)) {
      return count;
    }
    scratch.take(ordinal, bit);
    ordinals[count] = ordinal;
    sources[count] = bit;
    return count + 1;
  }

  private static boolean among(int ordinal, int[] ordinals, int count) {
    for (int i = 0; i < count; i++) {
      if (ordinals[i] == ordinal) {
        return true;
      }
    }
    return false;
  }

  /**
   * Column by column, not row by row: each reads one scattered place a row, and a short loop has
   * many of those reads under way at once.
   */
  private Candidates fill(int[] ordinals, int[] sources) {
    int count = ordinals.length;
    ItemRow[] facts = new ItemRow[count];
    int rows = 0;
    for (int i = 0; i < count; i++) {
      scratch.ahead.facts(view.rows(), ordinals, i, count);
      ItemRow one = view.row(ordinals[i]);
      // Others were retired since they were judged.
      if (one != null && one.servable()) {
        ordinals[rows] = ordinals[i];
        sources[rows] = sources[i];
        facts[rows++] = one;
      }
    }
    float[][] signals = new float[SIGNALS][rows];
    int[] because = new int[rows];
    fillPopularity(ordinals, rows, signals);
    fillPairs(ordinals, rows, signals, because);
    if (vectors != null) {
      fillVectors(vectors, ordinals, rows, signals);
    }
    for (int row = 0; row < rows; row++) {
      if (!allWordsRead) {
        view.words().ahead(scratch.ahead, ordinals, row, rows);
      }
      likeness(ordinals[row], signals, row);
    }
    int[] categories = new int[rows];
    int[] creators = new int[rows];
    fillFacts(facts, rows, signals, categories, creators);
    if (query.refused().ordinals().length > 0) {
      new Refusals(view, near, query).fill(ordinals, rows, signals[Signal.REFUSED.ordinal()]);
    }
    int three = Math.min(3, history.length);
    int[] years = new int[three];
    float[] shares = new float[three];
    for (int k = 0; k < three; k++) {
      ItemRow one = view.row(history[k]);
      if (one != null) {
        years[k] = one.releaseYear();
        shares[k] = (float) share(history[k], 4);
      }
    }
    return new Candidates(
        rows < count ? Arrays.copyOf(ordinals, rows) : ordinals,
        rows < count ? Arrays.copyOf(sources, rows) : sources,
        signals,
        categories,
        creators,
        because,
        maxima(signals, rows),
        years,
        shares,
        view.lagMs(),
        view.batches().clone(),
        vectors == null && query.taste().longTerm().length > 0
            ? List.of(Source.NEAREST.label())
            : List.of());
  }

  private void fillPopularity(int[] ordinals, int rows, float[][] signals) {
    double[] columns = view.columns();
    for (int row = 0; row < rows; row++) {
      popularityAhead(ordinals, row, rows);
      int at = ordinals[row] * Popularity.STRIDE;
      for (int c = 0; c < Popularity.COLUMNS; c++) {
        signals[c][row] = (float) Math.min(1, columns[at + c] * inverse[c]);
      }
    }
  }

  private void fillPairs(int[] ordinals, int rows, float[][] signals, int[] because) {
    double decay = view.pairs().decay(query.nowMs());
    float[] links = view.pairs().links();
    Arrays.fill(because, -1);
    for (int row = 0; row < rows; row++) {
      scratch.sumsAhead(ordinals, row, rows);
      incomingAhead(ordinals, row, rows);
      int at = scratch.knownSums(ordinals[row]);
      if (at < 0) {
        continue;
      }
      signals[Signal.CO_VISITED.ordinal()][row] = scratch.sums[at + CO_VISITED];
      signals[Signal.CO_VISITED_LAST.ordinal()][row] = scratch.sums[at + LAST];
      signals[Signal.CO_VISITED_SESSION.ordinal()][row] = scratch.sums[at + SESSION];
      if (scratch.sums[at + STRONGEST] > 0) {
        because[row] = history[(int) scratch.sums[at + BECAUSE]];
      }
      double in = SHRINK + links[ordinals[row] * Postings.LINKS + Postings.IN] * decay;
      signals[Signal.CO_VISITED_COSINE.ordinal()][row] =
          (float) (scratch.sums[at + COSINE] / Math.sqrt(in));
    }
  }

  private void fillVectors(GenerationVectors of, int[] ordinals, int rows, float[][] signals) {
    RetrievalQuery.Taste taste = query.taste();
    float[] newest = history.length == 0 ? null : of.vector(history[0]);
    float newestLength = newest == null ? 0 : length(newest);
    float[] three = new float[3];
    Products products = scratch.products;
    for (int row = 0; row < rows; row++) {
      int ordinal = ordinals[row];
      signals[Signal.NEAREST.ordinal()][row] =
          unionNear.length == 0
              ? product(of, LONG_TERM, ordinal, taste.longTerm())
              : unionNear[scratch.row(ordinal)];
      int slot = products.count() > NEWEST ? products.slot(ordinal) : -1;
      if (slot >= 0) {
        signals[Signal.NEAREST_RECENT.ordinal()][row] = products.of(RECENT, slot);
        float length = (float) Math.sqrt(products.square(slot));
        signals[Signal.NEAR_LAST.ordinal()][row] =
            length > 0 && newestLength > 0
                ? products.of(NEWEST, slot) / (length * newestLength)
                : 0;
        continue;
      }
      float[] item = of.vector(ordinal);
      if (item == null || newest == null || newestLength == 0) {
        signals[Signal.NEAREST_RECENT.ordinal()][row] = product(item, taste.recent());
        continue;
      }
      InnerProduct.ofThree(item, taste.recent(), newest, three);
      signals[Signal.NEAREST_RECENT.ordinal()][row] = three[0];
      float length = (float) Math.sqrt(three[2]);
      signals[Signal.NEAR_LAST.ordinal()][row] =
          length > 0 ? three[1] / (length * newestLength) : 0;
    }
    for (int row = 0; row < rows; row++) {
      of.contentAhead(scratch.ahead, ordinals, row, rows);
      signals[Signal.NEAR_CONTENT.ordinal()][row] =
          product(of.content(ordinals[row]), taste.longTerm());
    }
  }

  private void fillFacts(
      ItemRow[] facts, int rows, float[][] signals, int[] categories, int[] creators) {
    leaningLogs = new double[Math.min(leanings.length, view.lists().categorySizes().length)];
    for (int row = 0; row < rows; row++) {
      ItemRow one = facts[row];
      signals[Signal.CATEGORY_LEANING.ordinal()][row] = leaning(one.categories());
      signals[Signal.AGE_MS.ordinal()][row] = Math.max(0, query.nowMs() - one.createdAtMs());
      signals[Signal.RELEASE_YEAR.ordinal()][row] = one.releaseYear();
      categories[row] = one.categoryLabel();
      creators[row] = one.creatorLabel();
    }
  }

  private void likeness(int ordinal, float[][] signals, int row) {
    if (allWordsRead) {
      int at = scratch.knownSums(ordinal);
      if (at < 0 || scratch.sums[at + ALIKE] == 0) {
        return;
      }
    }
    Words.View words = view.words();
    int[] own = words.of(ordinal);
    float all = 0;
    float last = 0;
    for (int word : own) {
      if (scratch.asked(word)) {
        all += scratch.weight(word);
        last += scratch.weightLast(word);
      }
    }
    if (all > 0) {
      float length = words.length(ordinal);
      signals[Signal.ALIKE.ordinal()][row] = perLength(all, length);
      signals[Signal.ALIKE_LAST.ordinal()][row] = Math.min(1, perLength(last, length));
    }
  }

  /** The writer may be between an item's words and their length: never more than there can be. */
  private static float perLength(float sum, float length) {
    return length > 0 ? Math.min(MOST_ALIKE, sum / length) : 0;
  }

  private float leaning(int[] categories) {
    if (categories.length == 0 || leaningsSum == 0) {
      return 0;
    }
    double sum = 0;
    for (int category : categories) {
      if (category < leaningLogs.length) {
        if (leaningLogs[category] == 0) {
          leaningLogs[category] = leaningLog(category);
        }
        sum += leaningLogs[category];
      }
    }
    return (float) (sum / categories.length);
  }

  private double leaningLog(int category) {
    double usual =
        (view.lists().categorySizes()[category] + .5) / (view.lists().memberships()[0] + 1.0);
    return Math.log(
        (leanings[category] + CATEGORY_DOUBT * usual) / ((leaningsSum + CATEGORY_DOUBT) * usual));
  }

  private float[] maxima(float[][] signals, int count) {
    float[] maxima = new float[SIGNALS];
    for (int c = 0; c < Popularity.COLUMNS; c++) {
      int[] top = view.lists().popular()[c].top();
      maxima[c] = top.length == 0 || !known(top[0]) ? 0 : (float) share(top[0], c);
    }
    for (int s = Popularity.COLUMNS; s < SIGNALS; s++) {
      float[] column = signals[s];
      float max = 0;
      for (int i = 0; i < count; i++) {
        // Not Math.max, which costs a tenth of a question for the sake of NaN.
        max = column[i] > max ? column[i] : max;
      }
      maxima[s] = max;
    }
    return maxima;
  }

  /** The question about what is like one item. */
  static RetrievalQuery about(int item, RetrievalQuery query) {
    return new RetrievalQuery(
        query.nowMs(),
        new int[] {item},
        new long[] {query.nowMs()},
        query.excluded(),
        query.followedCreators(),
        query.filter(),
        query.sources(),
        query.perSource(),
        query.limit(),
        query.taste(),
        RetrievalQuery.Refused.NONE);
  }
}
