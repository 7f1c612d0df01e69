package io.millrace.user;

import io.millrace.user.Profile.Taste;
import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Derives what a request needs to know from a user's state. Used by one thread, once.
 *
 * <p>Formula of a taste: sum over items of strength * 2^-((newest - time) / half-life), each item
 * with what speaks for it now; divided by the sum of magnitudes over all categories. Measured from
 * the user's newest interaction, so a year of silence changes nothing.
 */
final class ProfileReading {

  private static final int MOST_HISTORY = 128;
  private static final int MOST_REFUSED = 32;
  private static final int MOST_TASTES = 64;
  private static final double DAY_MS = 86_400_000d;
  private static final double MONTH_MS = 30 * DAY_MS;
  private static final double LN_2 = Math.log(2);

  private final UserState state;
  private final Acts recent;
  private final Acts strong;

  /** Row of {@code recent} that speaks for an item; absent when only {@code strong} knows it. */
  private final Int2IntOpenHashMap winners = new Int2IntOpenHashMap();

  ProfileReading(UserState state) {
    this.state = state;
    this.recent = state.recent();
    this.strong = state.strong();
    winners.defaultReturnValue(-1);
    for (int row = 0; row < recent.size(); row++) {
      int known = winners.get(recent.ordinal(row));
      if (known < 0 || recent.outranked(known, recent.bits(row), recent.key(row))) {
        winners.put(recent.ordinal(row), row);
      }
    }
    for (int row = 0; row < strong.size(); row++) {
      int known = winners.get(strong.ordinal(row));
      if (known >= 0 && !strong.outranked(row, recent.bits(known), recent.key(known))) {
        winners.remove(strong.ordinal(row));
      }
    }
  }

  Profile profile(String userId, Exclusions exclusions) {
    int[] history = new int[MOST_HISTORY];
    long[] times = new long[MOST_HISTORY];
    boolean[] liked = new boolean[MOST_HISTORY];
    IntOpenHashSet told = new IntOpenHashSet();
    int n = 0;
    for (int row = recent.size() - 1; row >= 0 && n < MOST_HISTORY; row--) {
      int ordinal = recent.ordinal(row);
      if (recent.is(row, Meaning.TOUCH) && stands(ordinal) && told.add(ordinal)) {
        history[n] = ordinal;
        times[n] = recent.at(row);
        liked[n++] = likes(ordinal);
      }
    }
    for (int row = strong.size() - 1; row >= 0 && n < MOST_HISTORY; row--) {
      int ordinal = strong.ordinal(row);
      if (stands(ordinal) && told.add(ordinal)) {
        history[n] = ordinal;
        times[n] = strong.at(row);
        liked[n++] = likes(ordinal);
      }
    }
    return new Profile(
        userId,
        state.userSeq(),
        Arrays.copyOf(history, n),
        Arrays.copyOf(times, n),
        Arrays.copyOf(liked, n),
        state.positives(),
        state.lastPositiveAtMs(),
        exclusions.taken(),
        exclusions.viewed(),
        state.blockedCreators(),
        state.blockedCategories(),
        state.followed(),
        state.likedCategories(),
        state.maxAgeRating(),
        tastes(),
        state.touches(),
        state.lastTouchAtMs(),
        leanings());
  }

  /** What speaks for each of the newest items; those that nothing speaks of are left out. */
  private Leanings leanings() {
    int[] rows = new int[MOST_HISTORY + MOST_REFUSED];
    int n = 0;
    int taken = 0;
    for (int row = recent.size() - 1; row >= 0; row--) {
      if (winners.get(recent.ordinal(row)) == row && speaks(recent, row)) {
        boolean against = against(recent, row);
        if (against ? n - taken < MOST_REFUSED : taken < MOST_HISTORY) {
          rows[n++] = row;
          taken += against ? 0 : 1;
        }
      }
    }
    int ofRecent = n;
    // Only positives are among the strong.
    for (int row = strong.size() - 1; row >= 0 && taken < MOST_HISTORY; row--) {
      if (winners.get(strong.ordinal(row)) < 0) {
        rows[n++] = row;
        taken++;
      }
    }
    int[] ordinals = new int[n];
    long[] times = new long[n];
    byte[] strengths = new byte[n];
    boolean[] positive = new boolean[n];
    boolean[] against = new boolean[n];
    for (int i = 0; i < n; i++) {
      Acts acts = i < ofRecent ? recent : strong;
      ordinals[i] = acts.ordinal(rows[i]);
      times[i] = acts.at(rows[i]);
      strengths[i] = acts.strength(rows[i]);
      positive[i] = acts.is(rows[i], Meaning.POSITIVE);
      against[i] = against(acts, rows[i]);
    }
    return new Leanings(ordinals, times, strengths, positive, against);
  }

