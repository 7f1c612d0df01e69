package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every {@link ItemIndex} does, whatever it is made of. */
abstract class ItemIndexContract {

  static final long DAY_MS = 86_400_000L;
  static final long START_MS = 1_700_000_000_000L;
  static final int[] NOTHING = {};

  abstract ItemIndex newIndex();

  static byte[] checkpoint(ItemIndex index) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    index.checkpoint(bytes);
    return bytes.toByteArray();
  }

  static void restore(ItemIndex index, byte[] checkpoint) {
    index.restore(new ByteArrayInputStream(checkpoint), checkpoint.length);
  }

  /** Whether {@link ItemIndex#nearest} finds all; a graph may miss some. */
  boolean nearestIsExact() {
    return true;
  }

  static RetrievalQuery query(
      long nowMs, int[] history, RetrievalQuery.Filter filter, int perSource, int limit) {
    long[] at = new long[history.length];
    for (int k = 0; k < at.length; k++) {
      at[k] = nowMs - k * 900_000L;
    }
    return new RetrievalQuery(
        nowMs,
        history,
        at,
        NOTHING,
        List.of(),
        filter,
        EnumSet.allOf(Source.class),
        perSource,
        limit);
  }

  static RetrievalQuery.Filter sensitiveToo() {
    return new RetrievalQuery.Filter(
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Double.NaN,
        Double.NaN,
        -1,
        true,
        -1,
        -1);
  }

  static RetrievalQuery with(RetrievalQuery query, Set<Source> sources) {
    return like(query, query.excluded(), sources, query.taste(), query.refused());
  }

  /** The question of somebody of that taste. */
  static RetrievalQuery of(
      RetrievalQuery query, RetrievalQuery.Taste taste, RetrievalQuery.Refused refused) {
    return like(query, query.excluded(), query.sources(), taste, refused);
  }

  static RetrievalQuery without(RetrievalQuery query, int... excluded) {
    int[] sorted = excluded.clone();
    Arrays.sort(sorted);
    return like(query, sorted, query.sources(), query.taste(), query.refused());
  }

  private static RetrievalQuery like(
      RetrievalQuery query,
      int[] excluded,
      Set<Source> sources,
      RetrievalQuery.Taste taste,
      RetrievalQuery.Refused refused) {
    return new RetrievalQuery(
        query.nowMs(),
        query.history(),
        query.historyAtMs(),
        excluded,
        query.followedCreators(),
        query.filter(),
        sources,
        query.perSource(),
        query.limit(),
        taste,
        refused);
  }

  static int[] history(Random random, int items, int length) {
    int[] history = new int[length];
    for (int k = 0; k < length; k++) {
      history[k] = Workload.ordinal(random.nextInt(items));
    }
    return history;
  }

  @Test
  void signals_are_what_a_plain_count_of_all_events_gives() {
    Workload work = new Workload(1, 200, 3_000, START_MS, 100 * DAY_MS, .2);
    Recount recount = new Recount(work.steps, work.endMs);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    Random random = new Random(2);
    RetrievalQuery query =
        query(work.endMs, history(random, 60, 25), RetrievalQuery.Filter.NONE, 100, 1_000);

    Candidates found = index.retrieve(query);

    assertTrue(found.size() > 100, "found " + found.size());
    for (int row = 0; row < found.size(); row++) {
      int ordinal = found.ordinals()[row];
      for (int c = 0; c < 6; c++) {
        assertNear(recount.share(ordinal, c), found.signals()[c][row]);
      }
      for (Signal signal :
          List.of(
              Signal.CO_VISITED,
              Signal.CO_VISITED_LAST,
              Signal.CO_VISITED_SESSION,
              Signal.CO_VISITED_COSINE)) {
        assertNear(
            recount.coVisited(query, ordinal, signal), found.signals()[signal.ordinal()][row]);
      }
      double strongest = 0;
      int because = -1;
      for (int k = 0; k < 20; k++) {
        int from = query.history()[k];
        double term =
            Math.pow(.9, k) * recount.pair(from, ordinal)[0] / (20 + recount.link(from)[0]);
        if (term > strongest * (1 + 1e-6)) {
          strongest = term;
          because = from;
        }
      }
      assertEquals(because, found.because()[row]);
      ItemFacts facts = recount.items.get(ordinal);
      assertEquals(
          (float) (work.endMs - facts.createdAtMs()),
          found.signals()[Signal.AGE_MS.ordinal()][row]);
      assertEquals(
          Integer.parseInt(facts.attributes().getOrDefault("release_year", "0")),
          found.signals()[Signal.RELEASE_YEAR.ordinal()][row]);
    }
    for (int c = 0; c < 6; c++) {
      int column = c;
      double max =
          recount.items.keySet().stream()
              .filter(recount::servable)
              .mapToDouble(i -> recount.share(i, column))
              .max()
              .orElse(0);
      assertNear(max, found.maxima()[c]);
    }
    for (int k = 0; k < 3; k++) {
      assertNear(recount.share(query.history()[k], 4), found.historyPopularity()[k]);
    }
  }

  @Test
  void rows_come_best_first_by_the_light_score_and_the_cut_keeps_the_best() {
    Workload work = new Workload(3, 200, 3_000, START_MS, 40 * DAY_MS, 0);
    Recount recount = new Recount(work.steps, work.endMs);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    RetrievalQuery query =
        query(work.endMs, history(new Random(4), 60, 10), RetrievalQuery.Filter.NONE, 1_000, 30);

    Candidates found = index.retrieve(query);

    List<Integer> expected = recount.best(query, i -> recount.light(query, i));
    assertEquals(30, found.size());
    for (int row = 0; row < 30; row++) {
      assertNear(
          recount.light(query, expected.get(row)), recount.light(query, found.ordinals()[row]));
    }
  }

  @Test
  void each_source_gives_its_best() {
    for (int seed = 10; seed < 14; seed++) {
      Workload work = new Workload(seed, 300, 3_000, START_MS, 30 * DAY_MS, .1);
      Recount recount = new Recount(work.steps, work.endMs);
      ItemIndex index = newIndex();
      Workload.play(work.steps, index);
      RetrievalQuery query =
          query(
              work.endMs, history(new Random(seed), 60, 20), RetrievalQuery.Filter.NONE, 25, 1_000);
      for (int c = 0; c < 6; c++) {
        int column = c;
        Source source = Source.values()[c];
        assertBest(index, recount, query, source, i -> recount.share(i, column));
      }
      assertBest(
          index,
          recount,
          query,
          Source.CO_VISITED,
          i -> recount.coVisited(query, i, Signal.CO_VISITED));
      assertBest(
          index,
          recount,
          query,
          Source.CO_VISITED_LAST,
          i -> recount.coVisited(query, i, Signal.CO_VISITED_LAST));
      assertBest(
          index,
          recount,
          query,
          Source.CO_VISITED_SESSION,
          i -> recount.coVisited(query, i, Signal.CO_VISITED_SESSION));
      assertBest(
          index,
          recount,
          query,
          Source.ARRIVALS,
          i ->
              work.endMs - recount.items.get(i).createdAtMs() <= 14 * DAY_MS
                  ? recount.mixture(i)
                  : 0);
    }
  }

  private static void assertBest(
      ItemIndex index,
      Recount recount,
      RetrievalQuery query,
      Source source,
      ToDoubleFunction<Integer> score) {
    Candidates found = index.retrieve(with(query, EnumSet.of(source)));
    List<Integer> expected = recount.best(query, score);
    int count = Math.min(query.perSource(), expected.size());
    assertEquals(count, found.size(), source.label());
    Set<Integer> distinct = new HashSet<>();
    double[] expectedScores = new double[count];
    double[] scores = new double[count];
    for (int row = 0; row < count; row++) {
      assertEquals(source.bit(), found.sources()[row]);
      assertTrue(distinct.add(found.ordinals()[row]));
      expectedScores[row] = score.applyAsDouble(expected.get(row));
      scores[row] = score.applyAsDouble(found.ordinals()[row]);
    }
    Arrays.sort(expectedScores);
    Arrays.sort(scores);
    for (int i = 0; i < count; i++) {
      assertNear(expectedScores[i], scores[i]);
    }
  }

  @Test
  void trending_is_short_against_long_overall_and_in_the_categories_of_the_newest_three() {
    Workload work = new Workload(20, 300, 3_000, START_MS, 30 * DAY_MS, 0);
    Recount recount = new Recount(work.steps, work.endMs);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    int[] history = history(new Random(5), 100, 3);
    RetrievalQuery query = query(work.endMs, history, RetrievalQuery.Filter.NONE, 40, 1_000);

    Candidates found = index.retrieve(with(query, EnumSet.of(Source.TRENDING)));

    ToDoubleFunction<Integer> trend =
        i -> recount.share(i, 0) > 0 ? recount.share(i, 0) / (recount.share(i, 3) + 1e-4) : 0;
    Set<Integer> expected = new HashSet<>(recount.best(query, trend).subList(0, 40));
    for (int item : history) {
      String category = recount.items.get(item).categories().getFirst();
      List<Integer> within =
          recount.best(
              query,
              i ->
                  recount.items.get(i).categories().contains(category)
                      ? trend.applyAsDouble(i)
                      : 0);
      expected.addAll(within.subList(0, Math.min(5, within.size())));
    }
    Set<Integer> got = new HashSet<>();
    for (int ordinal : found.ordinals()) {
      got.add(ordinal);
    }
    assertEquals(expected, got);
  }

  @Test
  void near_content_are_the_items_that_share_the_rarest_words_with_the_history() {
    Workload work = new Workload(22, 80, 400, START_MS, 30 * DAY_MS, .1);
    Recount recount = new Recount(work.steps, work.endMs);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    RetrievalQuery query =
        query(work.endMs, history(new Random(5), 60, 8), RetrievalQuery.Filter.NONE, 25, 1_000);

    assertBest(index, recount, query, Source.NEAR_CONTENT, i -> recount.alike(query, i));

    Candidates found = index.retrieve(query);
    assertTrue(found.size() > 25);
    for (int row = 0; row < found.size(); row++) {
      int ordinal = found.ordinals()[row];
      float[][] signals = found.signals();
      assertEquals(recount.alike(query, ordinal), signals[Signal.ALIKE.ordinal()][row], 1e-5);
      assertEquals(
          recount.alike(query.history()[0], ordinal),
          signals[Signal.ALIKE_LAST.ordinal()][row],
          1e-5);
      assertEquals(
          recount.categoryLeaning(query, ordinal),
          signals[Signal.CATEGORY_LEANING.ordinal()][row],
          1e-5);
    }
  }

  @Test
  void an_item_that_nobody_touched_is_near_by_its_words_and_no_more_when_it_is_called_otherwise() {
    ItemIndex index = newIndex();
    index.put(0, plain("kettle-1", "Red enamel kettle", START_MS, "home"));
    index.put(1, plain("kettle-2", "Blue enamel kettle", START_MS, "home"));
    index.put(2, plain("chair", "Garden chair", START_MS, "home"));
    RetrievalQuery query =
        with(
            query(START_MS, new int[] {0}, RetrievalQuery.Filter.NONE, 10, 10),
            EnumSet.of(Source.NEAR_CONTENT));

    Candidates before = index.retrieve(without(query, 0));
    index.put(1, plain("kettle-2", "Blue glass vase", START_MS, "home"));
    Candidates after = index.retrieve(without(query, 0));

    assertArrayEquals(new int[] {1}, before.ordinals());
    assertEquals(0, after.size());
  }

  /**
   * Item 0 is called "often0" to "often4" and "rare". Each often word is used by 1,900 of the items
   * from 2 on, which is more than are looked at in all; those of "often4" are in a category of
   * their own. Words have numbers against the order of item 0's title, as item 1 came first.
   */
  private ItemIndex calledOften() {
    ItemIndex index = newIndex();
    index.put(1, plain("first", "often4 often3 often2 often1 often0", START_MS, "home"));
    index.put(0, plain("history", "rare often0 often1 often2 often3 often4", START_MS, "home"));
    for (int n = 2; n < 2 + 5 * 1_900; n++) {
      String category = n % 5 == 4 ? "garden" : "home";
      index.put(n, plain("item-" + n, "often" + n % 5 + " n" + n, START_MS, category));
    }
    index.put(9_502, plain("rare", "rare", START_MS, "home"));
    return index;
  }

  private static RetrievalQuery afterItem0(RetrievalQuery.Filter filter, Set<Source> sources) {
    return without(with(query(START_MS, new int[] {0}, filter, 5_000, 10_000), sources), 0, 1);
  }

  @Test
  void of_more_words_than_can_be_looked_up_the_rarest_and_first_find_items_and_all_count() {
    ItemIndex index = calledOften();
    index.apply(
        new EvidenceBatch(
            0,
            1,
            START_MS,
            List.of(
                new EvidenceBatch.ItemDelta(
                    ItemHash.of("item-4"), START_MS / 300_000, 1, 1, 256, 0)),
            List.of(),
            List.of()));
    RetrievalQuery query =
        afterItem0(
            RetrievalQuery.Filter.NONE, EnumSet.of(Source.NEAR_CONTENT, Source.POPULAR_EVER));

    Candidates found = index.retrieve(query);
    Candidates measured = index.measure(found.ordinals(), query);

    Set<Integer> words = new HashSet<>();
    for (int row = 0; row < found.size(); row++) {
      int ordinal = found.ordinals()[row];
      if ((found.sources()[row] & Source.NEAR_CONTENT.bit()) != 0) {
        words.add(ordinal == 9_502 ? -1 : ordinal % 5);
      }
      assertEquals(
          measured.signals()[Signal.ALIKE.ordinal()][row],
          found.signals()[Signal.ALIKE.ordinal()][row]);
      assertTrue(found.signals()[Signal.ALIKE.ordinal()][row] > 0);
    }
    assertEquals(Set.of(-1, 0, 1, 2, 3), words);
    assertTrue(Arrays.stream(found.ordinals()).anyMatch(ordinal -> ordinal == 4));
  }

  @Test
  void words_are_looked_up_until_enough_items_pass_the_filter() {
    Candidates found =
        calledOften()
            .retrieve(afterItem0(filterCategory("garden"), EnumSet.of(Source.NEAR_CONTENT)));

    assertEquals(1_900, found.size());
  }

  @Test
  void who_was_away_for_a_month_is_shown_what_went_on_in_their_categories_and_nobody_else_is() {
    Workload work = new Workload(23, 200, 2_000, START_MS, 60 * DAY_MS, 0);
    Recount recount = new Recount(work.steps, work.endMs);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    int item = Workload.ordinal(3);
    RetrievalQuery away = away(work.endMs, 31 * DAY_MS, item);

    Candidates found = index.retrieve(with(away, EnumSet.of(Source.RETURNING)));
    Candidates present =
        index.retrieve(with(away(work.endMs, 29 * DAY_MS, item), EnumSet.of(Source.RETURNING)));

    Set<Integer> expected = new HashSet<>();
    for (String category : recount.items.get(item).categories()) {
      List<Integer> within =
          recount.best(
              away,
              i -> recount.items.get(i).categories().contains(category) ? recount.share(i, 3) : 0);
      expected.addAll(within.subList(0, Math.min(10, within.size())));
    }
    assertTrue(expected.size() >= 10);
    assertEquals(expected, new HashSet<>(Arrays.stream(found.ordinals()).boxed().toList()));
    assertEquals(0, present.size());
  }

  private static RetrievalQuery away(long nowMs, long forMs, int item) {
    return new RetrievalQuery(
        nowMs,
        new int[] {item},
        new long[] {nowMs - forMs},
        NOTHING,
        List.of(),
        RetrievalQuery.Filter.NONE,
        EnumSet.allOf(Source.class),
        30,
        1_000);
  }

  @Test
  void followed_creators_bring_their_newest_items() {
    Workload work = new Workload(21, 200, 50, START_MS, 30 * DAY_MS, 0);
    Recount recount = new Recount(work.steps, work.endMs);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    RetrievalQuery query =
        new RetrievalQuery(
            work.endMs,
            NOTHING,
            new long[0],
            NOTHING,
            List.of("creator-3", "creator-5", "creator-nobody"),
            RetrievalQuery.Filter.NONE,
            EnumSet.of(Source.FOLLOWED),
            12,
            1_000);

    Candidates found = index.retrieve(query);

    List<Integer> expected =
        recount.best(
            query,
            i ->
                List.of("creator-3", "creator-5").contains(recount.items.get(i).creator())
                    ? recount.items.get(i).createdAtMs() / 1_000
                    : 0);
    assertEquals(
        new HashSet<>(expected.subList(0, 12)),
        new HashSet<>(Arrays.stream(found.ordinals()).boxed().toList()));
  }

  @Test
  void filters_keep_what_a_plain_reading_keeps_and_all_of_it() {
    Workload work = new Workload(30, 400, 2_000, START_MS, 30 * DAY_MS, 0);
    Recount recount = new Recount(work.steps, work.endMs);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    Random random = new Random(31);
    for (int trial = 0; trial < 200; trial++) {
      RetrievalQuery query =
          without(
              query(work.endMs, history(random, 60, 5), filter(random), 1_000, 1_000),
              history(random, 400, random.nextInt(30)));

      Candidates found = index.retrieve(query);
      Candidates measured =
          index.measure(recount.items.keySet().stream().mapToInt(i -> i).toArray(), query);

      List<Integer> expected =
          recount.items.keySet().stream().filter(i -> recount.admitted(i, query)).toList();
      assertEquals(
          expected,
          Arrays.stream(found.ordinals()).sorted().boxed().toList(),
          query.filter().toString());
      assertEquals(expected, Arrays.stream(measured.ordinals()).boxed().toList());
    }
  }

  private static RetrievalQuery.Filter filter(Random random) {
    return new RetrievalQuery.Filter(
        some(random, "category-", 8),
        some(random, "category-", 8),
        some(random, "creator-", 12),
        some(random, "creator-", 12),
        some(random, "tag-", 10),
        random.nextInt(4) == 0 ? List.of("de", "fr") : List.of(),
        random.nextInt(4) == 0 ? random.nextInt(60) : Double.NaN,
        random.nextInt(4) == 0 ? random.nextInt(100) : Double.NaN,
        random.nextInt(3) == 0 ? random.nextInt(20) : -1,
        random.nextBoolean(),
        random.nextInt(4) == 0 ? random.nextInt(5) * 60_000L : -1,
        random.nextInt(4) == 0 ? random.nextInt(30) * DAY_MS : -1);
  }

  private static List<String> some(Random random, String prefix, int kinds) {
    List<String> some = new ArrayList<>();
    if (random.nextInt(4) == 0) {
      for (int i = random.nextInt(4); i >= 0; i--) {
        some.add(prefix + random.nextInt(kinds));
      }
    }
    return some;
  }

  @Test
  void a_feed_is_not_short_while_eligible_items_exist() {
    ItemIndex index = newIndex();
    Random random = new Random(40);
    for (int n = 0; n < 3_000; n++) {
      ItemFacts facts = plain("item-" + n, START_MS, "category-" + n % 5);
      index.put(n, facts);
    }
    Workload work = new Workload(41, 1, 0, START_MS, DAY_MS, 0);
    assertEquals(1, work.steps.size());
    List<EvidenceBatch.ItemDelta> deltas = new ArrayList<>();
    for (int n = 0; n < 2_500; n++) {
      deltas.add(
          new EvidenceBatch.ItemDelta(
              Workload.hash(n), START_MS / 300_000, 1, 1, 256 * (1 + random.nextInt(9)), 0));
    }
    index.apply(new EvidenceBatch(0, 1, START_MS, deltas, List.of(), List.of()));
    int[] excluded = new int[2_960];
    for (int i = 0; i < excluded.length; i++) {
      excluded[i] = i;
    }
    RetrievalQuery query =
        without(query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 100, 100), excluded);

    assertEquals(40, index.retrieve(query).size());
    assertEquals(
        100, index.retrieve(query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 100, 100)).size());
  }

  static ItemFacts plain(String id, long createdAtMs, String category) {
    return plain(id, id, createdAtMs, category);
  }

  static ItemFacts plain(String id, String title, long createdAtMs, String category) {
    return new ItemFacts(
        id,
        title,
        List.of(category),
        List.of(),
        "",
        createdAtMs,
        "",
        Double.NaN,
        -1,
        0,
        ItemFacts.Safety.SAFE,
        "",
        0,
        java.util.Map.of(),
        List.of(),
        ItemFacts.Vector.NONE);
  }

  @Test
  void an_index_without_evidence_still_answers() {
    ItemIndex index = newIndex();
    assertEquals(
        0, index.retrieve(query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 10, 10)).size());
    for (int n = 0; n < 5; n++) {
      index.put(n, plain("item-" + n, START_MS, "a"));
    }

    Candidates found =
        index.retrieve(query(START_MS, new int[] {2, 99_999}, RetrievalQuery.Filter.NONE, 10, 10));

    assertArrayEquals(new int[] {0, 1, 2, 3, 4}, found.ordinals());
    assertEquals(0, found.itemLagMs());
  }

  @Test
  void what_must_not_be_served_never_comes_back() {
    Workload work = new Workload(50, 100, 1_000, START_MS, 10 * DAY_MS, 0);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    index.put(Workload.ordinal(0), plain("item-0", START_MS, "a"));
    RetrievalQuery query =
        query(work.endMs, new int[] {Workload.ordinal(1)}, sensitiveToo(), 100, 1_000);
    assertTrue(contains(index.retrieve(query), Workload.ordinal(0)));
    int size = index.size();

    index.retire(Workload.ordinal(0));

    assertFalse(contains(index.retrieve(query), Workload.ordinal(0)));
    assertEquals(0, index.measure(new int[] {Workload.ordinal(0)}, query).size());
    assertFalse(contains(index.similar(Workload.ordinal(1), query), Workload.ordinal(0)));
    assertNull(index.facts(Workload.ordinal(0)));
    assertEquals(size - 1, index.size());

    index.put(Workload.ordinal(0), plain("item-0", START_MS, "a"));

    assertTrue(contains(index.retrieve(query), Workload.ordinal(0)));
    assertNotNull(index.facts(Workload.ordinal(0)));
    assertEquals(Workload.ordinal(0), index.ordinal(Workload.hash(0)));
    assertEquals(-1, index.ordinal(12_345));
  }

  static boolean contains(Candidates found, int ordinal) {
    return Arrays.stream(found.ordinals()).anyMatch(o -> o == ordinal);
  }

  @Test
  void a_repeated_batch_changes_nothing_and_a_gap_is_refused() {
    ItemIndex index = newIndex();
    index.put(1, plain("item-0", START_MS, "a"));
    EvidenceBatch first =
        new EvidenceBatch(
            3,
            1,
            START_MS,
            List.of(
                new EvidenceBatch.ItemDelta(Workload.hash(0), START_MS / 300_000, 5, 3, 384, 1)),
            List.of(),
            List.of());

    assertTrue(index.apply(first));
    assertFalse(index.apply(first));

    assertEquals(
        new ItemIndex.Counts(5, 3, 1.5, 1, List.of(1.0, 1.0, 1.0, 1.0, 1.0)), index.counts(1));
    assertEquals(1, index.batches()[3]);
    IllegalStateException gap =
        assertThrows(
            IllegalStateException.class,
            () -> index.apply(new EvidenceBatch(3, 3, START_MS, List.of(), List.of(), List.of())));
    assertEquals("stream 3 is at batch 1, got 3", gap.getMessage());
  }

  @Test
  void lag_is_the_newest_stream_less_the_oldest() {
    ItemIndex index = newIndex();
    index.apply(new EvidenceBatch(3, 1, START_MS, List.of(), List.of(), List.of()));
    index.apply(new EvidenceBatch(4, 1, START_MS + 700, List.of(), List.of(), List.of()));

    Candidates found = index.retrieve(query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 10, 10));

    assertEquals(700, found.itemLagMs());
    assertEquals(1, found.evidence()[4]);
  }

  @Test
  void evidence_of_an_unknown_item_waits_until_it_is_put() {
    Workload early = new Workload(60, 80, 800, START_MS, 20 * DAY_MS, 0);
    List<Workload.Step> late = new ArrayList<>(early.steps);
    late.removeIf(step -> !(step instanceof Workload.Batch));
    for (Workload.Step step : early.steps) {
      if (!(step instanceof Workload.Batch)) {
        late.add(step);
      }
    }
    ItemIndex one = newIndex();
    ItemIndex other = newIndex();

    Workload.play(early.steps, one);
    Workload.play(late, other);

    assertSame(one, other, early.endMs);
  }

  @Test
  void any_interleaving_gives_the_same_bits() {
    for (int seed = 70; seed < 76; seed++) {
      Workload work = new Workload(seed, 120, 1_500, START_MS, 130 * DAY_MS, .3);
      ItemIndex one = newIndex();
      ItemIndex other = newIndex();

      Workload.play(work.steps, one);
      Workload.play(work.shuffled(seed + 1_000), other);

      assertSame(one, other, work.endMs);
    }
  }

  /** Same checkpoint and the same answers, bit for bit. */
  static void assertSame(ItemIndex one, ItemIndex other, long nowMs) {
    assertArrayEquals(checkpoint(one), checkpoint(other));
    Random random = new Random(7);
    for (int trial = 0; trial < 20; trial++) {
      RetrievalQuery query =
          query(
              nowMs + random.nextInt(1_000_000),
              history(random, 60, random.nextInt(22)),
              trial < 10 ? RetrievalQuery.Filter.NONE : filter(random),
              5 + random.nextInt(50),
              10 + random.nextInt(200));
      assertSame(one.retrieve(query), other.retrieve(query));
      int item = Workload.ordinal(random.nextInt(60));
      assertSame(one.similar(item, query), other.similar(item, query));
      assertEquals(one.counts(item), other.counts(item));
    }
  }

  static void assertSame(Candidates one, Candidates other) {
    assertArrayEquals(one.ordinals(), other.ordinals());
    assertArrayEquals(one.sources(), other.sources());
    for (Signal signal : Signal.values()) {
      assertArrayEquals(
          one.signals()[signal.ordinal()], other.signals()[signal.ordinal()], 0f, signal.name());
    }
    assertArrayEquals(one.primaryCategory(), other.primaryCategory());
    assertArrayEquals(one.creator(), other.creator());
    assertArrayEquals(one.because(), other.because());
    assertArrayEquals(one.maxima(), other.maxima());
    assertArrayEquals(one.historyReleaseYear(), other.historyReleaseYear());
    assertArrayEquals(one.historyPopularity(), other.historyPopularity());
    assertArrayEquals(one.evidence(), other.evidence());
    assertEquals(one.itemLagMs(), other.itemLagMs());
  }

  @Test
  void a_restored_index_is_the_same_and_goes_on_the_same() {
    Workload work = new Workload(80, 120, 1_500, START_MS, 130 * DAY_MS, .3);
    List<Workload.Step> first = work.steps.subList(0, 1_000);
    List<Workload.Step> second = work.steps.subList(1_000, work.steps.size());
    ItemIndex one = newIndex();
    Workload.play(first, one);
    byte[] bytes = checkpoint(one);
    ItemIndex other = newIndex();

    restore(other, bytes);

    assertSame(one, other, work.endMs);
    Workload.play(second, one);
    Workload.play(second, other);
    assertSame(one, other, work.endMs);
  }

  @Test
  void an_index_that_begins_with_the_sums_of_earlier_batches_is_the_same_and_goes_on_the_same() {
    for (int seed = 90; seed < 94; seed++) {
      Workload work = new Workload(seed, 120, 2_500, START_MS, 900 * DAY_MS, .3);
      List<Workload.Step> items = new ArrayList<>(work.steps);
      items.removeIf(Workload.Batch.class::isInstance);
      List<EvidenceBatch> batches = new ArrayList<>();
      work.steps.forEach(step -> {
        if (step instanceof Workload.Batch batch) {
          batches.add(batch.batch());
        }
      });
      List<SummedBatches> earliest = new ArrayList<>();
      List<SummedBatches> later = new ArrayList<>();
      Random random = new Random(seed);
      for (int stream = 1; stream < 16; stream++) { // stream 0 was never summed
        int own = stream;
        List<EvidenceBatch> of = batches.stream().filter(b -> b.stream() == own).toList();
        int first = 1 + random.nextInt(of.size() / 2);
        int second = first + random.nextInt(of.size() - first);
        earliest.add(summed(new SummedBatches(stream, 0, 0), of.subList(0, first)));
        SummedBatches before = earliest.getLast();
        later.add(
            summed(
                new SummedBatches(stream, before.number(), before.asOfMs()),
                of.subList(first, second)));
      }
      ItemIndex one = newIndex();
      ItemIndex other = newIndex();

      Workload.play(work.steps, one);
      Workload.play(items, other);
      for (int part = 0; part < EvidencePart.PARTS; part++) {
        List<EvidencePart> same = new ArrayList<>();
        for (int i = 0; i < later.size(); i++) {
          EvidenceSums sums = copy(earliest.get(i).take(part), earliest.get(i).asOfMs());
          sums.addAll(later.get(i).take(part));
          long asOfMs = later.get(i).asOfMs();
          same.add(
              new EvidencePart(i + 1, later.get(i).number(), asOfMs, part, copy(sums, asOfMs)));
        }
        other.begin(same);
      }
      for (EvidenceBatch batch : batches) {
        other.apply(batch); // what it has is left out
      }

      assertSame(one, other, work.endMs);
    }
  }

  private static SummedBatches summed(SummedBatches into, List<EvidenceBatch> batches) {
    batches.forEach(into::add);
    return into;
  }

  /** Through all that is stored of them. */
  private static EvidenceSums copy(EvidenceSums sums, long asOfMs) {
    EvidenceSums copy = new EvidenceSums();
    sums.forEachItem(asOfMs, copy::add);
    sums.forEachPair(copy::add);
    return copy;
  }

  @Test
  void sums_are_refused_by_an_index_that_has_folded_batches_and_take_none_out_of_turn() {
    ItemIndex index = newIndex();
    index.apply(new EvidenceBatch(3, 1, START_MS, List.of(), List.of(), List.of()));

    EvidencePart sums = new EvidencePart(3, 7, START_MS, 0, new EvidenceSums());

    assertEquals(
        "stream 3 is at batch 1, expected none",
        assertThrows(IllegalStateException.class, () -> index.begin(List.of(sums))).getMessage());
    SummedBatches summed = new SummedBatches(3, 7, START_MS);
    assertEquals(
        "stream 3 goes on with batch 9 of stream 3, expected batch 8",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    summed.add(new EvidenceBatch(3, 9, START_MS, List.of(), List.of(), List.of())))
            .getMessage());
  }

  @Test
  void a_checkpoint_that_is_cut_or_none_is_refused() {
    ItemIndex index = newIndex();
    index.put(0, plain("item-0", START_MS, "a"));
    byte[] bytes = checkpoint(index);
    byte[] foreign = bytes.clone();
    foreign[1] ^= 1;
    assertThrows(IllegalArgumentException.class, () -> restore(newIndex(), foreign));
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThrows(IllegalArgumentException.class, () -> restore(newIndex(), longer));
    byte[] cut = Arrays.copyOf(bytes, bytes.length - 1);
    assertThrows(IllegalArgumentException.class, () -> restore(newIndex(), cut));
    assertThrows(IllegalArgumentException.class, () -> restore(newIndex(), new byte[3]));
    assertThrows(IllegalStateException.class, () -> restore(index, bytes));
  }

  @Test
  void a_year_of_silence_drops_nothing_from_any_list() {
    Workload work = new Workload(90, 150, 2_000, START_MS, 50 * DAY_MS, 0);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    long later = work.endMs + 400 * DAY_MS;
    List<List<Integer>> before = new ArrayList<>();
    for (int c = 0; c < 6; c++) {
      before.add(order(index, work.endMs, Source.values()[c]));
    }
    long number = index.batches()[0] + 1;

    index.put(9_999, plain("item-new", later, "a"));
    index.apply(
        new EvidenceBatch(
            0,
            number,
            later,
            List.of(
                new EvidenceBatch.ItemDelta(
                    ItemHash.of("item-new"), later / 300_000, 1, 1, 256, 0)),
            List.of(),
            List.of()));

    for (int c = 0; c < 6; c++) {
      List<Integer> after = order(index, later, Source.values()[c]);
      assertTrue(after.removeIf(ordinal -> ordinal == 9_999));
      // A year apart, days have been merged into blocks of 30: order within a block is by count.
      assertEquals(new HashSet<>(before.get(c)), new HashSet<>(after), "column " + c);
    }
  }

  private static List<Integer> order(ItemIndex index, long nowMs, Source source) {
    RetrievalQuery query =
        with(query(nowMs, NOTHING, RetrievalQuery.Filter.NONE, 1_000, 1_000), EnumSet.of(source));
    return new ArrayList<>(Arrays.stream(index.retrieve(query).ordinals()).boxed().toList());
  }

  @Test
  void old_data_is_counted_as_it_is() {
    for (long start : new long[] {852_076_800_000L, 1_362_000_000_000L}) {
      Workload old = new Workload(100, 100, 800, start, 60 * DAY_MS, 0);
      Recount recount = new Recount(old.steps, old.endMs);
      ItemIndex index = newIndex();
      Workload.play(old.steps, index);

      Candidates found =
          index.retrieve(
              query(old.endMs, history(new Random(3), 50, 5), RetrievalQuery.Filter.NONE, 99, 99));

      assertTrue(found.size() > 50);
      for (int row = 0; row < found.size(); row++) {
        for (int c = 0; c < 6; c++) {
          assertNear(recount.share(found.ordinals()[row], c), found.signals()[c][row]);
        }
      }
    }
  }

  @Test
  void measure_gives_the_signals_of_retrieve_in_the_asked_order() {
    Workload work = new Workload(110, 100, 1_000, START_MS, 10 * DAY_MS, 0);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    RetrievalQuery query =
        query(work.endMs, history(new Random(1), 50, 9), RetrievalQuery.Filter.NONE, 100, 200);
    Candidates found = index.retrieve(query);
    int[] reversed = found.ordinals().clone();
    for (int i = 0; i < reversed.length; i++) {
      reversed[i] = found.ordinals()[reversed.length - 1 - i];
    }

    Candidates measured = index.measure(reversed, query);

    assertArrayEquals(reversed, measured.ordinals());
    for (Signal signal : Signal.values()) {
      for (int i = 0; i < reversed.length; i++) {
        assertEquals(
            found.signals()[signal.ordinal()][reversed.length - 1 - i],
            measured.signals()[signal.ordinal()][i]);
      }
    }
    assertEquals(0, index.measure(new int[] {-1, 0, 5_000_000}, query).size());
  }

  @Test
  void similar_items_were_chosen_after_or_before() {
    Workload work = new Workload(120, 150, 2_000, START_MS, 10 * DAY_MS, 0);
    Recount recount = new Recount(work.steps, work.endMs);
    ItemIndex index = newIndex();
    Workload.play(work.steps, index);
    RetrievalQuery query = query(work.endMs, NOTHING, RetrievalQuery.Filter.NONE, 100, 12);
    int item = Workload.ordinal(2);

    Candidates found = index.similar(item, query);

    ToDoubleFunction<Integer> score =
        i ->
            i == item
                ? 0
                : recount.pair(item, i)[0]
                        / Math.sqrt((20 + recount.link(item)[0]) * (20 + recount.link(i)[2]))
                    + recount.pair(i, item)[0]
                        / Math.sqrt((20 + recount.link(i)[0]) * (20 + recount.link(item)[2]));
    List<Integer> expected = recount.best(query, score);
    assertEquals(12, found.size());
    for (int row = 0; row < 12; row++) {
      assertNear(
          score.applyAsDouble(expected.get(row)), score.applyAsDouble(found.ordinals()[row]));
    }
  }

  @Test
  void
      in_a_generation_similar_items_are_those_of_pairs_and_of_likeness_and_content_does_for_new_ones() {
    ItemIndex index = newIndex();
    for (int n = 0; n < 6; n++) {
      index.put(n, plain("item-" + n, START_MS, "category-" + n));
    }
    int day = (int) (START_MS / DAY_MS);
    List<EvidenceBatch.PairDelta> pairs = new ArrayList<>();
    for (int[] pair : new int[][] {{0, 1, 40}, {2, 0, 30}, {0, 4, 10}}) {
      pairs.add(
          new EvidenceBatch.PairDelta(
              ItemHash.of("item-" + pair[0]),
              ItemHash.of("item-" + pair[1]),
              day,
              pair[2] * 1_024,
              0));
    }
    index.apply(new EvidenceBatch(0, 1, START_MS, List.of(), pairs, List.of()));
    GenerationVectors vectors =
        new GenerationVectors(3, new ScannedVectors(3), new float[] {0, 0, 1});
    float[][] all = {{1, 0, 2}, {0, 1, 2}, {.8f, .6f, 9}, {.9f, .1f, .5f}, {-1, 0, 9}, {-1, 0, 2}};
    for (int n = 0; n < 6; n++) {
      vectors.put(n, all[n]);
    }
    index.adopt(vectors, 0);
    RetrievalQuery asked = query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 100, 5);
    RetrievalQuery query =
        of(
            asked,
            new RetrievalQuery.Taste(3, new float[0], new float[0]),
            RetrievalQuery.Refused.NONE);

    // 2 goes with it and is like it; 1 goes with it most, 3 is like it most; 4 only goes with it.
    assertArrayEquals(new int[] {2, 1, 3, 4}, index.similar(0, query).ordinals());
    // Nobody chose 3 with anything.
    assertEquals(0, index.similar(3, query).ordinals()[0]);
    assertEquals(Source.NEAREST.bit(), index.similar(3, query).sources()[0] & Source.NEAREST.bit());
  }

  @Test
  void an_item_that_nobody_chose_yet_is_similar_to_its_neighbours_and_its_category() {
    ItemIndex index = newIndex();
    Random random = new Random(130);
    for (int n = 0; n < 40; n++) {
      ItemFacts facts = Workload.facts(random, n, START_MS);
      index.put(Workload.ordinal(n), facts);
    }
    int item = -1;
    for (int n = 0; n < 40 && item < 0; n++) {
      ItemFacts facts = index.facts(Workload.ordinal(n));
      item = facts != null && facts.vector().length() > 0 ? Workload.ordinal(n) : -1;
    }

    Candidates found =
        index.similar(item, query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 100, 10));

    assertEquals(10, found.size());
    ItemFacts facts = index.facts(item);
    assertNotNull(facts);
    ItemIndex.Nearest nearest =
        index.nearest(facts.vector().toArray(), 11, RetrievalQuery.Filter.NONE);
    int first = nearest.ordinals()[0] == item ? nearest.ordinals()[1] : nearest.ordinals()[0];
    assertEquals(first, found.ordinals()[0]);
  }

  private static float refused(ItemIndex index, int ordinal, RetrievalQuery.Taste taste) {
    RetrievalQuery asked = query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 100, 100);
    RetrievalQuery query =
        of(asked, taste, new RetrievalQuery.Refused(new int[] {0}, new float[] {1}));
    return index.measure(new int[] {ordinal}, query).signals()[Signal.REFUSED.ordinal()][0];
  }

  @Test
  void what_goes_with_a_refused_item_is_near_to_the_refusal_and_what_goes_with_all_is_not() {
    ItemIndex index = newIndex();
    for (int n = 0; n < 6; n++) {
      index.put(n, plain("item-" + n, START_MS, n < 2 ? "refused" : "other-" + n));
    }
    List<EvidenceBatch.ItemDelta> items = new ArrayList<>();
    List<EvidenceBatch.PairDelta> pairs = new ArrayList<>();
    int day = (int) (START_MS / DAY_MS);
    // 2 follows the refused one as often as 3 does, but 3 is most of all that happens.
    for (int n = 0; n < 6; n++) {
      items.add(
          new EvidenceBatch.ItemDelta(
              ItemHash.of("item-" + n), START_MS / 300_000, 1, 1, n == 3 ? 25_600 : 256, 0));
    }
    for (int successor = 2; successor < 4; successor++) {
      pairs.add(
          new EvidenceBatch.PairDelta(
              ItemHash.of("item-0"), ItemHash.of("item-" + successor), day, 20 * 1_024, 0));
    }
    index.apply(new EvidenceBatch(0, 1, START_MS, items, pairs, List.of()));

    // Before a generation the kind counts, too.
    assertEquals(.5, refused(index, 1, RetrievalQuery.Taste.NONE), 1e-6);
    assertTrue(refused(index, 2, RetrievalQuery.Taste.NONE) > .5);
    assertEquals(0, refused(index, 3, RetrievalQuery.Taste.NONE));
    assertEquals(0, refused(index, 4, RetrievalQuery.Taste.NONE));

    GenerationVectors vectors =
        new GenerationVectors(1, new ScannedVectors(4), new float[] {0, 0, 0, 1});
    float[][] all = {{1, 0, 0, 3}, {0, 1, 0, 3}, {0, 0, 1, 3}, {1, .2f, 0, 9}, {-1, 0, 0, 3}, {}};
    for (int n = 0; n < 5; n++) {
      vectors.put(n, all[n]);
    }
    index.adopt(vectors, 0);
    RetrievalQuery.Taste taste = new RetrievalQuery.Taste(1, new float[0], new float[0]);

    // What all have in common, the last value, tells nothing.
    assertEquals(0, refused(index, 1, taste));
    assertTrue(refused(index, 3, taste) > .9);
    assertEquals(0, refused(index, 4, taste));
    assertEquals(0, refused(index, 5, taste));
  }

  /** Vectors that cannot be compared with several queries at once. */
  private static VectorIndex oneByOne(ScannedVectors all) {
    return (VectorIndex)
        Proxy.newProxyInstance(
            VectorIndex.class.getClassLoader(),
            new Class<?>[] {VectorIndex.class},
            (proxy, method, args) -> method.invoke(all, args));
  }

  @Test
  void vectors_compared_at_once_tell_the_same_as_vectors_asked_one_by_one() {
    Random random = new Random(150);
    List<Candidates> found = new ArrayList<>();
    float[][] all = VectorIndexContract.vectors(151, 300);
    float[] longTerm = VectorIndexContract.query(random);
    float[] recent = VectorIndexContract.query(random);
    for (ScannedVectors scanned : List.of(new ScannedVectors(), new ScannedVectors())) {
      ItemIndex index = newIndex();
      GenerationVectors vectors =
          new GenerationVectors(1, found.isEmpty() ? scanned : oneByOne(scanned));
      for (int n = 0; n < 300; n++) {
        index.put(n, plain("item-" + n, START_MS, "category-" + n % 3));
        if (n % 7 != 0) {
          vectors.put(n, all[n]);
        }
      }
      index.adopt(vectors, 0);
      for (int newest : new int[] {1, 7}) {
        found.add(
            index.retrieve(
                of(
                    query(START_MS, new int[] {newest, 2}, RetrievalQuery.Filter.NONE, 30, 100),
                    new RetrievalQuery.Taste(1, longTerm, recent),
                    RetrievalQuery.Refused.NONE)));
      }
    }

    for (int n = 0; n < 2; n++) {
      Candidates atOnce = found.get(n);
      Candidates oneByOne = found.get(n + 2);
      assertArrayEquals(oneByOne.ordinals(), atOnce.ordinals());
      assertArrayEquals(oneByOne.sources(), atOnce.sources());
      for (Signal signal :
          List.of(Signal.NEAREST, Signal.NEAREST_RECENT, Signal.NEAR_LAST, Signal.NEAR_CONTENT)) {
        assertArrayEquals(
            oneByOne.signals()[signal.ordinal()],
            atOnce.signals()[signal.ordinal()],
            1e-4f,
            signal.name());
      }
    }
    float[] nearLast = found.get(0).signals()[Signal.NEAR_LAST.ordinal()];
    assertTrue(IntStream.range(0, nearLast.length).anyMatch(i -> nearLast[i] > .5f));
  }

  @Test
  void a_generation_stays_while_feeds_use_it_and_others_leave() {
    ItemIndex index = newIndex();
    for (int number = 1; number <= 3; number++) {
      index.adopt(new GenerationVectors(number, new ScannedVectors(4)), 1);
    }

    assertNotNull(index.vectors(1));
    assertNull(index.vectors(2));
    assertNotNull(index.vectors(3));
  }

  @Test
  void a_generation_that_is_not_here_is_named_as_missing() {
    ItemIndex index = newIndex();
    index.put(0, plain("item-0", START_MS, "any"));
    RetrievalQuery asked = query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 100, 100);

    Candidates found =
        index.retrieve(
            of(
                asked,
                new RetrievalQuery.Taste(7, new float[4], new float[4]),
                RetrievalQuery.Refused.NONE));

    assertEquals(List.of("nearest"), found.missing());
    assertEquals(1, found.size());
  }

  @Test
  void nearest_is_the_largest_inner_product() {
    for (int length : new int[] {1, 24, 65}) {
      ItemIndex index = newIndex();
      Random random = new Random(140);
      List<ItemFacts.Vector> vectors = new ArrayList<>();
      for (int n = 0; n < 700; n++) {
        ItemFacts facts = plain("item-" + n, START_MS, "category-" + n % 3);
        vectors.add(Workload.vector(random, length));
        index.put(n, withVector(facts, vectors.get(n)));
      }
      // Moved and removed ones leave stale slots behind.
      for (int n = 0; n < 700; n += 2) {
        vectors.set(n, n % 10 == 0 ? ItemFacts.Vector.NONE : Workload.vector(random, length));
        index.put(n, withVector(plain("item-" + n, START_MS, "category-" + n % 3), vectors.get(n)));
      }
      for (int trial = 0; trial < 20; trial++) {
        float[] query = Workload.vector(random, length).toArray();
        RetrievalQuery.Filter filter =
            trial % 2 == 0 ? RetrievalQuery.Filter.NONE : filterCategory("category-1");

        ItemIndex.Nearest found = index.nearest(query, 50, filter);

        List<Integer> expected = new ArrayList<>();
        for (int n = 0; n < 700; n++) {
          if (vectors.get(n).length() > 0 && (trial % 2 == 0 || n % 3 == 1)) {
            expected.add(n);
          }
        }
        expected.sort((a, b) -> {
          int byScore = Float.compare(dot(vectors.get(b), query), dot(vectors.get(a), query));
          return byScore != 0 ? byScore : Integer.compare(a, b);
        });
        if (nearestIsExact()) {
          for (int i = 0; i < 50; i++) {
            assertEquals(expected.get(i), found.ordinals()[i]);
            assertEquals(dot(vectors.get(expected.get(i)), query), found.scores()[i]);
          }
        }
      }
      assertThrows(
          IllegalArgumentException.class,
          () -> index.nearest(new float[length + 1], 5, RetrievalQuery.Filter.NONE));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              index.put(
                  800,
                  withVector(
                      plain("item-800", START_MS, "a"), Workload.vector(random, length + 1))));
    }
  }

  private static float dot(ItemFacts.Vector vector, float[] query) {
    float sum = 0;
    for (int i = 0; i < query.length; i++) {
      sum = Math.fma(vector.get(i), query[i], sum);
    }
    return sum;
  }

  static RetrievalQuery.Filter filterCategory(String category) {
    return new RetrievalQuery.Filter(
        List.of(category),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Double.NaN,
        Double.NaN,
        -1,
        true,
        -1,
        -1);
  }

  static ItemFacts withVector(ItemFacts facts, ItemFacts.Vector vector) {
    return new ItemFacts(
        facts.itemId(),
        facts.title(),
        facts.categories(),
        facts.tags(),
        facts.creator(),
        facts.createdAtMs(),
        facts.language(),
        facts.price(),
        facts.stock(),
        facts.ageRating(),
        facts.safety(),
        facts.sponsor(),
        facts.durationMs(),
        facts.attributes(),
        facts.variants(),
        vector);
  }

  @Test
  void an_ordinal_belongs_to_one_item_for_ever() {
    ItemIndex index = newIndex();
    index.put(4, plain("item-0", START_MS, "a"));

    IllegalArgumentException other =
        assertThrows(
            IllegalArgumentException.class, () -> index.put(4, plain("item-1", START_MS, "a")));
    assertEquals("ordinal 4 is item item-0, got item-1", other.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> index.put(5, plain("item-0", START_MS, "a")));
    assertThrows(
        IllegalArgumentException.class, () -> index.put(-1, plain("item-2", START_MS, "a")));
    assertEquals(1, index.size());
  }

  static void assertNear(double expected, double actual) {
    assertEquals(expected, actual, Math.abs(expected) * 2e-6 + 1e-30);
  }
}
