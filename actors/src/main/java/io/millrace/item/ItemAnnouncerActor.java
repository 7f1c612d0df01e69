package io.millrace.item;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.jspecify.annotations.Nullable;

/**
 * One node's crier: carries the changes of the items that live on it to the catalogues that must
 * know before anybody is answered, again and again until each has said so or has left the cluster.
 * A withdrawal must be known to every member; any other change to this node and to the one that
 * asked for it, and to these only within a bounded wait, because it is durable and they will read
 * it.
 *
 * <p>Never leaves its node; nothing survives a restart: items announce again.
 */
public final class ItemAnnouncerActor extends AbstractBehavior<ItemAnnouncerActor.Command> {

  /** What the crier can be told. */
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /**
   * Makes a change known. Reply: {@link Announced}.
   *
   * @param askedBy whose node should know it, null for nobody's
   */
  public record Announce(
      ItemCard card,
      long itemSeq,
      boolean tombstoned,
      @Nullable ActorRef<?> askedBy,
      ActorRef<Announced> replyTo)
      implements Command {}

  /** The change is known where it must be. */
  public record Announced(long itemSeq) implements NoSerializationVerificationNeeded {}

  private record Followers(Receptionist.Listing listing) implements Command {}

  private record Heard(CatalogueFollowerActor.Learned learned) implements Command {}

  private enum Again implements Command {
    AGAIN
  }

  private record Change(long itemHash, long itemSeq) {}

  /** One change under way. */
  private static final class Pending {
    final Announce announce;
    final Set<Address> missing;
    final List<ActorRef<Announced>> replyTo = new ArrayList<>();
    final long sinceNanos;

    Pending(Announce announce, Set<Address> missing, long sinceNanos) {
      this.announce = announce;
      this.missing = missing;
      this.sinceNanos = sinceNanos;
    }
  }

  private final TimerScheduler<Command> timers;
  private final Membership membership;
  private final ItemSettings settings;
  private final ActorRef<CatalogueFollowerActor.Learned> heard;
  private final Map<Address, ActorRef<CatalogueFollowerActor.Command>> followers = new HashMap<>();
  private final Map<Change, Pending> pending = new HashMap<>();

  /** A crier that finds the catalogues through the receptionist. */
  public static Behavior<Command> create(Membership membership, ItemSettings settings) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(
            timers -> new ItemAnnouncerActor(context, timers, membership, settings)));
  }

  private ItemAnnouncerActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Membership membership,
      ItemSettings settings) {
    super(context);
    this.timers = timers;
    this.membership = membership;
    this.settings = settings;
    this.heard = context.messageAdapter(CatalogueFollowerActor.Learned.class, Heard::new);
    context
        .getSystem()
        .receptionist()
        .tell(
            Receptionist.subscribe(
                CatalogueFollowerActor.SERVICE,
                context.messageAdapter(Receptionist.Listing.class, Followers::new)));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Announce.class, this::onAnnounce)
        .onMessage(Heard.class, this::onHeard)
        .onMessage(Followers.class, this::onFollowers)
        .onMessage(Again.class, again -> onAgain())
        .build();
  }

  private Behavior<Command> onAnnounce(Announce announce) {
    Change change = new Change(announce.card().itemHash(), announce.itemSeq());
    Pending one =
        pending.computeIfAbsent(
            change, c -> new Pending(announce, mustKnow(announce), System.nanoTime()));
    one.replyTo.add(announce.replyTo());
    one.missing.forEach(address -> send(one, address));
    if (!timers.isTimerActive(Again.AGAIN)) {
      timers.startTimerWithFixedDelay(Again.AGAIN, Again.AGAIN, settings.announceAgainAfter());
    }
    return this;
  }

  private Set<Address> mustKnow(Announce announce) {
    Set<Address> members = new HashSet<>(membership.members());
    if (!announce.tombstoned()) {
      Set<Address> near = new HashSet<>();
      near.add(membership.self());
      if (announce.askedBy() != null) {
        near.add(membership.addressOf(announce.askedBy()));
      }
      members.retainAll(near);
    }
    return members;
  }

  private void send(Pending one, Address address) {
    ActorRef<CatalogueFollowerActor.Command> follower = followers.get(address);
    if (follower != null) {
      follower.tell(
          new CatalogueFollowerActor.Learn(
              one.announce.card(), one.announce.itemSeq(), one.announce.tombstoned(), heard));
    }
  }

  private Behavior<Command> onHeard(Heard heard) {
    CatalogueFollowerActor.Learned learned = heard.learned();
    Change change = new Change(learned.itemHash(), learned.itemSeq());
    Pending one = pending.get(change);
    if (one != null
        && one.missing.remove(membership.addressOf(learned.by()))
        && one.missing.isEmpty()) {
      pending.remove(change);
      finish(one);
    }
    return this;
  }

  private Behavior<Command> onFollowers(Followers found) {
    followers.clear();
    found
        .listing()
        .getAllServiceInstances(CatalogueFollowerActor.SERVICE)
        .forEach(ref -> followers.put(membership.addressOf(ref), ref));
    pending.values().forEach(one -> one.missing.forEach(address -> send(one, address)));
    return this;
  }

  private Behavior<Command> onAgain() {
    Set<Address> members = membership.members();
    long now = System.nanoTime();
    for (Iterator<Pending> all = pending.values().iterator(); all.hasNext(); ) {
      Pending one = all.next();
      one.missing.retainAll(members);
      boolean waitedEnough =
          !one.announce.tombstoned() && now - one.sinceNanos > settings.learnWait().toNanos();
      if (one.missing.isEmpty() || waitedEnough) {
        all.remove();
        finish(one);
      } else {
        one.missing.forEach(address -> send(one, address));
      }
    }
    if (pending.isEmpty()) {
      timers.cancel(Again.AGAIN);
    }
    return this;
  }

  private static void finish(Pending one) {
    one.replyTo.forEach(waiting -> waiting.tell(new Announced(one.announce.itemSeq())));
  }
}
