package io.millrace.persistence;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The in-memory twin of the event streams, for tests of readers; safe from any thread. */
public final class InMemoryEventStream implements EventStream, EventRemoval {
  private final TreeMap<String, List<StoredEvent>> byStream = new TreeMap<>();
  private final CommitListeners listeners = new CommitListeners();
  private long offset;

  /** Appends one event and wakes the readers of its stream. */
  public Cursor append(String stream, String persistenceId, long sequence, byte[] payload) {
    return append(stream, persistenceId, sequence, 4, "", "", payload, Instant.EPOCH);
  }

  /** Appends one event with all that a store keeps of it. */
  public Cursor append(
      String stream,
      String persistenceId,
      long sequence,
      int serializerId,
      String serializerManifest,
      String manifest,
      byte[] payload,
      Instant writtenAt) {
    Cursor cursor;
    synchronized (byStream) {
      cursor = new Cursor(++offset, "");
      byStream
          .computeIfAbsent(stream, s -> new ArrayList<>())
          .add(
              new StoredEvent(
                  cursor,
                  persistenceId,
                  sequence,
                  serializerId,
                  serializerManifest,
                  manifest,
                  payload,
                  writtenAt));
    }
    listeners.committed(Set.of(stream));
    return cursor;
  }

  @Override
  public List<String> streams() {
    synchronized (byStream) {
      return List.copyOf(byStream.keySet());
    }
  }

  @Override
  public Batch tail(String stream, Cursor cursor, int max) {
    synchronized (byStream) {
      List<StoredEvent> all = byStream.getOrDefault(stream, List.of());
      int from = firstBehind(all, cursor.position());
      int to = (int) Math.min(all.size(), (long) from + max);
      List<StoredEvent> events = List.copyOf(all.subList(from, to));
      return new Batch(
          events, events.isEmpty() ? cursor : events.getLast().cursor(), to == all.size());
    }
  }

  @Override
  public Cursor head(String stream) {
    synchronized (byStream) {
      List<StoredEvent> all = byStream.getOrDefault(stream, List.of());
      return all.isEmpty() ? Cursor.START : all.getLast().cursor();
    }
  }

  @Override
  public List<StoredEvent> of(String persistenceId, long fromSequence, int max) {
    synchronized (byStream) {
      return byStream.values().stream()
          .flatMap(List::stream)
          .filter(event -> event.persistenceId().equals(persistenceId))
          .filter(event -> event.sequence() >= fromSequence)
          .sorted(Comparator.comparingLong(StoredEvent::sequence))
          .limit(max)
          .toList();
    }
  }

  @Override
  public CompletionStage<Void> remove(String persistenceId, long from, long to) {
    synchronized (byStream) {
      byStream
          .values()
          .forEach(all ->
              all.removeIf(event ->
                  event.persistenceId().equals(persistenceId)
                      && event.sequence() >= from
                      && event.sequence() <= to));
    }
    return CompletableFuture.allOf();
  }

  @Override
  public Subscription onCommit(String stream, Runnable wakeUp) {
    return listeners.add(stream, wakeUp);
  }

  private static int firstBehind(List<StoredEvent> all, long position) {
    int low = 0;
    int high = all.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (all.get(middle).cursor().position() <= position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
