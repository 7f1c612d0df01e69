package io.millrace.app;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "run",
    description = "Runs one node until it is stopped.",
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where everything is kept (default: ~/.millrace/data).")
  private @Nullable Path data;

  @Option(names = "--port", description = "The one port; 0 takes any that is free (default: 8080).")
  private @Nullable Integer port;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      description = "The address it listens on (default: 127.0.0.1).")
  private @Nullable String bind;

  @Option(names = "--config", paramLabel = "FILE", description = "Settings that differ (HOCON).")
  private @Nullable Path config;

  @Option(names = "--json", description = "Say that it is ready as one JSON object on one line.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    Path folder = data == null ? Folders.data("data") : data;
    try (RunningNode node = RunningNode.start(new NodeOptions(folder, bind, port, config), true)) {
      node.awaitReady();
      System.out.println(json ? "{\"ready\":\"" + node.url() + "\"}" : "ready " + node.url());
      System.out.flush();
      node.awaitStop();
    }
    return 0;
  }
}
