package io.millrace.edge;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.persistence.Envelope;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.proto.journal.v1.StoredFeedServed;
import io.millrace.proto.journal.v1.StoredServedRows;
import io.millrace.proto.journal.v1.StoredUserEvent;
import io.millrace.proto.journal.v1.StoredUserSnapshot;
import io.millrace.serialization.UserCipher;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Everything that is held of one user, as JSON objects, one a line: who it is; the state; each
 * event as it is stored, and behind a served slate the features it was ranked by; an end with what
 * was counted, without which the export is not whole. Messages are those of {@code
 * millrace.journal.v1}; {@code items} names the ordinals in them.
 *
 * <p>Reads as it is asked, some events at a time. Used by one thread, which may block for the disk.
 */
public final class UserExport implements Iterator<String> {
  /** Events in memory (chosen: an event of 500 interactions is 300 KB of JSON). */
  private static final int READ = 16;

  /**
   * Where it reads.
   *
   * @param servedRow the stored row of a request, if there is one
   */
  public record Sources(
      EventStream journal,
      UserCipher cipher,
      Function<String, Optional<byte[]>> servedRow,
      Catalogue catalogue) {}

  private final Sources sources;
  private final Deque<String> persistenceIds;
  private final Deque<String> lines = new ArrayDeque<>();
  private final Set<String> keyIds = new TreeSet<>();
  private long next = 1;
  private long events;
  private long served;
  private boolean ended;

  /**
   * Begins.
   *
   * @param persistenceIds under which events of the user are stored, their own first
   * @param snapshot the state, as it would be stored
   */
  public UserExport(
      Sources sources,
      String userId,
      List<String> persistenceIds,
      byte[] snapshot,
      long exportedAtMs) {
    this.sources = sources;
    this.persistenceIds = new ArrayDeque<>(persistenceIds);
    StoredUserSnapshot state = parsed(() -> StoredUserSnapshot.parseFrom(snapshot));
    StringBuilder user = begun("user", "userId", userId);
    user.append(",\"storedAs\":[");
    for (String id : persistenceIds) {
      user.append(user.charAt(user.length() - 1) == '[' ? "" : ",");
      ProtoJson.string(id, user);
    }
    lines.add(user.append("],\"exportedAtMillis\":").append(exportedAtMs).append('}').toString());
    Set<Integer> ordinals = new TreeSet<>(state.getRecent().getOrdinalsList());
    ordinals.addAll(state.getStrong().getOrdinalsList());
    ordinals.addAll(state.getHiddenItemsList());
    ordinals.addAll(state.getStatedItemsList());
    int seen = 0;
    for (int distance : state.getSeen().getDistancesList()) {
      seen += distance;
      ordinals.add(seen >>> 1);
    }
    state
        .getSlatesList()
        .forEach(slate ->
            slate.getOrdinalsList().forEach(one -> ordinals.add(one < 0 ? -1 - one : one)));
    lines.add(
        with(begun("state", "userId", userId), "state", state, ordinals).append('}').toString());
  }

  @Override
  public boolean hasNext() {
    while (lines.isEmpty() && !ended) {
      read();
    }
    return !lines.isEmpty();
  }

  @Override
  public String next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the export has ended");
    }
    return lines.remove();
  }

  private void read() {
    String id = persistenceIds.peek();
    if (id == null) {
      ended = true;
      lines.add(
          "{\"type\":\"end\",\"events\":%d,\"served\":%d,\"keyIds\":[%s]}"
              .formatted(
                  events,
                  served,
                  String.join(",", keyIds.stream().map(key -> '"' + key + '"').toList())));
      return;
    }
    List<StoredEvent> some = sources.journal().of(id, next, READ);
    for (StoredEvent stored : some) {
      // What cannot be opened was forgotten: it is nothing that is held.
      sources.cipher().open(stored.payload()).ifPresent(plain -> add(stored, plain));
      next = stored.sequence() + 1;
    }
    if (some.size() < READ) {
      persistenceIds.remove();
      next = 1;
    }
  }

  private void add(StoredEvent stored, byte[] plain) {
    StoredUserEvent event = parsed(() -> StoredUserEvent.parseFrom(plain));
    keyIds.add("%016x".formatted(Envelope.keyId(stored.payload())));
    events++;
    StringBuilder line = begun("event", "storedAs", stored.persistenceId());
    line.append(",\"sequence\":").append(stored.sequence());
    line.append(",\"writtenAtMillis\":").append(stored.writtenAt().toEpochMilli());
    lines.add(
        with(line, "event", event, event.getFeedServed().getOrdinalsList()).append('}').toString());
    if (event.hasFeedServed()) {
      addServed(event.getFeedServed());
    }
  }

  private void addServed(StoredFeedServed feed) {
    Optional<byte[]> row = sources.servedRow().apply(feed.getRequestId());
    if (row.isPresent()) {
      StoredServedRows rows = parsed(() -> StoredServedRows.parseFrom(row.get()));
      served++;
      lines.add(
          with(
                  begun("served", "requestId", feed.getRequestId()),
                  "served",
                  rows,
                  rows.getOrdinalsList())
              .append('}')
              .toString());
    }
  }

  private static StringBuilder begun(String type, String name, String value) {
    StringBuilder line = new StringBuilder(512).append("{\"type\":\"").append(type);
    line.append("\",\"").append(name).append("\":");
    ProtoJson.string(value, line);
    return line;
  }

  private StringBuilder with(
      StringBuilder line, String name, Message message, Collection<Integer> ordinals) {
    line.append(",\"").append(name).append("\":");
    ProtoJson.write(message, line);
    line.append(",\"items\":{");
    String comma = "";
    for (int ordinal : new TreeSet<>(ordinals)) {
      ItemCard card = sources.catalogue().card(ordinal);
      if (card != null) {
        line.append(comma).append('"').append(ordinal).append("\":");
        ProtoJson.string(card.itemId(), line);
        comma = ",";
      }
    }
    return line.append('}');
  }

  private interface Parsing<T> {
    T run() throws InvalidProtocolBufferException;
  }

  private static <T> T parsed(Parsing<T> parsing) {
    try {
      return parsing.run();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("stored bytes of a user cannot be read", e);
    }
  }
}
