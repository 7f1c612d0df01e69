package io.millrace.user;

import io.millrace.item.ItemCard;
import io.millrace.item.ItemIds;
import io.millrace.user.UserEvent.Context;
import io.millrace.user.UserEvent.Entry;
import io.millrace.user.UserEvent.FeedServed;
import io.millrace.user.UserEvent.InteractionsRecorded;
import io.millrace.user.UserEvent.MergeAborted;
import io.millrace.user.UserEvent.MergeCompleted;
import io.millrace.user.UserEvent.MergeStarted;
import io.millrace.user.UserEvent.Merged;
import io.millrace.user.UserEvent.PendingResolved;
import io.millrace.user.UserEvent.PreferencesSet;
import io.millrace.user.UserEvent.Resolution;
import io.millrace.user.UserState.Follow;
import io.millrace.user.UserState.Joined;
import io.millrace.user.UserState.Merging;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2LongRBTreeMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A {@link UserState} while events are applied to it. Used by one thread; its parts are replaced,
 * never changed, so it shares them with the state it came from.
 */
final class UserFold {

  private static final long DAY_MS = 86_400_000;

  /** What is stated or hidden at most, by kind; beyond it the newest wins. Chosen. */
  private static final int MOST_BLOCKS = 1_000;

  private static final int MOST_HIDDEN = 10_000;

  /** Slates kept at most: beyond it the oldest are forgotten. Chosen: 4 hours at 28 s a feed. */
  private static final int MOST_SLATES = 512;

  /** Slates that can be repeated. Part of P4. */
  private static final int REPEATABLE = 64;

  /** Names kept in the sums of one dimension. Chosen. */
  private static final int MOST_SUMMED = 256;

  /** Names from which those that nothing speaks of are dropped. Chosen. */
  private static final int MOST_NAMES = 4 * (UserState.RECENT + MOST_SUMMED);

  private static final int CATEGORIES = 3;

  /** Upper ends of the duration bands in milliseconds; 0 means no duration. Frozen. */
  private static final long[] BANDS = {0, 15_000, 60_000, 300_000, 1_200_000, 3_600_000, 7_200_000};

  private long userSeq;
  private long acceptedAtMs;
  private long interactions;
  private long touches;
  private long positives;
  private long lastTouchAtMs;
  private long lastPositiveAtMs;
  private List<String> names;
  private Acts recent;
  private Acts strong;
  private Sums sums;
  private Seen seen;
  EventIds eventIds;
  private List<Slate> slates;
  Map<String, Long> activity;
  private int[] hiddenItems;
  private int[] statedItems;
  private List<String> blockedCreators;
  private List<String> blockedCategories;
  private List<Follow> follows;
  private List<String> likedCategories;
  private List<String> blockedItemIds;
  private int maxAgeRating;
  private List<Entry> pending;
  private Merging merging;
  private List<Joined> joined;

  UserFold(UserState from) {
    become(from);
  }

  private void become(UserState from) {
    userSeq = from.userSeq();
    acceptedAtMs = from.acceptedAtMs();
    interactions = from.interactions();
    touches = from.touches();
    positives = from.positives();
    lastTouchAtMs = from.lastTouchAtMs();
    lastPositiveAtMs = from.lastPositiveAtMs();
    names = from.names();
    recent = from.recent();
    strong = from.strong();
    sums = from.sums();
    seen = from.seen();
    eventIds = from.eventIds();
    slates = from.slates();
    activity = from.activity();
    hiddenItems = from.hiddenItems();
    statedItems = from.statedItems();
    blockedCreators = from.blockedCreators();
    blockedCategories = from.blockedCategories();
    follows = from.follows();
    likedCategories = from.likedCategories();
    blockedItemIds = from.blockedItemIds();
    maxAgeRating = from.maxAgeRating();
    pending = from.pending();
    merging = from.merging();
    joined = from.joined();
  }

