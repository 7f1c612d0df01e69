package io.millrace.bench;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every measurement of a whole node can be told: on which data, how long, printed how. */
final class BedOptions {

  @Option(names = "--data-set", description = "a folder that import reads; default: generated")
  private @Nullable Path dataSet;

  @Option(names = "--items", defaultValue = "10000", description = "how many to generate")
  private int items = 10_000;

  @Option(names = "--users", defaultValue = "10000", description = "how many to generate")
  private int users = 10_000;

  @Option(names = "--seconds", defaultValue = "20", description = "of each measurement")
  private int seconds = 20;

  @Option(
      names = "--warm-up",
      defaultValue = "120",
      description = "seconds at most until it counts: it ends when a call's CPU is steady")
  private int warmUp = 120;

  @Option(
      names = "--uniform",
      description = "events of any user about any item, instead of those of the data set again")
  private boolean uniform;

  @Option(
      names = "--imported",
      paramLabel = "FOLDER",
      description =
          "where the journal of what was imported is kept, and taken from the next time: an import"
              + " of a million items takes minutes")
  private @Nullable Path imported;

  @Option(names = "--json")
  private boolean json;

  Bed open() throws IOException, InterruptedException {
    return dataSet == null ? chosen(Bed.generated(items, users, imported)) : open(Program.own());
  }

  /**
   * The same data set under a node of another build.
   *
   * @throws IOException when none was named: what is generated would be another each time
   */
  Bed open(Program build) throws IOException, InterruptedException {
    if (dataSet == null) {
      throw new IOException("no --data-set, expected one for a comparison");
    }
    return chosen(Bed.of(build, dataSet, imported));
  }

  private Bed chosen(Bed bed) {
    return uniform ? bed.uniform() : bed;
  }

  int seconds() {
    return seconds;
  }

  int warmUp() {
    return warmUp;
  }

  boolean json() {
    return json;
  }
}
