package io.millrace.item;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrdinalsTest {
  @TempDir Path folder;
  private TestNode node;

  @BeforeEach
  void start() {
    node = TestNode.on(folder);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private ActorRef<OrdinalAllocatorActor.Command> allocator() {
    return node.kit().spawn(OrdinalAllocatorActor.create(InstantSource.system()));
  }

  private ActorRef<OrdinalsActor.Command> purse(
      ActorRef<OrdinalAllocatorActor.Command> allocator, int block, Duration patience) {
    return node.kit().spawn(OrdinalsActor.create(allocator, "here", block, patience, () -> {}));
  }

  private Set<Integer> take(ActorRef<OrdinalsActor.Command> purse, int count) {
    TestProbe<OrdinalsActor.Reply> replies = node.kit().createTestProbe();
    for (int i = 0; i < count; i++) {
      purse.tell(new OrdinalsActor.Take(replies.ref()));
    }
    Set<Integer> taken = new HashSet<>();
    for (int i = 0; i < count; i++) {
      assertTrue(taken.add(replies.expectMessageClass(OrdinalsActor.Taken.class).ordinal()));
    }
    return taken;
  }

  @Test
  void no_ordinal_is_handed_out_twice_by_two_nodes_nor_after_restarts() {
    ActorRef<OrdinalAllocatorActor.Command> allocator = allocator();
    Set<Integer> all = new HashSet<>(take(purse(allocator, 8, Duration.ofSeconds(10)), 100));
    all.addAll(take(purse(allocator, 8, Duration.ofSeconds(10)), 100));
    assertEquals(200, all.size());

    node.close();
    node = TestNode.on(folder);
    all.addAll(take(purse(allocator(), 8, Duration.ofSeconds(10)), 100));

    assertEquals(300, all.size());
    assertTrue(all.contains(0));
    assertTrue(all.stream().allMatch(ordinal -> ordinal >= 0 && ordinal < 350));
  }

  @Test
  void grants_survive_their_snapshots() {
    ActorRef<OrdinalAllocatorActor.Command> allocator = allocator();
    TestProbe<OrdinalAllocatorActor.Reply> replies = node.kit().createTestProbe();
    for (int i = 0; i < 250; i++) {
      allocator.tell(new OrdinalAllocatorActor.Grant("here", 2, replies.ref()));
      replies.expectMessage(new OrdinalAllocatorActor.Granted(2 * i, 2));
    }

    node.kit().stop(allocator);
    allocator().tell(new OrdinalAllocatorActor.Grant("here", 2, replies.ref()));

    replies.expectMessage(new OrdinalAllocatorActor.Granted(500, 2));
  }

  @Test
  void more_than_are_left_are_refused() {
    TestProbe<OrdinalAllocatorActor.Reply> replies = node.kit().createTestProbe();
    ActorRef<OrdinalAllocatorActor.Command> allocator = allocator();

    allocator.tell(new OrdinalAllocatorActor.Grant("here", Integer.MAX_VALUE, replies.ref()));
    replies.expectMessage(new OrdinalAllocatorActor.Granted(0, Integer.MAX_VALUE));
    allocator.tell(new OrdinalAllocatorActor.Grant("here", 1, replies.ref()));

    replies.expectMessageClass(OrdinalAllocatorActor.Exhausted.class);
  }

  @Test
  void without_an_allocator_the_asker_is_told_so() {
    TestProbe<OrdinalAllocatorActor.Command> silent = node.kit().createTestProbe();
    TestProbe<OrdinalsActor.Reply> replies = node.kit().createTestProbe();

    purse(silent.ref(), 8, Duration.ofMillis(200)).tell(new OrdinalsActor.Take(replies.ref()));

    replies.expectMessageClass(OrdinalsActor.NoneLeft.class);
  }

  @Test
  void it_looks_for_an_allocator_until_one_answers_and_takes_no_block_for_that() {
    ActorRef<OrdinalAllocatorActor.Command> allocator = allocator();
    AtomicInteger asked = new AtomicInteger();
    ActorRef<OrdinalAllocatorActor.Command> late =
        node.kit()
            .spawn(
                Behaviors.receiveMessage(question -> {
                  if (asked.incrementAndGet() > 1) {
                    allocator.tell(question);
                  }
                  return Behaviors.same();
                }));
    TestProbe<String> told = node.kit().createTestProbe();

    node.kit()
        .spawn(
            OrdinalsActor.create(
                late, "here", 8, Duration.ofMillis(200), () -> told.ref().tell("reached")));

    told.expectMessage(Duration.ofSeconds(30), "reached");
    assertTrue(asked.get() > 1);
    TestProbe<OrdinalAllocatorActor.Reply> replies = node.kit().createTestProbe();
    allocator.tell(new OrdinalAllocatorActor.Grant("here", 2, replies.ref()));
    replies.expectMessage(new OrdinalAllocatorActor.Granted(0, 2));
  }
}