  UserState state() {
    return new UserState(
        userSeq,
        acceptedAtMs,
        interactions,
        touches,
        positives,
        lastTouchAtMs,
        lastPositiveAtMs,
        names,
        recent,
        strong,
        sums,
        seen,
        eventIds,
        slates,
        activity,
        hiddenItems,
        statedItems,
        blockedCreators,
        blockedCategories,
        follows,
        likedCategories,
        blockedItemIds,
        maxAgeRating,
        pending,
        merging,
        joined);
  }

  void apply(UserEvent event) {
    userSeq = event.userSeq();
    long before = acceptedAtMs;
    acceptedAtMs = Math.max(acceptedAtMs, event.acceptedAtMs());
    switch (event) {
      case InteractionsRecorded recorded -> recorded(recorded);
      case FeedServed served -> served(served);
      case PreferencesSet set -> set(set);
      case PendingResolved resolved -> resolved(resolved);
      case MergeStarted started -> merging = new Merging(started.target(), started.userSeq(), 0);
      case Merged merged -> merged(merged);
      case MergeCompleted completed -> completed(completed);
      case MergeAborted aborted -> merging = Merging.NONE;
    }
    if (acceptedAtMs / 300_000 != before / 300_000) {
      sums = sums.folded(acceptedAtMs);
    }
    pruneSlates();
  }

  // interactions

  private void recorded(InteractionsRecorded event) {
    long[] ids = new long[event.entries().size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = ItemIds.hash(event.entries().get(i).interaction().eventId());
    }
    eventIds = eventIds.plus(ids, event.acceptedAtMs());
    for (int i = 0; i < ids.length; i++) {
      add(event.entries().get(i), ids[i], event.acceptedAtMs());
    }
    if (names.size() > MOST_NAMES) {
      compactNames();
    }
  }

  private void add(Entry entry, long eventHash, long atServerMs) {
    Interaction did = entry.interaction();
    interactions++;
    active(did.surface(), atServerMs);
    states(did, eventHash);
    ItemCard card = did.card();
    viewedSlots(did, card == null ? -1 : card.ordinal());
    if (card != null) {
      met(did, card, entry.meaning(), eventHash);
    } else if (!did.itemId().isEmpty()) {
      await(entry);
    }
  }

  /** The entry as it is applied within a batch, before the batch is an event. */
  void preview(Entry entry) {
    add(entry, ItemIds.hash(entry.interaction().eventId()), acceptedAtMs);
  }

  private void states(Interaction did, long eventHash) {
    ItemCard card = did.card();
    switch (did.kind()) {
      case HIDE_CREATOR -> {
        String creator = did.target().isEmpty() && card != null ? card.creator() : did.target();
        blockedCreators = plus(blockedCreators, creator);
      }
      case HIDE_CATEGORY -> {
        String category =
            did.target().isEmpty() && card != null && !card.categories().isEmpty()
                ? card.categories().getFirst()
                : did.target();
        blockedCategories = plus(blockedCategories, category);
      }
      case FOLLOW, UNFOLLOW -> {
        String creator = did.target().isEmpty() && card != null ? card.creator() : did.target();
        if (did.personalise() && !creator.isEmpty()) {
          follow(
              new Follow(
                  Interner.of(creator),
                  Acts.key(did.atMs(), eventHash),
                  did.kind() == InteractionKind.FOLLOW));
        }
      }
      default -> {
        // the other kinds state nothing
      }
    }
  }

  private static List<String> plus(List<String> sorted, String value) {
    if (value.isEmpty()
        || java.util.Collections.binarySearch(sorted, value) >= 0
        || sorted.size() >= MOST_BLOCKS) {
      return sorted;
    }
    List<String> more = new ArrayList<>(sorted);
    more.add(value);
    more.sort(null);
    return List.copyOf(more);
  }

