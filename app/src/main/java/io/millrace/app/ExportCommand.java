package io.millrace.app;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "export",
    description = "Prints everything held of a user, as JSON objects, one a line.",
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
  @Parameters(paramLabel = "USER", description = "The user's id.")
  private String user = "";

  @Option(names = "--out", paramLabel = "FILE", description = "Write it there instead.")
  private @Nullable Path out;

  @Mixin private final ServerOption server = new ServerOption();

  @Override
  public Integer call() throws IOException {
    String path = "/v1/users/" + Client.encoded(user) + "/export";
    try (Client client = new Client(server.address)) {
      if (out == null) {
        client.copy(path, System.out);
      } else {
        try (OutputStream to = Files.newOutputStream(out)) {
          client.copy(path, to);
        }
      }
    }
    return 0;
  }
}
