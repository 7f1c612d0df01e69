package io.millrace.index;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2ObjectAVLTreeMap;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lists that retrieval starts from: the most popular servable items at each half-life and ever,
 * the most popular arrivals, and for each category and creator their own. Each is a function of
 * rows, columns and watermark. Writer thread only; readers get {@link View}.
 */
final class ItemLists {

  static final int POPULAR = 1_024;
  static final int ARRIVALS = 1_024;
  static final int CATEGORY = 128;
  static final int CREATOR = 64;

  /** Half-life whose columns order arrivals and what a category trends by: 1 day. */
  static final int SHORT = 0;

  /** Half-life whose columns order what is popular in a category: 14 days. */
  static final int LONG = 3;

  static final long ARRIVAL_MS = 14 * 86_400_000L;

  /** A day longer than an arrival lasts, as the reader's clock may stand behind the watermark. */
  private static final long MEMBER_MS = ARRIVAL_MS + 86_400_000L;

  private static final long HOUR_MS = 3_600_000L;

  /**
   * What readers see; arrays may be longer than there are categories. Any thread.
   *
   * @param categoryShort by number of the category, null for none yet
   * @param categorySizes servable items of each category, overwritten in place
   * @param memberships their sum, in a place of its own
   */
  record View(
      TopList[] popular,
      TopList arrivals,
      @Nullable TopList[] categoryShort,
      @Nullable TopList[] categoryLong,
      @Nullable TopList[] creators,
      int[] categorySizes,
      int[] memberships) {

    static int[] of(@Nullable TopList[] lists, int number) {
      TopList list =
          number >= 0 && number < lists.length ? (TopList) LIST.getAcquire(lists, number) : null;
      return list == null ? TopList.EMPTY : list.top();
    }
  }

  private static final VarHandle LIST = MethodHandles.arrayElementVarHandle(TopList[].class);

  private View view;
  private final List<TopList> changed = new ArrayList<>();
  private final BitSet arriving = new BitSet();
  private final Long2ObjectAVLTreeMap<IntArrayList> arrivalsByHour = new Long2ObjectAVLTreeMap<>();
  private long arrivalsFromHour = Long.MIN_VALUE;

  ItemLists() {
    TopList[] popular = new TopList[Popularity.COLUMNS];
    for (int c = 0; c < popular.length; c++) {
      popular[c] = new TopList(POPULAR);
    }
    view =
        new View(
            popular,
            new TopList(ARRIVALS),
            new TopList[0],
            new TopList[0],
            new TopList[0],
            new int[0],
            new int[1]);
  }

  View view() {
    return view;
  }

  /** Moves the border of arrivals; {@code rows} and {@code columns} as they stand. */
  void advance(long watermarkMs, @Nullable ItemRow[] rows, Popularity popularity) {
    long hour = Math.floorDiv(watermarkMs - MEMBER_MS, HOUR_MS);
    if (hour <= arrivalsFromHour) {
      return;
    }
    arrivalsFromHour = hour;
    while (!arrivalsByHour.isEmpty() && arrivalsByHour.firstLongKey() < hour) {
      IntArrayList items = arrivalsByHour.remove(arrivalsByHour.firstLongKey());
      for (int i = 0; i < items.size(); i++) {
        int ordinal = items.getInt(i);
        ItemRow row = rows[ordinal];
        if (arriving.get(ordinal) && row != null && hourOf(row) < hour) {
          arriving.clear(ordinal);
          view.arrivals().remove(ordinal, popularity.value(ordinal, SHORT));
          touch(view.arrivals());
        }
      }
    }
  }

  private static long hourOf(ItemRow row) {
    return Math.floorDiv(row.createdAtMs(), HOUR_MS);
  }

  /** A servable item joins, with the columns it has. */
  void join(int ordinal, ItemRow row, Popularity popularity) {
    for (int c = 0; c < Popularity.COLUMNS; c++) {
      view.popular()[c].add(ordinal, popularity.value(ordinal, c));
      touch(view.popular()[c]);
    }
    double shortValue = popularity.value(ordinal, SHORT);
    if (hourOf(row) >= arrivalsFromHour) {
      arriving.set(ordinal);
      arrivalsByHour.computeIfAbsent(hourOf(row), _ -> new IntArrayList()).add(ordinal);
      view.arrivals().add(ordinal, shortValue);
      touch(view.arrivals());
    }
    for (int category : row.categories()) {
      if (category >= view.categoryShort().length) {
        int length = Math.max(16, category + (category >> 1) + 1);
        view =
            new View(
                view.popular(),
                view.arrivals(),
                java.util.Arrays.copyOf(view.categoryShort(), length),
                java.util.Arrays.copyOf(view.categoryLong(), length),
                view.creators(),
                java.util.Arrays.copyOf(view.categorySizes(), length),
                view.memberships());
      }
      view.categorySizes()[category]++;
      view.memberships()[0]++;
      list(view.categoryShort(), category, CATEGORY).add(ordinal, shortValue);
      list(view.categoryLong(), category, CATEGORY).add(ordinal, popularity.value(ordinal, LONG));
    }
    if (row.creator() >= 0) {
      if (row.creator() >= view.creators().length) {
        int length = Math.max(16, row.creator() + (row.creator() >> 1) + 1);
        view =
            new View(
                view.popular(),
                view.arrivals(),
                view.categoryShort(),
                view.categoryLong(),
                java.util.Arrays.copyOf(view.creators(), length),
                view.categorySizes(),
                view.memberships());
      }
      list(view.creators(), row.creator(), CREATOR).add(ordinal, row.createdKey());
    }
  }

