package io.millrace.app;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "forget",
    description = "Makes everything held of a user unreadable, for good; the id begins anew.",
    mixinStandardHelpOptions = true)
final class ForgetCommand implements Callable<Integer> {
  @Parameters(paramLabel = "USER", description = "The user's id.")
  private String user = "";

  @Option(names = "--json", description = "Print one JSON object on one line.")
  private boolean json;

  @Mixin private final ServerOption server = new ServerOption();

  @Override
  public Integer call() {
    try (Client client = new Client(server.address)) {
      client.delete("/v1/users/" + Client.encoded(user)).ok();
      System.out.println(json ? "{\"forgotten\":true}" : "forgotten");
    }
    return 0;
  }
}
