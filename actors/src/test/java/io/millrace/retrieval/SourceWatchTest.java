package io.millrace.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SourceWatchTest {
  private final SourceWatch watch = new SourceWatch();
  private final Random random = new Random(1);
  private final List<SourceWatch.Change> changes = new ArrayList<>();

  /** Choices of which one source brings a share, and another always the same. */
  private void choose(int times, double nearest, double popular) {
    for (int i = 0; i < times; i++) {
      int mask =
          (random.nextDouble() < nearest ? Source.NEAREST.bit() : 0)
              | (random.nextDouble() < popular ? Source.POPULAR_1D.bit() : 0);
      changes.addAll(watch.chosen(mask));
    }
  }

  @Test
  void each_source_has_the_share_of_the_choices_that_it_brought() {
    choose(20_000, .4, .7);

    assertEquals(.4, watch.recall(Source.NEAREST), .08);
    assertEquals(.7, watch.usualRecall(Source.POPULAR_1D), .02);
    assertEquals(0, watch.recall(Source.FOLLOWED));
    assertTrue(changes.isEmpty(), changes.toString());
  }

  @Test
  void one_that_collapses_is_told_once_and_once_more_when_it_is_well_again() {
    choose(20_000, .4, .7);
    choose(2_000, .1, .7);

    assertEquals(1, changes.size(), changes.toString());
    assertEquals(Source.NEAREST, changes.getFirst().source());
    assertTrue(changes.getFirst().drifted());
    assertTrue(watch.drifted(Source.NEAREST));
    assertFalse(watch.drifted(Source.POPULAR_1D));

    choose(3_000, .4, .7);

    assertEquals(2, changes.size(), changes.toString());
    assertFalse(changes.getLast().drifted());
    assertFalse(watch.drifted(Source.NEAREST));
  }

  @Test
  void nothing_is_said_of_few_choices_or_of_a_source_that_seldom_brought_any() {
    choose(400, .9, .01);
    choose(SourceWatch.WARM_UP - 500, 0, .01);
    assertTrue(changes.isEmpty(), changes.toString());

    choose(40_000, 0, .01);
    choose(5_000, 0, 0);
    assertTrue(
        changes.stream().noneMatch(change -> change.source() == Source.POPULAR_1D),
        changes.toString());
  }
}
