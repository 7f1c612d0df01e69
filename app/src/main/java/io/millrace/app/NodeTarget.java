package io.millrace.app;

import io.millrace.edge.Backend;
import io.millrace.edge.DirectCalls;
import io.millrace.edge.Refusal;
import io.millrace.edge.Trouble;
import io.millrace.importing.Target;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RecordRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Imports into the node of this process. */
final class NodeTarget implements Target {
  private final DirectCalls calls;
  private final Backend backend;

  NodeTarget(DirectCalls calls, Backend backend) {
    this.calls = calls;
    this.backend = backend;
  }

  @Override
  public List<PutResult> put(List<Item> items) {
    List<CompletableFuture<PutResult>> asked = new ArrayList<>(items.size());
    for (Item item : items) {
      asked.add(calls.put(item).toCompletableFuture());
    }
    List<PutResult> results = new ArrayList<>(items.size());
    Busy busy = null;
    for (int i = 0; i < items.size(); i++) {
      try {
        results.add(asked.get(i).join());
      } catch (CompletionException failed) {
        Refusal refusal = refusal(failed);
        if (passes(refusal)) {
          busy = new Busy(String.valueOf(refusal.getMessage()));
        } else {
          results.add(
              PutResult.newBuilder()
                  .setItemId(items.get(i).getItemId())
                  .setError(String.valueOf(refusal.getMessage()))
                  .build());
        }
      }
    }
    if (busy != null) {
      throw busy; // putting an item again changes nothing
    }
    return results;
  }

  @Override
  public List<EventResult> record(List<Interaction> events) {
    try {
      return calls
          .record(RecordRequest.newBuilder().addAllEvents(events).build())
          .toCompletableFuture()
          .join()
          .getResultsList();
    } catch (CompletionException failed) {
      Refusal refusal = refusal(failed);
      if (passes(refusal)) {
        throw new Busy(String.valueOf(refusal.getMessage()));
      }
      throw refusal;
    }
  }

  @Override
  public void drain() {
    backend.drain().toCompletableFuture().join();
  }

  private static Refusal refusal(CompletionException failed) {
    return failed.getCause() instanceof Refusal refusal ? refusal : Trouble.of(failed);
  }

  private static boolean passes(Refusal refusal) {
    return refusal.trouble().retryAfterMs() > 0;
  }
}
