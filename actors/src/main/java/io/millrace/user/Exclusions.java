package io.millrace.user;

import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.item.ItemIds;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one surface must not serve to one user now.
 *
 * @param taken ordinals, ascending, each once
 * @param viewed how many of them were viewed or acted on
 */
record Exclusions(int[] taken, int viewed) {

  private static final long DAY_MS = 86_400_000;

  /**
   * Collects them.
   *
   * @param unwritten slates that are reserved in memory alone
   * @param feedSession empty when the feed is not paged
   */
  static Exclusions of(
      UserState state,
      List<Slate> unwritten,
      UserSettings.Repeats repeats,
      String feedSession,
      long nowMs,
      Catalogue catalogue) {
    int[] seen = seen(state.seen(), repeats, (int) Math.floorDiv(nowMs, DAY_MS));
    IntArrayList taken = new IntArrayList();
    taken.addElements(taken.size(), state.hiddenItems());
    taken.addElements(taken.size(), state.statedItems());
    long session = feedSession.isEmpty() ? 0 : ItemIds.hash(feedSession);
    reserved(state, state.slates(), session, nowMs, taken);
    reserved(state, unwritten, session, nowMs, taken);
    for (UserEvent.Entry waiting : state.pending()) {
      ItemCard card = catalogue.card(waiting.interaction().itemId());
      if (card != null) {
        taken.add(card.ordinal());
      }
    }
    for (String blocked : state.blockedItemIds()) {
      ItemCard card = catalogue.card(blocked);
      if (card != null) {
        taken.add(card.ordinal());
      }
    }
    return new Exclusions(union(seen, taken), seen.length);
  }

  /** Ascending. */
  private static int[] seen(Seen seen, UserSettings.Repeats repeats, int today) {
    IntArrayList taken = new IntArrayList();
    seen.each((ordinal, acted, day) -> {
      int age = today - day;
      boolean asViewed = repeats.viewedDays() > 0 && age <= repeats.viewedDays();
      boolean asActed =
          acted
              && (repeats.actedDays() < 0
                  || (repeats.actedDays() > 0 && age <= repeats.actedDays()));
      if (asViewed || asActed) {
        taken.add(ordinal);
      }
    });
    return taken.toIntArray();
  }

  private static void reserved(
      UserState state, List<Slate> slates, long session, long nowMs, IntArrayList taken) {
    for (Slate slate : slates) {
      boolean paged = session != 0 && slate.feedSession() == session;
      boolean live = slate.live(nowMs, state.activeAt(slate.surface()));
      for (int ordinal : slate.ordinals()) {
        if (paged || (live && ordinal >= 0)) {
          taken.add(Slate.ordinal(ordinal));
        }
      }
    }
  }

  /** Ascending, each once. */
  private static int[] union(int[] ascending, IntArrayList others) {
    if (others.isEmpty()) {
      return ascending;
    }
    int[] more = others.toIntArray();
    Arrays.sort(more);
    int[] all = new int[ascending.length + more.length];
    int n = 0;
    int a = 0;
    int b = 0;
    while (a < ascending.length || b < more.length) {
      boolean first = b == more.length || (a < ascending.length && ascending[a] <= more[b]);
      int next = first ? ascending[a++] : more[b++];
      if (n == 0 || all[n - 1] != next) {
        all[n++] = next;
      }
    }
    return n == all.length ? all : Arrays.copyOf(all, n);
  }

  boolean has(int ordinal) {
    return Arrays.binarySearch(taken, ordinal) >= 0;
  }
}
