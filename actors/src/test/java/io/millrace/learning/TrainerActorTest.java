package io.millrace.learning;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.evidence.AnswerSink.Answer;
import io.millrace.evidence.AnswerSink.Answers;
import io.millrace.evidence.UserEventReader;
import io.millrace.item.TestNode;
import io.millrace.model.FusionContext;
import io.millrace.model.FusionFeature;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.InMemoryEventStream;
import io.millrace.persistence.StoredEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerActorTest {
  private static final int STREAM = 1;
  private static final byte[] POISON = {};
  private static final byte[] NOTHING = {1, 2};

  @TempDir Path folder;
  private TestNode node;
  private final InMemoryEventStream users = new InMemoryEventStream();
  private final PublishedWeights weights = new PublishedWeights();
  private final AtomicInteger reads = new AtomicInteger();
  private Cursor told = Cursor.START;
  private long written;

  @BeforeEach
  void start() {
    node = TestNode.on(folder);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private ActorRef<TrainerActor.Command> trainer() {
    return trainer(Duration.ofHours(1));
  }

  private ActorRef<TrainerActor.Command> trainer(Duration saveEvery) {
    return node.kit()
        .spawn(
            TrainerActor.create(
                new TrainerActor.Parts(
                    weights,
                    users,
                    List.of("user-0", "user-1"),
                    this::read,
                    requestId -> Optional.of(rows(requestId)),
                    saveEvery)));
  }

  private UserEventReader.Reading read(StoredEvent stored) {
    reads.incrementAndGet();
    if (stored.payload().length == 0) {
      throw new IllegalArgumentException("no event");
    }
    if (stored.payload().length == NOTHING.length) {
      return UserEventReader.Observations.NONE;
    }
    return new UserEventReader.Observations(
        List.of(), List.of(new Answer(stored.cursor(), "request", stored.payload()[0])));
  }

  /** Items 0 to 2, each with features of its own. */
  private static ServedRows rows(String requestId) {
    float[][] matrix = new float[FusionFeature.COUNT][3];
    for (int f = 0; f < matrix.length; f++) {
      for (int row = 0; row < 3; row++) {
        matrix[f][row] = (f * 7 + row * 5) % 11 / 11f;
      }
    }
    return new ServedRows(
        requestId, 1_000, new FusionContext(2, 3, 1, 4), new int[] {0, 1, 2}, matrix, new float[3]);
  }

  private Cursor answer(int ordinal) {
    return append((byte) ordinal);
  }

  private Cursor append(byte... payload) {
    return users.append("user-" + STREAM, "user|default|x", ++written, payload);
  }

  /** Tells the trainer of all that was answered since it was told last. */
  private void tell(ActorRef<TrainerActor.Command> trainer) {
    tellFrom(told, trainer);
  }

  private void tellFrom(Cursor from, ActorRef<TrainerActor.Command> trainer) {
    List<Answer> answers =
        users.tail("user-" + STREAM, from, 1_000).events().stream()
            .map(event -> new Answer(event.cursor(), "request", event.payload()[0]))
            .toList();
    told = users.head("user-" + STREAM);
    trainer.tell(new TrainerActor.LearnAnswers(new Answers(STREAM, from, told, answers)));
  }

  private void learnt(long examples) {
    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          assertEquals(examples, weights.now().examples());
          return null;
        });
  }

  private long drain(ActorRef<TrainerActor.Command> trainer) {
    TestProbe<TrainerActor.Learnt> probe = node.kit().createTestProbe();
    trainer.tell(new TrainerActor.Drain(probe.ref()));
    return probe.receiveMessage(Duration.ofSeconds(20)).examples();
  }

  @Test
  void an_answer_is_learnt_when_it_is_told_and_once_however_often_it_is() {
    ActorRef<TrainerActor.Command> trainer = trainer();
    answer(0);
    answer(1);
    tell(trainer);
    learnt(2);

    tellFrom(Cursor.START, trainer);
    answer(2);
    tellFrom(Cursor.START, trainer);

    learnt(3);
    assertEquals(3, drain(trainer));
  }

  @Test
  void what_nobody_told_of_is_read() {
    ActorRef<TrainerActor.Command> trainer = trainer();
    answer(0);
    tell(trainer);
    learnt(1);

    told = answer(1);
    answer(2);
    tell(trainer);

    learnt(3);
    answer(0);
    assertEquals(4, drain(trainer));
  }

  @Test
  void a_restart_goes_on_from_where_it_has_learnt_and_reads_what_came_meanwhile() {
    ActorRef<TrainerActor.Command> trainer = trainer();
    answer(0);
    answer(1);
    tell(trainer);
    assertEquals(2, drain(trainer));
    node.close();
    answer(2);
    node = TestNode.on(folder);

    ActorRef<TrainerActor.Command> restarted = trainer(Duration.ofMillis(50));

    learnt(3);
    tellFrom(Cursor.START, restarted);
    assertEquals(3, drain(restarted));
  }

  @Test
  void how_far_it_has_read_outlives_a_restart_though_there_was_nothing_to_learn() {
    append(NOTHING);
    assertEquals(0, drain(trainer()));
    node.close();
    reads.set(0);
    node = TestNode.on(folder);

    ActorRef<TrainerActor.Command> restarted = trainer();
    answer(1);

    assertEquals(1, drain(restarted));
    assertEquals(1, reads.get());
  }

  @Test
  void an_event_that_cannot_be_read_is_passed() {
    append(POISON);
    answer(1);

    assertEquals(1, drain(trainer()));
  }
}
