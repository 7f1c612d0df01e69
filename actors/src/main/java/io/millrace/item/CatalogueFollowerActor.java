package io.millrace.item;

import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.ItemCodec;
import io.millrace.serialization.Wire;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/**
 * Follows the item streams and owns this node's {@link Catalogue}; hears of changes that must be
 * known at once before it reads them. One on every node. It reads the disk: give it a dispatcher of
 * its own.
 */
public final class CatalogueFollowerActor extends AbstractBehavior<CatalogueFollowerActor.Command> {

  /** Every node's follower, from its start on. */
  public static final ServiceKey<Command> SERVICE =
      ServiceKey.create(Command.class, "catalogue-follower");

  /** What the follower can be told. */
  public sealed interface Command extends Wire {}

  /** Reads every item stream to its present head, then answers {@link Applied}. */
  public record Drain(ActorRef<Applied> replyTo) implements Command {}

  /** Everything that was in the item streams is in the catalogue. */
  public record Applied() implements Wire {}

  /**
   * Takes one change at once: the card, and whether the item must be in no feed. Reply: {@link
   * Learned}.
   */
  public record Learn(ItemCard card, long itemSeq, boolean tombstoned, ActorRef<Learned> replyTo)
      implements Command {}

  /** This change, or a newer one, is in the catalogue of the node of {@code by}. */
  public record Learned(long itemHash, long itemSeq, ActorRef<Command> by) implements Wire {}

  private enum ReadOn implements Command, NoSerializationVerificationNeeded {
    READ_ON
  }

  private enum Poll implements Command, NoSerializationVerificationNeeded {
    POLL
  }

  /** A catalogue and the behaviour that fills it. */
  public record Parts(Catalogue catalogue, Behavior<Command> behavior) {}

  /** An empty catalogue, and the actor to spawn, once, that follows the streams for it. */
  public static Parts create(EventStream events, Membership membership, ItemSettings settings) {
    LiveCatalogue catalogue = new LiveCatalogue();
    Behavior<Command> behavior =
        Behaviors.setup(context ->
            Behaviors.withTimers(timers ->
                new CatalogueFollowerActor(
                    context, timers, catalogue, events, membership, settings)));
    return new Parts(
        catalogue,
        Behaviors.supervise(behavior)
            .onFailure(
                SupervisorStrategy.restartWithBackoff(
                    Duration.ofMillis(200), Duration.ofSeconds(5), 0.1)));
  }

  private final LiveCatalogue catalogue;
  private final Membership membership;
  private final StreamFollower follower;
  private final Map<String, String> names = new HashMap<>();
  private boolean upBeforeReading;
  private long poisoned;

  private CatalogueFollowerActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      LiveCatalogue catalogue,
      EventStream events,
      Membership membership,
      ItemSettings settings) {
    super(context);
    this.catalogue = catalogue;
    this.membership = membership;
    ActorRef<Command> self = context.getSelf();
    this.follower =
        new StreamFollower(
            events, ItemIds.streams(), settings.readBatch(), () -> self.tell(ReadOn.READ_ON));
    timers.startTimerWithFixedDelay(Poll.POLL, Poll.POLL, settings.pollEvery());
    context.getSystem().receptionist().tell(Receptionist.register(SERVICE, self));
    self.tell(ReadOn.READ_ON);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Learn.class, this::onLearn)
        .onMessage(ReadOn.class, read -> onReadOn())
        .onMessage(Drain.class, this::onDrain)
        .onMessage(Poll.class, poll -> onPoll())
        .onSignal(PreRestart.class, restart -> onEnd())
        .onSignal(PostStop.class, stop -> onEnd())
        .build();
  }

  private Behavior<Command> onLearn(Learn learn) {
    catalogue.learn(shared(learn.card()), learn.itemSeq(), learn.tombstoned());
    learn
        .replyTo()
        .tell(new Learned(learn.card().itemHash(), learn.itemSeq(), getContext().getSelf()));
    return this;
  }

  private Behavior<Command> onReadOn() {
    if (!upBeforeReading && membership.up()) {
      upBeforeReading = true;
      follower.expectNews();
    }
    boolean atHead = follower.readSome(this::apply);
    if (!atHead) {
      getContext().getSelf().tell(ReadOn.READ_ON);
    } else if (upBeforeReading && !catalogue.ready()) {
      catalogue.becomeReady();
      getContext()
          .getLog()
          .info("the catalogue is ready items={} poisoned={}", catalogue.size(), poisoned);
    }
    return this;
  }

  private Behavior<Command> onDrain(Drain drain) {
    follower.readAll(this::apply);
    drain.replyTo().tell(new Applied());
    return this;
  }

  /** For stores whose commits are not all announced, and for becoming up. */
  private Behavior<Command> onPoll() {
    follower.expectNews();
    return onReadOn();
  }

  private Behavior<Command> onEnd() {
    follower.close();
    return this;
  }

  private void apply(StoredEvent stored) {
    ItemEvent event;
    try {
      event = ItemCodec.event(stored.payload());
    } catch (IllegalArgumentException e) {
      poisoned++;
      getContext()
          .getLog()
          .error(
              "passed an item event that cannot be read id={} sequence={} why={}",
              stored.persistenceId(),
              stored.sequence(),
              e.getMessage());
      return;
    }
    switch (event) {
      case ItemEvent.ItemPut put ->
          catalogue.learn(
              shared(ItemCard.of(put.facts(), put.ordinal())),
              put.itemSeq(),
              !put.facts().servable());
      case ItemEvent.ItemRetired gone -> catalogue.retire(gone.ordinal(), gone.itemSeq());
    }
  }

  /** The same card with categories and creator that all cards share: there are few of them. */
  private ItemCard shared(ItemCard card) {
    List<String> categories = card.categories().stream().map(this::shared).toList();
    return new ItemCard(
        card.itemId(),
        card.ordinal(),
        card.itemHash(),
        categories,
        shared(card.creator()),
        card.durationMs(),
        card.createdAtMs());
  }

  private String shared(String name) {
    return names.computeIfAbsent(name, n -> n);
  }
}
