package io.millrace.user;

import io.millrace.item.ItemIds;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.StoredUsers;
import io.millrace.user.UserActor.Slot;
import io.millrace.user.UserEvent.Entry;
import io.millrace.user.UserEvent.FeedServed;
import io.millrace.user.UserEvent.InteractionsRecorded;
import io.millrace.user.UserEvent.PendingResolved;
import io.millrace.user.UserEvent.Resolution;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One fold over journalled user events that counts broken promises: an event written twice (P2), a
 * number left out or given twice (two writers), an item in two live reservations, served again
 * within the repeat window after it was viewed, or a request answered twice (P4).
 *
 * <p>It shares no code with {@link UserState}, whose mistakes it is there to find. Used by one
 * thread; users may come interleaved, the events of each in order. Memory grows with what users
 * saw.
 */
public final class PromiseAuditor {

  /** Which promise an event broke, and how. */
  public record Violation(String promise, String persistenceId, long userSeq, String detail) {}

  /** What was read and what was found. {@code unreadable} events belong to forgotten users. */
  public record Report(long users, long events, long unreadable, List<Violation> violations) {}

  private static final long DAY_MS = 86_400_000;
  private static final int READ = 1_024;

  /** Violations told in full at most; the rest would say the same. */
  private static final int MOST_TOLD = 10_000;

  private final UserSettings settings;
  private final Map<String, User> users = new HashMap<>();
  private final List<Violation> violations = new ArrayList<>();
  private long events;
  private long unreadable;

  public PromiseAuditor(UserSettings settings) {
    this.settings = settings;
  }

  /** Audits everything that is in the user streams now. */
  public static Report audit(EventStream journal, StoredUsers reader, UserSettings settings) {
    PromiseAuditor auditor = new PromiseAuditor(settings);
    for (int n = 0; n < UserStreams.STREAMS; n++) {
      Map<String, Long> read = new HashMap<>();
      EventStream.Batch batch = journal.tail("user-" + n, Cursor.START, READ);
      while (true) {
        for (StoredEvent stored : batch.events()) {
          if (stored.sequence() > read.getOrDefault(stored.persistenceId(), 0L)) {
            read.put(stored.persistenceId(), stored.sequence());
            auditor.accept(stored.persistenceId(), reader.event(stored));
          }
        }
        if (batch.atHead()) {
          break;
        }
        batch = journal.tail("user-" + n, batch.next(), READ);
      }
    }
    return auditor.report();
  }

  private void accept(String persistenceId, Optional<UserEvent> event) {
    if (event.isPresent()) {
      accept(persistenceId, event.get());
    } else {
      unreadable++;
    }
  }

  /** The next event of a user. */
  public void accept(String persistenceId, UserEvent event) {
    events++;
    users.computeIfAbsent(persistenceId, User::new).accept(event);
  }

  public Report report() {
    return new Report(users.size(), events, unreadable, List.copyOf(violations));
  }

  private record Reserved(FeedServed by) {}

  private record Told(String eventId, long acceptedAtMs) {}

  /** What one user's events have said so far. */
  private final class User {
    private final String persistenceId;
    private long userSeq;
    private final Deque<Told> told = new ArrayDeque<>();
    private final Set<String> toldIds = new HashSet<>();
    private final Map<Integer, Reserved> reserved = new HashMap<>();
    private final Map<String, FeedServed> slates = new HashMap<>();
    private final Map<String, Long> activeAtMs = new HashMap<>();
    private final Map<Integer, Long> viewedAtMs = new HashMap<>();
    private final Map<Long, Long> waitingAtMs = new HashMap<>();

    User(String persistenceId) {
      this.persistenceId = persistenceId;
    }

    void accept(UserEvent event) {
      if (event.userSeq() != userSeq + 1) {
        broken("P1", event, "number %d after %d".formatted(event.userSeq(), userSeq));
      }
      userSeq = event.userSeq();
      switch (event) {
        case InteractionsRecorded recorded -> recorded(recorded);
        case FeedServed served -> served(served);
        case PendingResolved resolved -> {
          for (Resolution one : resolved.resolutions()) {
            Long at = waitingAtMs.remove(one.eventHash());
            if (at != null) {
              viewed(one.card().ordinal(), at);
            }
          }
        }
        case UserEvent.PreferencesSet set -> {
          // states nothing that these promises speak of
        }
      }
    }

    private void broken(String promise, UserEvent event, String detail) {
      if (violations.size() < MOST_TOLD) {
        violations.add(new Violation(promise, persistenceId, event.userSeq(), detail));
      }
    }

