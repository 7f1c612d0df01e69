package io.millrace.persistence;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** The in-memory twin keeps the contract. */
final class InMemoryEventStreamTest extends EventStreamContract {
  private final InMemoryEventStream stream = new InMemoryEventStream();

  @Override
  EventStream stream() {
    return stream;
  }

  @Override
  CompletableFuture<Void> append(String name, String persistenceId, long sequence, String text) {
    stream.append(name, persistenceId, sequence, text.getBytes(StandardCharsets.UTF_8));
    CompletableFuture<Void> done = new CompletableFuture<>();
    Outcomes.tell(done, null);
    return done;
  }
}
