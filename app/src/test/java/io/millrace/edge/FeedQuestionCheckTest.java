package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.millrace.feed.Feeds.Purpose;
import io.millrace.feed.Feeds.Question;
import io.millrace.proto.v1.Filter;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.RankRequest;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FeedQuestionCheckTest {
  private static final Set<String> SURFACES = Set.of("home", "shop");

  @Test
  void a_user_is_all_that_a_feed_needs() {
    GetFeedRequest bare = GetFeedRequest.newBuilder().setUserId("u").build();

    assertEquals(List.of(), problems(bare));
    Question question = FeedQuestionCheck.question(bare, Budget.of(Duration.ofSeconds(1)));
    assertEquals("home", question.surface());
    assertEquals(20, question.size());
    assertEquals(Purpose.SERVE, question.purpose());
    assertFalse(question.requestId().isEmpty());
  }

  @Test
  void every_bad_part_is_named() {
    GetFeedRequest bad =
        GetFeedRequest.newBuilder()
            .setSurface("cellar")
            .setSize(101)
            .setRequestId("r".repeat(129))
            .addAllCandidates(Collections.nCopies(1_001, "x"))
            .addExclude("")
            .setFilter(Filter.newBuilder().setMinPrice(2).setMaxPrice(1))
            .build();

    assertEquals(
        List.of(
            "userId is empty, expected 1 to 256 bytes",
            "surface is \"cellar\", expected one of home, shop",
            "size is 101, expected 0 to 100",
            "requestId is 129 bytes, expected at most 128 bytes",
            "candidates has 1001 entries, expected at most 1000",
            "exclude[0] is empty, expected 1 to 256 bytes",
            "filter.minPrice is 2.0, expected at most filter.maxPrice, 1.0"),
        problems(bad));
  }

  @Test
  void ranking_takes_all_candidates_and_reserves_none_unless_asked() {
    RankRequest rank =
        RankRequest.newBuilder().setUserId("u").addCandidates("a").addCandidates("b").build();

    Question question = FeedQuestionCheck.question(rank, Budget.of(Duration.ofSeconds(1)));

    assertEquals(2, question.size());
    assertEquals(0, question.reserveFirst());
    assertEquals(Purpose.RANK, question.purpose());
    Problems problems = new Problems();
    FeedQuestionCheck.rank(
        RankRequest.newBuilder().setUserId("u").setReserveFirst(3).build(), SURFACES, problems);
    assertEquals(
        List.of(
            "candidates is empty, expected 1 to 1000 ids", "reserveFirst is 3, expected 0 to 0"),
        problems.named());
  }

  private static List<String> problems(GetFeedRequest request) {
    Problems problems = new Problems();
    FeedQuestionCheck.feed(request, SURFACES, problems);
    return problems.named();
  }
}
