package io.millrace.edge;

import io.millrace.feed.ImpressionTokens.Impression;
import io.millrace.item.ItemIds;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.EventResult.Status;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import io.millrace.user.UserActor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * Takes events in, whoever carries them: a batch is checked whole, stamped, and handed to each
 * user's actor in one piece; an answer per event comes back when it is durable.
 */
final class EventEndpoint {
  /** Events that a stream hands on in one piece while earlier ones are being written. */
  private static final int MOST_TOGETHER = 256;

  /** Calls let in however slow and large they are: chosen, the lanes of an import. */
  private static final int LEAST_CALLS = 4;

  /** Events let in however slow they are: chosen, some group commits of a laptop's disk. */
  private static final int LEAST_EVENTS = 200;

  /** Let in at once where nothing is known yet: chosen, what such a processor writes in 40 ms. */
  private static final int BURST = 400 * Math.max(2, Runtime.getRuntime().availableProcessors());

  /** Of the time events may take, what they may while too many come for long; measured. */
  private static final int STANDING_PART = 4;

  private final Backend backend;
  private final EdgeSettings settings;
  private final EdgeMetrics metrics;
  private final Admission admission;
  private final LateRefusals refusals;

  EventEndpoint(Backend backend, EdgeSettings settings, EdgeMetrics metrics) {
    this.backend = backend;
    this.settings = settings;
    this.metrics = metrics;
    this.refusals = new LateRefusals(backend.system().classicSystem());
    this.admission =
        new Admission(
            LEAST_CALLS,
            LEAST_EVENTS,
            BURST,
            settings.mostEventsInFlight(),
            settings.eventsWithin(),
            settings.eventsWithin().dividedBy(STANDING_PART),
            System::nanoTime);
  }

  /**
   * Refused whole when one event is not valid; else a result per event, in order. Whether there is
   * room is asked before any event is looked at: in a flood most calls find none.
   */
  CompletionStage<RecordResponse> record(RecordRequest request, Budget budget) {
    List<Interaction> events = request.getEventsList();
    Problems problems = new Problems();
    InteractionCheck.size(events.size(), problems);
    if (problems.any()) {
      return invalid(problems);
    }
    Refusal full = behind();
    if (full == null && !admission.enter(events.size())) {
      full = full(admission.limit());
    }
    if (full != null) {
      metrics.refused(full.trouble());
      return refusals.of(full);
    }
    boolean begun = false;
    try {
      Refusal beyond = beyond(events.size(), budget);
      if (beyond != null) {
        return refusals.of(beyond);
      }
      long now = backend.clock().millis();
      InteractionCheck.batch(events, now, problems);
      List<InteractionCheck.Slot> slots = slots(events, problems);
      if (problems.any()) {
        return invalid(problems);
      }
      long start = System.nanoTime();
      CompletionStage<List<EventResult>> written = write(events, slots, now, budget);
      begun = true;
      return written
          .whenComplete((results, failure) -> {
            long took = System.nanoTime() - start;
            admission.leave(events.size(), took);
            metrics.record(took, results);
          })
          .thenApply(results -> response(results, budget));
    } finally {
      if (!begun) {
        admission.giveBack(events.size());
      }
    }
  }

  /**
   * An answer per event, in the order of the stream. At most {@code stream-parallelism} pieces are
   * being written; while they are, what arrives is put together.
   */
  Source<EventResult, NotUsed> stream(Source<Interaction, NotUsed> events) {
    return events.via(
        Flow.of(Interaction.class)
            .batch(
                MOST_TOGETHER,
                EventEndpoint::listOf,
                (together, event) -> {
                  together.add(event);
                  return together;
                })
            .mapAsync(settings.streamParallelism(), this::streamed)
            .mapConcat(results -> results));
  }

  private CompletionStage<RecordResponse> invalid(Problems problems) {
    metrics.refused(Trouble.INVALID_ARGUMENT);
    return CompletableFuture.failedStage(Refusal.invalid(problems));
  }

  private static List<Interaction> listOf(Interaction event) {
    List<Interaction> together = new ArrayList<>();
    together.add(event);
    return together;
  }

  private CompletionStage<List<EventResult>> streamed(List<Interaction> events) {
    long now = backend.clock().millis();
    EventResult[] results = new EventResult[events.size()];
    List<Interaction> valid = new ArrayList<>(events.size());
    List<InteractionCheck.Slot> slots = new ArrayList<>(events.size());
    List<Integer> places = new ArrayList<>(events.size());
    for (int i = 0; i < events.size(); i++) {
      Interaction event = events.get(i);
      Problems problems = new Problems();
      InteractionCheck.event(event, now, problems);
      InteractionCheck.Slot slot = slot(event, problems);
      if (problems.any()) {
        results[i] = result(event.getEventId(), Status.INVALID, problems.detail());
      } else {
        valid.add(event);
        slots.add(slot);
        places.add(i);
      }
    }
    @Nullable Refusal full = behind();
    if (full == null && !admission.enterHeldUp(valid.size())) {
      full = full(settings.mostEventsInFlight());
    }
    if (full != null) {
      for (int i : places) {
        results[i] = result(events.get(i).getEventId(), Status.BUSY, full.message());
      }
      return CompletableFuture.completedStage(Arrays.asList(results));
    }
    long start = System.nanoTime();
    return write(valid, slots, now, Budget.of(settings.mostDeadline()))
        .whenComplete((written, failure) -> {
          admission.leaveHeldUp(valid.size());
          metrics.record(System.nanoTime() - start, written);
        })
        .thenApply(written -> {
          for (int i = 0; i < written.size(); i++) {
            results[places.get(i)] = written.get(i);
          }
          return Arrays.asList(results);
        });
  }

