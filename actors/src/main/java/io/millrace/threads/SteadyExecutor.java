package io.millrace.threads;

import com.typesafe.config.Config;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinPool.ForkJoinWorkerThreadFactory;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;
import org.apache.pekko.dispatch.MonitorableThreadFactory;
import org.apache.pekko.dispatch.ThreadPoolConfig;

/**
 * The executor of a dispatcher that calls wait for: a {@code fork-join-executor} whose threads all
 * start with it and stay. Pekko's starts a thread when a message needs one and ends it after a
 * quiet minute: the next would be started by whoever sends the next message, and be as {@linkplain
 * Niceness nice} as that one.
 */
public final class SteadyExecutor extends ExecutorServiceConfigurator {
  /** Much more would overflow in the pool, whose idle threads then never sleep. */
  private static final long LONGER_THAN_ANY_NODE_RUNS_DAYS = 36_500;

  private static final int MOST_IN_NEED = 0x7fff; // Pekko's own: beside threads that block

  private final int parallelism;

  /** As Pekko makes it: {@code executor = "io.millrace.threads.SteadyExecutor"}. */
  public SteadyExecutor(Config dispatcher, DispatcherPrerequisites prerequisites) {
    super(dispatcher, prerequisites);
    Config pool = dispatcher.getConfig("fork-join-executor");
    this.parallelism =
        ThreadPoolConfig.scaledPoolSize(
            pool.getInt("parallelism-min"),
            pool.getDouble("parallelism-factor"),
            pool.getInt("parallelism-max"));
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(
      String dispatcher, ThreadFactory threads) {
    MonitorableThreadFactory pekkos = (MonitorableThreadFactory) threads;
    ForkJoinWorkerThreadFactory workers = pekkos.withName(pekkos.name() + "-" + dispatcher);
    return () -> started(workers);
  }

  private ForkJoinPool started(ForkJoinWorkerThreadFactory workers) {
    ForkJoinPool pool =
        new ForkJoinPool(
            parallelism,
            workers,
            MonitorableThreadFactory.doNothing(), // Pekko has said what an actor threw
            true,
            parallelism,
            MOST_IN_NEED,
            1,
            null,
            LONGER_THAN_ANY_NODE_RUNS_DAYS,
            TimeUnit.DAYS);
    CountDownLatch all = new CountDownLatch(parallelism);
    for (int i = 0; i < parallelism; i++) {
      pool.execute(() -> {
        all.countDown();
        try {
          all.await(); // each holds its thread, so that the next task needs another
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
    }
    return pool;
  }
}
