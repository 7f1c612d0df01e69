package io.millrace.edge;

import io.millrace.feed.Feeds;
import io.millrace.feed.Feeds.Answer;
import io.millrace.proto.v1.Contribution;
import io.millrace.proto.v1.FeedItem;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.SimilarRequest;
import io.millrace.proto.v1.SimilarResponse;
import io.millrace.proto.v1.StageTiming;
import io.millrace.proto.v1.StartersRequest;
import io.millrace.proto.v1.StartersResponse;
import io.millrace.proto.v1.Versions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;

/** The feed methods, whoever carries them: checked, bounded in number, answered in time. */
final class FeedEndpoint {
  /**
   * Let in however slow they are: chosen, what keeps every processor at work while one feed waits
   * for another part of its own.
   */
  private static final int LEAST_FEEDS =
      Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

  /** Let in at once where nothing is known yet: chosen, what such a processor answers in 60 ms. */
  private static final int BURST = 32 * Math.max(2, Runtime.getRuntime().availableProcessors());

  private final Backend backend;
  private final EdgeSettings settings;
  private final EdgeMetrics metrics;
  private final Admission admission;
  private final LateRefusals refusals;

  FeedEndpoint(Backend backend, EdgeSettings settings, EdgeMetrics metrics) {
    this.backend = backend;
    this.settings = settings;
    this.metrics = metrics;
    this.refusals = new LateRefusals(backend.system().classicSystem());
    this.admission =
        new Admission(
            LEAST_FEEDS,
            LEAST_FEEDS,
            BURST,
            settings.mostFeedsInFlight(),
            settings.feedsWithin(),
            settings.feedsWithin(),
            System::nanoTime);
  }

  CompletionStage<GetFeedResponse> getFeed(GetFeedRequest request, Budget budget) {
    Problems problems = new Problems();
    FeedQuestionCheck.feed(request, settings.surfaces(), problems);
    return ask(
        problems, budget, () -> backend.feeds().ask(FeedQuestionCheck.question(request, budget)));
  }

  CompletionStage<GetFeedResponse> rank(RankRequest request, Budget budget) {
    Problems problems = new Problems();
    FeedQuestionCheck.rank(request, settings.surfaces(), problems);
    return ask(
        problems, budget, () -> backend.feeds().ask(FeedQuestionCheck.question(request, budget)));
  }

  CompletionStage<SimilarResponse> similar(SimilarRequest request, Budget budget) {
    Problems problems = new Problems();
    FeedQuestionCheck.similar(request, problems);
    if (!problems.any() && backend.catalogue().card(request.getItemId()) == null) {
      return CompletableFuture.failedStage(
          new Refusal(Trouble.NOT_FOUND, "item " + request.getItemId() + " is not known"));
    }
    int size = request.getSize() == 0 ? FeedQuestionCheck.DEFAULT_SIZE : request.getSize();
    return ask(
            problems,
            budget,
            () ->
                backend
                    .feeds()
                    .similar(
                        request.getItemId(),
                        size,
                        FeedQuestionCheck.filter(request.getFilter()),
                        budget.left()))
        .thenApply(answer ->
            SimilarResponse.newBuilder()
                .addAllItems(answer.getItemsList())
                .setItemLagMs(answer.getItemLagMs())
                .build());
  }

  CompletionStage<StartersResponse> starters(StartersRequest request, Budget budget) {
    Problems problems = new Problems();
    FeedQuestionCheck.starters(request, problems);
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    int size = request.getSize() == 0 ? FeedQuestionCheck.STARTERS : request.getSize();
    return within(budget.left(), backend.feeds().starters(size))
        .thenApply(slots -> {
          StartersResponse.Builder response = StartersResponse.newBuilder();
          for (int i = 0; i < slots.size(); i++) {
            response.addItems(item(slots.get(i), i));
          }
          return response.build();
        });
  }

  private CompletionStage<GetFeedResponse> ask(
      Problems problems, Budget budget, Supplier<CompletionStage<Answer>> question) {
    if (problems.any()) {
      return CompletableFuture.failedStage(Refusal.invalid(problems));
    }
    Refusal beyond = budget.share() == null ? null : budget.share().feed();
    if (beyond != null) {
      metrics.refusedCaller("feeds");
      return refusals.of(beyond);
    }
    if (!admission.enter(1)) {
      metrics.refusedFeed();
      return refusals.of(
          new Refusal(
              Trouble.RESOURCE_EXHAUSTED,
              "more than " + admission.limit() + " feeds are being made"));
    }
    long start = System.nanoTime();
    CompletionStage<Answer> asked;
    try {
      asked = question.get();
    } catch (RuntimeException fault) {
      asked = CompletableFuture.failedStage(fault);
    }
    // The pipeline keeps the deadline by itself; the timer is for a pipeline that is broken.
    return within(budget.left().plusMillis(5), asked)
        .whenComplete((answer, failure) -> {
          long took = System.nanoTime() - start;
          admission.leave(1, took);
          metrics.feed(took, answer, failure);
        })
        .thenApply(FeedEndpoint::response);
  }

  /** As {@code orTimeout}, by the actors' timer: the JDK's wakes a thread for each. */
  private <T> CompletableFuture<T> within(Duration time, CompletionStage<T> asked) {
    CompletableFuture<T> answer = asked.toCompletableFuture().copy();
    if (!answer.isDone()) {
      ActorSystem<?> system = backend.system();
      Cancellable timer =
          system
              .scheduler()
              .scheduleOnce(
                  time,
                  () -> answer.completeExceptionally(new TimeoutException()),
                  system.executionContext());
      return answer.whenComplete((done, failure) -> timer.cancel());
    }
    return answer;
  }

  private static GetFeedResponse response(Answer answer) {
    GetFeedResponse.Builder response =
        GetFeedResponse.newBuilder()
            .setRequestId(answer.requestId())
            .setAsOfUserSeq(answer.asOfUserSeq())
            .addAllDegraded(answer.degraded())
            .setItemLagMs(answer.itemLagMs())
            .setReplayed(answer.replayed())
            .setSurface(answer.surface())
            .setVersions(
                Versions.newBuilder()
                    .setPipeline(answer.versions().pipeline())
                    .setRules(answer.versions().rules())
                    .setRanker(answer.versions().ranker())
                    .setGeneration(answer.versions().generation()))
            .setCandidatesDropped(answer.candidatesDropped());
    for (int i = 0; i < answer.slots().size(); i++) {
      response.addItems(item(answer.slots().get(i), i));
    }
    for (Feeds.StageTime time : answer.stages()) {
      response.addStages(StageTiming.newBuilder().setStage(time.stage()).setMicros(time.micros()));
    }
    return response.build();
  }

  private static FeedItem item(Feeds.Slot slot, int position) {
    FeedItem.Builder item =
        FeedItem.newBuilder()
            .setItemId(slot.facts().itemId())
            .setToken(slot.token())
            .addAllReasons(slot.reasons())
            .setScore(slot.score())
            .setPosition(position)
            .addAllSources(slot.sources())
            .setItem(ItemCheck.item(slot.facts()))
            .setPropensity(slot.propensity());
    for (Feeds.Contribution part : slot.contributions()) {
      item.addContributions(
          Contribution.newBuilder()
              .setFeature(part.feature())
              .setValue(part.value())
              .setWeight(part.weight()));
    }
    return item.build();
  }
}
