package io.millrace.user;

import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ExtensibleBehavior;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Counts the commands that wait for one user and refuses those beyond a bound: Pekko itself would
 * drop them, silently. Owned by the actor, on its thread; begins anew with each recovery.
 *
 * <p>It stays the same while the behaviour in it changes, which that of a persistent actor does
 * twice for each command: an interceptor here, and Sharding's around it, would be made anew each
 * time, and live until the user's next command.
 */
final class Patience extends ExtensibleBehavior<Object> {
  private final int most;
  private int waiting;
  private Behavior<Object> inner = Behaviors.empty();

  Patience(int most) {
    this.most = most;
  }

  /** Begins with a behaviour; what the actor is from now on. */
  Behavior<UserActor.Command> around(
      Behavior<UserActor.Command> first, TypedActorContext<UserActor.Command> context) {
    // A persistent actor is also sent what is no command, by its journal.
    inner = Behavior.start(first, context).unsafeCast();
    return Behavior.isAlive(inner) ? narrow() : inner.unsafeCast();
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
  public Behavior<Object> receive(TypedActorContext<Object> context, Object message) {
    // Of merges there are few, and the end of one must come through.
    if (message instanceof UserActor.Command command && !(command instanceof UserActor.Joining)) {
      if (waiting >= most) {
        command
            .replyTo()
            .tell(
                new UserActor.Rejected(
                    UserActor.Reason.BUSY, waiting + " commands wait, expected at most " + most));
        return Behaviors.same();
      }
      waiting++;
    }
    return goOn(context, Behavior.interpretMessage(inner, context, message));
  }

  @Override
  public Behavior<Object> receiveSignal(TypedActorContext<Object> context, Signal signal) {
    return goOn(context, Behavior.interpretSignal(inner, context, signal));
  }

  private Behavior<Object> goOn(TypedActorContext<Object> context, Behavior<Object> next) {
    if (Behavior.isUnhandled(next)) {
      return Behaviors.unhandled();
    }
    Behavior<Object> now = Behavior.canonicalize(next, inner, context);
    if (!Behavior.isAlive(now)) {
      return now;
    }
    inner = now;
    return Behaviors.same();
  }
}
