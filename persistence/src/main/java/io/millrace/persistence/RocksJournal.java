package io.millrace.persistence;

import io.millrace.persistence.RocksEventStream.Placed;
import io.millrace.persistence.Write.Append;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.dispatch.MessageDispatcher;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;
import scala.concurrent.Future;
import scala.concurrent.Promise;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/**
 * Pekko's journal on the store: serializes in the plugin's actor, hands the rows to the writer and
 * reads on a dispatcher of its own, never ahead of writes that wait for the same persistence id.
 *
 * <p>The first tag of an event names its stream; a persistence id belongs to one stream for ever.
 * Further tags are not kept.
 */
public final class RocksJournal extends AsyncWriteJournal {
  /** Rows that a replay reads at a time (chosen: most recoveries are one chunk). */
  private static final int CHUNK = 256;

  private final RocksStore store;
  private final Serialization serialization;
  private final MessageDispatcher reads;
  private final String untaggedStream;

  /** Made by Pekko, one for an actor system. */
  public RocksJournal() {
    store = RocksStoreExtension.of(context().system());
    serialization = SerializationExtension.get(context().system());
    reads = context().system().dispatchers().lookup("millrace.persistence.read-dispatcher");
    untaggedStream = StoreSettings.of(context().system().settings().config()).untaggedStream();
  }

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(
      Iterable<AtomicWrite> messages) {
    List<Append> appends = new ArrayList<>(1);
    Reply reply = new Reply();
    for (AtomicWrite message : messages) {
      try {
        appends.add(append(message, reply));
        reply.results.add(Optional.empty());
      } catch (Exception unserializable) { // Pekko throws checked ones, too
        reply.results.add(Optional.of(unserializable));
        reply.rejects = true;
      }
    }
    reply.expect(appends.size());
    for (Append append : appends) {
      store.writer().submit(append);
    }
    return reply.promise.future();
  }

  private Append append(AtomicWrite message, Reply reply) {
    List<PersistentRepr> events = CollectionConverters.asJava(message.payload());
    byte[][] rows = new byte[events.size()][];
    long now = System.currentTimeMillis();
    String stream = untaggedStream;
    for (int i = 0; i < rows.length; i++) {
      PersistentRepr event = events.get(i);
      Object object = event.payload();
      if (object instanceof Tagged tagged) {
        object = tagged.payload();
        stream = tagged.tags().isEmpty() ? untaggedStream : tagged.tags().head();
      }
      Payload payload = Payload.of(serialization, object);
      rows[i] =
          new EventRow(
                  event.persistenceId(),
                  event.sequenceNr(),
                  event.timestamp() == 0 ? now : event.timestamp(), // Pekko may leave it out
                  payload.serializerId(),
                  payload.manifest(),
                  event.manifest(),
                  event.writerUuid(),
                  payload.bytes())
              .encode();
    }
    return new Append(
        message.persistenceId(), stream, message.lowestSequenceNr(), rows, reply::done);
  }

  /** Gathers the outcomes of one message's writes, on the writer's thread. */
  private static final class Reply {
    final Promise<Iterable<Optional<Exception>>> promise = Promise.apply();
    final List<Optional<Exception>> results = new ArrayList<>(1);
    boolean rejects;
    private int left;
    private @Nullable Throwable failure;

    void expect(int outcomes) {
      left = outcomes;
      if (left == 0) {
        complete();
      }
    }

    // Refused writes are told in the thread that hands them in, the others in the writer's.
    synchronized void done(@Nullable Throwable cause) {
      if (cause != null) {
        failure = cause;
      }
      if (--left == 0) {
        complete();
      }
    }

    private void complete() {
      if (failure != null) {
        promise.failure(failure);
      } else {
        promise.success(rejects ? results : List.of());
      }
    }
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
    return FutureConverters.asScala(store.remove(persistenceId, 0, toSequenceNr));
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long fromSequenceNr) {
    CompletableFuture<Long> result = new CompletableFuture<>();
    store.behindWrites(
        persistenceId,
        result,
        () -> result.completeAsync(() -> highestSequence(persistenceId), reads));
    return FutureConverters.asScala(result);
  }

  private long highestSequence(String persistenceId) {
    Families families = store.families();
    byte[] last = Keys.entity(Keys.utf8(persistenceId), Long.MAX_VALUE);
    return families.read(() -> {
      try (RocksIterator places = families.iterator(families.journal)) {
        places.seekForPrev(last);
        boolean found = places.isValid() && Keys.sameName(places.key(), last);
        places.status();
        return found ? Keys.number(places.key()) : 0;
      }
    });
  }

  @Override
  @SuppressWarnings("NullAway") // a future of Void holds null
  public Future<Void> doAsyncReplayMessages(
      String persistenceId,
      long fromSequenceNr,
      long toSequenceNr,
      long max,
      Consumer<PersistentRepr> replay) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    store.behindWrites(
        persistenceId,
        result,
        () ->
            result.completeAsync(
                () -> {
                  replay(persistenceId, fromSequenceNr, toSequenceNr, max, replay);
                  return null;
                },
                reads));
    return FutureConverters.asScala(result);
  }

  private void replay(
      String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
    byte[] id = Keys.utf8(persistenceId);
    long next = from;
    long left = max;
    while (left > 0) {
      int asked = (int) Math.min(left, CHUNK);
      List<Placed> rows = RocksEventStream.rows(store.families(), id, next, to, asked);
      // Outside the store's own lock: serializers and adapters may read keys from it.
      for (Placed placed : rows) {
        replay.accept(repr(placed.row()));
      }
      if (rows.size() < asked) {
        return;
      }
      left -= rows.size();
      next = rows.getLast().row().sequence() + 1;
    }
  }

  private PersistentRepr repr(EventRow row) {
    Object event =
        new Payload(row.serializerId(), row.serializerManifest(), row.payload())
            .read(serialization);
    return PersistentRepr.apply(
            event,
            row.sequence(),
            row.persistenceId(),
            row.manifest(),
            false,
            ActorRef.noSender(),
            row.writer())
        .withTimestamp(row.writtenAtMs());
  }
}
