package io.millrace.bench;

import io.millrace.app.Benchmark;
import io.millrace.index.EvidenceBatch;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.ItemFacts;
import io.millrace.index.ItemHash;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * CPU time of one retrieval from the exact index over a made-up catalogue, by set of sources: the
 * median and the 99th percentile over the questions of users who have 20 recent items.
 *
 * <p>The history: items have Zipf popularity (exponent 1) and belong to taste groups of about 250;
 * users follow their group with six touches of ten and everybody's favourites with the others. Each
 * touch pairs with the ten before it, and in reverse at half weight, as the fold of evidence does.
 */
public final class RetrieveBenchmark implements Benchmark {

  private static final long DAY_MS = 86_400_000L;
  private static final long START_MS = 1_700_000_000_000L;
  private static final long SPAN_MS = 200 * DAY_MS;
  private static final int BATCH = 16;
  private static final int BEFORE = 10;
  private static final int RECENT = 20;
  private static final int GROUP = 250;
  private static final int QUERIES = 500;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  @Override
  public String name() {
    return "retrieve";
  }

  @Override
  public String about() {
    return "CPU of one retrieval by set of sources, made-up catalogue; heap per item and per pair";
  }

  private static final class Options {
    @Option(names = "--items", defaultValue = "100000")
    private int items = 100_000;

    @Option(names = "--touches", defaultValue = "0", description = "0: four an item")
    private int touches;

    @Option(names = "--per-source", defaultValue = "100")
    private int perSource = 100;

    @Option(names = "--limit", defaultValue = "1000")
    private int limit = 1000;

    @Option(names = "--rounds", defaultValue = "8", description = "the first two are not counted")
    private int rounds = 8;

    @Option(names = "--memory", description = "also measure the heap; builds the index twice")
    private boolean memory;

    @Option(names = "--seed", defaultValue = "1")
    private long seed = 1;

    @Option(names = "--json", description = "one JSON object on one line")
    private boolean json;
  }

  private record Cpu(String sources, long rows, double medianMicros, double p99Micros) {}

