package io.millrace.app;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** For the help alone: the launcher runs the tests itself, because they need the sources. */
@Command(
    name = "test",
    description = "Checks format and lints and runs every test: what continuous integration runs.",
    mixinStandardHelpOptions = true)
final class TestCommand implements Callable<Integer> {
  @Option(names = "--fast", description = "Leave out the suites that start servers.")
  private boolean fast;

  @Override
  public Integer call() {
    throw new CommandFailed(
        CommandFailed.USAGE,
        "test is run by the launcher in a checkout: ./millrace test" + (fast ? " --fast" : ""));
  }
}