  private static boolean speaks(Acts acts, int row) {
    return acts.strength(row) != 0 || acts.is(row, Meaning.TOUCH);
  }

  private static boolean against(Acts acts, int row) {
    return acts.strength(row) < 0 && !acts.is(row, Meaning.TOUCH);
  }

  private boolean stands(int ordinal) {
    int winner = winners.get(ordinal);
    return winner < 0 || recent.is(winner, Meaning.TOUCH);
  }

  private boolean likes(int ordinal) {
    int winner = winners.get(ordinal);
    return winner < 0 || recent.is(winner, Meaning.POSITIVE);
  }

  private List<Taste> tastes() {
    double[][] sums = new double[state.names().size() + 1][];
    long newest = newestMs();
    for (int row : winners.values()) {
      add(recent, row, 1, newest, sums);
    }
    for (int row = 0; row < strong.size(); row++) {
      if (winners.get(strong.ordinal(row)) >= 0) {
        add(strong, row, -1, newest, sums);
      }
    }
    Sums old = state.sums();
    for (int i = 0; i < old.keys().length; i++) {
      if (Sums.dimension(old.keys()[i]) == Sums.CATEGORY) {
        long middle = Sums.middleMs(old.keys()[i]);
        boolean total = middle == Long.MIN_VALUE;
        double value = (double) old.values()[i];
        add(
            Sums.name(old.keys()[i]),
            value,
            total ? 0 : value * half((middle - newest) / DAY_MS),
            total ? 0 : value * half((middle - newest) / MONTH_MS),
            sums);
      }
    }
    double[] total = new double[3];
    for (double[] sum : sums) {
      for (int i = 0; sum != null && i < 3; i++) {
        total[i] += Math.abs(sum[i]);
      }
    }
    List<Taste> tastes = new ArrayList<>();
    for (int name = 1; name < sums.length; name++) {
      double[] sum = sums[name];
      if (sum != null && (sum[0] != 0 || sum[1] != 0 || sum[2] != 0)) {
        tastes.add(
            new Taste(
                state.names().get(name - 1),
                share(sum[0], total[0]),
                share(sum[1], total[1]),
                share(sum[2], total[2])));
      }
    }
    tastes.sort(
        Comparator.comparingDouble((Taste taste) -> -taste.month()).thenComparing(Taste::category));
    return List.copyOf(tastes.subList(0, Math.min(MOST_TASTES, tastes.size())));
  }

  private static double share(double value, double total) {
    return total == 0 ? 0 : value / total;
  }

  private long newestMs() {
    long newest = recent.size() == 0 ? Long.MIN_VALUE : recent.at(recent.size() - 1);
    for (long key : state.sums().keys()) {
      newest = Math.max(newest, Sums.middleMs(key));
    }
    return newest;
  }

  private static void add(Acts acts, int row, int sign, long newest, double[][] sums) {
    int strength = sign * acts.strength(row);
    long packed = acts.names(row);
    if (strength == 0 || packed << 16 == 0) {
      return;
    }
    double day = strength * half((acts.at(row) - newest) / DAY_MS);
    double month = strength * half((acts.at(row) - newest) / MONTH_MS);
    for (int i = 0; i < 3; i++) {
      int name = (int) (packed >>> (16 * i)) & 0xffff;
      if (name != 0) {
        add(name, strength, day, month, sums);
      }
    }
  }

  private static void add(int name, double value, double day, double month, double[][] sums) {
    double[] sum = sums[name];
    if (sum == null) {
      sum = new double[3];
      sums[name] = sum;
    }
    sum[0] += day;
    sum[1] += month;
    sum[2] += value;
  }

  /** 2^x; shown, never stored: the fast one will do. */
  private static double half(double x) {
    return Math.exp(x * LN_2);
  }
}
