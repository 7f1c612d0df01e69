package io.millrace.model.taste;

import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** An invented public of five tastes: nine of ten choices are of the user's own. */
final class Tastes {

  static final int TASTES = 5;
  static final int ITEMS = 600;
  static final int USERS = 400;
  private static final long MINUTE = 60_000;

  private Tastes() {}

  static int tasteOf(long itemHash) {
    return (int) (itemHash % TASTES);
  }

  /**
   * In order of time, a minute apart.
   *
   * @param shuffled whether choices are dealt out to users at random
   */
  static Interactions interactions(int count, long seed, boolean shuffled) {
    Random random = new Random(seed);
    Interactions data = new Interactions();
    for (int n = 0; n < count; n++) {
      int user = random.nextInt(USERS);
      int taste = random.nextInt(10) == 0 ? random.nextInt(TASTES) : user % TASTES;
      // Popularity falls with the number; new items come in as time goes.
      int known = ITEMS / 2 + (int) ((long) ITEMS / 2 * n / count);
      int place = (int) (Math.floorDiv(known, TASTES) * Math.pow(random.nextDouble(), 2));
      int item = place * TASTES + taste;
      int dealt = shuffled ? random.nextInt(USERS) : user;
      data.add(1_000 + dealt, item, 1, 1, n * MINUTE);
    }
    return data;
  }

  /** The first of two, then the second: the same times, users and items. */
  static Interactions joined(Interactions first, int from, Interactions second) {
    Interactions data = new Interactions();
    for (int n = 0; n < from; n++) {
      copy(first, n, data);
    }
    for (int n = from; n < second.size(); n++) {
      copy(second, n, data);
    }
    return data;
  }

  private static void copy(Interactions from, int n, Interactions to) {
    to.add(
        from.userHash(from.user(n)),
        from.itemHash(from.item(n)),
        from.weight(n),
        from.target(n),
        from.atMs(n));
  }

  /** The name of the taste and a word of the item's own. */
  static final Contents CONTENTS =
      new Contents() {
        private final ContentEncoder encoder = new ContentEncoder(512);

        @Override
        public @Nullable SparseFeatures content(long itemHash) {
          return encoder.encode(
              new Content(
                  "thing " + itemHash, List.of(), List.of("taste" + tasteOf(itemHash)), ""));
        }
      };

  static GenerationTrainer trainer(Pace pace) {
    return new GenerationTrainer(
        new TasteSettings(16, 0.1f, 1, 0.5f), CONTENTS, 512, pace, Crew.ALONE);
  }
}
