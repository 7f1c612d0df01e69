package io.millrace.app;

import com.typesafe.config.Config;
import java.io.Closeable;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.event.LoggingAdapter;
import org.jspecify.annotations.Nullable;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * Pekko's scheduler on the JDK's, which lets go of a task when it is cancelled. Pekko's own keeps
 * it until it would have been due: at 8,000 events a second, each asked and written under a limit
 * of seconds, a quarter of a million objects that every collection looks through.
 */
public final class PromptScheduler extends AbstractScheduler implements Closeable {

  private static final double MOST_OFTEN_HZ = 1_000;

  private final ScheduledThreadPoolExecutor timer;
  private final Set<Due> atEnd = ConcurrentHashMap.newKeySet();

  /** Called by Pekko, with the settings, the log and the threads of the actor system. */
  public PromptScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
    timer = new ScheduledThreadPoolExecutor(1, threads);
    timer.setRemoveOnCancelPolicy(true);
  }

  /**
   * @param last what is also in {@link #atEnd}; of all else a cancelled task knows nothing
   */
  private record Task(Future<?> future, @Nullable Due last) implements Cancellable {
    @Override
    public boolean cancel() {
      if (last != null) {
        last.forget();
      }
      return future.cancel(false);
    }

    @Override
    public boolean isCancelled() {
      return future.isCancelled();
    }
  }

  /** What is handed to its threads when it is due. */
  private final class Due implements Runnable {
    private final Runnable runnable;
    private final ExecutionContext executor;

    private Due(Runnable runnable, ExecutionContext executor) {
      this.runnable = runnable;
      this.executor = executor;
      if (runnable instanceof TaskRunOnClose) {
        atEnd.add(this);
      }
    }

    @Override
    public void run() {
      forget();
      executor.execute(runnable);
    }

    private void forget() {
      if (runnable instanceof TaskRunOnClose) {
        atEnd.remove(this);
      }
    }
  }

  @Override
  public Cancellable scheduleOnce(
      FiniteDuration delay, Runnable runnable, ExecutionContext executor) {
    Due due = new Due(runnable, executor);
    try {
      return task(timer.schedule(due, delay.toNanos(), TimeUnit.NANOSECONDS), due);
    } catch (RejectedExecutionException closed) {
      throw closed();
    }
  }

  @Override
  @SuppressWarnings("deprecation") // the one that has to be implemented, whatever is called
  public Cancellable schedule(
      FiniteDuration initialDelay,
      FiniteDuration interval,
      Runnable runnable,
      ExecutionContext executor) {
    Due due = new Due(runnable, executor);
    try {
      return task(
          timer.scheduleAtFixedRate(
              due, initialDelay.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS),
          due);
    } catch (RejectedExecutionException closed) {
      throw closed();
    }
  }

  private Task task(Future<?> future, Due due) {
    return new Task(future, atEnd.contains(due) ? due : null);
  }

  /** Of the kind that a dispatcher expects of a scheduler that has ended, and then ends itself. */
  private static IllegalStateException closed() {
    return new IllegalStateException("nothing is scheduled any more: the actor system has ended");
  }

  /** Drops what is not due yet, but for what asked to run at the end. */
  @Override
  public void close() {
    timer.shutdownNow();
    atEnd.forEach(Due::run);
  }

  @Override
  public double maxFrequency() {
    return MOST_OFTEN_HZ;
  }
}
