package io.millrace.feed;

import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.model.taste.TasteMap;
import io.millrace.user.Profile;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where the edge asks for feeds. An answer always arrives within its question's deadline. */
public interface Feeds {

  /**
   * Fails only with {@link FeedUnavailable}; whatever else goes wrong is named in {@link
   * Answer#degraded}.
   */
  CompletionStage<Answer> ask(Question question);

  /** Items like one item; fails with {@link FeedUnavailable} when no index copy answers in time. */
  CompletionStage<Answer> similar(String itemId, int size, Filter filter, Duration budget);

  /**
   * Well-known items that lie far apart, the most popular one first; fails as {@link #ask} does.
   */
  CompletionStage<List<Slot>> starters(int size);

  /**
   * Where a user stands among popular items and some others; fails as {@link #ask} does.
   *
   * @param popular items at most
   * @param include ids of the others; unknown ones are left out
   */
  CompletionStage<Standing> stand(
      Profile profile, int popular, List<String> include, Duration budget);

  /**
   * Where a user stands in the space of one generation.
   *
   * @param generation 0 before the first: nothing has a place
   * @param learning before the first: how far it is, for a person
   * @param user from all that is remembered; null while that is nothing
   * @param recent from the newest interactions; null with {@code user}
   */
  record Standing(
      int generation,
      String learning,
      TasteMap.@Nullable Place user,
      TasteMap.@Nullable Place recent,
      List<Placed> items,
      List<TasteMap.Region> regions) {}

  /** An item on the map; {@code strength} in hundredths, null when the user said nothing of it. */
  record Placed(ItemFacts facts, TasteMap.Place place, @Nullable Byte strength) {}

  /** Whether the request reserves, looks, or orders the caller's own candidates. */
  enum Purpose {
    SERVE,
    PREVIEW,
    RANK
  }

  /**
   * One validated question.
   *
   * @param size slots wanted, 1 to 100 (RANK: to 1,000)
   * @param requestId never empty
   * @param feedSession empty when the feed is not paged
   * @param candidates when not empty only these item ids may be served
   * @param exclude item ids that must not be served
   * @param reserveFirst RANK: how many of the best to reserve
   * @param budget time left until the answer must be there
   */
  record Question(
      String userId,
      String surface,
      Purpose purpose,
      int size,
      String requestId,
      String feedSession,
      List<String> candidates,
      List<String> exclude,
      Filter filter,
      boolean explain,
      int reserveFirst,
      Duration budget) {}

  /**
   * What was answered, in slot order.
   *
   * @param degraded what was left out or relaxed, as {@code part} or {@code part:reason}
   */
  record Answer(
      String requestId,
      String surface,
      long asOfUserSeq,
      List<Slot> slots,
      List<String> degraded,
      long itemLagMs,
      boolean replayed,
      Versions versions,
      int candidatesDropped,
      List<StageTime> stages) {}

  record Versions(String pipeline, String rules, long ranker, int generation) {}

  record StageTime(String stage, long micros) {}

  /** One served item. */
  record Slot(
      ItemFacts facts,
      String token,
      List<String> reasons,
      double score,
      List<String> sources,
      double propensity,
      List<Contribution> contributions) {}

  /** {@code value} of a feature and the weight it met; their product is its part of the score. */
  record Contribution(String feature, double value, double weight) {}

  /**
   * No answer can be given at all: the node is starting, stopping, or not part of a working
   * cluster.
   */
  final class FeedUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public FeedUnavailable(String detail) {
      super(detail);
    }
  }
}