  /** Bytes of heap an item and a pair hold. */
  private record Heap(double perItem, double perPair) {}

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(new String[0]));
    if (options.touches == 0) {
      options.touches = Math.max(100_000, 4 * options.items);
    }
    Heap heap = null;
    long slowestNanos;
    double applyMicros;
    History history = new History(options);
    ExactItemIndex index = new ExactItemIndex();
    if (options.memory) {
      long empty = used();
      ExactItemIndex alone = new ExactItemIndex();
      put(alone, options);
      new History(options).play(alone, false);
      double perItem = (double) (used() - empty) / options.items;
      // Mentioned again, so that it lives until here.
      heap = new Heap(perItem, alone.size() == 0 ? 0 : Double.NaN);
    }
    long before = options.memory ? used() : 0;
    put(index, options);
    long cpu = THREADS.getCurrentThreadCpuTime();
    slowestNanos = history.play(index, true);
    applyMicros = (THREADS.getCurrentThreadCpuTime() - cpu) / 1e3 * BATCH / options.touches;
    if (heap != null) {
      double pairs = used() - before - heap.perItem * options.items;
      heap = new Heap(heap.perItem, pairs / index.pairs());
    }
    List<RetrievalQuery> questions = history.questions();
    List<Cpu> all = new ArrayList<>();
    for (Map.Entry<String, EnumSet<Source>> set : sets().entrySet()) {
      all.add(measure(index, set.getKey(), set.getValue(), questions, options));
    }
    print(options, index, all, applyMicros, slowestNanos, heap);
    return 0;
  }

  private static void print(
      Options options,
      ExactItemIndex index,
      List<Cpu> all,
      double applyMicros,
      long slowestNanos,
      @Nullable Heap heap) {
    if (options.json) {
      StringBuilder out = new StringBuilder();
      for (Cpu cpu : all) {
        out.append(out.isEmpty() ? "" : ",")
            .append(
                String.format(
                    Locale.ROOT,
                    "{\"sources\":\"%s\",\"rows\":%d,\"medianCpuMicros\":%.1f,\"p99CpuMicros\":%.1f}",
                    cpu.sources,
                    cpu.rows,
                    cpu.medianMicros,
                    cpu.p99Micros));
      }
      System.out.printf(
          Locale.ROOT,
          "{\"bench\":\"retrieve\",\"items\":%d,\"touches\":%d,\"pairs\":%d,\"perSource\":%d,\"limit\":%d,"
              + "\"applyCpuMicros\":%.1f,\"touchesPerApply\":%d,\"slowestApplyMillis\":%.1f,%s\"sets\":[%s]}%n",
          options.items,
          options.touches,
          index.pairs(),
          options.perSource,
          options.limit,
          applyMicros,
          BATCH,
          slowestNanos / 1e6,
          heap == null
              ? ""
              : String.format(
                  Locale.ROOT,
                  "\"bytesPerItem\":%.0f,\"bytesPerPair\":%.1f,",
                  heap.perItem,
                  heap.perPair),
          out);
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "%,d items, %,d touches, %,d pairs; apply of %d touches %.1f us CPU, slowest %.1f ms%n",
        options.items,
        options.touches,
        index.pairs(),
        BATCH,
        applyMicros,
        slowestNanos / 1e6);
    if (heap != null) {
      System.out.printf(
          Locale.ROOT, "heap: %.0f bytes an item, %.1f bytes a pair%n", heap.perItem, heap.perPair);
    }
    for (Cpu cpu : all) {
      System.out.printf(
          Locale.ROOT,
          "%-22s %5d rows  median %8.1f us  p99 %8.1f us CPU%n",
          cpu.sources,
          cpu.rows,
          cpu.medianMicros,
          cpu.p99Micros);
    }
  }

  private static Map<String, EnumSet<Source>> sets() {
    Map<String, EnumSet<Source>> sets = new LinkedHashMap<>();
    sets.put("all", EnumSet.allOf(Source.class));
    sets.put("popular", EnumSet.range(Source.POPULAR_1D, Source.POPULAR_EVER));
    sets.put("co-visited", EnumSet.range(Source.CO_VISITED, Source.CO_VISITED_SESSION));
    for (Source one : EnumSet.of(Source.TRENDING, Source.ARRIVALS, Source.FOLLOWED)) {
      sets.put(one.label(), EnumSet.of(one));
    }
    return sets;
  }

  private static Cpu measure(
      ExactItemIndex index,
      String name,
      EnumSet<Source> sources,
      List<RetrievalQuery> questions,
      Options options) {
    double[] micros = new double[Math.max(0, options.rounds - 2) * questions.size()];
    int count = 0;
    long rows = 0;
    for (int round = 0; round < options.rounds; round++) {
      for (RetrievalQuery question : questions) {
        RetrievalQuery asked = of(question, sources, options.perSource, options.limit);
        long cpu = THREADS.getCurrentThreadCpuTime();
        int size = index.retrieve(asked).size();
        cpu = THREADS.getCurrentThreadCpuTime() - cpu;
        if (round >= 2) {
          rows += size;
          micros[count++] = cpu / 1e3;
        }
      }
    }
    Arrays.sort(micros);
    return new Cpu(
        name,
        count == 0 ? 0 : rows / count,
        count == 0 ? Double.NaN : micros[count / 2],
        count == 0 ? Double.NaN : micros[(int) (count * .99)]);
  }

  private static RetrievalQuery of(
      RetrievalQuery question, EnumSet<Source> sources, int perSource, int limit) {
    return new RetrievalQuery(
        question.nowMs(),
        question.history(),
        question.historyAtMs(),
        question.excluded(),
        question.followedCreators(),
        question.filter(),
        sources,
        perSource,
        limit);
  }

  private static void put(ExactItemIndex index, Options options) {
    SplittableRandom random = new SplittableRandom(options.seed);
    for (int item = 0; item < options.items; item++) {
      index.put(
          item,
          new ItemFacts(
              "item-" + item,
              "The title of number " + item,
              List.of("category-" + History.group(item, options.items) % 40),
              List.of("tag-" + random.nextInt(200)),
              "creator-" + random.nextInt(Math.max(1, options.items / 20)),
              START_MS + random.nextLong(SPAN_MS),
              "en",
              Double.NaN,
              -1,
              0,
              ItemFacts.Safety.SAFE,
              "",
              120_000,
              Map.of(ItemFacts.RELEASE_YEAR, Integer.toString(1960 + random.nextInt(65))),
              List.of(),
              ItemFacts.Vector.NONE));
    }
  }

  /** Bytes in use after a collection. */
  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** What users did, the same for the same seed. */
  private static final class History {
    private final int items;
    private final int touches;
    private final SplittableRandom random;
    private final long[] hashes;

    /** Sums of 1 / rank. */
    private final double[] zipf;

    /** Item of each rank. */
    private final int[] ranked;

    private final int[][] groups;
    private final int[][] recent;
    private final long[][] recentAtMs;
    private final int[] known;
    private long nowMs = START_MS;

    History(Options options) {
      items = options.items;
      touches = options.touches;
      random = new SplittableRandom(options.seed + 1);
      hashes = new long[items];
      zipf = new double[items];
      ranked = new int[items];
      double sum = 0;
      for (int n = 0; n < items; n++) {
        hashes[n] = ItemHash.of("item-" + n);
        sum += 1.0 / (n + 1);
        zipf[n] = sum;
        ranked[n] = n;
      }
      for (int n = items - 1; n > 0; n--) {
        int other = random.nextInt(n + 1);
        int swap = ranked[n];
        ranked[n] = ranked[other];
        ranked[other] = swap;
      }
      int count = Math.max(1, items / GROUP);
      int[] sizes = new int[count];
      groups = new int[count][2 * GROUP];
      for (int item : ranked) {
        int group = group(item, items);
        groups[group] =
            sizes[group] == groups[group].length
                ? Arrays.copyOf(groups[group], 2 * sizes[group])
                : groups[group];
        groups[group][sizes[group]++] = item;
      }
      for (int group = 0; group < count; group++) {
        groups[group] = Arrays.copyOf(groups[group], sizes[group]);
      }
      int users = Math.max(QUERIES, touches / 60);
      recent = new int[users][RECENT];
      recentAtMs = new long[users][RECENT];
      known = new int[users];
    }

    static int group(int item, int items) {
      return (int) (((item * 0x9E3779B97F4A7C15L) >>> 33) % Math.max(1, items / GROUP));
    }

    private int rank(int below) {
      double u = random.nextDouble() * zipf[below - 1];
      int at = Arrays.binarySearch(zipf, 0, below, u);
      return Math.min(below - 1, at < 0 ? -at - 1 : at);
    }

    private int pick(int user) {
      int[] own = groups[user % groups.length];
      return own.length > 0 && random.nextInt(10) < 6 ? own[rank(own.length)] : ranked[rank(items)];
    }

    /** Feeds the index; answers the longest time an apply took. */
    long play(ExactItemIndex index, boolean withPairs) {
      long[] numbers = new long[ExactItemIndex.STREAMS];
      long slowest = 0;
      int user = 0;
      for (int touch = 0; touch < touches; ) {
        List<EvidenceBatch.ItemDelta> deltas = new ArrayList<>();
        List<EvidenceBatch.PairDelta> pairs = new ArrayList<>();
        for (int n = 0; n < BATCH && touch < touches; n++, touch++) {
          // Some touches in a row, then somebody else.
          user = touch % 4 == 0 ? random.nextInt(known.length) : user;
          nowMs = START_MS + (long) ((double) SPAN_MS * touch / touches);
          int item = pick(user);
          touch(user, item, deltas, pairs);
        }
        int stream = (touch / BATCH) % ExactItemIndex.STREAMS;
        EvidenceBatch batch =
            new EvidenceBatch(
                stream, ++numbers[stream], nowMs, deltas, withPairs ? pairs : List.of(), List.of());
        long before = System.nanoTime();
        index.apply(batch);
        slowest = Math.max(slowest, System.nanoTime() - before);
      }
      return slowest;
    }

    private void touch(
        int user,
        int item,
        List<EvidenceBatch.ItemDelta> deltas,
        List<EvidenceBatch.PairDelta> pairs) {
      deltas.add(new EvidenceBatch.ItemDelta(hashes[item], nowMs / 300_000, 1, 1, 256, 0));
      int[] before = recent[user];
      for (int k = 0; k < Math.min(BEFORE, known[user]); k++) {
        if (before[k] != item) {
          int weight = (int) Math.round(1_024 * Math.pow(.8, k + 1.0));
          int session = nowMs - recentAtMs[user][k] < 600_000 ? weight : 0;
          int day = (int) (nowMs / DAY_MS);
          pairs.add(
              new EvidenceBatch.PairDelta(hashes[before[k]], hashes[item], day, weight, session));
          pairs.add(
              new EvidenceBatch.PairDelta(
                  hashes[item], hashes[before[k]], day, weight / 2, session / 2));
        }
      }
      System.arraycopy(before, 0, before, 1, RECENT - 1);
      System.arraycopy(recentAtMs[user], 0, recentAtMs[user], 1, RECENT - 1);
      before[0] = item;
      recentAtMs[user][0] = nowMs;
      known[user] = Math.min(RECENT, known[user] + 1);
    }

    /** Of users with a full history, five minutes after one another's touches. */
    List<RetrievalQuery> questions() {
      List<RetrievalQuery> questions = new ArrayList<>();
      for (int user = 0; user < known.length && questions.size() < QUERIES; user++) {
        if (known[user] < RECENT) {
          continue;
        }
        long[] at = new long[RECENT];
        int[] excluded = Arrays.copyOf(recent[user], 100);
        for (int k = 0; k < RECENT; k++) {
          at[k] = nowMs - (k + 1) * 300_000L;
        }
        for (int k = RECENT; k < excluded.length; k++) {
          excluded[k] = pick(user);
        }
        Arrays.sort(excluded);
        questions.add(
            new RetrievalQuery(
                nowMs,
                recent[user].clone(),
                at,
                excluded,
                List.of("creator-1", "creator-2", "creator-3"),
                RetrievalQuery.Filter.NONE,
                EnumSet.allOf(Source.class),
                200,
                1_000));
      }
      return questions;
    }
  }
}
