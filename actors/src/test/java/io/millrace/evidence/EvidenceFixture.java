package io.millrace.evidence;

import io.millrace.evidence.EvidenceActor.Command;
import io.millrace.evidence.EvidenceActor.Drain;
import io.millrace.evidence.EvidenceActor.Drained;
import io.millrace.index.EvidenceBatch;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.item.TestNode;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.InMemoryEventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.EvidenceCodec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A stream of users' events in memory, and a store in which the folds of it are kept. */
abstract class EvidenceFixture {
  static final int STREAM = 3;
  static final byte[] POISON = {9};
  static final byte[] FORGOTTEN = {};

  @TempDir Path folder;
  TestNode node;
  final InMemoryEventStream users = new InMemoryEventStream();
  final AtomicLong nowMs = new AtomicLong(2_000_000);
  final InstantSource clock = () -> Instant.ofEpochMilli(nowMs.get());
  final AtomicLong nanos = new AtomicLong();
  final EvidenceVitals vitals = new EvidenceVitals(nanos::get);
  final Queue<AnswerSink.Answers> told = new ConcurrentLinkedQueue<>();
  volatile boolean cardsKnown = true;
  private long written;

  @BeforeEach
  void start() {
    node = TestNode.on(folder);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  ActorRef<Command> actor(Duration batchEvery, int readBatch) {
    EvidenceSettings defaults = EvidenceSettings.of(node.settings());
    EvidenceSettings settings =
        new EvidenceSettings(
            batchEvery,
            readBatch,
            7,
            0,
            0,
            defaults.pollEvery(),
            defaults.cardWait(),
            defaults.lagLimit(),
            defaults.checkpointEvery(),
            defaults.keepBatches());
    return node.kit()
        .spawn(
            EvidenceActor.create(
                STREAM,
                new EvidenceActor.Surroundings(
                    settings,
                    users,
                    EvidenceFixture::read,
                    told::add,
                    new Cards(),
                    clock,
                    vitals)));
  }

  final class Cards implements Catalogue {
    @Override
    public @Nullable ItemCard card(String itemId) {
      return null;
    }

    @Override
    public @Nullable ItemCard card(int ordinal) {
      return cardsKnown ? ItemCard.of(TestNode.item("i" + ordinal), ordinal) : null;
    }

    @Override
    public boolean tombstoned(int ordinal) {
      return false;
    }

    @Override
    public boolean ready() {
      return true;
    }
  }

  /** A payload of eight bytes is a like of that item, by one who touched item 1 before. */
  private static UserEventReader.Reading read(StoredEvent stored) {
    if (stored.payload().length == 0) {
      return new UserEventReader.Forgotten();
    }
    if (stored.payload().length != 8) {
      throw new IllegalArgumentException("no event");
    }
    long item = ByteBuffer.wrap(stored.payload()).getLong();
    return new UserEventReader.Observations(
        List.of(
            new Observed(
                item,
                1_000_000L + stored.sequence(),
                true,
                true,
                0,
                new Observed.Context(new int[] {1}, new long[] {999_999}, 1, 999_999, 1, 999_999))),
        List.of(new AnswerSink.Answer(stored.cursor(), "request", (int) item)));
  }

  void like(long item) {
    append(ByteBuffer.allocate(8).putLong(item).array());
  }

  void append(byte[] payload) {
    users.append("user-" + STREAM, "user|default|x", ++written, payload);
  }

  Drained drain(ActorRef<Command> actor) {
    TestProbe<Drained> probe = node.kit().createTestProbe();
    actor.tell(new Drain(probe.ref()));
    return probe.receiveMessage(Duration.ofSeconds(20));
  }

  List<EvidenceBatch> batches() {
    List<EvidenceBatch> all = new ArrayList<>();
    for (StoredEvent event :
        node.streams().tail("evidence-" + STREAM, Cursor.START, 10_000).events()) {
      all.add(EvidenceCodec.batch(event.payload()));
    }
    return all;
  }

  static int touches(List<EvidenceBatch> batches) {
    return batches.stream()
            .flatMap(batch -> batch.items().stream())
            .mapToInt(EvidenceBatch.ItemDelta::positives)
            .sum()
        / 256;
  }
}
