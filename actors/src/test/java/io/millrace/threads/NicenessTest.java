package io.millrace.threads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Of threads as Linux keeps it. */
@EnabledOnOs(OS.LINUX)
@TestMethodOrder(OrderAnnotation.class)
class NicenessTest {
  private static final int THREADS = 3;

  private static final ActorSystem SYSTEM =
      ActorSystem.create(
          "nice",
          ConfigFactory.parseString(
                  """
                  background {
                    type = Dispatcher
                    executor = "io.millrace.threads.BackgroundExecutor"
                    thread-pool-executor.fixed-pool-size = 2
                  }
                  steady {
                    type = Dispatcher
                    executor = "io.millrace.threads.SteadyExecutor"
                    fork-join-executor {
                      parallelism-min = 3
                      parallelism-max = 3
                    }
                  }
                  """)
              .withFallback(ConfigFactory.load()));

  @AfterAll
  static void stop() {
    TestKit.shutdownActorSystem(SYSTEM);
  }

  private static Executor dispatcher(String name) {
    return SYSTEM.dispatchers().lookup(name);
  }

  /** The niceness of the thread that calls: the 19th field of its {@code stat}, proc(5). */
  private static int niceness() {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> List<T> onAllThreadsOf(Executor executor, int threads, Supplier<T> what) {
    CountDownLatch all = new CountDownLatch(threads);
    List<CompletableFuture<T>> asked = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      asked.add(
          CompletableFuture.supplyAsync(
              () -> {
                all.countDown();
                try {
                  all.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                return what.get();
              },
              executor));
    }
    return asked.stream().map(CompletableFuture::join).toList();
  }

  @Test
  @Order(1) // it cannot be taken back
  void what_nobody_waits_for_steps_back_when_the_node_is_ready_and_nothing_else() {
    int usual = niceness();
    int nicer = Math.min(19, usual + Niceness.MORE);
    Executor background = dispatcher("background");
    List<ExecutorService> beside = executors("ZWorkerYoung#7", "G1 Conc#7");
    List<ExecutorService> merges = executors("rocksdb:low");
    List<ExecutorService> waitedFor =
        executors(
            "ZDirector", "G1 Refine#7", "rocksdb:high", "C1 CompilerThread7", "C2 CompilerThread7");
    try {
      assertEquals(
          List.of(usual, usual), onAllThreadsOf(background, 2, NicenessTest::niceness), "not yet");
      assertEquals(Collections.nCopies(2, usual), niceness(beside));
      assertEquals(List.of(usual), niceness(merges));
      assertEquals(Collections.nCopies(5, usual), niceness(waitedFor));

      Niceness.stepBack();

      assertEquals(List.of(nicer, nicer), onAllThreadsOf(background, 2, NicenessTest::niceness));
      assertEquals(Collections.nCopies(2, nicer), niceness(beside));
      assertEquals(
          List.of(Math.min(19, usual + Niceness.MORE_TO_MERGE)), niceness(merges), "merges files");
      assertEquals(Collections.nCopies(5, usual), niceness(waitedFor));
      assertEquals(usual, niceness());
    } finally {
      beside.forEach(ExecutorService::close);
      merges.forEach(ExecutorService::close);
      waitedFor.forEach(ExecutorService::close);
    }
    try (ExecutorService later = executor(Niceness.background(named("later")))) {
      assertEquals(nicer, niceness(later));
    }
  }

  private static List<ExecutorService> executors(String... threads) {
    return Stream.of(threads).map(thread -> executor(named(thread))).toList();
  }

  private static ThreadFactory named(String thread) {
    return Thread.ofPlatform().name(thread).factory();
  }

  private static ExecutorService executor(ThreadFactory threads) {
    return Executors.newSingleThreadExecutor(threads);
  }

  private static int niceness(ExecutorService one) {
    return CompletableFuture.supplyAsync(NicenessTest::niceness, one).join();
  }

  @Test
  @Order(0) // before anything watches
  void what_steps_back_runs_only_where_nobody_else_would_and_what_it_started_does_not()
      throws InterruptedException {
    assumeTrue(Niceness.canTakeBack(), "needs CAP_SYS_NICE or RLIMIT_NICE");
    BlockingQueue<Integer> ids = new ArrayBlockingQueue<>(2);
    CountDownLatch seen = new CountDownLatch(1);
    Runnable says =
        () -> {
          ids.add(LinuxThreads.own());
          awaitQuietly(seen);
        };
    Niceness.background(named("background")).newThread(says).start();
    int background = ids.take();
    named("not in the background").newThread(says).start();
    int other = ids.take();
    named("rocksdb:low").newThread(says).start();
    int merges = ids.take();
    try {
      assertTrue(LinuxThreads.setIdle(other, true) && LinuxThreads.isIdle(other), "as a child is");

      Niceness.letRunWhereNobodyElseWould(true, new HashMap<>());
      boolean was = LinuxThreads.isIdle(background) && LinuxThreads.isIdle(merges);
      assertFalse(LinuxThreads.isIdle(other));
      assertFalse(LinuxThreads.isIdle(LinuxThreads.own()));
      Niceness.letRunWhereNobodyElseWould(false, new HashMap<>());

      assertTrue(was);
      assertFalse(LinuxThreads.isIdle(background));
      assertFalse(LinuxThreads.isIdle(merges));
    } finally {
      seen.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException end) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<Integer> niceness(List<ExecutorService> each) {
    return each.stream().map(NicenessTest::niceness).toList();
  }

  @Test
  void a_pool_that_calls_wait_for_has_its_threads_before_one_that_steps_back_gives_it_work() {
    Executor steady = dispatcher("steady");
    steady.execute(() -> {}); // Pekko makes a pool when it is first used
    Niceness.stepBack();

    List<Integer> seen =
        CompletableFuture.supplyAsync(
                () -> onAllThreadsOf(steady, THREADS, NicenessTest::niceness),
                dispatcher("background"))
            .join();

    assertEquals(Collections.nCopies(THREADS, niceness()), seen);
  }

  @Test
  void a_pool_that_has_nothing_to_do_sleeps() {
    Executor steady = dispatcher("steady");
    List<Thread> threads = onAllThreadsOf(steady, THREADS, Thread::currentThread);
    List<Thread> self = List.of(Thread.currentThread());

    long before = cpuMillis(threads);
    long begin = cpuMillis(self);
    while (cpuMillis(self) - begin < 200) {
      Thread.onSpinWait(); // a thread that is awake as well gets as much
    }

    long spent = cpuMillis(threads) - before;
    assertTrue(spent < 50, spent + " ms of CPU beside 200 ms of this one, expected about none");
  }

  private static long cpuMillis(List<Thread> threads) {
    return threads.stream()
        .mapToLong(thread ->
            ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId()) / 1_000_000)
        .sum();
  }
}
