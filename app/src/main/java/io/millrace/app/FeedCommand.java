package io.millrace.app;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "feed",
    description = "Asks a node for a user's feed.",
    mixinStandardHelpOptions = true)
final class FeedCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "USER", description = "The user's id.")
  private String user = "";

  @Option(
      names = "--size",
      defaultValue = "20",
      description = "Items wanted, 1 to 100 (default: 20).")
  private int size;

  @Option(
      names = "--surface",
      defaultValue = "home",
      description = "Where it is shown (default: home).")
  private String surface = "home";

  @Option(names = "--preview", description = "Look only: nothing is reserved or journalled.")
  private boolean preview;

  @Option(names = "--explain", description = "Show what each score is made of.")
  private boolean explain;

  @Option(names = "--json", description = "Print the answer as one JSON object on one line.")
  private boolean json;

  @Mixin private final ServerOption server = new ServerOption();

  @Override
  public Integer call() {
    if (size < 1 || size > 100) {
      throw new CommandFailed(CommandFailed.USAGE, "size is " + size + ", expected 1 to 100");
    }
    try (Client client = new Client(server.address)) {
      Client.Answer answer =
          client.get(
              "/v1/users/"
                  + Client.encoded(user)
                  + "/feed?size="
                  + size
                  + "&surface="
                  + Client.encoded(surface)
                  + "&preview="
                  + preview
                  + "&explain="
                  + explain);
      JsonObject feed = answer.ok();
      if (json) {
        System.out.println(answer.body());
      } else {
        print(feed);
      }
    }
    return 0;
  }

  private void print(JsonObject feed) {
    for (JsonElement each : feed.getAsJsonArray("items")) {
      JsonObject item = each.getAsJsonObject();
      JsonObject facts = item.getAsJsonObject("item");
      System.out.printf(
          Locale.ROOT,
          "%3d  %-12s %8.4f  %-44s %s%n",
          item.get("position").getAsInt() + 1,
          item.get("itemId").getAsString(),
          item.get("score").getAsDouble(),
          facts == null ? "" : facts.get("title").getAsString(),
          joined(item.getAsJsonArray("reasons")));
      if (explain) {
        for (JsonElement part : item.getAsJsonArray("contributions")) {
          JsonObject c = part.getAsJsonObject();
          System.out.printf(
              Locale.ROOT,
              "       %-32s %10.4f x %10.4f%n",
              c.get("feature").getAsString(),
              c.get("value").getAsDouble(),
              c.get("weight").getAsDouble());
        }
      }
    }
    System.out.printf(
        "as of %s, request %s%s%n",
        feed.get("asOfUserSeq").getAsString(),
        feed.get("requestId").getAsString(),
        feed.getAsJsonArray("degraded").isEmpty()
            ? ""
            : ", degraded: " + joined(feed.getAsJsonArray("degraded")));
  }

  private static String joined(JsonArray texts) {
    return StreamSupport.stream(texts.spliterator(), false)
        .map(JsonElement::getAsString)
        .collect(Collectors.joining("; "));
  }
}
