package io.millrace.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.millrace.edge.Backend;
import io.millrace.edge.DirectCalls;
import io.millrace.edge.EdgeServer;
import io.millrace.edge.EdgeSettings;
import io.millrace.feed.Feeds;
import io.millrace.persistence.StoreUnusable;
import io.millrace.threads.Niceness;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A node of this process with its port, from start to stop. Closing it answers what is under way,
 * then stops; a signal does the same.
 */
final class RunningNode implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofMinutes(30);
  private static final long LOOK_EVERY_MS = 50;
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

  private final Started node;
  private final EdgeServer.@Nullable Bound bound;
  private final NodeTarget target;
  private final CountDownLatch signalled = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);

  private RunningNode(Started node, EdgeServer.@Nullable Bound bound, DirectCalls calls) {
    this.node = node;
    this.bound = bound;
    target = new NodeTarget(calls, node.backend());
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(() -> {
                  signalled.countDown();
                  close();
                }));
  }

  /**
   * Starts a node.
   *
   * @param listening false: no port is opened, only this process speaks to it
   * @throws CommandFailed when the folder or the port cannot be used
   */
  static RunningNode start(NodeOptions options, boolean listening) {
    LoggerFactory.getILoggerFactory(); // before threads race to be the first to log
    Config config = options.config();
    EdgeSettings settings = edge(config);
    AtomicReference<Consumer<List<Feeds.StageTime>>> observer = new AtomicReference<>(times -> {});
    Started node;
    try {
      node = Started.node(config, InstantSource.system(), times -> observer.get().accept(times));
    } catch (ConfigException wrong) {
      throw new CommandFailed(CommandFailed.USAGE, "configuration is wrong: " + wrong.getMessage());
    } catch (RuntimeException trouble) {
      throw new CommandFailed(CommandFailed.UNREACHABLE, unusable(options, trouble));
    }
    if (!listening) {
      return new RunningNode(node, null, new DirectCalls(node.backend(), settings));
    }
    try {
      EdgeServer.Bound bound =
          EdgeServer.bind(node.backend(), settings).toCompletableFuture().join();
      observer.set(bound.metrics()::stages);
      node.counting().accept(bound.metrics().registry());
      return new RunningNode(node, bound, bound.calls());
    } catch (CompletionException taken) {
      node.stop().run();
      throw new CommandFailed(
          CommandFailed.UNREACHABLE,
          "cannot listen on "
              + settings.bind()
              + ":"
              + settings.port()
              + ": "
              + reason(taken).replaceFirst("^\\[.*?] ", ""));
    }
  }

  private static EdgeSettings edge(Config config) {
    try {
      return EdgeSettings.of(config);
    } catch (RuntimeException wrong) {
      throw new CommandFailed(CommandFailed.USAGE, "configuration is wrong: " + wrong.getMessage());
    }
  }

  private static String unusable(NodeOptions options, Throwable trouble) {
    for (Throwable cause = trouble; cause != null; cause = cause.getCause()) {
      if (cause instanceof StoreUnusable) {
        return String.valueOf(cause.getMessage());
      }
    }
    return "data folder " + options.data() + " cannot be used: " + reason(trouble);
  }

  /** The innermost message: the outer ones say only that something failed. */
  private static String reason(Throwable trouble) {
    Throwable cause = trouble;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  /** Where to import into this node from within. */
  NodeTarget target() {
    return target;
  }

  /** What this node is asked from within. */
  Backend backend() {
    return node.backend();
  }

  String url() {
    if (bound == null) {
      throw new IllegalStateException("the node does not listen");
    }
    InetSocketAddress address = bound.address();
    InetAddress at = address.getAddress();
    String host = at.isAnyLocalAddress() ? "127.0.0.1" : at.getHostAddress();
    return "http://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  void awaitReady() throws InterruptedException {
    long end = System.nanoTime() + READY_WITHIN.toNanos();
    while (!node.backend().ready()) {
      if (signalled.await(LOOK_EVERY_MS, TimeUnit.MILLISECONDS)) {
        throw new CommandFailed(CommandFailed.UNREACHABLE, "stopped before it was ready");
      }
      if (System.nanoTime() - end > 0) {
        throw new CommandFailed(
            CommandFailed.UNREACHABLE, "not ready after " + READY_WITHIN.toMinutes() + " minutes");
      }
    }
    Niceness.stepBack();
  }

  /** Returns when the process was told to stop. */
  void awaitStop() throws InterruptedException {
    signalled.await();
    stopped.await();
  }

  /** Waits a moment; true when the process was told to stop meanwhile. */
  boolean stopsWithin(Duration pause) throws InterruptedException {
    return signalled.await(pause.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    synchronized (this) {
      if (stopped.getCount() == 0) {
        return;
      }
      try {
        if (bound != null) {
          Duration most = bound.leaveAfter().plus(CLOSE_WITHIN).plus(CLOSE_WITHIN);
          bound
              .close(CLOSE_WITHIN)
              .toCompletableFuture()
              .get(most.toMillis(), TimeUnit.MILLISECONDS);
        }
        node.stop().run();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException late) {
        System.err.println("millrace: did not stop cleanly: " + reason(late));
      } finally {
        stopped.countDown();
      }
    }
  }
}
