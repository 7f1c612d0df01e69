package io.millrace.app;

import io.millrace.importing.DataSet;
import io.millrace.importing.Format;
import io.millrace.importing.Importer;
import io.millrace.importing.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "import",
    description = "Carries a data set into a node; returns when all of it is applied in the index.",
    mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
  @Parameters(paramLabel = "PATH", description = "A folder, or its main file.")
  private Path path = Path.of(".");

  @Option(
      names = "--format",
      defaultValue = "auto",
      description =
          "auto, millrace, movietweetings, kuairand, online-retail, s3rec (default: auto).")
  private String format = "auto";

  @Option(
      names = "--times",
      defaultValue = "as-is",
      description =
          "as-is keeps times; to-now moves all by one constant, so that the last event is now"
              + " (default: as-is).")
  private String times = "as-is";

  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      description = "The node to import into (default: 127.0.0.1:8080).")
  private @Nullable String server;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "A data folder to import into, with no node running on it.")
  private @Nullable Path data;

  @Option(names = "--json", description = "Print the counts as one JSON object on one line.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (server != null && data != null) {
      throw new CommandFailed(CommandFailed.USAGE, "give --server or --data, not both");
    }
    if (!times.equals("as-is") && !times.equals("to-now")) {
      throw new CommandFailed(
          CommandFailed.USAGE, "times is \"" + times + "\", expected as-is or to-now");
    }
    DataSet files = read();
    long start = System.nanoTime();
    Importer.Counts counts;
    try (Progress progress = new Progress()) {
      counts = carry(files, progress);
    }
    for (String refusal : counts.firstRefusals()) {
      System.err.println("millrace: refused " + refusal);
    }
    report(files, counts, (System.nanoTime() - start) / 1e9);
    return 0;
  }

  private DataSet read() throws IOException {
    Format known = EvalCommand.format(format);
    DataSet files = DataSet.open(path, known);
    for (String bad : files.bad().named()) {
      System.err.println("millrace: skipped " + bad);
    }
    if (files.items().isEmpty() && files.events().isEmpty()) {
      throw new CommandFailed(
          CommandFailed.UNREACHABLE, path + " holds nothing that could be imported");
    }
    return times.equals("to-now") ? files.endingAt(System.currentTimeMillis()) : files;
  }

  private Importer.Counts carry(DataSet files, Progress progress) throws Exception {
    Path folder = data;
    if (folder != null) {
      NodeOptions options = new NodeOptions(folder, null, null, null);
      try (RunningNode node = RunningNode.start(options, false)) {
        node.awaitReady();
        return carry(files, node.target(), progress);
      }
    }
    try (ServerTarget target = new ServerTarget(server == null ? "127.0.0.1:8080" : server)) {
      return carry(files, target, progress);
    }
  }

  private static Importer.Counts carry(DataSet files, Target target, Progress progress) {
    try {
      return new Importer(target, progress::of).carry(files);
    } catch (Target.Busy busy) {
      throw new CommandFailed(CommandFailed.UNREACHABLE, String.valueOf(busy.getMessage()));
    }
  }

  private void report(DataSet files, Importer.Counts counts, double seconds) {
    List<Object> numbers =
        List.of(
            counts.items(),
            counts.events(),
            counts.repeated(),
            counts.refused(),
            files.leftOut(),
            files.bad().count(),
            seconds);
    System.out.printf(
        Locale.ROOT,
        json
            ? "{\"data\":\"%s\",\"format\":\"%s\",\"items\":%d,\"events\":%d,\"repeated\":%d,"
                + "\"refused\":%d,\"leftOut\":%d,\"badLines\":%d,\"seconds\":%.3f}%n"
            : "imported %s (%s): %d items, %d events, %d repeated, %d refused, %d left out, %d bad"
                + " lines, %.1f s%n",
        with(
            json ? files.name().replace("\\", "\\\\").replace("\"", "\\\"") : files.name(),
            files.format().label(),
            numbers));
  }

  private static Object[] with(String name, String label, List<Object> numbers) {
    Object[] all = new Object[2 + numbers.size()];
    all[0] = name;
    all[1] = label;
    for (int i = 0; i < numbers.size(); i++) {
      all[2 + i] = numbers.get(i);
    }
    return all;
  }
}
