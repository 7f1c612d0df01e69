package io.millrace.item;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.item.CatalogueFollowerActor.Learn;
import io.millrace.item.CatalogueFollowerActor.Learned;
import io.millrace.item.ItemAnnouncerActor.Announce;
import io.millrace.item.ItemAnnouncerActor.Announced;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ItemAnnouncerActorTest {
  private static final Address HERE = new Address("pekko", "millrace", "here", 1);
  private static final Address THERE = new Address("pekko", "millrace", "there", 2);
  private static final ItemCard CARD = ItemCard.of(TestNode.item("a"), 7);

  @TempDir Path folder;
  private TestNode node;
  private final Set<Address> members = ConcurrentHashMap.newKeySet();
  private final Map<ActorRef<?>, Address> addresses = new HashMap<>();
  private TestProbe<CatalogueFollowerActor.Command> here;
  private TestProbe<CatalogueFollowerActor.Command> there;
  private TestProbe<Announced> announced;
  private ActorRef<ItemAnnouncerActor.Command> announcer;

  @BeforeEach
  void start() {
    node = TestNode.on(folder);
    here = node.kit().createTestProbe();
    there = node.kit().createTestProbe();
    announced = node.kit().createTestProbe();
    addresses.put(here.ref(), HERE);
    addresses.put(there.ref(), THERE);
    members.addAll(Set.of(HERE, THERE));
    announcer =
        node.kit().spawn(ItemAnnouncerActor.create(twoNodes(), ItemSettings.of(node.settings())));
    register(here);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private void register(TestProbe<CatalogueFollowerActor.Command> follower) {
    node.kit()
        .system()
        .receptionist()
        .tell(Receptionist.register(CatalogueFollowerActor.SERVICE, follower.ref()));
  }

  private Membership twoNodes() {
    return new Membership() {
      @Override
      public Address self() {
        return HERE;
      }

      @Override
      public Set<Address> members() {
        return Set.copyOf(members);
      }

      @Override
      public boolean up() {
        return true;
      }

      @Override
      public Address addressOf(ActorRef<?> ref) {
        return addresses.getOrDefault(ref, HERE);
      }
    };
  }

  private static Learn answer(TestProbe<CatalogueFollowerActor.Command> follower) {
    Learn learn = follower.expectMessageClass(Learn.class);
    learn.replyTo().tell(new Learned(CARD.itemHash(), learn.itemSeq(), follower.ref()));
    return learn;
  }

  @Test
  void a_withdrawal_is_announced_when_every_member_knows_and_told_again_until_then() {
    register(there);

    announcer.tell(new Announce(CARD, 2, true, null, announced.ref()));

    assertEquals(true, answer(here).tombstoned());
    there.expectMessageClass(Learn.class);
    announced.expectNoMessage(Duration.ofMillis(100));
    answer(there);
    announced.expectMessage(new Announced(2));
  }

  @Test
  void a_withdrawal_waits_for_a_member_whose_catalogue_is_not_found_yet() {
    announcer.tell(new Announce(CARD, 2, true, null, announced.ref()));
    answer(here);
    announced.expectNoMessage(Duration.ofMillis(500));

    register(there);

    answer(there);
    announced.expectMessage(new Announced(2));
  }

  @Test
  void a_member_that_left_is_waited_for_no_more() {
    announcer.tell(new Announce(CARD, 2, true, null, announced.ref()));
    answer(here);
    announced.expectNoMessage(Duration.ofMillis(100));

    members.remove(THERE);

    announced.expectMessage(new Announced(2));
  }

  @Test
  void another_change_is_told_to_this_node_and_to_the_one_that_asked() {
    register(there);
    TestProbe<Object> asker = node.kit().createTestProbe();

    announcer.tell(new Announce(CARD, 1, false, asker.ref(), announced.ref()));
    answer(here);
    announced.expectMessage(new Announced(1));
    there.expectNoMessage(Duration.ofMillis(50));

    addresses.put(asker.ref(), THERE);
    announcer.tell(new Announce(CARD, 2, false, asker.ref(), announced.ref()));
    answer(here);
    announced.expectNoMessage(Duration.ofMillis(50));
    answer(there);
    announced.expectMessage(new Announced(2));
  }

  @Test
  void a_change_that_is_no_withdrawal_waits_only_so_long() {
    announcer.tell(new Announce(CARD, 1, false, null, announced.ref()));
    here.expectMessageClass(Learn.class);

    announced.expectMessage(new Announced(1));
  }
}
