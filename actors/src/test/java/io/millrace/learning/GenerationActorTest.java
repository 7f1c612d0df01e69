package io.millrace.learning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.item.TestNode;
import io.millrace.learning.GenerationActor.Decided;
import io.millrace.model.taste.Pace;
import io.millrace.persistence.InMemoryEventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.retrieval.TasteSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is decided about generations that are really trained, by users of eight tastes. */
class GenerationActorTest {
  private static final int TASTES = 8;
  private static final int ITEMS = 400;
  private static final int USERS = 600;
  private static final int TRAINED = 12_000;

  /** The newest twentieth, by which a generation is judged. */
  private static final int SLICE = 630;

  @TempDir Path folder;
  private TestNode node;
  private final InMemoryEventStream events = new InMemoryEventStream();
  private Generations generations;
  private final AtomicInteger settled = new AtomicInteger();
  private final AtomicLong now = new AtomicLong(1_700_100_000_000L);
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong nanoTime = new AtomicLong();
  private final AtomicLong waited = new AtomicLong();

  /** Whether what is trained on comes from users dealt out anew. */
  private volatile boolean shuffled;

  private volatile boolean preparationsFail;

  @BeforeEach
  void start() {
    node = TestNode.on(folder.resolve("store"));
    generations = new Generations(folder.resolve("generations"));
    for (int n = 0; n < TRAINED + SLICE; n++) {
      events.append("user-0", "user|" + n, 1, new byte[] {1});
    }
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private ActorRef<GenerationActor.Command> actor() {
    return actor(Duration.ZERO, 0);
  }

  private ActorRef<GenerationActor.Command> actor(Duration trainEvery, long trainAfter) {
    JournalForge forge =
        new JournalForge(
            new JournalForge.Sources(
                events,
                List.of("user-0"),
                List.of(),
                this::facts,
                stored -> null,
                itemId -> 0L,
                2_000,
                2_000,
                1,
                () -> Pace.ofCore(.5, nanoTime::get, waited::addAndGet)));
    return node.kit()
        .spawn(
            GenerationActor.create(
                new GenerationActor.Parts(
                    generations,
                    forge,
                    task -> Thread.ofPlatform().daemon().start(task),
                    number -> CompletableFuture.runAsync(() -> prepare(number), Runnable::run),
                    trainEvery,
                    trainAfter,
                    Duration.ofMillis(1),
                    read::get,
                    () -> Instant.ofEpochMilli(now.get()),
                    settled::incrementAndGet)));
  }

  private void prepare(int number) {
    if (preparationsFail) {
      throw new IllegalStateException("switched to fail");
    }
    generations.prepared(new TasteSpace(generations.load(number)));
  }

  /** Nine of ten within the user's taste; the slice is of few who do much. */
  private List<RecordedFact> facts(StoredEvent stored) {
    int n = Integer.parseInt(stored.persistenceId().substring("user|".length()));
    Random random = new Random(n);
    int user = n < TRAINED ? n % USERS : USERS + n % 30;
    int taste = random.nextInt(10) > 0 ? user % TASTES : random.nextInt(TASTES);
    int item = random.nextInt(ITEMS / TASTES) * TASTES + taste;
    if (shuffled && n < TRAINED) {
      user = random.nextInt(USERS);
    }
    return List.of(
        new RecordedFact(user, 10_000 + item, 1_700_000_000_000L + n * 1_000L, 100, true, true));
  }

  private Decided train(ActorRef<GenerationActor.Command> actor) {
    TestProbe<Decided> probe = node.kit().createTestProbe();
    actor.tell(new GenerationActor.Train(probe.ref()));
    return probe.receiveMessage(Duration.ofSeconds(60));
  }

  @Test
  void one_trained_on_shuffled_data_is_refused_with_an_alarm_and_the_present_one_stays() {
    ActorRef<GenerationActor.Command> actor = actor();
    Decided first = train(actor);
    assertTrue(first.adopted(), first.detail());

    shuffled = true;
    Decided second =
        LoggingTestKit.error("generation 2 is refused")
            .expect(node.kit().system(), () -> train(actor));

    assertFalse(second.adopted());
    assertTrue(second.detail().contains("worse"), second.detail());
    assertEquals(1, Objects.requireNonNull(generations.now()).number());
    assertTrue(generations.lastRefused());
    assertEquals(1, generations.refusals());

    shuffled = false;
    Decided third = train(actor);

    assertTrue(third.adopted(), third.detail());
    assertEquals(3, Objects.requireNonNull(generations.now()).number());
    assertFalse(generations.lastRefused());
  }

  private void awaitGeneration(int number) {
    TestProbe<Object> probe = node.kit().createTestProbe();
    probe.awaitAssert(
        Duration.ofSeconds(60),
        () -> {
          TasteSpace adopted = generations.now();
          assertEquals(number, adopted == null ? 0 : adopted.number());
          return null;
        });
  }

  // It looks whenever its timer runs; whether it is time, the test's clock says.

  @Test
  void it_trains_by_itself_when_the_time_has_come() {
    actor(Duration.ofMillis(20), 0);
    awaitGeneration(1);

    now.addAndGet(20);

    awaitGeneration(2);
  }

  @Test
  void it_trains_sooner_after_a_number_of_events() {
    actor(Duration.ofMillis(20), 1_000);
    awaitGeneration(1);

    read.addAndGet(1_000);

    awaitGeneration(2);
  }

  @Test
  void the_time_between_trainings_is_not_rested_for() {
    ActorRef<GenerationActor.Command> actor = actor();
    assertTrue(train(actor).adopted());
    nanoTime.addAndGet(Duration.ofHours(1).toNanos());

    assertTrue(train(actor).adopted());

    assertEquals(0, waited.get());
  }

  @Test
  void what_was_adopted_is_in_use_again_after_a_restart() {
    ActorRef<GenerationActor.Command> actor = actor();
    TestProbe<Object> probe = node.kit().createTestProbe();
    probe.awaitAssert(() -> {
      assertEquals(1, settled.get());
      return null;
    });
    assertTrue(train(actor).adopted());
    node.kit().stop(actor);

    generations = new Generations(folder.resolve("generations"));
    actor();

    probe.awaitAssert(() -> {
      assertEquals(2, settled.get());
      return null;
    });
    assertEquals(1, Objects.requireNonNull(generations.now()).number());
  }

  @Test
  void what_was_adopted_is_prepared_again_when_that_failed_at_the_start() {
    ActorRef<GenerationActor.Command> actor = actor();
    assertTrue(train(actor).adopted());
    node.kit().stop(actor);
    generations = new Generations(folder.resolve("generations"));
    preparationsFail = true;
    LoggingTestKit.error("generation 1 could not be prepared")
        .expect(node.kit().system(), () -> actor(Duration.ofMillis(20), 0));
    assertNull(generations.now());

    preparationsFail = false;

    TestProbe<Object> probe = node.kit().createTestProbe();
    probe.awaitAssert(
        Duration.ofSeconds(60),
        () -> {
          assertNotNull(generations.now());
          return null;
        });
  }

  @Test
  void the_next_is_trained_also_when_the_file_of_the_present_one_is_damaged() throws IOException {
    ActorRef<GenerationActor.Command> actor = actor();
    assertTrue(train(actor).adopted());
    node.kit().stop(actor);
    Files.write(folder.resolve("generations/generation-1.bin"), new byte[] {1, 2, 3});
    generations = new Generations(folder.resolve("generations"));

    ActorRef<GenerationActor.Command> again = actor();

    TestProbe<Object> probe = node.kit().createTestProbe();
    probe.awaitAssert( // it is busy while it finds out that the file is damaged
        Duration.ofSeconds(60),
        () -> {
          Decided second = train(again);
          assertTrue(second.adopted(), second.detail());
          return null;
        });
    assertEquals(2, Objects.requireNonNull(generations.now()).number());
  }
}
