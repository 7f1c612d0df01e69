package io.millrace.threads;

import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceFactory;
import org.apache.pekko.dispatch.MonitorableThreadFactory;
import org.apache.pekko.dispatch.ThreadPoolExecutorConfigurator;

/**
 * The executor of a dispatcher whose actors nobody waits for: a {@code thread-pool-executor} whose
 * threads step back for all others ({@link Niceness}).
 */
public final class BackgroundExecutor extends ThreadPoolExecutorConfigurator {

  /** As Pekko makes it: {@code executor = "io.millrace.threads.BackgroundExecutor"}. */
  public BackgroundExecutor(Config dispatcher, DispatcherPrerequisites prerequisites) {
    super(dispatcher.getConfig("thread-pool-executor"), prerequisites);
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(
      String dispatcher, ThreadFactory threads) {
    MonitorableThreadFactory pekkos = (MonitorableThreadFactory) threads;
    ThreadFactory named = pekkos.withName(pekkos.name() + "-" + dispatcher);
    return super.createExecutorServiceFactory(dispatcher, Niceness.background(named));
  }
}
