package io.millrace.item;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.item.CatalogueFollowerActor.Applied;
import io.millrace.item.CatalogueFollowerActor.Drain;
import io.millrace.item.CatalogueFollowerActor.Learn;
import io.millrace.item.CatalogueFollowerActor.Learned;
import io.millrace.persistence.InMemoryEventStream;
import io.millrace.serialization.ItemCodec;
import java.nio.file.Path;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueFollowerActorTest {
  @TempDir Path folder;
  private TestNode node;
  private final InMemoryEventStream events = new InMemoryEventStream();
  private Catalogue catalogue;

  @BeforeEach
  void start() {
    node = TestNode.on(folder);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private ActorRef<CatalogueFollowerActor.Command> follower() {
    CatalogueFollowerActor.Parts parts =
        CatalogueFollowerActor.create(
            events, Membership.alone(node.kit().system()), ItemSettings.of(node.settings()));
    catalogue = parts.catalogue();
    return node.kit().spawn(parts.behavior());
  }

  private void put(String itemId, int ordinal, long seq, long stock) {
    append(new ItemEvent.ItemPut(seq, ordinal, 1, 1, TestNode.item(itemId, stock)));
  }

  private void append(ItemEvent event) {
    events.append(
        ItemIds.stream(event.itemId()),
        "item|default|" + event.itemId(),
        event.itemSeq(),
        ItemCodec.toBytes(event));
  }

  private void drain(ActorRef<CatalogueFollowerActor.Command> follower) {
    TestProbe<Applied> applied = node.kit().createTestProbe();
    follower.tell(new Drain(applied.ref()));
    applied.expectMessageClass(Applied.class);
  }

  @Test
  void it_knows_every_item_of_the_streams_and_again_after_a_restart() {
    for (int i = 0; i < 10_000; i++) {
      put("item" + i, i, 1, i % 10 == 0 ? 0 : -1);
    }
    append(new ItemEvent.ItemRetired("item5", 2, 5, 1, 1, "gone"));

    ActorRef<CatalogueFollowerActor.Command> follower = follower();
    for (int round = 0; round < 2; round++) {
      drain(follower);

      for (int i = 0; i < 10_000; i++) {
        ItemCard card = catalogue.card("item" + i);
        assertNotNull(card);
        assertEquals(i, card.ordinal());
        assertEquals(card, catalogue.card(i));
        assertEquals(i % 10 == 0 || i == 5, catalogue.tombstoned(i));
      }
      assertNull(catalogue.card("item10000"));
      assertNull(catalogue.card(-1));
      assertNull(catalogue.card(Integer.MAX_VALUE));
      assertFalse(catalogue.tombstoned(-1));
      node.kit().stop(follower);
      follower = follower();
    }
  }

  @Test
  void it_is_ready_once_it_was_at_the_head_of_every_stream() {
    put("a", 0, 1, -1);

    ActorRef<CatalogueFollowerActor.Command> follower = follower();
    assertFalse(catalogue.ready() && catalogue.card("a") == null);

    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          assertTrue(catalogue.ready());
          return null;
        });
    assertNotNull(catalogue.card("a"));
    drain(follower);
  }

  @Test
  void a_commit_wakes_it() {
    follower();

    put("late", 3, 1, -1);

    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          assertNotNull(catalogue.card("late"));
          return null;
        });
  }

  @Test
  void what_it_is_told_counts_at_once_and_what_it_reads_later_does_not_undo_it() {
    ActorRef<CatalogueFollowerActor.Command> follower = follower();
    TestProbe<Learned> learned = node.kit().createTestProbe();
    ItemCard card = ItemCard.of(TestNode.item("a"), 4);

    follower.tell(new Learn(card, 3, true, learned.ref()));
    learned.expectMessage(new Learned(card.itemHash(), 3, follower));
    put("a", 4, 1, -1);
    put("a", 4, 2, 5);
    drain(follower);

    assertEquals(card, catalogue.card("a"));
    assertTrue(catalogue.tombstoned(4));
    follower.tell(new Learn(card, 4, false, learned.ref()));
    learned.expectMessage(new Learned(card.itemHash(), 4, follower));
    assertFalse(catalogue.tombstoned(4));
  }

  @Test
  void an_event_that_cannot_be_read_is_passed() {
    put("a", 0, 1, -1);
    events.append(ItemIds.stream("a"), "item|default|a", 2, new byte[] {1, 2, 3});
    put("a", 0, 3, 0);

    drain(follower());

    assertTrue(catalogue.tombstoned(0));
  }
}
