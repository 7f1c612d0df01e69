package io.millrace.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.EvidenceBatch;
import io.millrace.index.EvidenceBatch.ItemDelta;
import io.millrace.index.EvidenceBatch.PairDelta;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EvidenceFoldTest {
  private static final long NOON = 19_675L * 86_400_000 + 43_200_000;
  private static final int DAY = 19_675;
  private static final long BUCKET = NOON / 300_000;

  private static Observed did(long item, long atMs, boolean touch, int kinds, long... history) {
    int[] predecessors = new int[history.length / 2];
    long[] times = new long[history.length / 2];
    for (int i = 0; i < predecessors.length; i++) {
      predecessors[i] = (int) history[2 * i];
      times[i] = history[2 * i + 1];
    }
    return new Observed(
        item,
        atMs,
        touch,
        touch,
        kinds,
        new Observed.Context(
            predecessors, times, predecessors.length, Long.MIN_VALUE, 0, Long.MIN_VALUE));
  }

  private static EvidenceFold fold(double choiceShare) {
    return new EvidenceFold(
        Long.MIN_VALUE,
        ordinal -> ordinal == 99 ? 0 : 1_000L + ordinal,
        new ChoiceSample(choiceShare, 3));
  }

  @Test
  void counts_of_one_item_and_bucket_are_summed() {
    EvidenceFold fold = fold(0);

    fold.add(did(5, NOON, false, Observed.IMPRESSION));
    fold.add(did(5, NOON + 299_999, true, Observed.VIEW));
    fold.add(did(5, NOON + 300_000, false, Observed.NEGATIVE));
    fold.add(did(6, NOON, true, 0));

    EvidenceBatch batch = fold.batch(2, 8);
    assertEquals(
        List.of(
            new ItemDelta(5, BUCKET, 1, 1, 256, 0),
            new ItemDelta(5, BUCKET + 1, 0, 0, 0, 1),
            new ItemDelta(6, BUCKET, 0, 0, 256, 0)),
        batch.items());
    assertEquals(NOON + 300_000, batch.asOfMs());
    assertEquals(8, batch.number());
  }

  @Test
  void a_touch_pairs_with_what_came_before_it_and_half_as_much_back() {
    EvidenceFold fold = fold(0);

    fold.add(did(5, NOON, true, 0, 1, NOON - 600_000, 2, NOON - 600_001));

    assertEquals(
        List.of(
            new PairDelta(1_001, 5, DAY, 819, 819),
            new PairDelta(5, 1_001, DAY, 410, 410),
            new PairDelta(1_002, 5, DAY, 655, 0),
            new PairDelta(5, 1_002, DAY, 328, 0)),
        fold.batch(0, 1).pairs());
  }

  @Test
  void only_the_newest_ten_count_and_the_weights_are_powers_of_eight_tenths() {
    long[] history = new long[40];
    for (int i = 0; i < 20; i++) {
      history[2 * i] = i;
      history[2 * i + 1] = NOON - 1_000_000;
    }
    EvidenceFold fold = fold(0);

    fold.add(did(5, NOON, true, 0, history));

    List<PairDelta> forward =
        fold.batch(0, 1).pairs().stream().filter(pair -> pair.itemHash() == 5).toList();
    assertEquals(10, forward.size());
    IntStream.rangeClosed(1, 10)
        .forEach(
            k -> assertEquals(Math.round(1024 * Math.pow(.8, k)), forward.get(k - 1).weight()));
  }

  @Test
  void what_is_no_touch_unknown_or_the_item_itself_makes_no_pair() {
    EvidenceFold fold = fold(0);

    fold.add(did(5, NOON, false, Observed.VIEW, 1, NOON - 1));
    fold.add(did(5, NOON, true, 0, 99, NOON - 1));
    fold.add(did(1_001, NOON, true, 0, 1, NOON - 1));

    assertTrue(fold.batch(0, 1).pairs().isEmpty());
  }

  @Test
  void the_same_choices_are_drawn_again_within_their_share_and_bound() {
    EvidenceFold all = fold(1);
    EvidenceFold none = fold(0);
    for (int i = 0; i < 10; i++) {
      all.add(did(i, NOON, true, 0));
      none.add(did(i, NOON, true, 0));
    }
    assertEquals(3, all.batch(0, 1).choices().size());
    assertTrue(none.batch(0, 1).choices().isEmpty());

    ChoiceSample tenth = new ChoiceSample(.1, Integer.MAX_VALUE);
    long drawn =
        IntStream.range(0, 10_000)
            .filter(i -> tenth.takes(did(i * 31L, NOON + i, true, 0), 0))
            .count();
    assertTrue(drawn > 850 && drawn < 1_150, () -> "drawn " + drawn);
    assertEquals(tenth.takes(did(77, NOON, true, 0), 0), tenth.takes(did(77, NOON, true, 0), 0));
  }
}