  /** Why this caller may not record so many now; null when they may. */
  @Nullable Refusal beyond(int events, Budget budget) {
    Refusal beyond = budget.share() == null ? null : budget.share().events(events);
    if (beyond != null) {
      metrics.refusedCaller("events");
    }
    return beyond;
  }

  /** Why no event can be taken; null when evidence keeps up. */
  private @Nullable Refusal behind() {
    Duration lag = backend.evidenceLag();
    return lag.compareTo(settings.mostEvidenceLag()) <= 0
        ? null
        : new Refusal(
            Trouble.RESOURCE_EXHAUSTED,
            "evidence is "
                + lag.toMillis()
                + " ms behind, expected at most "
                + settings.mostEvidenceLag().toMillis());
  }

  private static Refusal full(long limit) {
    return new Refusal(
        Trouble.RESOURCE_EXHAUSTED, "more than " + limit + " events are being written");
  }

  private List<InteractionCheck.Slot> slots(List<Interaction> events, Problems problems) {
    List<InteractionCheck.Slot> slots = new ArrayList<>(events.size());
    for (int i = 0; i < events.size(); i++) {
      problems.within("events", i);
      slots.add(slot(events.get(i), problems));
    }
    problems.withinNothing();
    return slots;
  }

  private InteractionCheck.Slot slot(Interaction event, Problems problems) {
    if (event.getToken().isEmpty() || event.getToken().length() > 512) {
      return InteractionCheck.NO_SLOT;
    }
    Optional<Impression> read = backend.tokens().read(event.getToken());
    if (read.isEmpty()) {
      problems.add("token", "not one of ours", "the token of a slot, unchanged");
      return InteractionCheck.NO_SLOT;
    }
    Impression impression = read.get();
    if (impression.userHash() != ItemIds.hash(event.getUserId())) {
      problems.add("token", "another user's", "a token of this user's feed");
    } else if (!event.getItemId().isEmpty()
        && impression.itemHash() != ItemIds.hash(event.getItemId())) {
      problems.add("token", "another item's", "the token of this item's slot");
    }
    return new InteractionCheck.Slot(impression.requestId(), impression.slot());
  }

  private CompletionStage<List<EventResult>> write(
      List<Interaction> events, List<InteractionCheck.Slot> slots, long now, Budget budget) {
    Map<String, List<Integer>> ofUser = new LinkedHashMap<>();
    for (int i = 0; i < events.size(); i++) {
      ofUser.computeIfAbsent(events.get(i).getUserId(), user -> new ArrayList<>()).add(i);
    }
    EventResult[] results = new EventResult[events.size()];
    List<CompletableFuture<?>> asked = new ArrayList<>(ofUser.size());
    ofUser.forEach((userId, places) -> {
      List<io.millrace.user.Interaction> interactions = new ArrayList<>(places.size());
      for (int place : places) {
        Interaction event = events.get(place);
        interactions.add(
            InteractionCheck.interaction(
                event,
                event.getItemId().isEmpty() ? null : backend.catalogue().card(event.getItemId()),
                slots.get(place),
                now));
      }
      asked.add(
          backend
              .askUser(
                  userId,
                  replyTo -> new UserActor.RecordInteractions(interactions, replyTo),
                  budget.left())
              // Where the answer comes in: Scala's futures would else hand it to another pool.
              .handleAsync(
                  (reply, failure) -> {
                    fill(results, events, places, reply, failure);
                    return null;
                  },
                  Runnable::run)
              .toCompletableFuture());
    });
    return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .thenApply(all -> Arrays.asList(results));
  }

  private static void fill(
      EventResult[] results,
      List<Interaction> events,
      List<Integer> places,
      UserActor.@Nullable Reply reply,
      @Nullable Throwable failure) {
    for (int i = 0; i < places.size(); i++) {
      int place = places.get(i);
      String eventId = events.get(place).getEventId();
      results[place] =
          switch (reply) {
            case UserActor.Recorded recorded -> {
              UserActor.Result result = recorded.results().get(i);
              yield EventResult.newBuilder()
                  .setEventId(eventId)
                  .setStatus(result.repeated() ? Status.REPEATED : Status.RECORDED)
                  .setUserSeq(result.userSeq())
                  .build();
            }
            case UserActor.Rejected rejected ->
                result(eventId, status(rejected.reason()), rejected.detail());
            case null ->
                result(
                    eventId,
                    Status.STORE_UNAVAILABLE,
                    failure == null ? "no answer" : Trouble.of(failure).message());
            default ->
                throw new IllegalStateException(
                    "user answered " + reply.getClass().getSimpleName() + " to an interaction");
          };
    }
  }

  private static Status status(UserActor.Reason reason) {
    return switch (reason) {
      case BUSY, TOO_LATE, ABORTED -> Status.BUSY;
      case STORE_UNAVAILABLE -> Status.STORE_UNAVAILABLE;
      case INVALID -> Status.INVALID;
    };
  }

  private static EventResult result(String eventId, Status status, String detail) {
    return EventResult.newBuilder().setEventId(eventId).setStatus(status).setDetail(detail).build();
  }

  /** Nothing known of any event and no time left: that is a deadline, not a result. */
  private static RecordResponse response(List<EventResult> results, Budget budget) {
    if (budget.spent()
        && results.stream().allMatch(r -> r.getStatus() == Status.STORE_UNAVAILABLE)) {
      throw new Refusal(
          Trouble.DEADLINE_EXCEEDED, "nothing is known to be written yet; repeating is safe");
    }
    return RecordResponse.newBuilder().addAllResults(results).build();
  }
}
