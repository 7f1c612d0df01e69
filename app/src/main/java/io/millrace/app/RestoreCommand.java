package io.millrace.app;

import io.millrace.persistence.Backup;
import io.millrace.persistence.StoreUnusable;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    description = {
      "Makes a data folder of a backup. All of it is verified before anything is written.",
      "Whoever was forgotten since the backup is forgotten in it."
    },
    mixinStandardHelpOptions = true)
final class RestoreCommand implements Callable<Integer> {
  @Parameters(paramLabel = "BACKUP", description = "As ./millrace backup made it.")
  private Path backup = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "The data folder to make; absent or empty.")
  private Path to = Path.of("");

  @Option(
      names = "--forgotten",
      paramLabel = "FILE",
      description = "The present list of forgotten keys (default: where it lay at the backup).")
  private @Nullable Path forgotten;

  @Option(names = "--json", description = "Print one JSON object on one line.")
  private boolean json;

  @Override
  public Integer call() {
    try {
      Backup.Contents contents = Backup.restore(backup, to, Optional.ofNullable(forgotten));
      if (json) {
        System.out.println(BackupCommand.json(contents));
      } else {
        System.out.printf(
            Locale.ROOT,
            "restored %,d files, %,d bytes, as of %s, to %s%n",
            contents.files(),
            contents.bytes(),
            contents.taken(),
            to);
      }
      return 0;
    } catch (StoreUnusable unusable) {
      throw new CommandFailed(CommandFailed.UNREACHABLE, String.valueOf(unusable.getMessage()));
    }
  }
}
