package io.millrace.app;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

@Command(
    name = "bench",
    description = "Runs a measurement of the bench module; without a name, lists them.",
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
  @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "Which one.")
  private @Nullable String name;

  @Unmatched private final List<String> rest = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    TreeMap<String, Benchmark> known = new TreeMap<>();
    ServiceLoader.load(Benchmark.class).forEach(bench -> known.put(bench.name(), bench));
    if (name == null) {
      known.values().forEach(bench -> System.out.printf("%-16s %s%n", bench.name(), bench.about()));
      return 0;
    }
    Benchmark bench = known.get(name);
    if (bench == null) {
      throw new CommandFailed(
          CommandFailed.USAGE,
          "bench \"" + name + "\" is not known, expected one of " + known.keySet());
    }
    return bench.run(rest);
  }
}
