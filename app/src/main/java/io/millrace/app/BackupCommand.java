package io.millrace.app;

import com.google.gson.JsonObject;
import io.millrace.persistence.Backup;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.StoreUnusable;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "backup",
    description = {
      "Copies all of a running node's data, as of one moment, into a folder of its machine.",
      "The copy holds the keys: keep it as you keep secrets."
    },
    mixinStandardHelpOptions = true)
final class BackupCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DIR", description = "Absent or empty.")
  private Path to = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Of this data folder, which no node holds, instead.")
  private @Nullable Path data;

  @Option(names = "--json", description = "Print one JSON object on one line.")
  private boolean json;

  @Mixin private final ServerOption server = new ServerOption();

  @Override
  public Integer call() {
    JsonObject done = data == null ? online() : offline(data);
    if (json) {
      System.out.println(done);
    } else {
      System.out.printf(
          Locale.ROOT,
          "backup of %,d files, %,d bytes in %s%n",
          done.get("files").getAsInt(),
          done.get("bytes").getAsLong(),
          to);
    }
    return 0;
  }

  private JsonObject online() {
    JsonObject body = new JsonObject();
    body.addProperty("to", to.toAbsolutePath().normalize().toString());
    try (Client client = new Client(server.address);
        Progress progress = new Progress()) {
      JsonObject answer = client.post("/internal/backup", body.toString()).ok();
      while (answer.get("running").getAsBoolean()) {
        progress.accept("at it");
        answer = client.post("/internal/backup", body.toString()).ok();
      }
      answer.remove("running");
      return answer;
    }
  }

  private JsonObject offline(Path folder) {
    try (RocksStore store = RocksStore.openReadOnly(folder)) {
      return json(Backup.write(store, to, Instant.now(), Node.DERIVED, Node.SPOKEN_OF));
    } catch (StoreUnusable unusable) {
      throw new CommandFailed(CommandFailed.UNREACHABLE, String.valueOf(unusable.getMessage()));
    }
  }

  static JsonObject json(Backup.Contents contents) {
    JsonObject json = new JsonObject();
    json.addProperty("files", contents.files());
    json.addProperty("bytes", contents.bytes());
    json.addProperty("taken", contents.taken().toString());
    return json;
  }
}