  private void follow(Follow follow) {
    List<Follow> changed = new ArrayList<>(follows.size() + 1);
    Follow winner = follow;
    for (Follow known : follows) {
      if (!known.creator().equals(follow.creator())) {
        changed.add(known);
      } else if (known.key() > follow.key()) {
        winner = known;
      }
    }
    changed.add(winner);
    if (changed.size() > MOST_BLOCKS) {
      changed.remove(changed.stream().min(java.util.Comparator.comparingLong(Follow::key)).get());
    }
    changed.sort(java.util.Comparator.comparing(Follow::creator));
    follows = List.copyOf(changed);
  }

  private void met(Interaction did, ItemCard card, Meaning meaning, long eventHash) {
    int ordinal = card.ordinal();
    seen = seen.plus(ordinal, meaning.acted(), day(did.atMs()));
    if (did.kind() == InteractionKind.NOT_INTERESTED || did.kind() == InteractionKind.REPORT) {
      hiddenItems = plus(hiddenItems, ordinal);
    }
    if (!did.personalise() || !meaning.speaks()) {
      return;
    }
    if (meaning.touch()) {
      touches++;
      lastTouchAtMs = Math.max(lastTouchAtMs, did.atMs());
    }
    if (meaning.positive()) {
      positives++;
      lastPositiveAtMs = Math.max(lastPositiveAtMs, did.atMs());
    }
    recent =
        recent.plus(
            Acts.key(did.atMs(), eventHash),
            ordinal,
            did.kind().code(),
            meaning.strength(),
            meaning.bits(),
            band(card.durationMs()),
            names(card));
    while (recent.size() > UserState.RECENT) {
      leave(recent, 0);
      recent = recent.without(0);
    }
  }

  private static int day(long atMs) {
    return (int) Math.floorDiv(atMs, DAY_MS);
  }

  private static int band(long durationMs) {
    int band = 0;
    while (band < BANDS.length && durationMs > BANDS[band]) {
      band++;
    }
    return band;
  }

  private static int[] plus(int[] sorted, int ordinal) {
    int at = Arrays.binarySearch(sorted, ordinal);
    if (at >= 0 || sorted.length >= MOST_HIDDEN) {
      return sorted;
    }
    IntArrayList more = new IntArrayList(sorted);
    more.add(-at - 1, ordinal);
    return more.toIntArray();
  }

  private long names(ItemCard card) {
    long packed = 0;
    for (int i = 0; i < Math.min(CATEGORIES, card.categories().size()); i++) {
      packed |= (long) number(card.categories().get(i)) << (16 * i);
    }
    return packed | (long) number(card.creator()) << 48;
  }

  /** 1 + the name's place, 0 when it is empty or there are too many. */
  private int number(String name) {
    if (name.isEmpty()) {
      return 0;
    }
    int known = names.indexOf(name);
    if (known >= 0) {
      return known + 1;
    }
    if (names.size() >= 0xfffe) {
      return 0;
    }
    String[] more = names.toArray(new String[names.size() + 1]);
    more[names.size()] = Interner.of(name);
    names = List.of(more);
    return more.length;
  }

  // what leaves the newest 512

  private void leave(Acts from, int row) {
    long key = from.key(row);
    int known = strong.winner(from.ordinal(row));
    if (known >= 0) {
      if (!strong.outranked(known, from.bits(row), key)) {
        return;
      }
      sum(strong, known, -1);
      strong = strong.without(known);
    }
    sum(from, row, 1);
    if (from.is(row, Meaning.POSITIVE)) {
      strong = strong.plus(from, row);
      if (strong.size() > UserState.STRONG) {
        strong = strong.without(leastMissed(strong));
      }
    }
  }

  /** The row whose neighbours in time are closest to each other; the ends stay. */
  private static int leastMissed(Acts acts) {
    int best = 1;
    for (int row = 2; row < acts.size() - 1; row++) {
      if (acts.at(row + 1) - acts.at(row - 1) < acts.at(best + 1) - acts.at(best - 1)) {
        best = row;
      }
    }
    return best;
  }

