package io.millrace.edge;

import io.millrace.feed.Feeds.Purpose;
import io.millrace.feed.Feeds.Question;
import io.millrace.index.RetrievalQuery;
import io.millrace.proto.v1.Context;
import io.millrace.proto.v1.Filter;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.SimilarRequest;
import io.millrace.proto.v1.StartersRequest;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** What a question for a feed must be to be asked, and what it then is to the pipeline. Pure. */
final class FeedQuestionCheck {
  static final int DEFAULT_SIZE = 20;
  static final int STARTERS = 12;
  private static final int MOST_SIZE = 100;
  private static final int MOST_STARTERS = 50;
  private static final int MOST_CANDIDATES = 1_000;
  private static final long LONGEST_MS = Duration.ofDays(36_500).toMillis();

  private FeedQuestionCheck() {}

  static void feed(GetFeedRequest request, Set<String> surfaces, Problems problems) {
    problems.id("userId", request.getUserId(), 1, 256);
    surface(request.getSurface(), surfaces, problems);
    problems.count("size", Integer.toUnsignedLong(request.getSize()), MOST_SIZE);
    problems.id("requestId", request.getRequestId(), 0, 128);
    problems.id("feedSession", request.getFeedSession(), 0, 128);
    ids("candidates", request.getCandidatesList(), problems);
    ids("exclude", request.getExcludeList(), problems);
    context(request.getContext(), problems);
    filter(request.getFilter(), problems);
  }

  static void rank(RankRequest request, Set<String> surfaces, Problems problems) {
    problems.id("userId", request.getUserId(), 1, 256);
    surface(request.getSurface(), surfaces, problems);
    problems.count("size", Integer.toUnsignedLong(request.getSize()), MOST_CANDIDATES);
    problems.id("requestId", request.getRequestId(), 0, 128);
    if (request.getCandidatesCount() == 0) {
      problems.add("candidates", "empty", "1 to " + MOST_CANDIDATES + " ids");
    }
    ids("candidates", request.getCandidatesList(), problems);
    context(request.getContext(), problems);
    long most = request.getSize() == 0 ? request.getCandidatesCount() : request.getSize();
    problems.count("reserveFirst", Integer.toUnsignedLong(request.getReserveFirst()), most);
  }

  static void similar(SimilarRequest request, Problems problems) {
    problems.id("itemId", request.getItemId(), 1, 256);
    problems.count("size", Integer.toUnsignedLong(request.getSize()), MOST_SIZE);
    filter(request.getFilter(), problems);
  }

  static void starters(StartersRequest request, Problems problems) {
    problems.count("size", Integer.toUnsignedLong(request.getSize()), MOST_STARTERS);
  }

  private static void surface(String surface, Set<String> known, Problems problems) {
    problems.id("surface", surface, 0, 64);
    if (!surface.isEmpty()
        && surface.length() <= 64
        && !known.isEmpty()
        && !known.contains(surface)) {
      problems.add(
          "surface",
          '"' + surface + '"',
          "one of " + String.join(", ", known.stream().sorted().toList()));
    }
  }

  private static void ids(String path, List<String> ids, Problems problems) {
    if (ids.size() > MOST_CANDIDATES) {
      problems.add(path + " has " + ids.size() + " entries, expected at most " + MOST_CANDIDATES);
      return;
    }
    for (int i = 0; i < ids.size(); i++) {
      problems.id(path + "[" + i + "]", ids.get(i), 1, 256);
    }
  }

  private static void context(Context context, Problems problems) {
    problems.text("context.deviceClass", context.getDeviceClass(), 0, 64);
    problems.text("context.locale", context.getLocale(), 0, 64);
    problems.text("context.region", context.getRegion(), 0, 64);
    problems.text("context.appVersion", context.getAppVersion(), 0, 64);
    problems.text("context.sessionId", context.getSessionId(), 0, 64);
  }

  private static void filter(Filter filter, Problems problems) {
    problems.texts("filter.categories", filter.getCategoriesList(), 100, 128);
    problems.texts("filter.excludeCategories", filter.getExcludeCategoriesList(), 100, 128);
    problems.texts("filter.creators", filter.getCreatorsList(), 100, 256);
    problems.texts("filter.excludeCreators", filter.getExcludeCreatorsList(), 100, 256);
    problems.texts("filter.tags", filter.getTagsList(), 100, 128);
    problems.texts("filter.languages", filter.getLanguagesList(), 20, 35);
    if (filter.hasMinPrice()) {
      problems.finite("filter.minPrice", filter.getMinPrice());
    }
    if (filter.hasMaxPrice()) {
      problems.finite("filter.maxPrice", filter.getMaxPrice());
    }
    if (filter.hasMinPrice()
        && filter.hasMaxPrice()
        && filter.getMinPrice() > filter.getMaxPrice()) {
      problems.add(
          "filter.minPrice",
          String.valueOf(filter.getMinPrice()),
          "at most filter.maxPrice, " + filter.getMaxPrice());
    }
    if (filter.hasMaxAgeRating()) {
      problems.count("filter.maxAgeRating", Integer.toUnsignedLong(filter.getMaxAgeRating()), 100);
    }
    if (filter.hasMaxDurationMs()) {
      problems.count("filter.maxDurationMs", filter.getMaxDurationMs(), LONGEST_MS);
    }
    if (filter.hasCreatedWithinMs()) {
      problems.count("filter.createdWithinMs", filter.getCreatedWithinMs(), LONGEST_MS);
    }
  }

  static Question question(GetFeedRequest request, Budget budget) {
    return new Question(
        request.getUserId(),
        surface(request.getSurface()),
        request.getPreview() ? Purpose.PREVIEW : Purpose.SERVE,
        request.getSize() == 0 ? DEFAULT_SIZE : request.getSize(),
        requestId(request.getRequestId()),
        request.getFeedSession(),
        List.copyOf(request.getCandidatesList()),
        List.copyOf(request.getExcludeList()),
        filter(request.getFilter()),
        request.getExplain(),
        0,
        budget.left());
  }

  static Question question(RankRequest request, Budget budget) {
    return new Question(
        request.getUserId(),
        surface(request.getSurface()),
        Purpose.RANK,
        request.getSize() == 0 ? request.getCandidatesCount() : request.getSize(),
        requestId(request.getRequestId()),
        "",
        List.copyOf(request.getCandidatesList()),
        List.of(),
        RetrievalQuery.Filter.NONE,
        request.getExplain(),
        request.getReserveFirst(),
        budget.left());
  }

  private static String surface(String surface) {
    return surface.isEmpty() ? "home" : surface;
  }

  private static String requestId(String requestId) {
    return requestId.isEmpty() ? UUID.randomUUID().toString() : requestId;
  }

  static RetrievalQuery.Filter filter(Filter filter) {
    return new RetrievalQuery.Filter(
        List.copyOf(filter.getCategoriesList()),
        List.copyOf(filter.getExcludeCategoriesList()),
        List.copyOf(filter.getCreatorsList()),
        List.copyOf(filter.getExcludeCreatorsList()),
        List.copyOf(filter.getTagsList()),
        List.copyOf(filter.getLanguagesList()),
        filter.hasMinPrice() ? filter.getMinPrice() : Double.NaN,
        filter.hasMaxPrice() ? filter.getMaxPrice() : Double.NaN,
        filter.hasMaxAgeRating() ? filter.getMaxAgeRating() : -1,
        false,
        filter.hasMaxDurationMs() ? filter.getMaxDurationMs() : -1,
        filter.hasCreatedWithinMs() ? filter.getCreatedWithinMs() : -1);
  }
}
