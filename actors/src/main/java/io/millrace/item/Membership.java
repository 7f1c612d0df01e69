package io.millrace.item;

import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * Who must know of a tombstone before it is acknowledged: every node that serves or may soon. A
 * node is seen by all others as joining before it is up, and its catalogue is not ready before it
 * is up and has then read the item streams to their head; so none is missed in between.
 */
public interface Membership {

  /** Who serves no feed any more. */
  Set<MemberStatus> GONE =
      Set.of(MemberStatus.exiting(), MemberStatus.down(), MemberStatus.removed());

  Address self();

  /** All that have not left, this node among them. */
  Set<Address> members();

  /** Whether every other member knows of this node. */
  boolean up();

  /** Where an actor lives. */
  default Address addressOf(ActorRef<?> ref) {
    Address address = ref.path().address();
    return address.hasLocalScope() ? self() : address;
  }

  /** As the cluster sees it. */
  static Membership of(ActorSystem<?> system) {
    Cluster cluster = Cluster.get(system);
    return new Membership() {
      @Override
      public Address self() {
        return cluster.selfMember().address();
      }

      @Override
      public Set<Address> members() {
        Set<Address> present = new HashSet<>();
        present.add(self());
        for (Member member : cluster.state().getMembers()) {
          if (!GONE.contains(member.status())) {
            present.add(member.address());
          }
        }
        return present;
      }

      @Override
      public boolean up() {
        return cluster.selfMember().status().equals(MemberStatus.up());
      }
    };
  }

  /** A node that is in no cluster. */
  static Membership alone(ActorSystem<?> system) {
    Address self = system.address();
    return new Membership() {
      @Override
      public Address self() {
        return self;
      }

      @Override
      public Set<Address> members() {
        return Set.of(self);
      }

      @Override
      public boolean up() {
        return true;
      }
    };
  }
}
