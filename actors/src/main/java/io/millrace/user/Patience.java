package io.millrace.user;

import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Counts the commands that wait for one user and refuses those beyond a bound: Pekko itself would
 * drop them, silently. Owned by the actor, on its thread; begins anew with each recovery.
 */
final class Patience extends BehaviorInterceptor<UserActor.Command, UserActor.Command> {
  private final int most;
  private int waiting;

  Patience(int most) {
    super(UserActor.Command.class);
    this.most = most;
  }

  /** A command has come out of the wait. */
  void handled() {
    waiting = Math.max(0, waiting - 1);
  }

  /** Nothing is known to wait. Commands that waited for a recovery are let off the count. */
  void begin() {
    waiting = 0;
  }

  @Override
  public Behavior<UserActor.Command> aroundReceive(
      TypedActorContext<UserActor.Command> context,
      UserActor.Command command,
      ReceiveTarget<UserActor.Command> target) {
    if (command instanceof UserActor.Joining) {
      return target.apply(context, command); // few, and the end of a merge must come through
    }
    if (waiting >= most) {
      command
          .replyTo()
          .tell(
              new UserActor.Rejected(
                  UserActor.Reason.BUSY, waiting + " commands wait, expected at most " + most));
      return Behaviors.same();
    }
    waiting++;
    return target.apply(context, command);
  }
}
