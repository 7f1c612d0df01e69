package io.millrace.app;

import io.millrace.importing.UnreadableData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line: one class per command, one line on standard error for whatever goes wrong. */
@Command(
    name = "millrace",
    description = "A recommender for feeds that learns between two swipes.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class,
    subcommands = {
      DemoCommand.class,
      RunCommand.class,
      TestCommand.class,
      ImportCommand.class,
      FeedCommand.class,
      RecordCommand.class,
      MergeCommand.class,
      ExportCommand.class,
      ForgetCommand.class,
      EvalCommand.class,
      BenchCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      JournalCommand.class,
      AuditPromisesCommand.class,
      GenerationCommand.class,
      VersionCommand.class,
      WarmUpCommand.class,
      CommandLine.HelpCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:a result that failed",
      "2:wrong usage",
      "3:the server or data could not be reached or used"
    })
public final class Main implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  private Main() {}

  public static void main(String[] args) {
    Logging.use();
    int code = run(args);
    System.out.flush();
    System.exit(code);
  }

  /** Runs one command and answers its exit code. */
  static int run(String... args) {
    CommandLine line = new CommandLine(new Main());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    line.setParameterExceptionHandler(Main::wrongUsage);
    line.setExecutionExceptionHandler((failure, command, result) -> failed(failure, command));
    return line.execute(args);
  }

  @Override
  public Integer call() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getErr());
    }
    return CommandFailed.USAGE;
  }

  private static int wrongUsage(ParameterException wrong, String[] args) {
    CommandLine command = wrong.getCommandLine();
    say(
        command,
        oneLine(wrong.getMessage())
            + " (see "
            + command.getCommandSpec().qualifiedName(" ")
            + " --help)");
    return CommandFailed.USAGE;
  }

  private static int failed(Exception failure, CommandLine command) {
    switch (failure) {
      case CommandFailed known -> {
        say(command, oneLine(known.getMessage()));
        return known.code();
      }
      case UnreadableData unreadable -> say(command, oneLine(unreadable.getMessage()));
      case IOException trouble ->
          say(command, "input or output failed: " + oneLine(trouble.toString()));
      case UncheckedIOException trouble ->
          say(command, "input or output failed: " + oneLine(trouble.getMessage()));
      case UnsupportedOperationException notHere -> {
        say(command, oneLine(notHere.getMessage()));
        return CommandFailed.RESULT;
      }
      default -> {
        say(command, "an unexpected fault: " + oneLine(failure.toString()));
        if (Boolean.getBoolean("millrace.stacktrace")) {
          failure.printStackTrace(command.getErr());
        }
        return CommandFailed.RESULT;
      }
    }
    return CommandFailed.UNREACHABLE;
  }

  private static void say(CommandLine command, String line) {
    command.getErr().println("millrace: " + line);
    command.getErr().flush();
  }

  private static String oneLine(@Nullable String text) {
    return String.valueOf(text).strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
