package io.millrace.app;

import com.google.gson.Gson;
import com.typesafe.config.ConfigFactory;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.StoreUnusable;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.UserCipher;
import io.millrace.user.PromiseAuditor;
import io.millrace.user.UserSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
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
    try (RocksStore store = RocksStore.openReadOnly(folder)) {
      PromiseAuditor.Report report =
          PromiseAuditor.audit(
              store.streams(),
              new StoredUsers(UserCipher.of(store.keys())),
              UserSettings.from(ConfigFactory.load()));
      report(report);
      return report.violations().isEmpty() ? 0 : CommandFailed.RESULT;
    } catch (StoreUnusable unusable) {
      throw new CommandFailed(CommandFailed.UNREACHABLE, String.valueOf(unusable.getMessage()));
    }
  }

  private void report(PromiseAuditor.Report report) {
    if (json) {
      System.out.println(new Gson().toJson(report));
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "users=%d events=%d unreadable=%d violations=%d%n",
        report.users(),
        report.events(),
        report.unreadable(),
        report.violations().size());
    for (PromiseAuditor.Violation violation : report.violations()) {
      System.err.printf(
          Locale.ROOT,
          "%s broken: %s userSeq=%d %s%n",
          violation.promise(),
          violation.persistenceId(),
          violation.userSeq(),
          violation.detail());
    }
  }
}