  private void sum(Acts from, int row, int sign) {
    int value = sign * from.strength(row);
    long at = from.at(row);
    long packed = from.names(row);
    for (int i = 0; i <= CATEGORIES; i++) {
      int name = (int) (packed >>> (16 * i)) & 0xffff;
      if (name != 0) {
        int dimension = i < CATEGORIES ? Sums.CATEGORY : Sums.CREATOR;
        sums = sums.plus(dimension, name, at, acceptedAtMs, value);
      }
    }
    sums = sums.plus(Sums.BAND, from.band(row), at, acceptedAtMs, value);
  }

  /** Drops names that nothing speaks of, and all but the largest sums of each dimension. */
  void compactNames() {
    boolean[] used = new boolean[names.size() + 1];
    mark(used, recent);
    mark(used, strong);
    boolean[] summed = largest();
    for (int i = 1; i < used.length; i++) {
      used[i] |= summed[i];
    }
    TreeMap<String, Integer> sorted = new TreeMap<>();
    for (int i = 1; i < used.length; i++) {
      if (used[i]) {
        sorted.put(names.get(i - 1), i);
      }
    }
    int[] moved = new int[used.length];
    int n = 0;
    for (int old : sorted.values()) {
      moved[old] = ++n;
    }
    names = List.copyOf(sorted.keySet());
    recent = recent.renamed(moved);
    strong = strong.renamed(moved);
    Long2LongRBTreeMap changed = new Long2LongRBTreeMap();
    for (int i = 0; i < sums.keys().length; i++) {
      long key = sums.keys()[i];
      if (Sums.dimension(key) == Sums.BAND) {
        changed.put(key, sums.values()[i]);
      } else if (summed[Sums.name(key)]) {
        changed.put(Sums.withName(key, moved[Sums.name(key)]), sums.values()[i]);
      }
    }
    sums = Sums.of(changed);
  }

  private static void mark(boolean[] used, Acts acts) {
    for (int row = 0; row < acts.size(); row++) {
      for (int shift = 0; shift < 64; shift += 16) {
        used[(int) (acts.names(row) >>> shift) & 0xffff] = true;
      }
    }
  }

  /** The names with the largest totals in each dimension, ties by name. */
  private boolean[] largest() {
    boolean[] kept = new boolean[names.size() + 1];
    for (int dimension : new int[] {Sums.CATEGORY, Sums.CREATOR}) {
      Map<Integer, Long> totals = new HashMap<>();
      for (int i = 0; i < sums.keys().length; i++) {
        if (Sums.dimension(sums.keys()[i]) == dimension) {
          totals.merge(Sums.name(sums.keys()[i]), Math.abs(sums.values()[i]), Long::sum);
        }
      }
      totals.entrySet().stream()
          .sorted(
              Map.Entry.<Integer, Long>comparingByValue()
                  .reversed()
                  .thenComparing(entry -> names.get(entry.getKey() - 1)))
          .limit(MOST_SUMMED)
          .forEach(entry -> kept[entry.getKey()] = true);
    }
    return kept;
  }

  // items that are not known yet

  private void await(Entry entry) {
    List<Entry> more = new ArrayList<>(pending);
    more.add(new Entry(entry.interaction(), entry.meaning(), Context.NONE));
    more.sort(java.util.Comparator.comparingLong(UserFold::key));
    if (more.size() > UserState.PENDING) {
      more.removeFirst();
    }
    pending = List.copyOf(more);
  }

  private static long key(Entry entry) {
    Interaction did = entry.interaction();
    return Acts.key(did.atMs(), ItemIds.hash(did.eventId()));
  }

  private void resolved(PendingResolved event) {
    List<Entry> left = new ArrayList<>(pending);
    for (Resolution resolution : event.resolutions()) {
      for (int i = 0; i < left.size(); i++) {
        Interaction did = left.get(i).interaction();
        if (ItemIds.hash(did.eventId()) == resolution.eventHash()) {
          left.remove(i);
          release(resolution.card().ordinal());
          met(did, resolution.card(), resolution.meaning(), resolution.eventHash());
          break;
        }
      }
    }
    pending = List.copyOf(left);
    for (int ordinal : event.blockedOrdinals()) {
      statedItems = plus(statedItems, ordinal);
    }
  }

