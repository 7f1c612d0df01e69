package io.millrace.persistence;

import io.millrace.persistence.Write.Change;
import io.millrace.persistence.Write.Edit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.dispatch.MessageDispatcher;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.rocksdb.RocksIterator;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/**
 * Pekko's snapshot store on the store: rows by persistence id and sequence number in the snapshots
 * family, written by the journal's writer in its groups, read on the dispatcher for reads.
 */
public final class RocksSnapshotStore extends SnapshotStore {
  private final RocksStore store;
  private final Families families;
  private final Serialization serialization;
  private final MessageDispatcher reads;

  /** Made by Pekko, one for an actor system. */
  public RocksSnapshotStore() {
    store = RocksStoreExtension.of(context().system());
    families = store.families();
    serialization = SerializationExtension.get(context().system());
    reads = context().system().dispatchers().lookup("millrace.persistence.read-dispatcher");
  }

  @Override
  public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
    Payload payload = Payload.of(serialization, snapshot);
    SnapshotRow row =
        new SnapshotRow(
            metadata.timestamp(), payload.serializerId(), payload.manifest(), payload.bytes());
    return write(List.of(Edit.put(families.snapshots, key(metadata), row.encode())));
  }

  @Override
  public Future<Optional<SelectedSnapshot>> doLoadAsync(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    return FutureConverters.asScala(
        CompletableFuture.supplyAsync(() -> newest(persistenceId, criteria), reads));
  }

  private Optional<SelectedSnapshot> newest(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    // Read outside the store's own lock: serializers and adapters may read keys from it.
    return newestRow(persistenceId, criteria)
        .map(found -> SelectedSnapshot.create(found.metadata, found.payload.read(serialization)));
  }

  private record Found(SnapshotMetadata metadata, Payload payload) {}

  private Optional<Found> newestRow(String persistenceId, SnapshotSelectionCriteria criteria) {
    byte[] last = Keys.entity(Keys.utf8(persistenceId), criteria.maxSequenceNr());
    return families.read(() -> {
      try (RocksIterator rows = families.iterator(families.snapshots)) {
        for (rows.seekForPrev(last);
            rows.isValid() && Keys.sameName(rows.key(), last);
            rows.prev()) {
          SnapshotRow row = SnapshotRow.decode(rows.value());
          SnapshotMetadata metadata = metadata(persistenceId, rows.key(), row);
          if (criteria.matches(metadata)) {
            return Optional.of(
                new Found(
                    metadata,
                    new Payload(row.serializerId(), row.serializerManifest(), row.payload())));
          }
        }
        rows.status();
        return Optional.empty();
      }
    });
  }

  @Override
  public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
    return write(List.of(Edit.delete(families.snapshots, key(metadata))));
  }

  @Override
  public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
    return FutureConverters.asScala(
        CompletableFuture.supplyAsync(() -> matching(persistenceId, criteria), reads)
            .thenCompose(this::submit));
  }

  private List<Edit> matching(String persistenceId, SnapshotSelectionCriteria criteria) {
    byte[] first = Keys.entity(Keys.utf8(persistenceId), Math.max(0, criteria.minSequenceNr()));
    return families.read(() -> {
      List<Edit> edits = new ArrayList<>();
      try (RocksIterator rows = families.iterator(families.snapshots)) {
        for (rows.seek(first);
            rows.isValid()
                && Keys.sameName(rows.key(), first)
                && Keys.number(rows.key()) <= criteria.maxSequenceNr();
            rows.next()) {
          byte[] key = rows.key();
          if (criteria.matches(metadata(persistenceId, key, SnapshotRow.decode(rows.value())))) {
            edits.add(Edit.delete(families.snapshots, key));
          }
        }
        rows.status();
      }
      return edits;
    });
  }

  private Future<Void> write(List<Edit> edits) {
    return FutureConverters.asScala(submit(edits));
  }

  private CompletableFuture<Void> submit(List<Edit> edits) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    store.writer().submit(Change.of(edits, failure -> Outcomes.tell(done, failure)));
    return done;
  }

  private static byte[] key(SnapshotMetadata metadata) {
    return Keys.entity(Keys.utf8(metadata.persistenceId()), metadata.sequenceNr());
  }

  private static SnapshotMetadata metadata(String persistenceId, byte[] key, SnapshotRow row) {
    return new SnapshotMetadata(persistenceId, Keys.number(key), row.takenAtMs());
  }
}
