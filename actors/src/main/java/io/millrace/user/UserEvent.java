package io.millrace.user;

import io.millrace.item.ItemCard;
import java.util.List;

/**
 * What happened to a user, as journalled. Each carries every number that its folds need: State,
 * evidence, the promise auditor.
 */
public sealed interface UserEvent {

  /** Counts the changes of this user, from 1, without gaps. */
  long userSeq();

  /** By the server's clock, milliseconds since 1970. */
  long acceptedAtMs();

  /** 1 to 500 interactions, none of which was recorded before. */
  record InteractionsRecorded(long userSeq, long acceptedAtMs, List<Entry> entries)
      implements UserEvent {}

  /**
   * One interaction, what it says, and what was known of the user just before it.
   *
   * @param context {@link Context#NONE} where it is no touch
   */
  record Entry(Interaction interaction, Meaning meaning, Context context) {}

  /**
   * What was known of a user just before an interaction, in the order of the client's clock.
   *
   * @param predecessors ordinals of the items touched last, newest first, each once, at most 20
   * @param predecessorsAtMs their times
   * @param lastTouchAtMs {@code Long.MIN_VALUE} when there was none; so {@code lastPositiveAtMs}
   */
  record Context(
      int[] predecessors,
      long[] predecessorsAtMs,
      long touches,
      long lastTouchAtMs,
      long positives,
      long lastPositiveAtMs) {
    public static final Context NONE =
        new Context(new int[0], new long[0], 0, Long.MIN_VALUE, 0, Long.MIN_VALUE);
  }

  /**
   * A slate was reserved.
   *
   * @param idleMs the reservation ends when the user has been idle on the surface for so long
   * @param longestMs and at the latest so long after it was served
   * @param released request hashes of slates whose reservations end with this event
   */
  record FeedServed(
      long userSeq,
      long acceptedAtMs,
      String requestId,
      String surface,
      String feedSession,
      List<UserActor.Slot> slate,
      List<UserActor.Slot> spares,
      UserActor.Versions versions,
      long idleMs,
      long longestMs,
      long[] released)
      implements UserEvent {}

  /**
   * Replaces what was stated, hidden and followed.
   *
   * @param blockedOrdinals sorted; of the blocked items those that are known
   */
  record PreferencesSet(
      long userSeq, long acceptedAtMs, UserActor.Preferences preferences, int[] blockedOrdinals)
      implements UserEvent {}

  /**
   * Items that were unknown when the user met or blocked them are known now.
   *
   * @param blockedOrdinals sorted
   */
  record PendingResolved(
      long userSeq, long acceptedAtMs, List<Resolution> resolutions, int[] blockedOrdinals)
      implements UserEvent {}

  /**
   * The user is becoming another one: nothing is recorded or served until that one holds it.
   *
   * @param target user id of the other one
   */
  record MergeStarted(long userSeq, long acceptedAtMs, String target) implements UserEvent {}

  /**
   * Another user has become this one.
   *
   * @param userSeq above the numbers of both
   * @param source user id of the other one
   * @param sourceStored its persistence id
   * @param startedSeq number of its {@link MergeStarted}, which names this merge
   * @param state what it was, as of that number
   */
  record Merged(
      long userSeq,
      long acceptedAtMs,
      String source,
      String sourceStored,
      long startedSeq,
      UserState state)
      implements UserEvent {}

  /**
   * The target holds everything: from now on this user only passes on what it is told.
   *
   * @param target user id of whom it became
   * @param targetSeq number of that one's {@link Merged}
   */
  record MergeCompleted(long userSeq, long acceptedAtMs, String target, long targetSeq)
      implements UserEvent {}

  /** The target refused: the user goes on as before. */
  record MergeAborted(long userSeq, long acceptedAtMs, String why) implements UserEvent {}

  /** What the interaction with this event hash means now. */
  record Resolution(long eventHash, ItemCard card, Meaning meaning) {}
}
