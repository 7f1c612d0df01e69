package io.millrace.edge;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask of a node that takes a while: everything into the index, and checkpoints of
 * evidence. Each answers after {@link #LOOK} either way; false: ask {@code ?again=true}.
 */
final class UpkeepEndpoint {
  private static final Duration LOOK = Duration.ofSeconds(20);

  private final Running drain;
  private final Running checkpoint;

  UpkeepEndpoint(Backend backend) {
    drain = new Running("drained", backend::drain);
    checkpoint = new Running("written", backend::checkpoint);
  }

  /**
   * All that was acknowledged is in the index.
   *
   * @param again whether the caller was told false: then what it waited for does
   */
  CompletionStage<String> drain(boolean again) {
    return drain.answer(again);
  }

  /** The same for checkpoints, which hold all evidence there was. */
  CompletionStage<String> checkpoint(boolean again) {
    return checkpoint.answer(again);
  }

  /** Who asks first while it runs waits for the next, which all who ask meanwhile share. */
  private static final class Running {
    private final String what;
    private final Supplier<CompletionStage<Void>> start;
    private CompletableFuture<Void> now = CompletableFuture.allOf(); // guarded by this
    private @Nullable CompletableFuture<Void> next; // guarded by this
    private boolean started; // guarded by this

    private Running(String what, Supplier<CompletionStage<Void>> start) {
      this.what = what;
      this.start = start;
    }

    private synchronized CompletableFuture<Void> join(boolean again) {
      if (next != null) {
        return next;
      }
      if (again && started) {
        return now;
      }
      if (now.isDone()) {
        return begin();
      }
      // Elsewhere: here it could begin before it is known as the next.
      next = now.handle((done, failure) -> null).thenComposeAsync(done -> beginNext());
      return next;
    }

    private synchronized CompletableFuture<Void> beginNext() {
      next = null;
      return begin();
    }

    private synchronized CompletableFuture<Void> begin() {
      started = true;
      now = start.get().toCompletableFuture();
      return now;
    }

    private CompletionStage<String> answer(boolean again) {
      return join(again)
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
