package io.millrace.persistence;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSeq;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/**
 * An event-sourced entity as the product's are: lines in order, each stored in an envelope with the
 * entity's own key, tagged with one stream.
 */
final class LedgerActor extends EventSourcedBehavior<LedgerActor.Command, String, List<String>> {

  sealed interface Command {}

  /** Adds a line unless it is the last one already; replies with the number of lines. */
  record Add(String line, ActorRef<Integer> replyTo) implements Command {}

  /** Replies with all lines. */
  record Read(ActorRef<List<String>> replyTo) implements Command {}

  /** Replies with the number of lines. */
  record Count(ActorRef<Integer> replyTo) implements Command {}

  static final int SCHEMA = 1;

  private final UserKeys keys;
  private final String stream;
  private final int snapshotEvery;

  private LedgerActor(String id, String stream, UserKeys keys, int snapshotEvery) {
    super(
        PersistenceId.ofUniqueId(id),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(20), Duration.ofMillis(100), 0));
    this.keys = keys;
    this.stream = stream;
    this.snapshotEvery = snapshotEvery;
  }

  static Behavior<Command> create(String id, String stream, UserKeys keys) {
    return new LedgerActor(id, stream, keys, Integer.MAX_VALUE);
  }

  static Behavior<Command> create(String id, String stream, UserKeys keys, int snapshotEvery) {
    return new LedgerActor(id, stream, keys, snapshotEvery);
  }

  @Override
  public List<String> emptyState() {
    return List.of();
  }

  @Override
  public CommandHandler<Command, String, List<String>> commandHandler() {
    return (state, command) ->
        switch (command) {
          case Add add when !state.isEmpty() && state.getLast().equals(add.line) ->
              Effect().none().thenReply(add.replyTo, List::size);
          case Add add -> Effect().persist(add.line).thenReply(add.replyTo, List::size);
          case Count count -> Effect().none().thenReply(count.replyTo, List::size);
          case Read read -> Effect().none().thenReply(read.replyTo, lines -> lines);
        };
  }

  @Override
  public EventHandler<List<String>, String> eventHandler() {
    return (state, line) -> {
      List<String> next = new ArrayList<>(state);
      next.add(line);
      return next;
    };
  }

  @Override
  public Set<String> tagsFor(String line) {
    return Set.of(stream);
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return snapshotEvery == Integer.MAX_VALUE
        ? RetentionCriteria.disabled()
        : RetentionCriteria.snapshotEvery(snapshotEvery, 1).withDeleteEventsOnSnapshot();
  }

  @Override
  public EventAdapter<String, ?> eventAdapter() {
    return new EventAdapter<String, byte[]>() {
      @Override
      public byte[] toJournal(String line) {
        return seal(line);
      }

      @Override
      public String manifest(String line) {
        return "";
      }

      @Override
      public EventSeq<String> fromJournal(byte[] sealed, String manifest) {
        return EventSeq.single(open(keys, sealed));
      }
    };
  }

  @Override
  public SnapshotAdapter<List<String>> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(List<String> lines) {
        return seal(String.join("\n", lines));
      }

      @Override
      public List<String> fromJournal(Object sealed) {
        return List.of(open(keys, (byte[]) sealed).split("\n"));
      }
    };
  }

  private byte[] seal(String text) {
    return Envelope.seal(
        SCHEMA, keys.keyFor(persistenceId().id()), text.getBytes(StandardCharsets.UTF_8));
  }

  static String open(UserKeys keys, byte[] sealed) {
    DataKey key = keys.find(Envelope.keyId(sealed)).orElseThrow();
    return new String(Envelope.open(key.key(), sealed), StandardCharsets.UTF_8);
  }
}
