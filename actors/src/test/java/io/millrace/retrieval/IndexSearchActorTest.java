package io.millrace.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.index.Candidates;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.ItemFacts;
import io.millrace.index.ItemIndex;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.item.TestNode;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexSearchActorTest {
  private static final Duration NONE = Duration.ofMillis(50);

  /** One thread that searches, two questions that wait for it. */
  private static final RetrievalSettings SETTINGS =
      new RetrievalSettings(
          1,
          2,
          1,
          Duration.ofHours(1),
          Duration.ofHours(1),
          1,
          1,
          1,
          1,
          1,
          new NearestSettings(NearestSettings.Structure.AUTO, 1));

  @TempDir Path folder;

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);

  private static final RetrievalQuery QUERY =
      new RetrievalQuery(
          0,
          new int[0],
          new long[0],
          new int[0],
          List.of(),
          RetrievalQuery.Filter.NONE,
          EnumSet.of(Source.POPULAR_EVER),
          1,
          1);

  /** Knows one item, number 1; searches until it is let go; fails on number 13. */
  private ItemIndex slow() {
    Candidates none = new ExactItemIndex().retrieve(QUERY);
    return (ItemIndex)
        Proxy.newProxyInstance(
            ItemIndex.class.getClassLoader(),
            new Class<?>[] {ItemIndex.class},
            (proxy, method, arguments) -> {
              boolean searches = method.getName().equals("similar");
              if (searches) {
                begun.countDown();
                letGo.await();
              }
              int ordinal = (Integer) arguments[0];
              if (ordinal == 13) {
                throw new IllegalStateException("planted");
              }
              if (searches) {
                return none;
              }
              return ordinal == 1 ? TestNode.item("one") : null;
            });
  }

  /** A door whose one thread searches already, for what is like the given item. */
  private ActorRef<IndexSearchActor.Command> searching(
      TestNode node, int ordinal, TestProbe<IndexSearchActor.Reply> replies)
      throws InterruptedException {
    ActorRef<IndexSearchActor.Command> search =
        node.kit().spawn(IndexSearchActor.create(slow(), SETTINGS));
    search.tell(new IndexSearchActor.Similar(ordinal, QUERY, replies.ref()));
    begun.await();
    return search;
  }

  @Test
  void a_question_beyond_the_queue_is_refused_at_once_and_the_others_are_answered_a_broken_one_too()
      throws InterruptedException {
    try (TestNode node = TestNode.on(folder)) {
      TestProbe<IndexSearchActor.Reply> replies = node.kit().createTestProbe();
      ActorRef<IndexSearchActor.Command> search = searching(node, 13, replies);

      for (int ordinal : new int[] {1, 1, 1}) {
        search.tell(new IndexSearchActor.Similar(ordinal, QUERY, replies.ref()));
      }

      replies.expectMessage(
          new IndexSearchActor.Overloaded("2 questions wait, expected at most 2"));
      replies.expectNoMessage(NONE);
      letGo.countDown();
      replies.expectMessage(new IndexSearchActor.Failed("the index failed: IllegalStateException"));
      for (int i = 0; i < 2; i++) {
        assertEquals(
            0, replies.expectMessageClass(IndexSearchActor.Found.class).candidates().size());
      }
      replies.expectNoMessage(NONE);
    }
  }

  @Test
  void facts_are_told_while_every_thread_searches() throws InterruptedException {
    try (TestNode node = TestNode.on(folder)) {
      TestProbe<IndexSearchActor.Reply> replies = node.kit().createTestProbe();
      ActorRef<IndexSearchActor.Command> search = searching(node, 1, replies);

      search.tell(new IndexSearchActor.Dress(new int[] {1, 2}, replies.ref()));
      search.tell(new IndexSearchActor.Dress(new int[] {13}, replies.ref()));

      IndexSearchActor.Dressed dressed = replies.expectMessageClass(IndexSearchActor.Dressed.class);
      ItemFacts first = dressed.facts().getFirst();
      assertEquals(TestNode.item("one"), first);
      assertEquals(null, dressed.facts().getLast());
      replies.expectMessage(new IndexSearchActor.Failed("the index failed: IllegalStateException"));
      letGo.countDown();
      replies.expectMessageClass(IndexSearchActor.Found.class);
    }
  }
}
