package io.millrace.app;

import picocli.CommandLine.Option;

/** The node that a client command speaks to. */
final class ServerOption {
  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:MILLRACE_SERVER:-127.0.0.1:8080}",
      description = "The node to ask (default: ${DEFAULT-VALUE}).")
  String address = "127.0.0.1:8080";
}
