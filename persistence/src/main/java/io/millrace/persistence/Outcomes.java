package io.millrace.persistence;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** How the outcome of a write becomes that of a future. */
final class Outcomes {
  private Outcomes() {}

  @SuppressWarnings("NullAway") // a future of Void holds null
  static void tell(CompletableFuture<Void> future, @Nullable Throwable failure) {
    if (failure == null) {
      future.complete(null);
    } else {
      future.completeExceptionally(failure);
    }
  }
}
