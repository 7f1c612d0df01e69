package io.millrace.item;

import io.millrace.serialization.ItemCodec;
import io.millrace.serialization.PlainEvents;
import io.millrace.serialization.PlainSnapshots;
import io.millrace.serialization.StoredBytes;
import io.millrace.serialization.Wire;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/**
 * The one source of item ordinals: grants each number once, in blocks, to the nodes that ask. A
 * singleton of the cluster; what a node does not use of its block is lost, never granted again.
 */
public final class OrdinalAllocatorActor
    extends EventSourcedBehaviorWithEnforcedReplies<
        OrdinalAllocatorActor.Command,
        OrdinalAllocatorActor.OrdinalBlockGranted,
        OrdinalAllocatorActor.State> {

  /** What the allocator can be asked. */
  public sealed interface Command extends Wire {}

  /**
   * Asks for a block of its own; one of 0 only asks whether somebody grants. Reply: {@link Granted}
   * or {@link Exhausted}.
   */
  public record Grant(String node, int count, ActorRef<Reply> replyTo) implements Command {}

  /** What the allocator answers. */
  public sealed interface Reply extends Wire {}

  /** The ordinals from {@code first}, {@code count} of them, are the asker's for ever. Durable. */
  public record Granted(int first, int count) implements Reply {}

  /** All 2^31 - 1 ordinals are granted. */
  public record Exhausted(String detail) implements Reply {}

  /** A block was granted. */
  public record OrdinalBlockGranted(int first, int count, String grantedTo, long acceptedAtMs) {}

  /** The lowest ordinal never granted. */
  public record State(int next) {
    State after(OrdinalBlockGranted granted) {
      return new State(granted.first() + granted.count());
    }
  }

  /** Blocks between two snapshots; chosen so that recovery reads a handful of short events. */
  private static final int SNAPSHOT_EVERY = 100;

  private final InstantSource clock;

  public static Behavior<Command> create(InstantSource clock) {
    return new OrdinalAllocatorActor(clock);
  }

  private OrdinalAllocatorActor(InstantSource clock) {
    super(
        PersistenceId.ofUniqueId("system|ordinals"),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
    this.clock = clock;
  }

  @Override
  public State emptyState() {
    return new State(0);
  }

  @Override
  public CommandHandlerWithReply<Command, OrdinalBlockGranted, State> commandHandler() {
    return (state, command) ->
        switch (command) {
          case Grant grant -> onGrant(state, grant);
        };
  }

  private ReplyEffect<OrdinalBlockGranted, State> onGrant(State state, Grant grant) {
    if (grant.count() == 0) {
      return Effect().reply(grant.replyTo(), new Granted(state.next(), 0));
    }
    if (grant.count() < 0 || grant.count() > Integer.MAX_VALUE - state.next()) {
      return Effect()
          .reply(
              grant.replyTo(),
              new Exhausted(
                  "asked for %d ordinals, expected 0 to %d"
                      .formatted(grant.count(), Integer.MAX_VALUE - state.next())));
    }
    OrdinalBlockGranted granted =
        new OrdinalBlockGranted(state.next(), grant.count(), grant.node(), clock.millis());
    return Effect()
        .persist(granted)
        .thenReply(grant.replyTo(), after -> new Granted(granted.first(), granted.count()));
  }

  @Override
  public EventHandler<State, OrdinalBlockGranted> eventHandler() {
    return State::after;
  }

  @Override
  public Set<String> tagsFor(OrdinalBlockGranted event) {
    return Set.of("system-0");
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public EventAdapter<OrdinalBlockGranted, ?> eventAdapter() {
    return new PlainEvents<>(
        StoredBytes.Manifests.ORDINAL_BLOCK, ItemCodec::toBytes, ItemCodec::ordinalBlock);
  }

  @Override
  public SnapshotAdapter<State> snapshotAdapter() {
    return new PlainSnapshots<>(
        StoredBytes.Manifests.ORDINALS_SNAPSHOT, ItemCodec::toBytes, ItemCodec::ordinals);
  }
}
