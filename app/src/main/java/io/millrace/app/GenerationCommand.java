package io.millrace.app;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "generation",
    description = "Generations of vectors on a running node: train, list, promote, rollback.",
    mixinStandardHelpOptions = true)
final class GenerationCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandSpec known = spec;
    if (known == null) {
      return CommandFailed.USAGE;
    }
    throw new ParameterException(known.commandLine(), "expected train, list, promote or rollback");
  }

  @Command(
      name = "train",
      description = "Trains the next generation, checks it, and has feeds use it when it passes.",
      mixinStandardHelpOptions = true)
  Integer train(
      @Mixin ServerOption server,
      @Option(names = "--json", description = "Print one JSON object on one line.") boolean json) {
    return decide(server.address, "/internal/generations/train", json);
  }

  @Command(name = "list", description = "Lists the generations.", mixinStandardHelpOptions = true)
  Integer list(
      @Mixin ServerOption server,
      @Option(names = "--json", description = "Print one JSON object on one line.") boolean json) {
    try (Client client = new Client(server.address)) {
      JsonObject all = client.get("/internal/generations").ok();
      if (json) {
        System.out.println(all);
        return 0;
      }
      if (all.getAsJsonArray("generations").isEmpty()) {
        System.out.println("no generation yet");
      }
      for (JsonElement element : all.getAsJsonArray("generations")) {
        JsonObject one = element.getAsJsonObject();
        System.out.printf(
            "%s %4d  %,d facts, %,d users, %,d items, %,d bytes; %s%n",
            one.get("adopted").getAsBoolean() ? "*" : " ",
            one.get("number").getAsInt(),
            one.get("facts").getAsLong(),
            one.get("users").getAsLong(),
            one.get("items").getAsLong(),
            one.get("bytes").getAsLong(),
            one.get("report").getAsString());
      }
    }
    return 0;
  }

  @Command(
      name = "promote",
      description = "Has feeds use a generation that is kept.",
      mixinStandardHelpOptions = true)
  Integer promote(
      @Parameters(paramLabel = "NUMBER", description = "As list shows it.") int number,
      @Mixin ServerOption server,
      @Option(names = "--json", description = "Print one JSON object on one line.") boolean json) {
    return decide(server.address, "/internal/generations/" + number + "/promote", json);
  }

  @Command(
      name = "rollback",
      description = "Has feeds use the generation before the present one.",
      mixinStandardHelpOptions = true)
  Integer rollback(
      @Mixin ServerOption server,
      @Option(names = "--json", description = "Print one JSON object on one line.") boolean json) {
    return decide(server.address, "/internal/generations/rollback", json);
  }

  /** Asks until it is decided: each answer waits a second for it. */
  private static Integer decide(String address, String path, boolean json) {
    try (Client client = new Client(address);
        Progress progress = new Progress()) {
      JsonObject answer = client.post(path, "").ok();
      while (answer.get("running").getAsBoolean()) {
        progress.accept("at it");
        answer = client.post(path, "").ok();
      }
      boolean adopted = answer.get("adopted").getAsBoolean();
      if (json) {
        answer.remove("running");
        System.out.println(answer);
      } else if (adopted) {
        System.out.printf(
            "feeds use generation %d: %s%n",
            answer.get("number").getAsInt(), answer.get("detail").getAsString());
      }
      if (!adopted && !json) {
        throw new CommandFailed(CommandFailed.RESULT, answer.get("detail").getAsString());
      }
      return adopted ? 0 : CommandFailed.RESULT;
    }
  }
}
