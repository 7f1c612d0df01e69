package io.millrace.index;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** P7: copies that were fed in different order, or restored on the way, are equal bit for bit. */
class ExactItemIndexOrderTest {

  private static final long DAY_MS = 86_400_000L;

  @Property(tries = 40)
  void copies_fed_in_any_order_and_restored_at_any_point_are_equal(
      @ForAll @IntRange(max = 1_000_000) int seed,
      @ForAll @IntRange(min = 1, max = 900) int days,
      @ForAll @IntRange(max = 100) int restoreAt) {
    Workload work = new Workload(seed, 60, 400, 1_300_000_000_000L, days * DAY_MS, .3);
    List<Workload.Step> shuffled = work.shuffled(seed + 1L);
    int cut = shuffled.size() * restoreAt / 100;
    ItemIndex one = new ExactItemIndex();
    ItemIndex other = new ExactItemIndex();

    Workload.play(work.steps, one);
    Workload.play(shuffled.subList(0, cut), other);
    ItemIndex restored = new ExactItemIndex();
    ItemIndexContract.restore(restored, ItemIndexContract.checkpoint(other));
    Workload.play(shuffled.subList(cut, shuffled.size()), restored);

    ItemIndexContract.assertSame(one, restored, work.endMs);
  }

  @Property(tries = 30)
  void weighing_as_time_passes_is_the_same_as_weighing_at_the_end(
      @ForAll @IntRange(max = 1_000_000) int seed) {
    // A restored index weighs everything once; the other did so at every touch and fold.
    Workload work = new Workload(seed, 40, 600, 1_300_000_000_000L, 3 * DAY_MS, 0);
    ItemIndex lived = new ExactItemIndex();
    Workload.play(work.steps, lived);
    ItemIndex restored = new ExactItemIndex();

    ItemIndexContract.restore(restored, ItemIndexContract.checkpoint(lived));

    ItemIndexContract.assertSame(lived, restored, work.endMs);
  }
}