  private void touch(TopList list) {
    if (list.touch()) {
      changed.add(list);
    }
  }

  private TopList list(@Nullable TopList[] lists, int number, int promised) {
    TopList list = lists[number];
    if (list == null) {
      list = new TopList(promised);
      LIST.setRelease(lists, number, list);
    }
    touch(list);
    return list;
  }

  /** A servable item leaves. */
  void leave(int ordinal, ItemRow row, Popularity popularity) {
    for (int c = 0; c < Popularity.COLUMNS; c++) {
      view.popular()[c].remove(ordinal, popularity.value(ordinal, c));
      touch(view.popular()[c]);
    }
    double shortValue = popularity.value(ordinal, SHORT);
    if (arriving.get(ordinal)) {
      arriving.clear(ordinal);
      view.arrivals().remove(ordinal, shortValue);
      touch(view.arrivals());
    }
    for (int category : row.categories()) {
      view.categorySizes()[category]--;
      view.memberships()[0]--;
      list(view.categoryShort(), category, CATEGORY).remove(ordinal, shortValue);
      list(view.categoryLong(), category, CATEGORY)
          .remove(ordinal, popularity.value(ordinal, LONG));
    }
    if (row.creator() >= 0) {
      list(view.creators(), row.creator(), CREATOR).remove(ordinal, row.createdKey());
    }
  }

  /** A servable item's columns changed. */
  void move(int ordinal, ItemRow row, double[] from, double[] to) {
    for (int c = 0; c < Popularity.COLUMNS; c++) {
      view.popular()[c].move(ordinal, from[c], to[c]);
      touch(view.popular()[c]);
    }
    if (arriving.get(ordinal)) {
      view.arrivals().move(ordinal, from[SHORT], to[SHORT]);
      touch(view.arrivals());
    }
    for (int category : row.categories()) {
      list(view.categoryShort(), category, CATEGORY).move(ordinal, from[SHORT], to[SHORT]);
      list(view.categoryLong(), category, CATEGORY).move(ordinal, from[LONG], to[LONG]);
    }
  }

  /** Landmarks moved: keys follow, and every order stays. */
  void scale(int[] halfLives) {
    for (int h = 0; h < halfLives.length; h++) {
      view.popular()[h].scale(halfLives[h]);
    }
    view.arrivals().scale(halfLives[SHORT]);
    for (TopList list : view.categoryShort()) {
      if (list != null) {
        list.scale(halfLives[SHORT]);
      }
    }
    for (TopList list : view.categoryLong()) {
      if (list != null) {
        list.scale(halfLives[LONG]);
      }
    }
  }

  /** Shows what changed to readers. */
  void publish(@Nullable ItemRow[] rows, Popularity popularity) {
    if (changed.isEmpty()) {
      return;
    }
    for (TopList list : changed) {
      if (list.hungry()) {
        refill(list, rows, popularity);
      }
      list.publish();
    }
    changed.clear();
  }

  /** Rare: departures have eaten the reserve of a list. Looks at every item. */
  private void refill(TopList list, @Nullable ItemRow[] rows, Popularity popularity) {
    int column = -1;
    for (int c = 0; c < Popularity.COLUMNS; c++) {
      column = list == view.popular()[c] ? c : column;
    }
    int category = indexOf(view.categoryShort(), list);
    boolean isLong = category < 0;
    category = isLong ? indexOf(view.categoryLong(), list) : category;
    int creator = indexOf(view.creators(), list);
    boolean arrivals = list == view.arrivals();
    int[] items = new int[rows.length];
    double[] keys = new double[rows.length];
    int count = 0;
    for (int ordinal = 0; ordinal < rows.length; ordinal++) {
      ItemRow row = rows[ordinal];
      if (row == null || !row.servable()) {
        continue;
      }
      double key;
      if (column >= 0) {
        key = popularity.value(ordinal, column);
      } else if (arrivals) {
        if (!arriving.get(ordinal)) {
          continue;
        }
        key = popularity.value(ordinal, SHORT);
      } else if (category >= 0) {
        if (!contains(row.categories(), category)) {
          continue;
        }
        key = popularity.value(ordinal, isLong ? LONG : SHORT);
      } else {
        if (row.creator() != creator) {
          continue;
        }
        key = row.createdKey();
      }
      items[count] = ordinal;
      keys[count++] = key;
    }
    list.refill(items, keys, count);
  }

  private static int indexOf(@Nullable TopList[] lists, TopList list) {
    for (int i = 0; i < lists.length; i++) {
      if (lists[i] == list) {
        return i;
      }
    }
    return -1;
  }

  private static boolean contains(int[] numbers, int wanted) {
    for (int number : numbers) {
      if (number == wanted) {
        return true;
      }
    }
    return false;
  }
}