    private void recorded(InteractionsRecorded event) {
      while (!told.isEmpty() && event.acceptedAtMs() - told.peekFirst().acceptedAtMs() >= DAY_MS) {
        forgetEldest();
      }
      for (Entry entry : event.entries()) {
        Interaction did = entry.interaction();
        if (!toldIds.add(did.eventId())) {
          broken("P2", event, "event " + did.eventId() + " is written twice");
        } else {
          told.addLast(new Told(did.eventId(), event.acceptedAtMs()));
        }
        active(did.surface(), event.acceptedAtMs());
        sawSlots(did, event.acceptedAtMs());
        if (did.card() != null) {
          viewed(did.card().ordinal(), did.atMs());
        } else if (!did.itemId().isEmpty()) {
          waitingAtMs.put(ItemIds.hash(did.eventId()), did.atMs());
        }
      }
      // As of before this event: a batch's ids are all known to the next one.
      while (told.size() > EventIds.MOST) {
        forgetEldest();
      }
    }

    private void forgetEldest() {
      toldIds.remove(told.removeFirst().eventId());
    }

    /** What stood before an item in its slate was viewed too, while the slate is remembered. */
    private void sawSlots(Interaction did, long acceptedAtMs) {
      FeedServed slate = did.requestId().isEmpty() ? null : slates.get(did.requestId());
      if (slate != null && acceptedAtMs - slate.acceptedAtMs() < slate.longestMs()) {
        for (int slot = 0; slot <= did.slot() && slot < slate.slate().size(); slot++) {
          int ordinal = slate.slate().get(slot).ordinal();
          if (viewedAtMs.getOrDefault(ordinal, Long.MIN_VALUE) < slate.acceptedAtMs()) {
            viewed(ordinal, did.atMs());
          }
        }
      }
    }

    private void viewed(int ordinal, long atMs) {
      reserved.remove(ordinal);
      viewedAtMs.merge(ordinal, atMs, Math::max);
    }

    private void served(FeedServed event) {
      FeedServed before = slates.get(event.requestId());
      if (before != null && event.acceptedAtMs() - before.acceptedAtMs() < Slate.REPEATED_MS) {
        broken("P4", event, "request " + event.requestId() + " is answered twice");
      }
      active(event.surface(), event.acceptedAtMs());
      for (long request : event.released()) {
        reserved.values().removeIf(by -> ItemIds.hash(by.by().requestId()) == request);
      }
      Set<Integer> own = new HashSet<>();
      for (List<Slot> slots : List.of(event.slate(), event.spares())) {
        for (Slot slot : slots) {
          if (!own.add(slot.ordinal())) {
            broken("P4", event, "item " + slot.ordinal() + " is twice in one slate");
          }
          check(event, slot.ordinal());
        }
      }
      own.forEach(ordinal -> reserved.put(ordinal, new Reserved(event)));
      slates.put(event.requestId(), event);
    }

    private void check(FeedServed event, int ordinal) {
      Reserved other = reserved.get(ordinal);
      if (other != null && live(other.by(), event.acceptedAtMs())) {
        broken(
            "P4",
            event,
            "item %d is reserved by %s and by %s"
                .formatted(ordinal, other.by().requestId(), event.requestId()));
      }
      long window = settings.repeats(event.surface()).viewedDays() * DAY_MS;
      @Nullable Long viewed = viewedAtMs.get(ordinal);
      if (viewed != null && event.acceptedAtMs() - viewed < window) {
        broken(
            "P4",
            event,
            "item %d is served again %d ms after it was viewed, expected %d"
                .formatted(ordinal, event.acceptedAtMs() - viewed, window));
      }
    }

    private boolean live(FeedServed by, long nowMs) {
      long active = Math.max(activeAtMs.getOrDefault(by.surface(), 0L), by.acceptedAtMs());
      return nowMs - by.acceptedAtMs() < by.longestMs() && nowMs - active < by.idleMs();
    }

    /** Reservations that ended while the user was away do not come back with the user. */
    private void active(String surface, long atMs) {
      Long last = activeAtMs.get(surface);
      if (last == null || atMs > last) {
        long before = last == null ? Long.MIN_VALUE : last;
        reserved
            .values()
            .removeIf(by ->
                by.by().surface().equals(surface)
                    && atMs - Math.max(before, by.by().acceptedAtMs()) >= by.by().idleMs());
        activeAtMs.put(surface, atMs);
      }
    }
  }
}
