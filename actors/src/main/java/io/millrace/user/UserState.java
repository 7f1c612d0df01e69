package io.millrace.user;

import io.millrace.item.ItemIds;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What is believed about one user, as of one sequence number. Immutable, a fold of {@link
 * UserEvent}s.
 *
 * <p>Three memories: the newest 512 interactions as they were; of what is older up to 256
 * positives, spread over time; and sums by category, creator and duration band. Only what leaves
 * the first memory enters the others, oldest first, and the first is kept in the order of (time,
 * id): so the state depends on which events came, not on the order they came in, as long as what
 * comes late is younger than the oldest of the 512. What an item means to the user is decided when
 * read: its latest opinion, or else its latest view.
 *
 * @param acceptedAtMs newest acceptance
 * @param lastTouchAtMs {@code Long.MIN_VALUE} when there was none; so {@code lastPositiveAtMs}
 * @param names of categories and creators, which the columns speak of by number
 * @param activity when the user was last active, by surface
 * @param hiddenItems refused or reported, ascending
 * @param statedItems stated as blocked and known, ascending
 * @param pending interactions with items that are not known yet, in order of (time, id)
 * @param merging whom the user is becoming, or became
 * @param joined who became this user, oldest first
 */
public record UserState(
    long userSeq,
    long acceptedAtMs,
    long interactions,
    long touches,
    long positives,
    long lastTouchAtMs,
    long lastPositiveAtMs,
    List<String> names,
    Acts recent,
    Acts strong,
    Sums sums,
    Seen seen,
    EventIds eventIds,
    List<Slate> slates,
    Map<String, Long> activity,
    int[] hiddenItems,
    int[] statedItems,
    List<String> blockedCreators,
    List<String> blockedCategories,
    List<Follow> follows,
    List<String> likedCategories,
    List<String> blockedItemIds,
    int maxAgeRating,
    List<UserEvent.Entry> pending,
    Merging merging,
    List<Joined> joined) {

  /** Interactions kept as they were. */
  public static final int RECENT = 512;

  /** Older positives kept. */
  public static final int STRONG = 256;

  /** Interactions with unknown items kept. */
  public static final int PENDING = 64;

  public static final UserState EMPTY =
      new UserState(
          0,
          0,
          0,
          0,
          0,
          Long.MIN_VALUE,
          Long.MIN_VALUE,
          List.of(),
          Acts.NONE,
          Acts.NONE,
          Sums.NONE,
          Seen.NONE,
          EventIds.NONE,
          List.of(),
          Map.of(),
          new int[0],
          new int[0],
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          -1,
          List.of(),
          Merging.NONE,
          List.of());

  /**
   * The last word on following one creator.
   *
   * @param key {@link Acts#key}: an older one changes nothing
   */
  public record Follow(String creator, long key, boolean followed) {}

  /**
   * Whom the user is becoming, or became.
   *
   * @param target user id; empty: nobody
   * @param startedSeq number of the {@link UserEvent.MergeStarted}
   * @param targetSeq number of the target's {@link UserEvent.Merged}; 0 while it is under way
   */
  public record Merging(String target, long startedSeq, long targetSeq) {
    public static final Merging NONE = new Merging("", 0, 0);

    boolean started() {
      return !target.isEmpty();
    }

    boolean done() {
      return targetSeq > 0;
    }
  }

  /** A user who became this one, and the number that names that merge. */
  public record Joined(String userId, long startedSeq) {}

  /** The state after one more event. Asks nobody. */
  public UserState after(UserEvent event) {
    UserFold fold = new UserFold(this);
    fold.apply(event);
    return fold.state();
  }

  boolean knows(String eventId) {
    return eventIds.contains(ItemIds.hash(eventId));
  }

  long activeAt(String surface) {
    return activity.getOrDefault(surface, Long.MIN_VALUE);
  }

  List<String> followed() {
    return follows.stream().filter(Follow::followed).map(Follow::creator).toList();
  }

  /**
   * The same state with everything that only arrival orders, in one order: equal states have equal
   * canonical snapshots.
   */
  public UserState canonical() {
    UserFold fold = new UserFold(this);
    fold.compactNames();
    UserState compact = fold.state();
    int[] order =
        IntStream.range(0, eventIds.size())
            .boxed()
            .sorted(
                Comparator.comparingInt((Integer i) -> eventIds.seconds(i))
                    .thenComparingLong(i -> eventIds.hash(i)))
            .mapToInt(i -> i)
            .toArray();
    fold = new UserFold(compact);
    fold.eventIds =
        EventIds.of(
            IntStream.of(order).mapToLong(eventIds::hash).toArray(),
            IntStream.of(order).map(eventIds::seconds).toArray());
    fold.activity = new TreeMap<>(activity);
    return fold.state();
  }

  /**
   * Bytes of heap that this state holds, counted by a simple rule: 16 an object or array, what its
   * fields need, 4 a reference. Names are shared by all users of a node and count as references.
   */
  public int estimatedBytes() {
    int bytes = 16 + 7 * 8 + 19 * 4;
    bytes += 16 + 4 * names.size();
    bytes += recent.bytes() + strong.bytes() + seen.bytes() + eventIds.bytes();
    bytes += 24 + 2 * 16 + Sums.ROW_BYTES * sums.keys().length;
    for (Slate slate : slates) {
      bytes += 100 + 3 * 16 + 4 * slate.ordinals().length + 12 * slate.itemHashes().length;
    }
    bytes += 64 * activity.size();
    bytes += 2 * 16 + 4 * (hiddenItems.length + statedItems.length);
    bytes += 4 * (blockedCreators.size() + blockedCategories.size() + likedCategories.size());
    bytes += 64 * blockedItemIds.size() + 32 * follows.size();
    bytes += 400 * pending.size() + 64 * joined.size() + (merging.started() ? 64 : 0);
    return bytes;
  }
}
