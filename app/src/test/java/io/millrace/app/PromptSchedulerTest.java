package io.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.Scheduler.TaskRunOnClose;
import org.apache.pekko.event.NoLogging;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import scala.concurrent.ExecutionContext;

class PromptSchedulerTest {

  private static final Duration LONG = Duration.ofHours(1);

  private final PromptScheduler scheduler =
      new PromptScheduler(
          ConfigFactory.empty(), NoLogging.getInstance(), Executors.defaultThreadFactory());

  private final ExecutionContext here = ExecutionContext.fromExecutor(Runnable::run);

  @AfterEach
  void close() {
    scheduler.close();
  }

  @Test
  void a_cancelled_task_does_not_run_and_is_let_go_of() throws InterruptedException {
    byte[] large = new byte[1 << 20];
    ReferenceQueue<byte[]> gone = new ReferenceQueue<>();
    WeakReference<byte[]> held = new WeakReference<>(large, gone);
    Cancellable task = scheduleHolding(large);
    large = new byte[0];

    assertTrue(task.cancel());
    assertFalse(task.cancel(), "cancelled twice");
    assertTrue(task.isCancelled());
    System.gc();
    assertEquals(0, large.length);
    assertSame(held, gone.remove(10_000), "what was cancelled is still held");
  }

  private Cancellable scheduleHolding(byte[] large) {
    return scheduler.scheduleOnce(LONG, () -> large[0]++, here);
  }

  @Test
  void a_task_runs_once_when_it_is_due_and_again_and_again_at_an_interval()
      throws InterruptedException {
    CountDownLatch once = new CountDownLatch(1);
    CountDownLatch thrice = new CountDownLatch(3);

    Cancellable first = scheduler.scheduleOnce(Duration.ofMillis(1), once::countDown, here);
    Cancellable second =
        scheduler.scheduleWithFixedDelay(
            Duration.ZERO, Duration.ofMillis(1), thrice::countDown, here);

    assertTrue(once.await(10, TimeUnit.SECONDS) && thrice.await(10, TimeUnit.SECONDS));
    assertFalse(first.cancel(), "cancelled after it ran");
    assertTrue(second.cancel());
  }

  @Test
  void at_the_end_only_what_asked_for_it_runs() {
    AtomicInteger ran = new AtomicInteger();
    AtomicInteger ranAtEnd = new AtomicInteger();
    TaskRunOnClose last = ranAtEnd::incrementAndGet;
    scheduler.scheduleOnce(LONG, () -> ran.incrementAndGet(), here);
    scheduler.scheduleOnce(LONG, last, here);
    scheduler.scheduleOnce(LONG, last, here).cancel();

    scheduler.close();

    assertEquals(0, ran.get());
    assertEquals(1, ranAtEnd.get());
    assertThrows(
        IllegalStateException.class, () -> scheduler.scheduleOnce(LONG, () -> ran.get(), here));
  }
}
