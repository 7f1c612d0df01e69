package io.millrace.serialization;

import io.millrace.evidence.AnswerSink.Answer;
import io.millrace.evidence.Observed;
import io.millrace.evidence.UserEventReader;
import io.millrace.item.ItemIds;
import io.millrace.learning.RecordedFact;
import io.millrace.learning.ServedRows;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.StoredEvent;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import io.millrace.user.Meaning;
import io.millrace.user.UserEvent;
import io.millrace.user.UserEvent.Context;
import io.millrace.user.UserEvent.Entry;
import io.millrace.user.UserEvent.InteractionsRecorded;
import io.millrace.user.UserState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSeq;
import org.apache.pekko.persistence.typed.SnapshotAdapter;

/**
 * Everything that reads and writes stored users: the adapters of one user, and readers of the
 * streams. Safe from any thread.
 */
public final class StoredUsers implements UserEventReader {

  /** Of the envelope: the plain bytes are a {@code StoredUserEvent} or snapshot. Frozen. */
  private static final int EVENT_SCHEMA = 1;

  private static final int SNAPSHOT_SCHEMA = 2;

  /** ... a {@code StoredServedRows}. */
  private static final int SERVED_ROWS_SCHEMA = 3;

  private final UserCipher cipher;

  public StoredUsers(UserCipher cipher) {
    this.cipher = cipher;
  }

  /** One event of a user stream; empty when the user is forgotten. */
  public Optional<UserEvent> event(StoredEvent stored) {
    if (stored.serializerId() != StoredBytesSerializer.IDENTIFIER) {
      throw new IllegalArgumentException(
          "event %d of %s was written by serializer %d, expected %d"
              .formatted(
                  stored.sequence(),
                  stored.persistenceId(),
                  stored.serializerId(),
                  StoredBytesSerializer.IDENTIFIER));
    }
    return event(new StoredBytes(stored.serializerManifest(), stored.payload()));
  }

  /** One stored event; empty when the user is forgotten. */
  public Optional<UserEvent> event(StoredBytes stored) {
    if (!stored.manifest().equals(StoredBytes.Manifests.USER_EVENT)) {
      throw new IllegalArgumentException(
          "stored event is a %s, expected %s"
              .formatted(stored.manifest(), StoredBytes.Manifests.USER_EVENT));
    }
    return cipher.open(stored.bytes()).map(UserCodec::event);
  }

  @Override
  public Reading read(StoredEvent stored) {
    Optional<UserEvent> event = event(stored);
    if (event.isEmpty()) {
      return new Forgotten();
    }
    return event.get() instanceof InteractionsRecorded recorded
        ? observations(stored.cursor(), recorded)
        : Observations.NONE;
  }

  /** A row of the served log under the key of its user. */
  public byte[] servedRows(String persistenceId, ServedRows rows) {
    return cipher.seal(persistenceId, SERVED_ROWS_SCHEMA, LearningCodec.write(rows));
  }

  /** What a row of the served log holds; empty when its user is forgotten. */
  public Optional<ServedRows> servedRows(byte[] stored) {
    return plainServedRows(stored).flatMap(LearningCodec::readServedRows);
  }

  /** The {@code StoredServedRows} in a row of the served log; empty when its user is forgotten. */
  public Optional<byte[]> plainServedRows(byte[] stored) {
    // Rows of the first version are plain. An envelope begins with 1, which begins no message.
    boolean plain = stored.length > 0 && stored[0] != 1;
    return plain ? Optional.of(stored) : cipher.open(stored);
  }

  /** What one stored event says for and against items, and may be learnt from. */
  public List<RecordedFact> facts(StoredEvent stored) {
    if (!(event(stored).orElse(null) instanceof InteractionsRecorded recorded)) {
      return List.of();
    }
    long user = ItemIds.hash(stored.persistenceId());
    return recorded.entries().stream()
        .filter(entry -> teaches(entry) && entry.meaning().speaks())
        .map(entry ->
            new RecordedFact(
                user,
                hash(entry.interaction()),
                entry.interaction().atMs(),
                entry.meaning().strength(),
                entry.meaning().touch(),
                (entry.meaning().bits() & Meaning.OPINION) != 0))
        .toList();
  }