  // preferences

  private void set(PreferencesSet event) {
    UserActor.Preferences stated = event.preferences();
    likedCategories = stated.likedCategories();
    blockedCategories = stated.blockedCategories().stream().sorted().distinct().toList();
    blockedCreators = stated.blockedCreators().stream().sorted().distinct().toList();
    blockedItemIds = stated.blockedItems();
    statedItems = event.blockedOrdinals();
    maxAgeRating = stated.maxAgeRating();
    long key = Acts.key(event.acceptedAtMs(), 0);
    follows =
        stated.followedCreators().stream()
            .sorted()
            .distinct()
            .map(creator -> new Follow(creator, key, true))
            .toList();
  }

  // slates

  private void served(FeedServed event) {
    active(event.surface(), event.acceptedAtMs());
    List<Slate> more = new ArrayList<>(slates.size() + 1);
    for (Slate slate : slates) {
      boolean ends = false;
      for (long request : event.released()) {
        ends |= request == slate.request();
      }
      more.add(ends && !slate.released() ? slate.ended() : slate);
    }
    long session = event.feedSession().isEmpty() ? 0 : ItemIds.hash(event.feedSession());
    more.add(Slate.of(event, ItemIds.hash(event.requestId()), session));
    slates = List.copyOf(more);
  }

  private void active(String surface, long atMs) {
    Long last = activity.get(surface);
    if (last != null && last >= atMs) {
      return;
    }
    if (!slates.isEmpty()) {
      endIdle(surface, last == null ? Long.MIN_VALUE : last, atMs);
    }
    Map<String, Long> changed = new TreeMap<>(activity);
    changed.put(surface, atMs);
    activity = changed;
  }

  /** A reservation that ended because the user was away does not come back with the user. */
  private void endIdle(String surface, long lastMs, long nowMs) {
    boolean any = false;
    for (Slate slate : slates) {
      any |= ends(slate, surface, lastMs, nowMs);
    }
    if (any) {
      slates =
          slates.stream()
              .map(slate -> ends(slate, surface, lastMs, nowMs) ? slate.ended() : slate)
              .toList();
    }
  }

  private static boolean ends(Slate slate, String surface, long lastMs, long nowMs) {
    return !slate.released()
        && slate.surface().equals(surface)
        && nowMs - Math.max(slate.servedAtMs(), lastMs) >= slate.idleMs();
  }

  /** The item, and what stood before it in its slate, was viewed. */
  private void viewedSlots(Interaction did, int ordinal) {
    if (slates.isEmpty()) {
      return;
    }
    long request = did.slot() < 0 || did.requestId().isEmpty() ? 0 : ItemIds.hash(did.requestId());
    boolean changes = false;
    Slate[] changed = slates.toArray(new Slate[0]);
    for (int i = 0; i < changed.length; i++) {
      Slate slate = changed[i];
      if (acceptedAtMs - slate.servedAtMs() >= slate.longestMs()) {
        continue;
      }
      if (request != 0 && slate.request() == request) {
        int last = Math.min(did.slot(), slate.slots() - 1);
        for (int slot = 0; slot <= last; slot++) {
          seen = seen.plus(Slate.ordinal(slate.ordinals()[slot]), false, day(did.atMs()));
        }
        changed[i] = slate.viewed(last, ordinal);
        changes = true;
      } else if (ordinal >= 0 && slate.holds(ordinal)) {
        changed[i] = slate.viewed(-1, ordinal);
        changes = true;
      }
    }
    if (changes) {
      slates = List.of(changed);
    }
  }

  private void release(int ordinal) {
    if (slates.stream().anyMatch(slate -> slate.holds(ordinal))) {
      slates =
          slates.stream()
              .map(slate -> slate.holds(ordinal) ? slate.viewed(-1, ordinal) : slate)
              .toList();
    }
  }

