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
import io.millrace.user.UserEvent.MergeAborted;
import io.millrace.user.UserEvent.MergeCompleted;
import io.millrace.user.UserEvent.MergeStarted;
import io.millrace.user.UserEvent.Merged;
import io.millrace.user.UserEvent.PendingResolved;
import io.millrace.user.UserEvent.Resolution;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
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
 * within the repeat window after it was viewed, or a request answered twice (P4); and of merges,
 * what was written between their steps, an account that is in none or in two others, or lost
 * something.
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

  /** What was viewed more lately a target must know. Chosen: below the longest memory, 254 days. */
  private static final long MUST_KNOW_MS = 200 * DAY_MS;

  /** Violations told in full at most; the rest would say the same. */
  private static final int MOST_TOLD = 10_000;

  private final UserSettings settings;
  private final Map<String, User> users = new HashMap<>();
  private final List<Violation> violations = new ArrayList<>();

  /** By the source's persistence id and number: how it left, and who took it in. */
  private final Map<Merge, Left> left = new HashMap<>();

  private final Map<Merge, Taken> taken = new HashMap<>();
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
    List<Violation> all = new ArrayList<>(violations);
    left.forEach((merge, source) -> {
      String found = lost(source, taken.get(merge));
      if (!found.isEmpty()) {
        all.add(new Violation(MERGE, merge.source(), merge.startedSeq(), found));
      }
    });
    return new Report(users.size(), events, unreadable, List.copyOf(all));
  }

  private static String lost(Left source, @Nullable Taken target) {
    if (target == null) {
      return source.outcome == Outcome.COMPLETED ? "it is done and no target took it in" : "";
    }
    if (source.outcome == Outcome.ABORTED) {
      return "it was aborted, and " + target.by() + " took it in";
    }
    if (target.state().interactions() != source.interactions) {
      return "%s took in %d interactions, expected %d"
          .formatted(target.by(), target.state().interactions(), source.interactions);
    }
    for (int ordinal : source.viewed) {
      if (!target.state().seen().holds(ordinal)) {
        return target.by() + " does not know that item " + ordinal + " was viewed";
      }
    }
    return "";
  }

  private static final String MERGE = "merge";

  private enum Outcome {
    OPEN,
    COMPLETED,
    ABORTED
  }

  private record Merge(String source, long startedSeq) {}

  private record Taken(String by, UserState state) {}

  /** What a source was when it began to become another. */
  private static final class Left {
    final long interactions;
    final Set<Integer> viewed;
    Outcome outcome = Outcome.OPEN;

    Left(long interactions, Set<Integer> viewed) {
      this.interactions = interactions;
      this.viewed = viewed;
    }
  }

  /** A slate: what it showed, and how long it keeps it. */
  private record Shown(
      long request, String surface, long atMs, long idleMs, long longestMs, int[] slots) {

    static Shown of(FeedServed event) {
      return new Shown(
          ItemIds.hash(event.requestId()),
          event.surface(),
          event.acceptedAtMs(),
          event.idleMs(),
          event.longestMs(),
          event.slate().stream().mapToInt(Slot::ordinal).toArray());
    }

    static Shown of(Slate slate) {
      return new Shown(
          slate.request(),
          slate.surface(),
          slate.servedAtMs(),
          slate.idleMs(),
          slate.longestMs(),
          Arrays.stream(slate.ordinals(), 0, slate.slots()).map(Slate::ordinal).toArray());
    }
  }

  private record Told(long eventHash, long acceptedAtMs) {}

  /** What one user's events have said so far. */
  private final class User {
    private final String persistenceId;
    private long userSeq;
    private final Deque<Told> told = new ArrayDeque<>();
    private final Set<Long> toldIds = new HashSet<>();
    private final Map<Integer, Shown> reserved = new HashMap<>();
    private final Map<Long, Shown> slates = new HashMap<>();
    private final Map<String, Long> activeAtMs = new HashMap<>();
    private final Map<Integer, Long> viewedAtMs = new HashMap<>();
    private final Map<Long, Long> waitingAtMs = new HashMap<>();
    private long interactions;
    private @Nullable Left leaving;
    private boolean became;

    User(String persistenceId) {
      this.persistenceId = persistenceId;
    }

    void accept(UserEvent event) {
      long before =
          event instanceof Merged merged ? Math.max(userSeq, merged.startedSeq()) : userSeq;
      if (event.userSeq() != before + 1) {
        broken("P1", event, "number %d after %d".formatted(event.userSeq(), before));
      }
      boolean ends = event instanceof MergeCompleted || event instanceof MergeAborted;
      if (became || (leaving == null) == ends) {
        broken(
            MERGE,
            event,
            became
                ? "it is written after the user became another"
                : ends ? "no merge is under way" : "it is written while a merge is under way");
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
        case MergeStarted started -> {
          leaving = new Left(interactions, recentlyViewed(started.acceptedAtMs()));
          left.put(new Merge(persistenceId, started.userSeq()), leaving);
        }
        case Merged merged -> merged(merged);
        case MergeCompleted completed -> {
          end(Outcome.COMPLETED);
          became = true;
        }
        case MergeAborted aborted -> end(Outcome.ABORTED);
      }
    }

    private void end(Outcome outcome) {
      if (leaving != null) {
        leaving.outcome = outcome;
        leaving = null;
      }
    }

    private Set<Integer> recentlyViewed(long nowMs) {
      Set<Integer> recent = new HashSet<>();
      viewedAtMs.forEach((ordinal, at) -> {
        if (nowMs - at < MUST_KNOW_MS) {
          recent.add(ordinal);
        }
      });
      return recent;
    }

    /** What the other one was told, shown and had reserved is this one's. */
    private void merged(Merged event) {
      UserState other = event.state();
      Merge merge = new Merge(event.sourceStored(), event.startedSeq());
      Taken before = taken.putIfAbsent(merge, new Taken(persistenceId, other));
      if (before != null) {
        broken(MERGE, event, "%s is in %s too".formatted(event.sourceStored(), before.by()));
      }
      interactions += other.interactions();
      List<Told> all = new ArrayList<>(told);
      for (int i = 0; i < other.eventIds().size(); i++) {
        all.add(new Told(other.eventIds().hash(i), other.eventIds().seconds(i) * 1_000L));
      }
      all.sort(Comparator.comparingLong(Told::acceptedAtMs));
      told.clear();
      told.addAll(all.subList(Math.max(0, all.size() - EventIds.MOST), all.size()));
      toldIds.clear();
      told.forEach(one -> toldIds.add(one.eventHash()));
      other
          .seen()
          .each((ordinal, acted, day) -> viewedAtMs.merge(ordinal, day * DAY_MS, Math::max));
      reserved.values().removeIf(by -> !live(by, event.acceptedAtMs()));
      for (Slate slate : other.slates()) {
        Shown by = Shown.of(slate);
        slates.put(by.request(), by);
        if (slate.live(event.acceptedAtMs(), other.activeAt(slate.surface()))) {
          for (int held : slate.ordinals()) {
            if (held >= 0) {
              reserved.put(held, by);
            }
          }
        }
      }
      other.activity().forEach((surface, at) -> activeAtMs.merge(surface, at, Math::max));
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
      interactions += event.entries().size();
      for (Entry entry : event.entries()) {
        Interaction did = entry.interaction();
        long hash = ItemIds.hash(did.eventId());
        if (!toldIds.add(hash)) {
          broken("P2", event, "event " + did.eventId() + " is written twice");
        } else {
          told.addLast(new Told(hash, event.acceptedAtMs()));
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
      toldIds.remove(told.removeFirst().eventHash());
    }

    /** What stood before an item in its slate was viewed too, while the slate is remembered. */
    private void sawSlots(Interaction did, long acceptedAtMs) {
      Shown slate = did.requestId().isEmpty() ? null : slates.get(ItemIds.hash(did.requestId()));
      if (slate != null && acceptedAtMs - slate.atMs() < slate.longestMs()) {
        for (int slot = 0; slot <= did.slot() && slot < slate.slots().length; slot++) {
          int ordinal = slate.slots()[slot];
          if (viewedAtMs.getOrDefault(ordinal, Long.MIN_VALUE) < slate.atMs()) {
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
      Shown shown = Shown.of(event);
      Shown before = slates.get(shown.request());
      if (before != null && event.acceptedAtMs() - before.atMs() < Slate.REPEATED_MS) {
        broken("P4", event, "request " + event.requestId() + " is answered twice");
      }
      active(event.surface(), event.acceptedAtMs());
      for (long request : event.released()) {
        reserved.values().removeIf(by -> by.request() == request);
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
      own.forEach(ordinal -> reserved.put(ordinal, shown));
      slates.put(shown.request(), shown);
    }

    private void check(FeedServed event, int ordinal) {
      Shown other = reserved.get(ordinal);
      if (other != null && live(other, event.acceptedAtMs())) {
        broken(
            "P4",
            event,
            "item %d is reserved by a slate of %d and by %s"
                .formatted(ordinal, other.atMs(), event.requestId()));
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

    private boolean live(Shown by, long nowMs) {
      long active = Math.max(activeAtMs.getOrDefault(by.surface(), 0L), by.atMs());
      return nowMs - by.atMs() < by.longestMs() && nowMs - active < by.idleMs();
    }

    /** Reservations that ended while the user was away do not come back with the user. */
    private void active(String surface, long atMs) {
      Long last = activeAtMs.get(surface);
      if (last == null || atMs > last) {
        long before = last == null ? Long.MIN_VALUE : last;
        reserved
            .values()
            .removeIf(by ->
                by.surface().equals(surface) && atMs - Math.max(before, by.atMs()) >= by.idleMs());
        activeAtMs.put(surface, atMs);
      }
    }
  }
}