  private static long hash(Interaction did) {
    return did.card() != null ? did.card().itemHash() : ItemIds.hash(did.itemId());
  }

  private static Observations observations(Cursor place, InteractionsRecorded recorded) {
    List<Observed> observed = new ArrayList<>(recorded.entries().size());
    List<Answer> answers = List.of();
    for (Entry entry : recorded.entries()) {
      if (!teaches(entry)) {
        continue;
      }
      observed.add(observed(entry));
      Interaction did = entry.interaction();
      if (entry.meaning().positive() && !did.requestId().isEmpty() && did.card() != null) {
        answers = answers.isEmpty() ? new ArrayList<>() : answers;
        answers.add(new Answer(place, did.requestId(), did.card().ordinal()));
      }
    }
    return new Observations(observed, answers);
  }

  private static boolean teaches(Entry entry) {
    Interaction did = entry.interaction();
    return did.train() && did.personalise() && !did.itemId().isEmpty();
  }

  private static Observed observed(Entry entry) {
    Interaction did = entry.interaction();
    Context context = entry.context();
    return new Observed(
        hash(did),
        did.atMs(),
        entry.meaning().touch(),
        entry.meaning().positive(),
        kinds(did.kind(), entry),
        new Observed.Context(
            context.predecessors(),
            context.predecessorsAtMs(),
            context.touches(),
            context.lastTouchAtMs(),
            context.positives(),
            context.lastPositiveAtMs()));
  }

  private static int kinds(InteractionKind kind, Entry entry) {
    int negative =
        entry.meaning().strength() < 0 && !entry.meaning().touch() ? Observed.NEGATIVE : 0;
    return switch (kind) {
      case IMPRESSION -> Observed.IMPRESSION;
      case CLICK, VIEW -> Observed.VIEW | negative;
      case SKIP, NOT_INTERESTED, HIDE_CREATOR, HIDE_CATEGORY, REPORT -> Observed.NEGATIVE;
      // A rating is the trace of having used the item.
      case RATING -> Observed.VIEW;
      default -> 0;
    };
  }

  /** The bytes of a snapshot, not encrypted. */
  public static byte[] plainSnapshot(UserState state) {
    return UserCodec.snapshot(state);
  }

  /** The state that {@link #plainSnapshot} wrote. */
  public static UserState plainState(byte[] snapshot) {
    return UserCodec.snapshot(snapshot);
  }

  /** Between the events of one user and the journal. */
  public EventAdapter<UserEvent, StoredBytes> events(String persistenceId) {
    return new EventAdapter<>() {
      @Override
      public StoredBytes toJournal(UserEvent event) {
        return new StoredBytes(
            StoredBytes.Manifests.USER_EVENT,
            cipher.seal(persistenceId, EVENT_SCHEMA, UserCodec.event(event)));
      }

      @Override
      public String manifest(UserEvent event) {
        return "";
      }

      @Override
      public EventSeq<UserEvent> fromJournal(StoredBytes stored, String manifest) {
        return event(stored).map(EventSeq::single).orElseGet(EventSeq::empty);
      }
    };
  }

  /** Between the state of one user and its snapshots. A forgotten user's is the empty state. */
  public SnapshotAdapter<UserState> snapshots(String persistenceId) {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(UserState state) {
        return new StoredBytes(
            StoredBytes.Manifests.USER_SNAPSHOT,
            cipher.seal(persistenceId, SNAPSHOT_SCHEMA, UserCodec.snapshot(state)));
      }

      @Override
      public UserState fromJournal(Object from) {
        if (from instanceof StoredBytes stored
            && stored.manifest().equals(StoredBytes.Manifests.USER_SNAPSHOT)) {
          return cipher.open(stored.bytes()).map(UserCodec::snapshot).orElse(UserState.EMPTY);
        }
        throw new IllegalArgumentException(
            "stored snapshot is %s, expected %s"
                .formatted(from, StoredBytes.Manifests.USER_SNAPSHOT));
      }
    };
  }
}
