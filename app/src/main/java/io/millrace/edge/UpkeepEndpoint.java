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

  /** Who asks while it runs waits for the same. */
  private static final class Running {
    private final String what;
    private final Supplier<CompletionStage<Void>> start;
    private @Nullable CompletableFuture<Void> now; // guarded by this

    private Running(String what, Supplier<CompletionStage<Void>> start) {
      this.what = what;
      this.start = start;
    }

    private synchronized CompletableFuture<Void> join() {
      if (now == null || now.isDone()) {
        now = start.get().toCompletableFuture();
      }
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
