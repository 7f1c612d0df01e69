package io.millrace.index;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The item index that computes everything exactly, in memory: what the graph index is measured
 * against, and what a catalogue of up to some 100,000 items needs.
 *
 * <p>One thread writes and owns every field but {@code view}; any thread reads through one {@link
 * IndexView}, which says what it may see. Nothing survives a restart but what {@link #checkpoint}
 * gave.
 *
 * <p>All evidence is integer sums in buckets that depend on the newest event time alone, and every
 * derived number is computed from them in a fixed order, so any interleaving of streams and puts
 * gives the same bits (P7). What is dropped from waiting evidence beyond its bound is the one
 * exception.
 */
public final class ExactItemIndex implements ItemIndex {

  public static final int STREAMS = 16;

  /** Pairs whose places are read at once; what they read stays in the nearest cache. Chosen. */
  private static final int PAIRS_AT_ONCE = 32;

  private final Names names = new Names();
  private final Popularity popularity;
  private final ItemLists lists = new ItemLists();
  private final Postings postings = new Postings();
  private final VectorBlocks vectors;
  private final Words words = new Words(names.words());
  private final WaitingEvidence waiting = new WaitingEvidence();
  private final Scratch.Pool scratches = new Scratch.Pool();
  private @Nullable ItemRow[] rows = new ItemRow[0];

  /** {@link ItemRow#audience} of each row, by itself: searches ask it of thousands of items. */
  private byte[] audiences = new byte[0];

  private OrdinalTable ordinals = new OrdinalTable(1_024);
  private long[] batches = new long[STREAMS];
  private final long[] asOfMs = new long[STREAMS];
  private int servable;
  private volatile IndexView view;

  /** Newest first. */
  private volatile List<GenerationVectors> generations = List.of();

  /** An index whose first vector decides the length of all. */
  public ExactItemIndex() {
    this(0);
  }

  /**
   * @param vectorLength of every vector; 0 when the first one decides
   */
  public ExactItemIndex(int vectorLength) {
    vectors = new VectorBlocks(vectorLength);
    popularity =
        new Popularity(
            new Popularity.Listener() {
              @Override
              public void changed(int ordinal, double[] from, double[] to) {
                ItemRow row = rows[ordinal];
                if (row != null && row.servable()) {
                  lists.move(ordinal, row, from, to);
                }
              }

              @Override
              public void scaled(int[] halfLives) {
                lists.scale(halfLives);
              }
            });
    view = newView();
  }

  private IndexView newView() {
    long newest = 0;
    long oldest = Long.MAX_VALUE;
    for (int s = 0; s < STREAMS; s++) {
      if (batches[s] > 0) {
        newest = Math.max(newest, asOfMs[s]);
        oldest = Math.min(oldest, asOfMs[s]);
      }
    }
    return new IndexView(
        rows,
        audiences,
        ordinals,
        popularity.columns(),
        popularity.counts(),
        popularity.totals().clone(),
        lists.view(),
        postings.view(),
        vectors.view(),
        words.view(),
        batches,
        oldest == Long.MAX_VALUE ? 0 : newest - oldest,
        servable);
  }

  private void publish() {
    popularity.settle();
    postings.settle();
    words.settle();
    lists.publish(rows, popularity);
    view = newView();
  }

  private void ensure(int ordinal) {
    if (ordinal >= rows.length) {
      int capacity = Math.max(1_024, Math.max(ordinal + 1, rows.length + (rows.length >> 1)));
      rows = Arrays.copyOf(rows, capacity);
      audiences = Arrays.copyOf(audiences, capacity);
      popularity.ensure(capacity);
      postings.ensure(capacity);
    }
  }

  @Override
  public void put(int ordinal, ItemFacts facts) {
    insert(ordinal, facts);
    join(ordinal, ItemHash.of(facts.itemId()));
    publish();
  }

  private void insert(int ordinal, ItemFacts facts) {
    ItemRow row = checked(ordinal, facts);
    ensure(ordinal);
    ItemRow old = rows[ordinal];
    boolean was = old != null && old.servable();
    boolean is = row.servable();
    boolean moved = was && is && !sameLists(old, row);
    if (old != null && was && (!is || moved)) {
      lists.leave(ordinal, old, popularity);
    }
    set(ordinal, row);
    vectors.put(ordinal, facts.vector());
    words.put(ordinal, facts);
    if (is && (!was || moved)) {
      lists.join(ordinal, row, popularity);
    }
    servable += (is ? 1 : 0) - (was ? 1 : 0);
    if (old == null) {
      ordinals = ordinals.with(row.hash(), ordinal);
    }
  }

  private ItemRow checked(int ordinal, ItemFacts facts) {
    if (ordinal < 0) {
      throw new IllegalArgumentException(
          "item ordinal is %d, expected 0 or more".formatted(ordinal));
    }
    int length = facts.vector().length();
    if (length != 0 && vectors.length() != 0 && length != vectors.length()) {
      throw new IllegalArgumentException(
          "vector of item %s has %d values, expected %d"
              .formatted(facts.itemId(), length, vectors.length()));
    }
    for (int i = 0; i < length; i++) {
      if (!Float.isFinite(facts.vector().get(i))) {
        throw new IllegalArgumentException(
            "vector of item %s has %s at place %d, expected a finite number"
                .formatted(facts.itemId(), facts.vector().get(i), i));
      }
    }
    ItemRow old = ordinal < rows.length ? rows[ordinal] : null;
    if (old != null && !old.facts().itemId().equals(facts.itemId())) {
      throw new IllegalArgumentException(
          "ordinal %d is item %s, got %s".formatted(ordinal, old.facts().itemId(), facts.itemId()));
    }
    int known = ordinals.get(ItemHash.of(facts.itemId()));
    if (old == null && known >= 0) {
      ItemRow other = rows[known];
      throw new IllegalArgumentException(
          "item %s has the hash of item %s at ordinal %d, got ordinal %d"
              .formatted(
                  facts.itemId(), other == null ? "?" : other.facts().itemId(), known, ordinal));
    }
    return ItemRow.of(facts, names);
  }

  private static boolean sameLists(@Nullable ItemRow a, ItemRow b) {
    return a != null
        && a.createdAtMs() == b.createdAtMs()
        && a.creator() == b.creator()
        && Arrays.equals(a.categories(), b.categories());
  }

  /** Evidence that waited for the item. */
  private void join(int ordinal, long hash) {
    WaitingEvidence.Item item = waiting.take(hash);
    if (item != null) {
      take(ordinal, item);
    }
    for (WaitingEvidence.Pair pair : waiting.pairsOf(hash)) {
      int predecessor = ordinals.get(pair.predecessor());
      int successor = ordinals.get(pair.successor());
      if (predecessor >= 0 && successor >= 0) {
        WaitingEvidence.Sum sum = waiting.takePair(pair);
        postings.add(predecessor, successor, -1, pair.block(), sum.weight, sum.session);
      }
    }
  }

  @Override
  public void retire(int ordinal) {
    ItemRow old = ordinal >= 0 && ordinal < rows.length ? rows[ordinal] : null;
    if (old == null || old.retired()) {
      return;
    }
    if (old.servable()) {
      lists.leave(ordinal, old, popularity);
      servable--;
    }
    set(ordinal, old.asRetired());
    publish();
  }

  private void set(int ordinal, ItemRow row) {
    rows[ordinal] = row;
    audiences[ordinal] = row.audience();
  }

  @Override
  public boolean apply(EvidenceBatch batch) {
    int stream = batch.stream();
    if (stream < 0 || stream >= STREAMS) {
      throw new IllegalArgumentException(
          "evidence stream is %d, expected 0 to %d".formatted(stream, STREAMS - 1));
    }
    if (batch.number() <= batches[stream]) {
      return false;
    }
    if (batch.number() != batches[stream] + 1) {
      throw new IllegalStateException(
          "stream %d is at batch %d, got %d".formatted(stream, batches[stream], batch.number()));
    }
    batches = batches.clone();
    batches[stream] = batch.number();
    asOfMs[stream] =
        batch.number() == 1 ? batch.asOfMs() : Math.max(asOfMs[stream], batch.asOfMs());
    advance(asOfMs[stream]);
    long watermarkSlot = TimeGrid.slot(popularity.watermarkMs());
    for (EvidenceBatch.ItemDelta delta : batch.items()) {
      int ordinal = ordinals.get(delta.itemHash());
      if (ordinal < 0) {
        waiting.add(delta, watermarkSlot);
      } else {
        popularity.add(
            ordinal,
            delta.itemHash(),
            delta.bucket(),
            delta.impressions(),
            delta.views(),
            delta.positives(),
            delta.negatives());
      }
    }
    applyPairs(batch.pairs());
    publish();
    return true;
  }

  /** Each step for some pairs before the next: what they read lies anywhere, and comes at once. */
  private void applyPairs(EvidencePairs pairs) {
    int[] known = new int[pairs.hashes()];
    for (int place = 0; place < known.length; place++) {
      known[place] = ordinals.get(pairs.hash(place));
    }
    int[] places = new int[PAIRS_AT_ONCE];
    for (int from = 0; from < pairs.size(); from += PAIRS_AT_ONCE) {
      int to = Math.min(pairs.size(), from + PAIRS_AT_ONCE);
      for (int row = from; row < to; row++) {
        int predecessor = known[pairs.predecessor(row)];
        int successor = known[pairs.item(row)];
        places[row - from] =
            predecessor >= 0 && successor >= 0 ? postings.place(predecessor, successor) : -1;
      }
      for (int row = from; row < to; row++) {
        applyPair(pairs, row, known, places[row - from]);
      }
    }
  }

  private void applyPair(EvidencePairs pairs, int row, int[] known, int place) {
    int from = pairs.predecessor(row);
    int to = pairs.item(row);
    if (pairs.hash(from) == pairs.hash(to)) {
      return;
    }
    int block = Postings.block(pairs.day(row));
    if (known[from] < 0 || known[to] < 0) {
      waiting.add(
          pairs.hash(from), pairs.hash(to), block, pairs.weight(row), pairs.sessionWeight(row));
    } else {
      postings.add(
          known[from], known[to], place, block, pairs.weight(row), pairs.sessionWeight(row));
    }
  }

  @Override
  public void begin(List<EvidencePart> parts) {
    EvidenceSums sums = new EvidenceSums();
    long[] begun = batches.clone();
    for (EvidencePart part : parts) {
      int stream = part.stream();
      if (batches[stream] != 0 && batches[stream] != part.number()) {
        throw new IllegalStateException(
            "stream %d is at batch %d, expected none".formatted(stream, batches[stream]));
      }
      begun[stream] = part.number();
      asOfMs[stream] = part.asOfMs();
      advance(part.asOfMs());
      sums.addAll(part.sums());
    }
    batches = begun;
    beginItems(sums);
    beginPairs(sums);
    publish();
  }

  private void beginItems(EvidenceSums sums) {
    long watermarkSlot = TimeGrid.slot(popularity.watermarkMs());
    for (WaitingEvidence.Item item : sums.items()) {
      int ordinal = ordinals.get(item.hash);
      if (ordinal < 0) {
        waiting.add(item, watermarkSlot);
      } else {
        take(ordinal, item);
      }
    }
  }

  private void take(int ordinal, WaitingEvidence.Item item) {
    popularity.addAll(
        ordinal,
        item.hash,
        item.cells,
        item.impressions,
        item.views,
        item.positives,
        item.negatives);
  }

  /** They come by predecessor: each has its posting made once. */
  private void beginPairs(EvidenceSums sums) {
    Postings.Row row = new Postings.Row();
    int[] of = {-1};
    sums.forEachPair((predecessorHash, itemHash, block, weight, session) -> {
      int predecessor = ordinals.get(predecessorHash);
      int successor = ordinals.get(itemHash);
      if (predecessor < 0 || successor < 0) {
        waiting.add(predecessorHash, itemHash, block, weight, session);
        return;
      }
      if (predecessor != of[0]) {
        load(of[0], row);
        of[0] = predecessor;
      }
      row.add(successor, block, weight, session);
    });
    load(of[0], row);
  }

  private void load(int predecessor, Postings.Row row) {
    if (!row.isEmpty()) {
      postings.load(predecessor, row);
      row.clear();
    }
  }

  private void advance(long watermarkMs) {
    popularity.advance(watermarkMs);
    postings.moveTo(popularity.watermarkMs());
    lists.advance(popularity.watermarkMs(), rows, popularity);
  }

  @Override
  public Candidates retrieve(RetrievalQuery query) {
    check(query);
    IndexView now = view;
    Scratch scratch = scratches.take(now.rows().length);
    try {
      return new Retrieval(now, vectors(query.taste().generation()), query, names, scratch)
          .retrieve();
    } finally {
      scratches.give(scratch);
    }
  }

  @Override
  public Candidates measure(int[] asked, RetrievalQuery query) {
    check(query);
    IndexView now = view;
    Scratch scratch = scratches.take(now.rows().length);
    try {
      return new Retrieval(now, vectors(query.taste().generation()), query, names, scratch)
          .measure(asked);
    } finally {
      scratches.give(scratch);
    }
  }

  @Override
  public Candidates similar(int ordinal, RetrievalQuery query) {
    check(query);
    IndexView now = view;
    Scratch scratch = scratches.take(now.rows().length);
    try {
      GenerationVectors vectors = vectors(query.taste().generation());
      return new Retrieval(now, vectors, Retrieval.about(ordinal, query), names, scratch)
          .similar(ordinal, k -> nearTo(ordinal, now, query, k));
    } finally {
      scratches.give(scratch);
    }
  }

  /** By the clients' own vectors. */
  private int[] nearTo(int ordinal, IndexView now, RetrievalQuery query, int k) {
    ItemRow row = now.row(ordinal);
    if (row == null || row.facts().vector().length() == 0) {
      return TopList.EMPTY;
    }
    // One more, as the nearest to itself is often itself.
    return nearest(
            now,
            row.facts().vector().toArray(),
            k + 1,
            new Eligibility(query.filter(), names, query.nowMs()))
        .ordinals();
  }

  private static void check(RetrievalQuery query) {
    if (query.history().length != query.historyAtMs().length) {
      throw new IllegalArgumentException(
          "history has %d items and %d times"
              .formatted(query.history().length, query.historyAtMs().length));
    }
    if (query.perSource() < 1 || query.limit() < 1) {
      throw new IllegalArgumentException(
          "perSource is %d and limit is %d, expected at least 1"
              .formatted(query.perSource(), query.limit()));
    }
  }

  @Override
  public Nearest nearest(float[] query, int k, RetrievalQuery.Filter filter) {
    IndexView now = view;
    return nearest(now, query, k, new Eligibility(filter, names, popularity.watermarkMs()));
  }

  private static Nearest nearest(IndexView now, float[] query, int k, Eligibility eligibility) {
    VectorBlocks.View vectors = now.vectors();
    if (vectors.length() == 0) {
      return new Nearest(new int[0], new float[0]);
    }
    if (query.length != vectors.length()) {
      throw new IllegalArgumentException(
          "query vector has %d values, expected %d".formatted(query.length, vectors.length()));
    }
    BestItems best = new BestItems();
    best.begin(k);
    VectorIndex.Allowed allowed = ordinal -> eligibility.admits(ordinal, now);
    float[] scores = new float[VectorBlocks.BLOCK];
    for (int block = 0; block * VectorBlocks.BLOCK < vectors.size(); block++) {
      vectors.scores(block, query, scores);
      vectors.offer(block, scores, 0, best, allowed);
    }
    long[] sorted = best.sorted();
    int[] found = new int[sorted.length];
    float[] foundScores = new float[sorted.length];
    for (int i = 0; i < sorted.length; i++) {
      found[i] = BestItems.ordinal(sorted[i]);
      foundScores[i] = BestItems.signedScore(sorted[i]);
    }
    return new Nearest(found, foundScores);
  }

  @Override
  public void adopt(GenerationVectors vectors, int beside) {
    List<GenerationVectors> kept = new ArrayList<>();
    kept.add(vectors);
    for (GenerationVectors one : generations) {
      if (one.generation() == beside && beside != vectors.generation()) {
        kept.add(one);
      } else {
        one.search().close();
      }
    }
    generations = List.copyOf(kept);
  }

  @Override
  public @Nullable GenerationVectors vectors(int generation) {
    for (GenerationVectors one : generations) {
      if (one.generation() == generation) {
        return one;
      }
    }
    return null;
  }

  @Override
  public @Nullable ItemFacts facts(int ordinal) {
    ItemRow row = view.row(ordinal);
    return row == null || row.retired() ? null : row.facts();
  }

  @Override
  public int ordinal(long itemHash) {
    return view.ordinals().get(itemHash);
  }

  @Override
  public int vectorLength() {
    return view.vectors().length();
  }

  @Override
  public int ordinals() {
    return view.rows().length;
  }

  /** Zeros for an unknown item. */
  @Override
  public Counts counts(int ordinal) {
    IndexView now = view;
    List<Double> shares = new ArrayList<>();
    if (now.row(ordinal) == null) {
      for (int h = 0; h < DecayWeights.HALF_LIVES; h++) {
        shares.add(0.0);
      }
      return new Counts(0, 0, 0, 0, List.copyOf(shares));
    }
    for (int h = 0; h < DecayWeights.HALF_LIVES; h++) {
      double total = now.totals()[h];
      double value = now.columns()[ordinal * Popularity.STRIDE + h];
      shares.add(total > 0 ? Math.min(1, value / total) : 0.0);
    }
    int at = ordinal * Popularity.COUNTS;
    long[] counts = now.counts();
    return new Counts(
        counts[at],
        counts[at + 1],
        counts[at + Popularity.POSITIVES] / 256.0,
        counts[at + 3],
        List.copyOf(shares));
  }

  @Override
  public long[] batches() {
    return view.batches().clone();
  }

  @Override
  public int size() {
    return view.servable();
  }

  /** Items and pairs of waiting evidence that were dropped beyond its bound. Writer thread only. */
  public long dropped() {
    return waiting.dropped();
  }

  /** How often an item's popularity was weighed anew. Writer thread only. */
  long weighings() {
    return popularity.weighings();
  }

  /** Distinct pairs of predecessor and item. Writer thread only. */
  public long pairs() {
    return postings.pairs();
  }

  @Override
  public void checkpoint(OutputStream to) {
    ByteWriter out = new ByteWriter(to);
    Checkpoint.begin(out);
    write(out);
    out.flush();
  }

  private void write(ByteWriter out) {
    long watermarkSlot = TimeGrid.slot(popularity.watermarkMs());
    out.number(vectors.length());
    for (int s = 0; s < STREAMS; s++) {
      out.number(batches[s]);
      out.number(asOfMs[s]);
    }
    int known = 0;
    for (ItemRow row : rows) {
      known += row == null ? 0 : 1;
    }
    out.number(known);
    for (int ordinal = 0; ordinal < rows.length; ordinal++) {
      ItemRow row = rows[ordinal];
      if (row == null) {
        continue;
      }
      out.number(ordinal);
      out.flag(row.retired());
      Checkpoint.write(out, row.facts());
      long[] counts = popularity.counts();
      for (int c = 0; c < Popularity.COUNTS; c++) {
        out.number(counts[ordinal * Popularity.COUNTS + c]);
      }
      EvidenceCells cells = popularity.cells(ordinal);
      if (cells == null) {
        out.number(0);
      } else {
        cells.write(out, watermarkSlot);
      }
    }
    writePairs(out);
    writeWaiting(out, watermarkSlot);
  }

  private void writePairs(ByteWriter out) {
    int[] count = {0};
    postings.forEach((_, _, _, _, _) -> count[0]++);
    out.number(count[0]);
    int[] before = {0, 0, 0};
    postings.forEach((predecessor, successor, block, weight, session) -> {
      // Differences: most are small.
      out.number(predecessor - before[0]);
      out.number(successor - before[1]);
      out.number(block - before[2]);
      out.number(weight);
      out.number(session);
      before[0] = predecessor;
      before[1] = successor;
      before[2] = block;
    });
  }

  private void readPairs(ByteReader in) {
    int predecessor = 0;
    int successor = 0;
    int block = 0;
    Postings.Row row = new Postings.Row();
    for (int left = in.count(); left > 0; left--) {
      int next = in.integer();
      if (next != 0) {
        load(predecessor, row);
      }
      predecessor += next;
      successor += in.integer();
      block += in.integer();
      row.add(successor, block, in.number(), in.number());
    }
    load(predecessor, row);
  }

  private void writeWaiting(ByteWriter out, long watermarkSlot) {
    out.number(waiting.dropped());
    long[] hashes = waiting.hashes();
    out.number(hashes.length);
    for (long hash : hashes) {
      WaitingEvidence.Item item = waiting.item(hash);
      out.number(hash);
      out.number(item.newestSlot);
      out.number(item.impressions);
      out.number(item.views);
      out.number(item.positives);
      out.number(item.negatives);
      item.cells.write(out, watermarkSlot);
    }
    List<WaitingEvidence.Pair> pairs = waiting.pairs();
    out.number(pairs.size());
    for (WaitingEvidence.Pair pair : pairs) {
      WaitingEvidence.Sum sum = waiting.sum(pair);
      out.number(pair.predecessor());
      out.number(pair.successor());
      out.number(pair.block());
      out.number(sum.weight);
      out.number(sum.session);
    }
  }

  @Override
  public void restore(InputStream checkpoint, long length) {
    if (rows.length > 0 || Arrays.stream(batches).anyMatch(b -> b > 0)) {
      throw new IllegalStateException(
          "index to restore into has %d items, expected a new one".formatted(servable));
    }
    ByteReader in = new ByteReader(checkpoint, length);
    Checkpoint.begin(in);
    read(in);
    in.end();
    publish();
  }

  private void read(ByteReader in) {
    int length = in.integer();
    if (vectors.length() != 0 && length != 0 && length != vectors.length()) {
      throw new IllegalArgumentException(
          "index checkpoint has vectors of %d values, expected %d"
              .formatted(length, vectors.length()));
    }
    vectors.expect(length);
    long newest = Long.MIN_VALUE;
    for (int s = 0; s < STREAMS; s++) {
      batches[s] = in.number();
      asOfMs[s] = in.number();
      newest = batches[s] > 0 ? Math.max(newest, asOfMs[s]) : newest;
    }
    if (newest > Long.MIN_VALUE) {
      advance(newest);
    }
    for (int left = in.count(); left > 0; left--) {
      int ordinal = in.integer();
      boolean retired = in.flag();
      insert(ordinal, Checkpoint.readFacts(in));
      ItemRow row = rows[ordinal];
      if (row == null) {
        throw new IllegalStateException("item was not inserted: " + ordinal);
      }
      if (retired) {
        retire(ordinal);
      }
      long impressions = in.number();
      long views = in.number();
      long positives = in.number();
      long negatives = in.number();
      EvidenceCells cells = new EvidenceCells(EvidenceCells.staggerOf(row.hash()));
      cells.read(in);
      if (cells.size() > 0 || (impressions | views | positives | negatives) != 0) {
        popularity.addAll(ordinal, row.hash(), cells, impressions, views, positives, negatives);
      }
    }
    readPairs(in);
    readWaiting(in);
  }

  private void readWaiting(ByteReader in) {
    waiting.setDropped(in.number());
    for (int left = in.count(); left > 0; left--) {
      WaitingEvidence.Item item = waiting.item(in.number());
      item.newestSlot = in.number();
      item.impressions = in.number();
      item.views = in.number();
      item.positives = in.number();
      item.negatives = in.number();
      item.cells.read(in);
    }
    for (int left = in.count(); left > 0; left--) {
      waiting.add(in.number(), in.number(), in.integer(), in.number(), in.number());
    }
  }
}
