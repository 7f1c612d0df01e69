package io.millrace.evidence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.evidence.EvidenceCheckpointActor.Command;
import io.millrace.evidence.EvidenceCheckpointActor.Write;
import io.millrace.evidence.EvidenceCheckpointActor.Written;
import io.millrace.index.EvidenceBatch;
import io.millrace.index.EvidencePart;
import io.millrace.index.EvidenceSums;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.ItemIndex;
import io.millrace.item.ItemIds;
import io.millrace.item.TestNode;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.RocksStoreExtension;
import io.millrace.persistence.StoreFaults;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.EvidenceCodec;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

class EvidenceCheckpointActorTest extends EvidenceFixture {
  private static final String ID = "evidence-checkpoint|" + STREAM;
  private static final Duration KEEP = Duration.ofHours(8);

  private final Semaphore turn = new Semaphore(1);

  private ActorRef<Command> checkpoints(Duration every) {
    EvidenceSettings defaults = EvidenceSettings.of(node.settings());
    return node.kit()
        .spawn(
            EvidenceCheckpointActor.create(
                STREAM,
                new EvidenceCheckpointActor.Surroundings(
                    new EvidenceSettings(
                        defaults.batchEvery(),
                        defaults.readBatch(),
                        defaults.snapshotEvery(),
                        0,
                        0,
                        defaults.pollEvery(),
                        defaults.cardWait(),
                        defaults.lagLimit(),
                        every,
                        KEEP),
                    node.streams(),
                    node.removal(),
                    clock,
                    turn,
                    vitals)));
  }

  private ActorRef<Command> checkpoints() {
    return checkpoints(Duration.ofDays(1));
  }

  private Written write(ActorRef<Command> actor) {
    TestProbe<Written> probe = node.kit().createTestProbe();
    actor.tell(new Write(probe.ref()));
    return probe.receiveMessage(Duration.ofSeconds(20));
  }

  /** Likes of random items, in batches of at most ten. */
  private void likes(Random random, int count) {
    for (int i = 0; i < count; i++) {
      like(ItemIds.hash("i" + random.nextInt(40)));
    }
    ActorRef<EvidenceActor.Command> folds = actor(Duration.ofMinutes(1), 10);
    drain(folds);
    node.kit().stop(folds);
  }

  private static ItemIndex withItems() {
    ItemIndex index = new ExactItemIndex();
    for (int item = 0; item < 30; item++) { // ten come in evidence alone
      index.put(item, TestNode.item("i" + item));
    }
    return index;
  }

