package io.millrace.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a node runs: this build of the program or another.
 *
 * @param flags of the JVM
 */
record Program(String classPath, List<String> flags) {

  private static final String FIRST_USE = "-XX:AOTCache=";
  private static final Pattern COLLECTOR = Pattern.compile("-XX:[+-]Use[A-Za-z0-9]*GC");

  /** The build that measures, with its own flags. */
  static Program own() {
    return new Program(
        System.getProperty("java.class.path"),
        ManagementFactory.getRuntimeMXBean().getInputArguments());
  }

  /**
   * Another build, with the flags of this one and what its own JVM kept of a first use.
   *
   * @param run the folder that its launcher put its jars in, {@code target/run/bench-...}
   * @throws IOException when it holds no jars
   */
  static Program in(Path run) throws IOException {
    List<String> flags = new ArrayList<>(own().flags());
    List<String> used = flags.stream().filter(flag -> flag.startsWith(FIRST_USE)).toList();
    flags.removeAll(used);
    if (!Files.isDirectory(run) || find(run, ".jar").isEmpty()) {
      throw new IOException(run + " holds no jars, expected a build's target/run/bench-... folder");
    }
    for (String flag : used) { // the launcher keeps one of each collector
      find(run, flag.substring(flag.lastIndexOf('-'))).forEach(file -> flags.add(FIRST_USE + file));
    }
    return new Program(run.resolve("*").toString(), flags);
  }

  /** The same with more flags; of a flag that comes twice, and of collectors, the last counts. */
  Program with(List<String> more) {
    List<String> all = new ArrayList<>(flags);
    if (more.stream().anyMatch(flag -> COLLECTOR.matcher(flag).matches())) {
      all.removeIf(flag -> COLLECTOR.matcher(flag).matches());
    }
    all.addAll(more);
    return new Program(classPath, all);
  }

  private static List<Path> find(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).toList();
    }
  }
}
