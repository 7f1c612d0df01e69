package io.millrace.user;

import io.millrace.serialization.Wire;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/**
 * One user: the only writer of what is known about them, and the last word on what they were
 * served.
 */
public final class UserActor {

  public static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "user");

  private UserActor() {}

  /** What a user can be told or asked. The entity id is {@code namespace|userId}. */
  public sealed interface Command extends Wire {}

  /**
   * Records what the user did, all of it in one event. Reply: {@link Recorded} or {@link Rejected}.
   */
  public record RecordInteractions(List<Interaction> interactions, ActorRef<Reply> replyTo)
      implements Command {}

  /** Asks who is asking, for one surface. Reply: {@link Profile} inside {@link ProfileIs}. */
  public record GetProfile(String surface, String feedSession, ActorRef<Reply> replyTo)
      implements Command {}

  /** Asks for everything a person may want to see about the user. Reply: {@link Described}. */
  public record Describe(ActorRef<Reply> replyTo) implements Command {}

  /** Replaces the stated preferences. Reply: {@link PreferencesSet} or {@link Rejected}. */
  public record SetPreferences(Preferences preferences, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Asks whether this request was answered within the last ten minutes. Reply: {@link Replayed} or
   * {@link NotServed}.
   */
  public record FindServed(String requestId, ActorRef<Reply> replyTo) implements Command {}

  /**
   * Asks to serve a slate: reserves and journals it, or says what is taken.
   *
   * @param candidates in order of preference; unless {@code takeFirstFree}, the first {@code
   *     wanted} are the slate and up to {@code spares} after them are reserved for this reply's
   *     holes
   * @param takeFirstFree the last try: the first {@code wanted} that are free are served, no spares
   * @param deadlineMs by the actor's clock; later it is refused with {@link Reason#TOO_LATE}
   */
  public record Serve(
      String requestId,
      String surface,
      String feedSession,
      List<Slot> candidates,
      int wanted,
      int spares,
      boolean takeFirstFree,
      long deadlineMs,
      Versions versions,
      ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * A candidate for a slot: its item, and the probability with which chance put it there (1 when it
   * was not chance).
   */
  public record Slot(int ordinal, long itemHash, float propensity) {}

  /** What made a slate. */
  public record Versions(int pipeline, int rules, long ranker, int generation) {}

  /** What the user states about themselves. */
  public record Preferences(
      List<String> likedCategories,
      List<String> blockedCategories,
      List<String> blockedCreators,
      List<String> blockedItems,
      List<String> followedCreators,
      int maxAgeRating) {}

  /** What a user answers. */
  public sealed interface Reply extends Wire {}

  /** Durable. One result per interaction, in order; {@code userSeq} is the number that holds it. */
  public record Recorded(List<Result> results, long userSeq) implements Reply {}

  public record Result(String eventId, boolean repeated, long userSeq) {}

  public record ProfileIs(Profile profile) implements Reply {}

  public record PreferencesSet(long userSeq) implements Reply {}

  /**
   * The slate is reserved and durable ({@code durable} false: the store is unhealthy, it is
   * reserved in memory only). {@code slate} and {@code spares} are indexes into the candidates.
   */
  public record Served(long userSeq, int[] slate, int[] spares, boolean durable) implements Reply {}

  /** Nothing was reserved: these sorted ordinals are taken. */
  public record Taken(int[] ordinals) implements Reply {}

  /**
   * This request was answered before: its slate (ordinals in slot order) less what was hidden,
   * blocked or retired since.
   */
  public record Replayed(long userSeq, List<Slot> slate, Versions versions) implements Reply {}

  public record NotServed() implements Reply {}

  /**
   * Everything a person may want to see about the user. Times in milliseconds; strength -1 to 1.
   */
  public record Described(
      Profile profile, List<Recent> recent, int interactions, int reserved, Preferences preferences)
      implements Reply {}

  public record Recent(String itemId, InteractionKind kind, long atMs, double strength) {}

  /** Nothing happened, and why. */
  public record Rejected(Reason reason, String detail) implements Reply {}

  public enum Reason {
    /** Too many commands wait for this user. */
    BUSY,
    STORE_UNAVAILABLE,
    /** The request's budget was spent before its turn came. */
    TOO_LATE,
    INVALID
  }
}
