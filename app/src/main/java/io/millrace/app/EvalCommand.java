package io.millrace.app;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.millrace.evaluation.Evaluations;
import io.millrace.evaluation.PrequentialOptions;
import io.millrace.importing.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "eval",
    description = "Measures how well it recommends, through the real actors on event time.",
    mixinStandardHelpOptions = true,
    subcommands = {
      EvalCommand.Prequential.class,
      EvalCommand.LeaveOneOut.class,
      EvalCommand.Taste.class,
      EvalCommand.Ctr.class
    })
final class EvalCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandSpec known = spec;
    if (known == null) {
      return CommandFailed.USAGE;
    }
    throw new ParameterException(
        known.commandLine(), "expected prequential, leave-one-out, taste or ctr");
  }

  @Command(
      name = "prequential",
      description =
          "Test-then-train in time order: before each positive, where is its item ranked?",
      mixinStandardHelpOptions = true)
  static final class Prequential implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", description = "A data set: a folder, or its main file.")
    private Path path = Path.of(".");

    @Option(
        names = "--format",
        defaultValue = "auto",
        description = "As of import (default: auto).")
    private String format = "auto";

    @Option(
        names = "--from",
        paramLabel = "TIME",
        description =
            "Where the test begins; before it everything is warm-up. Overrides --warm-up.")
    private @Nullable String from;

    @Option(
        names = "--warm-up",
        defaultValue = "0.6",
        description = "Share of the events before the test (default: 0.6).")
    private double warmUp;

    @Option(names = "--sources", split = ",", description = "Use only these sources.")
    private List<String> sources = List.of();

    @Option(names = "--without", split = ",", description = "Leave these sources out.")
    private List<String> without = List.of();

    @Option(
        names = "--ranker",
        defaultValue = "fusion",
        description = "fusion, fixed, off (default: fusion).")
    private String ranker = "fusion";

    @Option(
        names = "--state-delay",
        defaultValue = "0s",
        description = "How stale the user's own state is made: 90s, 10m, 1h, 1d (default: 0s).")
    private String stateDelay = "0s";

    @Option(
        names = "--item-lag",
        defaultValue = "0s",
        description =
            "How stale item statistics may become: brought up to date only so often (default: 0s).")
    private String itemLag = "0s";

    @Option(
        names = "--surface",
        defaultValue = "eval",
        description = "Whose rules (default: eval).")
    private String surface = "eval";

    @Option(
        names = "--no-ablation",
        description =
            "Leave out what each source is worth and what each rule costs: takes half the time.")
    private boolean noAblation;

    @Option(names = "--limit", defaultValue = "0", description = "Read so many events at most.")
    private long limit;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
      if (!(warmUp >= 0 && warmUp < 1)) {
        throw new CommandFailed(
            CommandFailed.USAGE, "warm-up is " + warmUp + ", expected 0 or more and below 1");
      }
      if (limit < 0) {
        throw new CommandFailed(CommandFailed.USAGE, "limit is " + limit + ", expected 0 or more");
      }
      PrequentialOptions options =
          new PrequentialOptions(
              path,
              format(format),
              from == null ? null : RecordCommand.millis(from),
              warmUp,
              List.copyOf(sources),
              List.copyOf(without),
              ranker,
              duration("state-delay", stateDelay),
              duration("item-lag", itemLag),
              surface,
              !noAblation,
              limit);
      return report(path, json, progress -> Evaluations.prequential(options, progress));
    }
  }

  @Command(
      name = "leave-one-out",
      description = "The last item of each sequence, ranked among all that its user has not had.",
      mixinStandardHelpOptions = true)
  static final class LeaveOneOut implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "A line a user: user item item ...")
    private Path file = Path.of(".");

    @Option(
        names = "--also-validation",
        description =
            "Learn from everybody's second to last item too (never beside published rows).")
    private boolean alsoValidation;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
      return report(
          file, json, progress -> Evaluations.leaveOneOut(file, alsoValidation, progress));
    }
  }

  @Command(
      name = "taste",
      description = "Does a like of a user with few facts lift what is like the item?",
      mixinStandardHelpOptions = true)
  static final class Taste implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", description = "A data set: a folder, or its main file.")
    private Path path = Path.of(".");

    @Option(
        names = "--format",
        defaultValue = "auto",
        description = "As of import (default: auto).")
    private String format = "auto";

    @Option(
        names = "--warm-up",
        defaultValue = "12000",
        description = "Events before the first like that is tested (default: 12000).")
    private int warmUp;

    @Option(names = "--users", defaultValue = "1000", description = "Tested (default: 1000).")
    private int users;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
      if (warmUp < 0 || users < 1) {
        throw new CommandFailed(
            CommandFailed.USAGE,
            "warm-up is %d and users is %d, expected at least 0 and 1".formatted(warmUp, users));
      }
      Format known = format(format);
      return report(
          path, json, progress -> Evaluations.taste(path, known, warmUp, users, progress));
    }
  }

  @Command(
      name = "ctr",
      description = "Probabilities of click, long view and like before each impression.",
      mixinStandardHelpOptions = true)
  static final class Ctr implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", description = "A log of impressions.")
    private Path path = Path.of(".");

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
      return report(path, json, progress -> Evaluations.ctr(path, progress));
    }
  }

  private interface Evaluation {
    JsonObject run(Consumer<String> progress) throws IOException;
  }

  private static int report(Path path, boolean json, Evaluation evaluation) throws IOException {
    if (!Files.exists(path)) {
      throw new CommandFailed(CommandFailed.UNREACHABLE, path + " does not exist");
    }
    JsonObject result;
    try (Progress progress = new Progress()) {
      result = evaluation.run(progress);
    } catch (IllegalArgumentException wrong) {
      throw new CommandFailed(CommandFailed.USAGE, String.valueOf(wrong.getMessage()));
    }
    System.out.println(
        json ? result.toString() : new GsonBuilder().setPrettyPrinting().create().toJson(result));
    return 0;
  }

  static Format format(String label) {
    try {
      return Format.of(label);
    } catch (IllegalArgumentException unknown) {
      throw new CommandFailed(CommandFailed.USAGE, String.valueOf(unknown.getMessage()));
    }
  }

  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  static Duration duration(String name, String text) {
    Matcher matcher = DURATION.matcher(text.toLowerCase(Locale.ROOT).strip());
    if (!matcher.matches()) {
      throw new CommandFailed(
          CommandFailed.USAGE,
          name + " is \"" + text + "\", expected for example 90s, 10m, 1h, 1d");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }
}
