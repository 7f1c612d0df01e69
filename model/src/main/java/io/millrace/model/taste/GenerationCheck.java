package io.millrace.model.taste;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a generation may be adopted: it must know this data's tastes, and be no worse
 * than the present one on what happened last. Stateless.
 *
 * <p>On the latest slice, before each positive, the user's vector is folded from what came before
 * it, and the item's place among all items known then and not touched by the user is looked up
 * (items newer than a generation stand at their content's prior). From that:
 *
 * <ul>
 *   <li><b>recall</b>: share of positives among the best 300 (fewer in a small catalogue, see
 *       {@link #depth}), overall and for items that were under three days old;
 *   <li><b>lift</b>: share of positives that stand higher for their own user than for the user of
 *       the test before; .5 when vectors hold popularity and no taste, as from shuffled data;
 *   <li><b>norm</b>: median length of item vectors; <b>coverage</b>: items with a vector.
 * </ul>
 */
public final class GenerationCheck {

  private static final long COLD_MS = 3L * 86_400_000;
  private static final int DEPTH = 300;
  private static final int FACTS = 128;

  /** Fewer tests say nothing about a difference: standard error above .05. */
  private static final int LEAST_TESTS = 100;

  private static final int MOST_TESTS = 2_000;
  private static final int LEAST_COLD = 50;

  /** Products that one measure may cost: about a second. */
  private static final long BUDGET = 4_000_000_000L;

  /** Differences are judged at this many standard errors: one in forty by chance. */
  private static final double ERRORS = 2;

  /**
   * Measured on MovieTweetings: .627 as it is, .553 with its users dealt out anew, because
   * popularity and age already tell users apart a little.
   */
  private static final double LEAST_LIFT = 0.58;

  /**
   * Enough, whatever a placebo reaches: where categories alone tell users apart, its items stand at
   * their content too, and nothing can be above it by more than chance. Chosen.
   */
  private static final double ENOUGH_LIFT = 0.9;

  private static final double MOST_NORM_CHANGE = 2;
  private static final double LEAST_COVERAGE = 0.98;

  /** Items whose sums stay in the nearest cache while all dimensions are added. */
  private static final int TILE = 1_024;

  private GenerationCheck() {}

  /**
   * What a generation shows on a slice.
   *
   * @param tests positives that were looked up
   * @param recall 0 to 1; NaN without tests
   * @param coldTests of them on items under three days
   * @param coldRecall 0 to 1; NaN without such tests
   * @param lift 0 to 1, .5 = no taste; NaN without two tests of different users
   * @param medianNorm of its item vectors
   * @param items that it has a vector of
   */
  public record Measures(
      int tests,
      double recall,
      int coldTests,
      double coldRecall,
      double lift,
      double medianNorm,
      int items) {

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "tests=%d recall@300=%.4f cold_tests=%d cold_recall=%.4f lift=%.4f norm=%.3f items=%d",
          tests,
          recall,
          coldTests,
          coldRecall,
          lift,
          medianNorm,
          items);
    }
  }

  /**
   * The decision.
   *
   * @param reason what was found, in words, either way
   * @param present null when there is none
   */
  public record Verdict(
      boolean promoted, String reason, Measures candidate, @Nullable Measures present) {}

  private record Outcome(Measures measures, boolean[] hits, boolean[] cold) {}

  /** How far down counts as found: 300, but no more than a tenth of the items. */
  static int depth(int items) {
    return Math.max(1, Math.min(DEPTH, items / 10));
  }

  /**
   * Compares.
   *
   * @param present what is in use; null when nothing is
   * @param sliceFrom first interaction of the slice; the candidate was trained on those before it
   */
  public static Verdict check(
      Generation candidate,
      @Nullable Generation present,
      Interactions data,
      int sliceFrom,
      Contents contents,
      Crew crew) {
    int[] tests = tests(data, sliceFrom);
    Outcome mine = measure(candidate, data, tests, contents, crew);
    Outcome theirs = present == null ? null : measure(present, data, tests, contents, crew);
    List<String> faults = new ArrayList<>();
    soundness(mine.measures(), faults);
    if (theirs == null) {
      taste(mine.measures(), least(mine.measures()), faults);
    } else {
      compare(mine, theirs, faults);
    }
    Measures presentMeasures = theirs == null ? null : theirs.measures();
    String found = mine.measures() + (presentMeasures == null ? "" : " against " + presentMeasures);
    return faults.isEmpty()
        ? new Verdict(true, "no worse: " + found, mine.measures(), presentMeasures)
        : new Verdict(
            false, String.join("; ", faults) + ": " + found, mine.measures(), presentMeasures);
  }

  /**
   * Judges a first generation by what the same training makes of dealt out users: its lift must be
   * above the placebo's by more than chance, or {@value #ENOUGH_LIFT}. Stricter and fairer than the
   * fixed bound of {@link #check} without a present one.
   *
   * @param placebo {@link GenerationTrainer#placebo} on the same interactions
   */
  public static Verdict checkFirst(
      Generation candidate,
      Generation placebo,
      Interactions data,
      int sliceFrom,
      Contents contents,
      Crew crew) {
    int[] tests = tests(data, sliceFrom);
    Measures mine = measure(candidate, data, tests, contents, crew).measures();
    Measures theirs = measure(placebo, data, tests, contents, crew).measures();
    List<String> faults = new ArrayList<>();
    soundness(mine, faults);
    double error = Math.sqrt(2 * 0.25 / Math.max(1, mine.tests()));
    taste(mine, Math.min(theirs.lift() + ERRORS * error, ENOUGH_LIFT), faults);
    String found =
        mine + " against a placebo's lift=" + String.format(Locale.ROOT, "%.4f", theirs.lift());
    return faults.isEmpty()
        ? new Verdict(true, "it holds taste: " + found, mine, null)
        : new Verdict(false, String.join("; ", faults) + ": " + found, mine, null);
  }

  private static void soundness(Measures mine, List<String> faults) {
    if (!(mine.medianNorm() > 0) || !Double.isFinite(mine.medianNorm())) {
      faults.add("its vectors have median length " + mine.medianNorm());
    }
    if (mine.tests() < LEAST_TESTS) {
      faults.add("the slice has " + mine.tests() + " tests, expected at least " + LEAST_TESTS);
    }
  }

  private static double least(Measures mine) {
    return Math.max(LEAST_LIFT, 0.5 + 3 * 0.5 / Math.sqrt(Math.max(1, mine.tests())));
  }

  private static void taste(Measures mine, double least, List<String> faults) {
    if (mine.tests() >= LEAST_TESTS && !(mine.lift() >= least)) {
      faults.add(
          String.format(
              Locale.ROOT,
              "it holds no taste: lift %.4f, expected at least %.4f",
              mine.lift(),
              least));
    }
  }

  private static void compare(Outcome mine, Outcome theirs, List<String> faults) {
    worse("recall@300", mine, theirs, false, faults);
    if (mine.measures().coldTests() >= LEAST_COLD) {
      worse("recall@300 of items under three days", mine, theirs, true, faults);
    }
    double change = mine.measures().medianNorm() / theirs.measures().medianNorm();
    if (!(change <= MOST_NORM_CHANGE) || !(change >= 1 / MOST_NORM_CHANGE)) {
      faults.add(
          String.format(
              Locale.ROOT,
              "its vectors are %.2f times as long, expected %.1f to %.1f",
              change,
              1 / MOST_NORM_CHANGE,
              MOST_NORM_CHANGE));
    }
    if (mine.measures().items() < LEAST_COVERAGE * theirs.measures().items()) {
      faults.add(
          "it covers "
              + mine.measures().items()
              + " items, the present one "
              + theirs.measures().items());
    }
  }

  /** Paired: only tests that one of them finds and the other does not carry the error. */
  private static void worse(
      String what, Outcome mine, Outcome theirs, boolean coldOnly, List<String> faults) {
    int won = 0;
    int lost = 0;
    int tests = 0;
    for (int i = 0; i < mine.hits().length; i++) {
      if (!coldOnly || mine.cold()[i]) {
        tests++;
        won += mine.hits()[i] && !theirs.hits()[i] ? 1 : 0;
        lost += !mine.hits()[i] && theirs.hits()[i] ? 1 : 0;
      }
    }
    if (lost - won > ERRORS * Math.sqrt(won + lost)) {
      faults.add(
          String.format(
              Locale.ROOT,
              "%s is worse by %.4f, expected at most %.4f by chance",
              what,
              (double) (lost - won) / tests,
              ERRORS * Math.sqrt(won + lost) / tests));
    }
  }

  /** Evenly spread over the slice's positives. */
  private static int[] tests(Interactions data, int sliceFrom) {
    int[] positives = new int[Math.max(0, data.size() - sliceFrom)];
    boolean[] known = new boolean[data.items()];
    for (int n = 0; n < sliceFrom; n++) {
      known[data.item(n)] = true;
    }
    int count = 0;
    for (int n = sliceFrom; n < data.size(); n++) {
      if (data.target(n) > 0.5f && known[data.item(n)]) {
        positives[count++] = n;
      }
      known[data.item(n)] = true;
    }
    long affordable = BUDGET / (2L * 64 * Math.max(1, data.items()));
    int kept = Math.min(count, Math.clamp(affordable, LEAST_TESTS * 2, MOST_TESTS));
    int[] tests = new int[kept];
    for (int i = 0; i < kept; i++) {
      tests[i] = positives[(int) ((long) i * count / kept)];
    }
    return tests;
  }

  private static Outcome measure(
      Generation generation, Interactions data, int[] tests, Contents contents, Crew crew) {
    int d = generation.dimensions();
    float[] vectors = new float[data.items() * d];
    int[] rows = new int[data.items()];
    List<Double> norms = new ArrayList<>();
    int[] firstSeen = new int[data.items()];
    Arrays.fill(firstSeen, Integer.MAX_VALUE);
    for (int n = data.size() - 1; n >= 0; n--) {
      firstSeen[data.item(n)] = n;
    }
    for (int item = 0; item < data.items(); item++) {
      long hash = data.itemHash(item);
      rows[item] = generation.row(hash);
      if (rows[item] >= 0) {
        generation.vector(rows[item], vectors, item * d);
        norms.add(norm(vectors, item * d, d));
      } else {
        SparseFeatures content = contents.content(hash);
        SparseFeatures client = contents.client(hash);
        if (content != null || client != null) {
          SparseFeatures row =
              content == null ? SparseFeatures.of(new int[0], new float[0]) : content;
          generation.prior(row, client, vectors, item * d);
        }
      }
    }
    Interactions.Lists byUser = data.byUser(data.size());
    float[] users = new float[tests.length * d];
    crew.split(
        0,
        tests.length,
        (from, to) -> {
          FoldIn fold = new FoldIn(generation.settings());
          for (int i = from; i < to; i++) {
            fold(generation, data, byUser, tests[i], vectors, fold, users, i * d);
          }
        });
    int[] above = new int[tests.length];
    int[] aboveForOther = new int[tests.length];
    float[] byDimension = byDimension(vectors, d);
    crew.split(
        0,
        tests.length,
        (from, to) -> {
          float[] products = new float[data.items()];
          for (int i = from; i < to; i++) {
            boolean[] touched = touched(data, byUser, tests[i]);
            above[i] =
                above(users, i * d, byDimension, d, firstSeen, tests[i], data, touched, products);
            if (i > 0 && data.user(tests[i - 1]) != data.user(tests[i])) {
              aboveForOther[i] =
                  above(
                      users,
                      (i - 1) * d,
                      byDimension,
                      d,
                      firstSeen,
                      tests[i],
                      data,
                      touched,
                      products);
            }
          }
        });
    boolean[] hits = new boolean[tests.length];
    boolean[] cold = new boolean[tests.length];
    int found = 0;
    int coldTests = 0;
    int coldFound = 0;
    double higher = 0;
    int compared = 0;
    for (int i = 0; i < tests.length; i++) {
      int test = tests[i];
      hits[i] = above[i] < depth(data.items());
      cold[i] = data.atMs(test) - data.atMs(firstSeen[data.item(test)]) < COLD_MS;
      found += hits[i] ? 1 : 0;
      coldTests += cold[i] ? 1 : 0;
      coldFound += cold[i] && hits[i] ? 1 : 0;
      if (i > 0 && data.user(tests[i - 1]) != data.user(test)) {
        higher += above[i] < aboveForOther[i] ? 1 : above[i] == aboveForOther[i] ? 0.5 : 0;
        compared++;
      }
    }
    norms.sort(null);
    Measures measures =
        new Measures(
            tests.length,
            tests.length == 0 ? Double.NaN : (double) found / tests.length,
            coldTests,
            coldTests == 0 ? Double.NaN : (double) coldFound / coldTests,
            compared == 0 ? Double.NaN : higher / compared,
            norms.isEmpty() ? 0 : norms.get(norms.size() / 2),
            generation.items());
    return new Outcome(measures, hits, cold);
  }

  private static void fold(
      Generation generation,
      Interactions data,
      Interactions.Lists byUser,
      int test,
      float[] vectors,
      FoldIn fold,
      float[] out,
      int at) {
    int user = data.user(test);
    int count = before(byUser, user, test);
    generation.beginUser(fold, new float[0]);
    for (int k = Math.max(0, count - FACTS); k < count; k++) {
      int n = byUser.at(user, k);
      fold.add(vectors, data.item(n) * generation.dimensions(), data.weight(n), data.target(n));
    }
    fold.solve(out, at);
  }

  /** How many interactions a user had before a test. */
  private static int before(Interactions.Lists byUser, int user, int test) {
    int count = 0;
    while (count < byUser.size(user) && byUser.at(user, count) < test) {
      count++;
    }
    return count;
  }

  private static boolean[] touched(Interactions data, Interactions.Lists byUser, int test) {
    boolean[] touched = new boolean[data.items()];
    int user = data.user(test);
    int count = before(byUser, user, test);
    for (int k = 0; k < count; k++) {
      touched[data.item(byUser.at(user, k))] = true;
    }
    return touched;
  }

  /** The first value of all vectors, then the second of all, and so on. */
  private static float[] byDimension(float[] vectors, int d) {
    int items = vectors.length / d;
    float[] turned = new float[vectors.length];
    for (int item = 0; item < items; item++) {
      for (int k = 0; k < d; k++) {
        turned[k * items + item] = vectors[item * d + k];
      }
    }
    return turned;
  }

  /** How many eligible items stand above a test's. */
  private static int above(
      float[] users,
      int at,
      float[] byDimension,
      int d,
      int[] firstSeen,
      int test,
      Interactions data,
      boolean[] touched,
      float[] products) {
    int items = products.length;
    for (int from = 0; from < items; from += TILE) {
      int to = Math.min(items, from + TILE);
      Arrays.fill(products, from, to, 0);
      for (int k = 0; k < d; k++) {
        float factor = users[at + k];
        int column = k * items;
        for (int i = from; i < to; i++) {
          products[i] += factor * byDimension[column + i];
        }
      }
    }
    float mine = products[data.item(test)];
    int above = 0;
    for (int i = 0; i < items; i++) {
      if (firstSeen[i] < test && !touched[i] && products[i] > mine) {
        above++;
      }
    }
    return above;
  }

  private static double norm(float[] vectors, int at, int d) {
    double squares = 0;
    for (int i = 0; i < d; i++) {
      squares += (double) vectors[at + i] * vectors[at + i];
    }
    return Math.sqrt(squares);
  }
}
