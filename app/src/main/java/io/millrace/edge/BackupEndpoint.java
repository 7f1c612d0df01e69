package io.millrace.edge;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.millrace.persistence.Backup;
import io.millrace.persistence.StoreUnusable;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Backups for operators, one at a time, into a folder of the node's machine. One takes long: an
 * answer after a while says {@code "running"}, and asking the same again goes on waiting.
 */
final class BackupEndpoint {
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Backend backend;
  private @Nullable Path to; // guarded by this, as the next
  private @Nullable CompletableFuture<Backup.Contents> writing;

  BackupEndpoint(Backend backend) {
    this.backend = backend;
  }

  /** Takes {@code {"to": FOLDER}}. */
  synchronized CompletionStage<String> write(String body) {
    Path asked = folder(body);
    if (to != null && !to.equals(asked)) {
      throw new Refusal(Trouble.ABORTED, "a backup to " + to + " is under way");
    }
    if (writing == null) {
      to = asked;
      writing = backend.backup(asked).toCompletableFuture();
    }
    return writing
        .copy()
        .orTimeout(LOOK.toMillis(), TimeUnit.MILLISECONDS)
        .handle((contents, failure) -> {
          if (failure != null && Trouble.of(failure).trouble() == Trouble.DEADLINE_EXCEEDED) {
            return "{\"running\":true}";
          }
          done();
          if (failure != null) {
            throw refused(failure);
          }
          JsonObject json = new JsonObject();
          json.addProperty("running", false);
          json.addProperty("files", contents.files());
          json.addProperty("bytes", contents.bytes());
          json.addProperty("taken", contents.taken().toString());
          return json.toString();
        });
  }

  private synchronized void done() {
    to = null;
    writing = null;
  }

  private static Refusal refused(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException wrapper && wrapper.getCause() != null
            ? wrapper.getCause()
            : failure;
    return cause instanceof StoreUnusable unusable
        ? Refusal.invalid(String.valueOf(unusable.getMessage()))
        : Trouble.of(failure);
  }

  private static Path folder(String body) {
    try {
      Path folder = Path.of(JsonParser.parseString(body).getAsJsonObject().get("to").getAsString());
      if (folder.isAbsolute()) {
        return folder.normalize();
      }
    } catch (JsonParseException
        | IllegalStateException
        | UnsupportedOperationException
        | NullPointerException
        | InvalidPathException wrong) {
      // told below
    }
    throw Refusal.invalid("body is not {\"to\": FOLDER}, expected the absolute path of a folder");
  }
}
