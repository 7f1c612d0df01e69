package io.millrace.app;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "generation",
    description = "Embedding generations: train, list, promote (they arrive with Taste).",
    mixinStandardHelpOptions = true)
final class GenerationCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandSpec known = spec;
    if (known == null) {
      return CommandFailed.USAGE;
    }
    throw new ParameterException(known.commandLine(), "expected train, list or promote");
  }

  @Command(
      name = "train",
      description = "Trains the next generation.",
      mixinStandardHelpOptions = true)
  Integer train() {
    return notYet();
  }

  @Command(name = "list", description = "Lists the generations.", mixinStandardHelpOptions = true)
  Integer list() {
    return notYet();
  }

  @Command(
      name = "promote",
      description = "Makes a trained generation the serving one.",
      mixinStandardHelpOptions = true)
  Integer promote() {
    return notYet();
  }

  private static Integer notYet() {
    throw new CommandFailed(
        CommandFailed.RESULT, "there are no embedding generations yet: they arrive with Taste");
  }
}
