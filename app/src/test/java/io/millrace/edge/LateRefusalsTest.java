package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LateRefusalsTest {
  private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
  private final LateRefusals refusals = new LateRefusals(kit.system().classicSystem());
  private final Refusal refusal = Refusal.later("no room", 100);

  @AfterEach
  void end() {
    kit.shutdownTestKit();
  }

  private CompletableFuture<Object> refused() {
    return refusals.<Object>of(refusal).toCompletableFuture();
  }

  @Test
  void a_caller_without_room_is_told_a_moment_later() {
    CompletableFuture<Object> told = refused();
    ManualTime time = ManualTime.get(kit.system());

    time.timePasses(LateRefusals.LATE.minusMillis(1));
    assertFalse(told.isDone());
    time.timePasses(LateRefusals.LATE);

    assertSame(refusal, assertThrows(CompletionException.class, told::join).getCause());
  }

  @Test
  void of_more_than_can_be_held_back_the_rest_is_told_at_once() {
    List<CompletableFuture<Object>> held = new ArrayList<>();
    for (int i = 0; i < LateRefusals.MOST; i++) {
      held.add(refused());
    }
    assertTrue(held.stream().noneMatch(CompletableFuture::isDone));
    assertTrue(refused().isCompletedExceptionally());

    ManualTime.get(kit.system()).timePasses(LateRefusals.LATE);
    held.forEach(one -> assertThrows(CompletionException.class, one::join));
    assertFalse(refused().isDone());
  }
}
