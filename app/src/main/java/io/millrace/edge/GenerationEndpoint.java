package io.millrace.edge;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.learning.GenerationActor;
import io.millrace.learning.GenerationActor.Decided;
import io.millrace.learning.GenerationsState;
import io.millrace.learning.TrainedGeneration;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Generations of vectors for operators: which there are, train the next, adopt another. A decision
 * takes long: an answer after a while says {@code "running"}, and asking the same again goes on
 * waiting.
 */
final class GenerationEndpoint {

  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Backend backend;
  private @Nullable CompletableFuture<Decided> deciding;

  GenerationEndpoint(Backend backend) {
    this.backend = backend;
  }

  CompletionStage<String> list() {
    return backend.describeGenerations().thenApply(GenerationEndpoint::json);
  }

  CompletionStage<String> train() {
    return decide(GenerationActor.Train::new);
  }

  CompletionStage<String> rollback() {
    return decide(GenerationActor.Rollback::new);
  }

  CompletionStage<String> promote(List<String> path) {
    int number;
    try {
      number = Integer.parseInt(path.get(2));
    } catch (NumberFormatException notANumber) {
      throw Refusal.invalid("generation is \"" + path.get(2) + "\", expected a number");
    }
    return decide(replyTo -> new GenerationActor.Promote(number, replyTo));
  }

  private synchronized CompletionStage<String> decide(Backend.GenerationCommand command) {
    if (deciding == null) {
      deciding = backend.decideGeneration(command).toCompletableFuture();
    }
    return deciding
        .copy()
        .orTimeout(LOOK.toMillis(), TimeUnit.MILLISECONDS)
        .handle((decided, failure) -> {
          if (failure != null && Trouble.of(failure).trouble() == Trouble.DEADLINE_EXCEEDED) {
            return "{\"running\":true}";
          }
          done();
          if (failure != null) {
            throw Trouble.of(failure);
          }
          JsonObject json = new JsonObject();
          json.addProperty("running", false);
          json.addProperty("number", decided.number());
          json.addProperty("adopted", decided.adopted());
          json.addProperty("detail", decided.detail());
          return json.toString();
        });
  }

  private synchronized void done() {
    deciding = null;
  }

  private static String json(GenerationsState state) {
    JsonObject json = new JsonObject();
    json.addProperty("adopted", state.adopted());
    json.addProperty("last", state.last());
    JsonArray kept = new JsonArray();
    for (TrainedGeneration one : state.kept()) {
      JsonObject row = new JsonObject();
      row.addProperty("number", one.number());
      row.addProperty("adopted", one.number() == state.adopted());
      row.addProperty("facts", one.facts());
      row.addProperty("asOfMillis", one.asOfMs());
      row.addProperty("items", one.items());
      row.addProperty("users", one.users());
      row.addProperty("bytes", one.bytes());
      row.addProperty("report", one.report());
      kept.add(row);
    }
    json.add("generations", kept);
    return json.toString();
  }
}