  /**
   * Forgets slates that are too old to say what was viewed before what, and those that are viewed
   * whole, can be repeated no more and belong to no paged feed.
   */
  private void pruneSlates() {
    if (slates.isEmpty()) {
      return;
    }
    List<Slate> kept = new ArrayList<>(slates.size());
    int from = Math.max(0, slates.size() - MOST_SLATES);
    int repeatableFrom = slates.size() - REPEATABLE;
    boolean changes = from > 0;
    for (int i = from; i < slates.size(); i++) {
      Slate slate = slates.get(i);
      long age = acceptedAtMs - slate.servedAtMs();
      boolean repeatable = i >= repeatableFrom && age < Slate.REPEATED_MS;
      boolean unviewed = slate.reserved() > 0;
      if (age >= slate.longestMs() || !(repeatable || unviewed || slate.feedSession() != 0)) {
        changes = true;
      } else if (!repeatable && slate.itemHashes().length > 0) {
        kept.add(slate.unrepeatable());
        changes = true;
      } else {
        kept.add(slate);
      }
    }
    if (changes) {
      slates = List.copyOf(kept);
    }
  }

  // merges

  /** All of it is the target's now. */
  private void completed(MergeCompleted event) {
    Merging done = new Merging(event.target(), merging.startedSeq(), event.targetSeq());
    List<Joined> known = joined;
    long accepted = acceptedAtMs;
    become(UserState.EMPTY);
    userSeq = event.userSeq();
    acceptedAtMs = accepted;
    merging = done;
    joined = known;
  }

  /**
   * What another user was, as of the moment it became this one: as if this one had done it all, but
   * that reservations which have ended stay so, however lately either was active.
   */
  private void merged(Merged event) {
    UserState other = event.state();
    acceptedAtMs = Math.max(acceptedAtMs, other.acceptedAtMs());
    interactions += other.interactions();
    touches += other.touches();
    positives += other.positives();
    lastTouchAtMs = Math.max(lastTouchAtMs, other.lastTouchAtMs());
    lastPositiveAtMs = Math.max(lastPositiveAtMs, other.lastPositiveAtMs());
    remember(other);
    seen = seen.with(other.seen());
    eventIds = eventIds.with(other.eventIds());
    List<Slate> both = new ArrayList<>(ended(slates, activity));
    both.addAll(ended(other.slates(), other.activity()));
    both.sort(java.util.Comparator.comparingLong(Slate::servedAtMs));
    slates = List.copyOf(both);
    Map<String, Long> latest = new TreeMap<>(activity);
    other.activity().forEach((surface, at) -> latest.merge(surface, at, Math::max));
    activity = latest;
    state(other);
    List<Entry> waiting = new ArrayList<>(pending);
    waiting.addAll(other.pending());
    waiting.sort(java.util.Comparator.comparingLong(UserFold::key));
    pending =
        List.copyOf(
            waiting.subList(Math.max(0, waiting.size() - UserState.PENDING), waiting.size()));
    List<Joined> known = new ArrayList<>(joined);
    known.addAll(other.joined());
    known.add(new Joined(event.source(), event.startedSeq()));
    joined = List.copyOf(known);
    if (names.size() > MOST_NAMES) {
      compactNames();
    }
  }