  private static byte[] bytes(ItemIndex index) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    index.checkpoint(bytes);
    return bytes.toByteArray();
  }

  /** What an index holds that begins with the newest checkpoint and follows the batches since. */
  private byte[] begun() {
    ItemIndex index = withItems();
    EvidenceCheckpoints read = new EvidenceCheckpoints(node.streams());
    Optional<EvidenceCheckpoints.Whole> newest = read.newest(STREAM);
    Cursor place = Cursor.START;
    if (newest.isPresent()) {
      place = newest.get().batches();
      for (int part = 0; part < EvidencePart.PARTS; part++) {
        index.begin(List.of(read.part(STREAM, newest.get().firstSequence(), part).part()));
      }
      assertEquals(newest.get().number(), index.batches()[STREAM]);
    }
    for (StoredEvent event : node.streams().tail("evidence-" + STREAM, place, 10_000).events()) {
      assertTrue(index.apply(EvidenceCodec.batch(event.payload())));
    }
    return bytes(index);
  }

  /** Times of all touches, which are all different. */
  private static List<Long> touched(List<EvidenceBatch> batches) {
    return batches.stream()
        .flatMap(batch -> batch.touches().stream())
        .map(EvidenceBatch.Touch::atMs)
        .sorted()
        .toList();
  }

  private List<Long> touchedByCheckpoint() {
    EvidenceCheckpoints read = new EvidenceCheckpoints(node.streams());
    EvidenceCheckpoints.Whole newest = read.newest(STREAM).orElseThrow();
    return IntStream.range(0, EvidencePart.PARTS)
        .mapToObj(part -> read.part(STREAM, newest.firstSequence(), part))
        .flatMap(part -> part.touches().stream())
        .map(EvidenceBatch.Touch::atMs)
        .sorted()
        .toList();
  }

  private static byte[] applied(List<EvidenceBatch> batches) {
    ItemIndex index = withItems();
    batches.forEach(index::apply);
    return bytes(index);
  }

  private long firstOf(String persistenceId) {
    return node.streams().of(persistenceId, 1, 1).getFirst().sequence();
  }

  @Test
  void an_index_begun_with_a_checkpoint_is_as_if_it_had_read_every_batch() {
    Random random = new Random(1);
    ActorRef<Command> actor = checkpoints();
    assertEquals(new Written(STREAM, 0), write(actor)); // of nothing, none is made
    for (int round = 1; round <= 4; round++) {
      likes(random, 55);
      assertEquals(new Written(STREAM, 6L * round), write(actor));
      assertEquals(6L * round, vitals.checkpointed(STREAM));
      assertArrayEquals(applied(batches()), begun());
      assertEquals(touched(batches()), touchedByCheckpoint());
    }
    likes(random, 25);

    assertArrayEquals(applied(batches()), begun());
  }

  @Test
  void one_that_nothing_came_since_is_not_written_again() {
    ActorRef<Command> actor = checkpoints();
    likes(new Random(1), 10);
    write(actor);

    assertEquals(new Written(STREAM, 1), write(actor));

    assertEquals(64, node.streams().of(ID, 1, 1_000).size());
  }

  @Test
  void the_newest_two_stay_in_the_journal() {
    ActorRef<Command> actor = checkpoints();
    for (int round = 0; round < 4; round++) {
      likes(new Random(round), 10);
      write(actor);
    }

    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          assertEquals(129, firstOf(ID));
          return null;
        });
    assertEquals(4, new EvidenceCheckpoints(node.streams()).newest(STREAM).orElseThrow().number());
  }

  /** Returns when the journal has the event of that number. */
  private void awaitPart(long sequence) {
    node.kit()
        .createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(10),
            Duration.ofMillis(1),
            () -> {
              assertEquals(1, node.streams().of(ID, sequence, 1).size());
              return null;
            });
  }

  private long last() {
    List<StoredEvent> parts = node.streams().of(ID, 1, 10_000);
    return parts.isEmpty() ? 0 : parts.getLast().sequence();
  }

  @Test
  void whatever_stops_it_a_checkpoint_is_whole_and_true_as_of_one_batch() {
    Random random = new Random(3);
    int brokenOff = 0;
    for (int round = 0; round < 12; round++) {
      likes(random, 30);
      long before = last();
      ActorRef<Command> actor = checkpoints();
      actor.tell(new Write(node.kit().<Written>createTestProbe().ref()));
      awaitPart(before + 1 + random.nextInt(50));
      node.kit().stop(actor);
      brokenOff += last() % 64 == 0 ? 0 : 1;
      if (round % 4 == 3) {
        node.close();
        node = TestNode.on(folder);
      }
      assertArrayEquals(applied(batches()), begun());
    }
    assertTrue(brokenOff > 0, "no stop came between two parts");

    assertEquals(new Written(STREAM, 36), write(checkpoints()));

    assertArrayEquals(applied(batches()), begun());
    List<Long> numbers = new ArrayList<>();
    for (StoredEvent event : node.streams().of(ID, 1, 10_000)) {
      EvidencePart part = EvidenceCodec.part(event.payload()).part();
      assertEquals((event.sequence() - 1) % 64, part.part());
      if (part.part() == 0) {
        numbers.add(part.number());
      }
      assertEquals(numbers.getLast(), part.number());
    }
    assertEquals(1, turn.availablePermits());
  }

  @Test
  void batches_go_when_a_checkpoint_has_held_them_for_long_enough_and_their_sums_stay() {
    ActorRef<Command> actor = checkpoints();
    likes(new Random(1), 4_050);
    List<EvidenceBatch> all = new ArrayList<>(batches());
    assertEquals(405, all.size());
    write(actor);
    nowMs.addAndGet(KEEP.toMillis() - 60_000);
    likes(new Random(2), 100);
    write(actor);
    assertEquals(1, firstOf("evidence|" + STREAM));

    nowMs.addAndGet(120_000);
    likes(new Random(3), 10);
    write(actor);

    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          assertEquals(405, firstOf("evidence|" + STREAM)); // the last one stays
          return null;
        });
    likes(new Random(4), 10); // who folds goes on
    all.addAll(batches().subList(1, batches().size()));
    assertEquals(405 + 12, all.size());
    assertArrayEquals(applied(all), begun());
  }

  @Test
  void who_folds_goes_on_where_nothing_came_since_what_was_deleted() {
    ActorRef<Command> actor = checkpoints();
    likes(new Random(1), 45);
    List<EvidenceBatch> all = new ArrayList<>(batches());
    write(actor);
    nowMs.addAndGet(2 * KEEP.toMillis());
    write(actor);
    node.kit().stop(actor);
    checkpoints(Duration.ofSeconds(1)); // looks after a second
    node.kit()
        .createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(10),
            () -> {
              assertEquals(5, firstOf("evidence|" + STREAM));
              return null;
            });
    node.close();
    node = TestNode.on(folder);

    likes(new Random(2), 5);

    all.addAll(batches().subList(1, batches().size()));
    assertEquals(6, all.size());
    assertEquals(6, all.getLast().number());
    assertArrayEquals(applied(all), begun());
    assertEquals(new Written(STREAM, 6), write(checkpoints()));
    assertArrayEquals(applied(all), begun());
  }

  @Test
  void a_store_that_fails_costs_nothing_but_time() {
    Random random = new Random(5);
    likes(random, 30);
    write(checkpoints());
    likes(random, 30);
    StoreFaults faults = RocksStoreExtension.of(node.kit().system()).faults();
    ActorRef<Command> actor = checkpoints();
    TestProbe<Written> probe = node.kit().createTestProbe();
    actor.tell(new Write(probe.ref()));
    awaitPart(70);

    faults.fail();
    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          assertEquals(1, turn.availablePermits());
          return null;
        });
    faults.heal();

    assertEquals(new Written(STREAM, 6), probe.receiveMessage(Duration.ofSeconds(20)));
    assertArrayEquals(applied(batches()), begun());
  }

  @Test
  void who_asks_while_one_is_written_is_answered_with_all_there_was_then() {
    ActorRef<Command> actor = checkpoints();
    likes(new Random(1), 30);
    TestProbe<Written> first = node.kit().createTestProbe();
    TestProbe<Written> second = node.kit().createTestProbe();
    actor.tell(new Write(first.ref()));
    awaitPart(1);
    likes(new Random(2), 10);
    actor.tell(new Write(second.ref()));

    assertEquals(new Written(STREAM, 3), first.receiveMessage(Duration.ofSeconds(20)));
    assertEquals(new Written(STREAM, 4), second.receiveMessage(Duration.ofSeconds(20)));
    assertEquals(128, last());
  }

  private void awaitCheckpoint(long number) {
    node.kit()
        .createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(10),
            () -> {
              assertEquals(number, vitals.checkpointed(STREAM));
              return null;
            });
  }

  @Test
  void it_is_written_once_a_period_by_itself() {
    likes(new Random(1), 10);
    checkpoints(Duration.ofSeconds(1));
    nowMs.addAndGet(2_000);

    awaitCheckpoint(1);
    likes(new Random(2), 10);
    nowMs.addAndGet(2_000);
    awaitCheckpoint(2);
  }

  @Test
  void checkpoints_that_come_often_are_known_for_long_enough_to_tell_what_may_go() {
    EvidenceCheckpointState state = EvidenceCheckpointState.empty(STREAM);
    long hour = Duration.ofHours(1).toMillis();
    for (int n = 1; n <= 400; n++) {
      for (int part = 0; part < EvidencePart.PARTS; part++) {
        state =
            state.after(
                new EvidencePartWritten(
                    new EvidencePart(STREAM, n, 0, part, new EvidenceSums()),
                    Cursor.START,
                    List.of(),
                    n * hour));
      }
    }

    assertEquals(400, state.newest().number());
    for (int days = 1; days <= 9; days++) {
      long covered = state.coveredBy(400 * hour - Duration.ofDays(days).toMillis());
      long exact = 400 - 24L * days;
      assertTrue(covered <= exact && covered > exact - 12, covered + " by " + days + " days ago");
    }
  }

  @Test
  void a_checkpoint_keeps_the_touches_that_may_still_move_items() {
    NewestTouches touches = new NewestTouches();
    for (int i = 0; i < 20_000; i++) {
      touches.add(new EvidenceBatch.Touch(i % 10 < 5 ? 7 : i, i, new int[] {i}));
    }

    List<EvidenceBatch.Touch> kept = touches.since(0);

    assertEquals(512, kept.size());
    assertEquals(64, kept.stream().filter(touch -> touch.itemHash() == 7).count());
    assertEquals(19_999, kept.getLast().atMs());
    assertTrue(kept.getFirst().atMs() > 19_000);
    assertEquals(10, touches.since(19_990).size());
  }
}
