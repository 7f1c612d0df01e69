package io.millrace.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.evidence.EvidenceActor.Command;
import io.millrace.evidence.EvidenceActor.Drain;
import io.millrace.evidence.EvidenceActor.Drained;
import io.millrace.index.EvidenceBatch;
import io.millrace.item.ItemIds;
import io.millrace.item.TestNode;
import io.millrace.persistence.Cursor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

class EvidenceActorTest extends EvidenceFixture {
  @Test
  void streams_that_wrote_together_take_turns_spread_evenly_from_then_on() {
    Duration period = Duration.ofMillis(320);
    long[] last = new long[EvidenceActor.STREAMS];
    Arrays.fill(last, Duration.ofSeconds(7).toNanos());
    for (int round = 0; round < 3; round++) {
      for (int stream = 0; stream < last.length; stream++) {
        long now = last[stream] + Duration.ofMillis(1).toNanos();
        long turn = now + EvidenceActor.untilTurn(stream, now, last[stream], period);
        Duration apart = Duration.ofNanos(turn - last[stream]);
        assertTrue(
            apart.toMillis() >= 160 && apart.toMillis() <= 480,
            "stream " + stream + " writes after " + apart);
        last[stream] = turn + Duration.ofMillis(3).toNanos(); // a turn ends later than it begins
      }
      long[] inOrder = Arrays.stream(last).sorted().toArray();
      for (int i = 1; i < inOrder.length; i++) {
        assertEquals(Duration.ofMillis(20).toNanos(), inOrder[i] - inOrder[i - 1]);
      }
    }
  }

  @Test
  void a_drain_folds_all_there_is_into_numbered_batches() {
    for (int i = 0; i < 25; i++) {
      like(i);
    }

    Drained drained = drain(actor(Duration.ofMinutes(1), 10));

    assertEquals(new Drained(STREAM, 3), drained);
    assertEquals(List.of(1L, 2L, 3L), batches().stream().map(EvidenceBatch::number).toList());
    assertEquals(25, touches(batches()));
    assertEquals(1_000_025, batches().getLast().asOfMs());
    assertEquals(ItemIds.hash("i1"), batches().getFirst().pairs().getFirst().predecessorHash());
  }

  @Test
  void the_journal_says_when_it_took_a_batch() {
    Instant before = Instant.now().minusMillis(1);
    like(1);
    drain(actor(Duration.ZERO, 10));

    Instant written =
        node.streams().tail("evidence-" + STREAM, Cursor.START, 1).events().getFirst().writtenAt();

    assertTrue(written.isAfter(before) && !written.isAfter(Instant.now()), written.toString());
  }

  @Test
  void each_event_is_counted_once_whatever_restarts() {
    for (int round = 0; round < 10; round++) {
      ActorRef<Command> actor = actor(Duration.ZERO, 10);
      for (int i = 0; i < 15; i++) {
        like(i);
      }
      if (round % 3 == 0) {
        drain(actor);
      }
      node.kit().stop(actor);
      if (round == 5) {
        node.close();
        node = TestNode.on(folder);
      }
    }

    ActorRef<Command> actor = actor(Duration.ZERO, 10);
    drain(actor);

    assertEquals(150, touches(batches()));
    for (int i = 0; i < batches().size(); i++) {
      assertEquals(i + 1, batches().get(i).number());
    }
    assertEquals(batches().size(), vitals.batches(STREAM));
  }

  @Test
  void what_answers_something_served_is_told_in_parts_without_gaps() {
    for (int i = 0; i < 25; i++) {
      like(i);
    }
    append(FORGOTTEN);

    ActorRef<Command> actor = actor(Duration.ofMinutes(1), 10);
    drain(actor);
    node.kit().stop(actor);
    like(25);
    drain(actor(Duration.ofMinutes(1), 10));

    assertEquals(4, told.size());
    Cursor place = Cursor.START;
    List<Integer> ordinals = new ArrayList<>();
    for (AnswerSink.Answers part : told) {
      assertEquals(STREAM, part.stream());
      assertEquals(place, part.from());
      place = part.next();
      part.answers().forEach(answer -> ordinals.add(answer.ordinal()));
    }
    assertEquals(users.head("user-" + STREAM), place);
    assertEquals(IntStream.range(0, 26).boxed().toList(), ordinals);
  }

  @Test
  void a_commit_is_folded_without_being_asked_but_no_sooner_than_the_interval() {
    ActorRef<Command> actor = actor(Duration.ofMinutes(1), 10);
    drain(actor);
    like(1);
    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          assertEquals(1, batches().size());
          return null;
        });

    like(2);
    like(3);
    node.kit().createTestProbe().expectNoMessage(Duration.ofMillis(100));

    assertEquals(1, batches().size());
    assertEquals(new Drained(STREAM, 2), drain(actor));
    assertEquals(3, touches(batches()));
  }

  @Test
  void events_that_cannot_be_read_and_those_of_the_forgotten_stall_nothing() {
    like(1);
    append(POISON);
    append(FORGOTTEN);
    like(2);

    drain(actor(Duration.ZERO, 10));

    assertEquals(2, touches(batches()));
    assertEquals(1, vitals.poisoned(STREAM));
    assertEquals(1, vitals.forgotten(STREAM));
  }

  @Test
  void a_batch_waits_for_the_cards_of_predecessors() {
    cardsKnown = false;
    ActorRef<Command> actor = actor(Duration.ZERO, 10);
    like(1);
    TestProbe<Drained> probe = node.kit().createTestProbe();
    actor.tell(new Drain(probe.ref()));
    probe.expectNoMessage(Duration.ofMillis(100));

    cardsKnown = true;

    probe.expectMessage(new Drained(STREAM, 1));
    assertEquals(2, batches().getFirst().pairs().size());
  }

  @Test
  void events_that_wait_are_seen_as_lag() {
    cardsKnown = false;
    like(1);
    ActorRef<Command> actor = actor(Duration.ZERO, 10);
    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          nanos.addAndGet(1_000_000_000L);
          assertTrue(vitals.lagMs() >= 5_000, () -> "lag " + vitals.lagMs());
          return null;
        });

    cardsKnown = true;
    drain(actor);
    assertEquals(0, vitals.lagMs(STREAM));
  }
}