  /** The three memories, the oldest first: what overflows the first goes the way it always goes. */
  private void remember(UserState other) {
    int[] numbers = new int[other.names().size() + 1];
    for (int i = 1; i < numbers.length; i++) {
      numbers[i] = number(other.names().get(i - 1));
    }
    Long2LongRBTreeMap all = new Long2LongRBTreeMap();
    for (int i = 0; i < sums.keys().length; i++) {
      all.put(sums.keys()[i], sums.values()[i]);
    }
    for (int i = 0; i < other.sums().keys().length; i++) {
      long key = other.sums().keys()[i];
      int name = Sums.dimension(key) == Sums.BAND ? 0 : numbers[Sums.name(key)];
      if (Sums.dimension(key) == Sums.BAND) {
        all.addTo(key, other.sums().values()[i]);
      } else if (name > 0) {
        all.addTo(Sums.withName(key, name), other.sums().values()[i]);
      }
    }
    sums = Sums.of(all).folded(acceptedAtMs);
    Acts old = other.strong().renamed(numbers);
    for (int row = 0; row < old.size(); row++) {
      keep(old, row);
    }
    Acts newest = other.recent().renamed(numbers);
    for (int row = 0; row < newest.size(); row++) {
      if (!recent.holds(newest, row)) {
        recent = recent.plus(newest, row);
      }
    }
    while (recent.size() > UserState.RECENT) {
      leave(recent, 0);
      recent = recent.without(0);
    }
  }

  /** An older positive whose sums are counted already: of two of one item one stays. */
  private void keep(Acts from, int row) {
    int known = strong.winner(from.ordinal(row));
    if (known >= 0) {
      if (!strong.outranked(known, from.bits(row), from.key(row))) {
        sum(from, row, -1);
        return;
      }
      sum(strong, known, -1);
      strong = strong.without(known);
    }
    strong = strong.plus(from, row);
    if (strong.size() > UserState.STRONG) {
      strong = strong.without(leastMissed(strong));
    }
  }

  private List<Slate> ended(List<Slate> some, Map<String, Long> active) {
    return some.stream()
        .map(slate ->
            slate.released()
                    || slate.live(
                        acceptedAtMs, active.getOrDefault(slate.surface(), Long.MIN_VALUE))
                ? slate
                : slate.ended())
        .toList();
  }

  /** What the other one stated; where only one word can hold, this one's does. */
  private void state(UserState other) {
    for (int ordinal : other.hiddenItems()) {
      hiddenItems = plus(hiddenItems, ordinal);
    }
    for (int ordinal : other.statedItems()) {
      statedItems = plus(statedItems, ordinal);
    }
    other.blockedCreators().forEach(creator -> blockedCreators = plus(blockedCreators, creator));
    other
        .blockedCategories()
        .forEach(category -> blockedCategories = plus(blockedCategories, category));
    other.follows().forEach(this::follow);
    likedCategories = union(likedCategories, other.likedCategories());
    blockedItemIds = union(blockedItemIds, other.blockedItemIds());
    maxAgeRating = maxAgeRating >= 0 ? maxAgeRating : other.maxAgeRating();
  }

  private static List<String> union(List<String> first, List<String> more) {
    return java.util.stream.Stream.concat(first.stream(), more.stream())
        .distinct()
        .limit(MOST_BLOCKS)
        .toList();
  }

  // what is known just before an interaction

  /** Of an interaction at this key, by the client's clock. */
  Context context(long key, int most) {
    int[] ordinals = new int[most];
    long[] times = new long[most];
    int n = 0;
    for (int row = recent.size() - 1; row >= 0 && n < most; row--) {
      n = addPredecessor(recent, row, key, ordinals, times, n);
    }
    for (int row = strong.size() - 1; row >= 0 && n < most; row--) {
      n = addPredecessor(strong, row, key, ordinals, times, n);
    }
    return new Context(
        Arrays.copyOf(ordinals, n),
        Arrays.copyOf(times, n),
        touches,
        lastTouchAtMs,
        positives,
        lastPositiveAtMs);
  }

  private int addPredecessor(Acts acts, int row, long key, int[] ordinals, long[] times, int n) {
    int ordinal = acts.ordinal(row);
    if (acts.key(row) >= key || !acts.is(row, Meaning.TOUCH)) {
      return n;
    }
    for (int i = 0; i < n; i++) {
      if (ordinals[i] == ordinal) {
        return n;
      }
    }
    int winner = recent.winner(ordinal);
    if (winner >= 0 && !recent.is(winner, Meaning.TOUCH)) {
      return n;
    }
    ordinals[n] = ordinal;
    times[n] = acts.at(row);
    return n + 1;
  }
}
