package io.millrace.edge;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask of a node that takes a while: everything into the index, and checkpoints of
 * evidence. Each answers after {@link #LOOK} either way; false: ask again.
 */
final class UpkeepEndpoint {
  private static final Duration LOOK = Duration.ofSeconds(20);

  private final Running drain;
  private final Running checkpoint;

  UpkeepEndpoint(Backend backend) {
    drain = new Running("drained", backend::drain);
    checkpoint = new Running("written", backend::checkpoint);
  }

  /** All that was acknowledged is in the index. */
  CompletionStage<String> drain() {
    return drain.answer();
  }

  /** Checkpoints hold all evidence there was. */
  CompletionStage<String> checkpoint() {
    return checkpoint.answer();
  }

  /** Who asks while it runs waits for the next, which all who ask meanwhile share. */
  private static final class Running {
    private final String what;
    private final Supplier<CompletionStage<Void>> start;
    private CompletableFuture<Void> now = CompletableFuture.allOf(); // guarded by this
    private @Nullable CompletableFuture<Void> next; // guarded by this

    private Running(String what, Supplier<CompletionStage<Void>> start) {
      this.what = what;
      this.start = start;
    }

    private synchronized CompletableFuture<Void> join() {
      if (next != null) {
        return next;
      }
      if (now.isDone()) {
        return begin();
      }
      next = now.handle((done, failure) -> null).thenCompose(done -> beginNext());
      return next;
    }

    private synchronized CompletableFuture<Void> beginNext() {
      next = null;
      return begin();
    }

    private synchronized CompletableFuture<Void> begin() {
      now = start.get().toCompletableFuture();
      return now;
    }

    private CompletionStage<String> answer() {
      return join()
          .copy()
          .orTimeout(LOOK.toMillis(), TimeUnit.MILLISECONDS)
          .handle((done, failure) -> {
            if (failure == null) {
              return "{\"" + what + "\":true}";
            }
            if (Trouble.of(failure).trouble() == Trouble.DEADLINE_EXCEEDED) {
              return "{\"" + what + "\":false}";
            }
            throw Trouble.of(failure);
          });
    }
  }
}
