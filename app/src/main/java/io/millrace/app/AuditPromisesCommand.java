package io.millrace.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "audit-promises",
    description = "Reads a journal and counts where a promise was broken.",
    mixinStandardHelpOptions = true)
final class AuditPromisesCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data folder (default: ~/.millrace/data).")
  private @Nullable Path data;

  @Option(names = "--json", description = "Print the counts as one JSON object on one line.")
  private boolean json;

  @Override
  public Integer call() {
    Path folder = data == null ? Folders.data("data") : data;
    if (!Files.isDirectory(folder)) {
      throw new CommandFailed(
          CommandFailed.UNREACHABLE, "data folder " + folder + " does not exist");
    }
    throw new CommandFailed(
        CommandFailed.RESULT, "the auditor is not built in" + (json ? " {}" : ""));
  }
}
