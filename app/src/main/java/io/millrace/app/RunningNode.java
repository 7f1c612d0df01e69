package io.millrace.app;

import io.millrace.edge.Backend;
import io.millrace.edge.EdgeServer;
import io.millrace.edge.EdgeSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A node of this process with its port, from start to stop. Closing it answers what is under way,
 * then stops; a signal does the same.
 */
final class RunningNode implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofMinutes(30);
  private static final long LOOK_EVERY_MS = 50;
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);
  private static final Duration STOP_WITHIN = Duration.ofSeconds(20);

  private final NodeHandle node;
  private final EdgeServer.@Nullable Bound bound;
  private final CountDownLatch signalled = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);

  private RunningNode(NodeHandle node, EdgeServer.@Nullable Bound bound) {
    this.node = node;
    this.bound = bound;
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
    var config = options.config();
    EdgeSettings settings = edge(config);
    NodeHandle node;
    try {
      node = NodeHandle.start(config, options.data());
    } catch (RuntimeException trouble) {
      throw new CommandFailed(
          CommandFailed.UNREACHABLE,
          "data folder " + options.data() + " cannot be used: " + reason(trouble));
    }
    if (!listening) {
      return new RunningNode(node, null);
    }
    try {
      return new RunningNode(
          node, EdgeServer.bind(node.backend(), settings).toCompletableFuture().join());
    } catch (CompletionException taken) {
      node.stop()
          .toCompletableFuture()
          .orTimeout(20, TimeUnit.SECONDS)
          .exceptionally(e -> null)
          .join();
      throw new CommandFailed(
          CommandFailed.UNREACHABLE,
          "cannot listen on " + settings.bind() + ":" + settings.port() + ": " + reason(taken));
    }
  }

  private static EdgeSettings edge(com.typesafe.config.Config config) {
    try {
      return EdgeSettings.of(config);
    } catch (RuntimeException wrong) {
      throw new CommandFailed(CommandFailed.USAGE, "configuration is wrong: " + wrong.getMessage());
    }
  }

  /** The innermost message: the outer ones say only that something failed. */
  private static String reason(Throwable trouble) {
    Throwable cause = trouble;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

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
          bound.close(CLOSE_WITHIN).toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
        node.stop().toCompletableFuture().get(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      } catch (java.util.concurrent.ExecutionException | TimeoutException late) {
        System.err.println("millrace: did not stop cleanly: " + reason(late));
      } finally {
        stopped.countDown();
      }
    }
  }
}
