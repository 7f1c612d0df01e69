package io.millrace.item;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.ItemFacts;
import io.millrace.item.ItemActor.Command;
import io.millrace.item.ItemActor.GetItem;
import io.millrace.item.ItemActor.ItemIs;
import io.millrace.item.ItemActor.Put;
import io.millrace.item.ItemActor.Rejected;
import io.millrace.item.ItemActor.Reply;
import io.millrace.item.ItemActor.Retire;
import io.millrace.item.ItemActor.Stored;
import io.millrace.item.ItemActor.Unknown;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.ItemCodec;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ItemActorTest {
  @TempDir Path folder;
  private TestNode node;
  private TestProbe<Reply> replies;
  private TestProbe<OrdinalsActor.Command> ordinals;
  private TestProbe<ItemAnnouncerActor.Command> announcer;
  private boolean storeHealthy = true;

  @BeforeEach
  void start() {
    node = TestNode.on(folder);
    replies = node.kit().createTestProbe();
    ordinals = node.kit().createTestProbe();
    announcer = node.kit().createTestProbe();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private ActorRef<Command> item() {
    return node.kit()
        .spawn(
            ItemActor.create(
                "default|a",
                new ItemActor.Surroundings(
                    ItemSettings.of(node.settings()),
                    ordinals.ref(),
                    announcer.ref(),
                    InstantSource.fixed(Instant.ofEpochMilli(5_000)),
                    () -> storeHealthy)));
  }

  private ActorRef<Command> restarted(ActorRef<Command> item) {
    node.kit().stop(item);
    return item();
  }

  private void giveOrdinal(int ordinal) {
    ordinals
        .expectMessageClass(OrdinalsActor.Take.class)
        .replyTo()
        .tell(new OrdinalsActor.Taken(ordinal));
  }

  private ItemAnnouncerActor.Announce expectAnnounced(long itemSeq, boolean tombstoned) {
    ItemAnnouncerActor.Announce announce =
        announcer.expectMessageClass(ItemAnnouncerActor.Announce.class);
    assertEquals(itemSeq, announce.itemSeq());
    assertEquals(tombstoned, announce.tombstoned());
    return announce;
  }

  private static void confirm(ItemAnnouncerActor.Announce announce) {
    announce.replyTo().tell(new ItemAnnouncerActor.Announced(announce.itemSeq()));
  }

  private ActorRef<Command> stored(ItemFacts facts) {
    ActorRef<Command> item = item();
    item.tell(new Put(facts, replies.ref()));
    giveOrdinal(7);
    confirm(expectAnnounced(1, !facts.servable()));
    replies.expectMessage(new Stored("a", 7, 1));
    return item;
  }

  private List<StoredEvent> journalled() {
    return node.streams().tail(ItemIds.stream("a"), Cursor.START, 100).events();
  }

  @Test
  void a_first_put_takes_an_ordinal_is_made_known_and_survives_a_restart() {
    ActorRef<Command> item = stored(TestNode.item("a"));

    item = restarted(item);
    item.tell(new GetItem(replies.ref()));

    replies.expectMessage(new ItemIs(TestNode.item("a"), 7, 1, false));
    announcer.expectNoMessage(Duration.ofMillis(50));
    assertEquals("item|default|a", journalled().getFirst().persistenceId());
    assertEquals(
        new ItemEvent.ItemPut(1, 7, 5_000, 5_000, TestNode.item("a")),
        ItemCodec.event(journalled().getFirst().payload()));
  }

  @Test
  void an_identical_put_writes_nothing_and_answers_the_same_number() {
    ActorRef<Command> item = stored(TestNode.item("a"));

    item.tell(new Put(TestNode.item("a"), replies.ref()));

    replies.expectMessage(new Stored("a", 7, 1));
    assertEquals(1, journalled().size());
  }

  @Test
  void a_put_without_a_time_is_of_now_and_keeps_that_time() {
    ItemFacts timeless = withCreatedAt(TestNode.item("a"), 0);
    ActorRef<Command> item = stored(timeless);

    item.tell(new Put(timeless, replies.ref()));
    replies.expectMessage(new Stored("a", 7, 1));

    item.tell(new GetItem(replies.ref()));
    replies.expectMessage(new ItemIs(withCreatedAt(timeless, 5_000), 7, 1, false));
  }

  @Test
  void commands_behind_a_first_put_wait_for_its_ordinal() {
    ActorRef<Command> item = item();

    item.tell(new Put(TestNode.item("a"), replies.ref()));
    item.tell(new Retire("gone", replies.ref()));
    item.tell(new GetItem(replies.ref()));
    replies.expectNoMessage(Duration.ofMillis(50));
    giveOrdinal(0);

    confirm(expectAnnounced(1, false));
    replies.fishForMessage(
        Duration.ofSeconds(5),
        reply ->
            reply instanceof ItemIs is && is.retired()
                ? org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes.complete()
                : org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes.continueAndIgnore());
  }

  @Test
  void without_an_ordinal_a_first_put_is_refused_and_may_be_tried_again() {
    ActorRef<Command> item = item();

    item.tell(new Put(TestNode.item("a"), replies.ref()));
    ordinals
        .expectMessageClass(OrdinalsActor.Take.class)
        .replyTo()
        .tell(new OrdinalsActor.NoneLeft("nobody answers"));

    replies.expectMessage(new Rejected(ItemActor.NO_ORDINAL, "nobody answers"));
    item.tell(new Put(TestNode.item("a"), replies.ref()));
    giveOrdinal(3);
    confirm(expectAnnounced(1, false));
    replies.expectMessage(new Stored("a", 3, 1));
  }

  @Test
  void a_retirement_is_acknowledged_only_when_every_node_knows() {
    ActorRef<Command> item = stored(TestNode.item("a"));

    item.tell(new Retire("gone", replies.ref()));
    ItemAnnouncerActor.Announce announce = expectAnnounced(2, true);
    replies.expectNoMessage(Duration.ofMillis(100));
    confirm(announce);

    replies.expectMessage(new Stored("a", 7, 2));
  }

  @Test
  void killed_between_persist_and_broadcast_it_broadcasts_again_before_any_acknowledgement() {
    ActorRef<Command> item = stored(TestNode.item("a"));
    item.tell(new Retire("gone", replies.ref()));
    expectAnnounced(2, true);

    item = restarted(item);

    ItemAnnouncerActor.Announce onRecovery = expectAnnounced(2, true);
    item.tell(new Retire("gone", replies.ref()));
    ItemAnnouncerActor.Announce onRepetition = expectAnnounced(2, true);
    replies.expectNoMessage(Duration.ofMillis(100));
    assertEquals(2, journalled().size());
    confirm(onRecovery);
    replies.expectMessage(new Stored("a", 7, 2));
    confirm(onRepetition);
    item.tell(new Retire("gone", replies.ref()));
    replies.expectMessage(new Stored("a", 7, 2));
  }

  @Test
  void a_put_that_makes_it_unservable_is_announced_like_a_retirement() {
    ActorRef<Command> item = stored(TestNode.item("a"));

    item.tell(new Put(TestNode.item("a", 0), replies.ref()));
    ItemAnnouncerActor.Announce announce = expectAnnounced(2, true);
    replies.expectNoMessage(Duration.ofMillis(50));
    confirm(announce);

    replies.expectMessage(new Stored("a", 7, 2));
    restarted(item);
    expectAnnounced(2, true);
  }

  @Test
  void a_put_after_a_retirement_revives_the_item_under_its_ordinal() {
    ActorRef<Command> item = stored(TestNode.item("a"));
    item.tell(new Retire("gone", replies.ref()));
    confirm(expectAnnounced(2, true));
    replies.expectMessage(new Stored("a", 7, 2));

    item.tell(new Put(TestNode.item("a"), replies.ref()));

    confirm(expectAnnounced(3, false));
    replies.expectMessage(new Stored("a", 7, 3));
    item.tell(new GetItem(replies.ref()));
    assertFalse(replies.expectMessageClass(ItemIs.class).retired());
  }

  @Test
  void an_item_nobody_put_is_unknown() {
    ActorRef<Command> item = item();

    item.tell(new GetItem(replies.ref()));
    replies.expectMessage(new Unknown("a"));
    item.tell(new Retire("gone", replies.ref()));
    replies.expectMessage(new Unknown("a"));

    assertTrue(journalled().isEmpty());
  }

  @Test
  void facts_of_another_item_are_refused() {
    ActorRef<Command> item = item();

    item.tell(new Put(TestNode.item("b"), replies.ref()));

    replies.expectMessage(
        new Rejected(ItemActor.WRONG_ITEM, "the facts are of item 'b', expected 'a'"));
  }

  @Test
  void while_the_store_is_bad_changes_are_refused_and_questions_answered() {
    ActorRef<Command> item = stored(TestNode.item("a"));
    storeHealthy = false;

    item.tell(new Put(TestNode.item("a", 5), replies.ref()));
    assertEquals(ItemActor.STORE_UNAVAILABLE, replies.expectMessageClass(Rejected.class).reason());
    item.tell(new Retire("gone", replies.ref()));
    assertEquals(ItemActor.STORE_UNAVAILABLE, replies.expectMessageClass(Rejected.class).reason());

    item.tell(new GetItem(replies.ref()));
    replies.expectMessageClass(ItemIs.class);
  }

  @Test
  void many_changes_survive_a_restart_through_a_snapshot() {
    ActorRef<Command> item = stored(TestNode.item("a"));
    for (int stock = 1; stock <= 45; stock++) {
      item.tell(new Put(TestNode.item("a", stock), replies.ref()));
      confirm(expectAnnounced(stock + 1, false));
      replies.expectMessage(new Stored("a", 7, stock + 1));
    }

    item = restarted(item);
    item.tell(new GetItem(replies.ref()));

    replies.expectMessage(new ItemIs(TestNode.item("a", 45), 7, 46, false));
  }

  private static ItemFacts withCreatedAt(ItemFacts facts, long createdAtMs) {
    return new ItemFacts(
        facts.itemId(),
        facts.title(),
        facts.categories(),
        facts.tags(),
        facts.creator(),
        createdAtMs,
        facts.language(),
        facts.price(),
        facts.stock(),
        facts.ageRating(),
        facts.safety(),
        facts.sponsor(),
        facts.durationMs(),
        facts.attributes(),
        facts.variants(),
        facts.vector());
  }
}
