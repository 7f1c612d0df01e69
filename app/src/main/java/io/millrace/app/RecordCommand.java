package io.millrace.app;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.user.InteractionKind;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "record",
    description = "Tells a node what a user did with an item.",
    mixinStandardHelpOptions = true)
final class RecordCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "USER", description = "The user's id.")
  private String user = "";

  @Parameters(index = "1", paramLabel = "ITEM", description = "The item's id.")
  private String item = "";

  @Parameters(
      index = "2",
      paramLabel = "KIND",
      description = "What was done: like, view, click, purchase, rating, skip, ...")
  private String kind = "";

  @Option(names = "--value", description = "A rating from 0 to 10, or money.")
  private @Nullable Double value;

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description = "When: 2026-01-31T12:00:00Z or milliseconds since 1970 (default: now).")
  private @Nullable String at;

  @Option(
      names = "--event-id",
      paramLabel = "ID",
      description = "The same id again changes nothing (default: a new one).")
  private @Nullable String eventId;

  @Option(names = "--json", description = "Print the result as one JSON object on one line.")
  private boolean json;

  @Mixin private final ServerOption server = new ServerOption();

  @Override
  public Integer call() {
    JsonObject event = new JsonObject();
    event.addProperty("eventId", eventId == null ? UUID.randomUUID().toString() : eventId);
    event.addProperty("userId", user);
    event.addProperty("itemId", item);
    event.addProperty("kind", kind(kind).name());
    if (at != null) {
      event.addProperty("timeMillis", millis(at));
    }
    if (value != null) {
      if (!Double.isFinite(value)) {
        throw new CommandFailed(CommandFailed.USAGE, "value is " + value + ", expected a number");
      }
      event.addProperty("value", value);
    }
    JsonArray events = new JsonArray();
    events.add(event);
    JsonObject body = new JsonObject();
    body.add("events", events);
    try (Client client = new Client(server.address)) {
      JsonObject result =
          client
              .post("/v1/events", body.toString())
              .ok()
              .getAsJsonArray("results")
              .get(0)
              .getAsJsonObject();
      String status = result.get("status").getAsString();
      if (json) {
        System.out.println(result);
      } else {
        System.out.println(
            status.toLowerCase(Locale.ROOT) + " as " + result.get("userSeq").getAsString());
      }
      if (!status.equals("RECORDED") && !status.equals("REPEATED")) {
        throw new CommandFailed(
            CommandFailed.UNREACHABLE,
            "the event was not recorded: " + status + " " + result.get("detail").getAsString());
      }
    }
    return 0;
  }

  static InteractionKind kind(String text) {
    try {
      return InteractionKind.valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException unknown) {
      StringBuilder all = new StringBuilder();
      for (InteractionKind known : InteractionKind.values()) {
        all.append(all.isEmpty() ? "" : ", ").append(known.name().toLowerCase(Locale.ROOT));
      }
      throw new CommandFailed(
          CommandFailed.USAGE, "kind is \"" + text + "\", expected one of " + all);
    }
  }

  /** Milliseconds since 1970 of a time as people and programs write it. */
  static long millis(String text) {
    try {
      return text.matches("-?\\d+") ? Long.parseLong(text) : Instant.parse(text).toEpochMilli();
    } catch (DateTimeException | NumberFormatException wrong) {
      throw new CommandFailed(
          CommandFailed.USAGE,
          "time is \"" + text + "\", expected 2026-01-31T12:00:00Z or milliseconds since 1970");
    }
  }
}
