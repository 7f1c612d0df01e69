package io.millrace.app;

import com.google.gson.JsonObject;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "merge",
    description = "Makes a visitor an account, which holds all the visitor did from then on.",
    mixinStandardHelpOptions = true)
final class MergeCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "VISITOR", description = "The user id that goes.")
  private String source = "";

  @Parameters(index = "1", paramLabel = "ACCOUNT", description = "The user id that stays.")
  private String target = "";

  @Option(names = "--json", description = "Print one JSON object on one line.")
  private boolean json;

  @Mixin private final ServerOption server = new ServerOption();

  @Override
  public Integer call() {
    JsonObject body = new JsonObject();
    body.addProperty("targetUserId", target);
    try (Client client = new Client(server.address)) {
      JsonObject merged =
          client.post("/v1/users/" + Client.encoded(source) + "/merge", body.toString()).ok();
      System.out.println(json ? merged : "merged as " + merged.get("userSeq").getAsString());
    }
    return 0;
  }
}
