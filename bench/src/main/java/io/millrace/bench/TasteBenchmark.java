package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.millrace.app.Benchmark;
import io.millrace.model.taste.FoldIn;
import io.millrace.model.taste.Generation;
import io.millrace.retrieval.TasteSpace;
import io.millrace.retrieval.UserVectors;
import io.millrace.user.Leanings;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * CPU time of what moves vectors: a training, a user's vectors by length of history, an item's fold
 * by its evidence. Medians over repetitions of one thread's CPU time, so that a busy machine
 * disturbs little.
 */
public final class TasteBenchmark implements Benchmark {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int[] HISTORIES = {1, 5, 20, 128};
  private static final int[] FACTS = {20, 128, 384};
  private static final int[] EVIDENCE = {1, 16, 64};

  /** Items that a touch names of its user's history, as evidence carries them. */
  private static final int NAMED = 20;

  /** Calls that are timed together. */
  private static final int TOGETHER = 50;

  @Override
  public String name() {
    return "taste";
  }

  @Override
  public String about() {
    return "CPU of training a generation, of a user's vectors by history, of moving an item";
  }

  private static final class Options {
    @Parameters(paramLabel = "PATH", description = "A data set, read as by import.")
    private Path path = Path.of(".");

    @Option(names = "--interactions", defaultValue = "100000", description = "read at most")
    private int interactions = 100_000;

    @Option(names = "--rounds", defaultValue = "60", description = "the first third is not counted")
    private int rounds = 60;

    @Option(names = "--trainings", defaultValue = "3", description = "trainings timed")
    private int trainings = 3;

    @Option(names = "--json", description = "one JSON object on one line")
    private boolean json;
  }

  private interface Work {
    void run();
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(new String[0]));
    LearnedTaste taste = LearnedTaste.of(options.path, options.interactions);
    JsonObject result = Report.begin(name());
    result.addProperty("data", taste.name());
    result.addProperty("interactions", taste.facts().size());

    Generation generation = null;
    double[] seconds = new double[options.trainings];
    for (int i = 0; i < seconds.length; i++) {
      long begun = THREADS.getCurrentThreadCpuTime();
      generation = taste.train();
      seconds[i] = (THREADS.getCurrentThreadCpuTime() - begun) / 1e9;
    }
    if (generation == null) {
      throw new IllegalArgumentException("trainings is 0, expected at least 1");
    }
    result.addProperty("items", generation.items());
    result.addProperty("users", generation.users());
    result.addProperty(
        "trainingCpuSecondsPerMillion", Report.round(median(seconds) * 1e6 / taste.facts().size()));

    TasteSpace space = taste.space(generation);
    int[] ordinals = IntStream.range(0, generation.items()).toArray();
    SplittableRandom random = new SplittableRandom(1);
    JsonArray users = new JsonArray();
    for (int history : HISTORIES) {
      Leanings leanings = touched(random, ordinals, history);
      users.add(row("history", history, micros(options, () -> UserVectors.of(space, leanings))));
    }
    result.add("userVectors", users);

    Generation trained = generation;
    FoldIn fold = new FoldIn(trained.settings());
    float[] out = new float[trained.dimensions()];
    JsonArray folds = new JsonArray();
    for (int count : FACTS) {
      int[] rows = random.ints(count, 0, ordinals.length).toArray();
      folds.add(
          row(
              "facts",
              count,
              micros(
                  options,
                  () -> {
                    trained.beginUser(fold, new float[0]);
                    for (int row : rows) {
                      trained.addFact(fold, row, 1, 1);
                    }
                    fold.solve(out, 0);
                  })));
    }
    result.add("oneFold", folds);

    float[][] others = new float[64][];
    for (int i = 0; i < others.length; i++) {
      others[i] = UserVectors.of(space, touched(random, ordinals, NAMED)).longTerm();
    }
    JsonArray moves = new JsonArray();
    for (int evidence : EVIDENCE) {
      int item = random.nextInt(ordinals.length);
      Leanings one = touched(random, ordinals, NAMED);
      moves.add(
          row(
              "evidence",
              evidence,
              micros(
                  options,
                  () -> {
                    // The user of the new touch, then the item over all of its evidence.
                    trained.beginUser(fold, new float[0]);
                    for (int ordinal : one.ordinals()) {
                      space.addFact(fold, ordinal, 1, 1);
                    }
                    fold.solve(out, 0);
                    trained.beginItem(fold, trained.hash(item), 1, new float[0]);
                    for (int i = 0; i < evidence; i++) {
                      fold.add(others[i], 0, 1, 1);
                    }
                    fold.solve(out, 0);
                  })));
    }
    result.add("touch", moves);
    Report.print(result, options.json);
    return 0;
  }

  private static Leanings touched(SplittableRandom random, int[] ordinals, int length) {
    int[] history = random.ints(0, ordinals.length).distinct().limit(length).toArray();
    return Leanings.touched(history, new long[length]);
  }

  private static JsonObject row(String name, int value, double micros) {
    JsonObject row = new JsonObject();
    row.addProperty(name, value);
    row.addProperty("cpuMicros", Report.round(micros));
    return row;
  }

  private static double micros(Options options, Work work) {
    double[] each = new double[options.rounds];
    for (int round = 0; round < options.rounds; round++) {
      long begun = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < TOGETHER; i++) {
        work.run();
      }
      each[round] = (THREADS.getCurrentThreadCpuTime() - begun) / 1e3 / TOGETHER;
    }
    return median(Arrays.copyOfRange(each, options.rounds / 3, options.rounds));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
