package io.millrace.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.millrace.app.Benchmark;
import io.millrace.index.GraphVectorIndex;
import io.millrace.index.ListsVectorIndex;
import io.millrace.index.ScannedVectors;
import io.millrace.index.VectorIndex;
import io.millrace.index.VectorIndexSettings;
import io.millrace.retrieval.TasteSpace;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import org.HdrHistogram.Histogram;
import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.Bits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * Searches for the largest inner products, by one thread, in CPU time: our lists, our walk over
 * Lucene's graphs, hnswlib, Lucene's own search (the leaf's, k and breadth apart), and the exact
 * scan, in one run on the same vectors; then with filters, and while vectors move.
 *
 * <p>Sets: {@code unit} (the data scaled to norm 1), {@code raw} (as it is), {@code items} (the
 * other file of it), {@code generated} (clustered, norms log-normal), and {@code product}: items
 * and users of a generation that is trained on each {@code --data-set}. A figure is the cheapest of
 * a sweep of breadths that reaches the recall.
 */
public final class AnnBenchmark implements Benchmark {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final double[] TARGETS = {.90, .95, .99};
  private static final int[] KS = {100, 500};

  private static final long WARM_UP_NANOS = 5_000_000_000L;

  /** Whoever asks for more breadth still has given up long before. */
  private static final long TOO_DEAR_NANOS = 20_000_000;

  /** Of queries put to vectors that move and to those that do not, in turns; odd. */
  private static final int PAIRED_ROUNDS = 15;

  /** Of a graph, as multiples of k. */
  private static final double[] SHARES = {.2, .3, .45, .65, 1, 1.3, 1.7, 2.2, 3, 4, 5.5, 8, 12, 18};

  /** Of lists, in hundredths of a deviation. */
  private static final int[] REACHES = {
    25, 50, 75, 100, 125, 150, 175, 200, 225, 250, 275, 300, 325, 350, 375, 400, 425, 450, 475, 500
  };

  @Override
  public String name() {
    return "ann";
  }

  @Override
  public String about() {
    return "nearest vectors: CPU by recall beside Lucene's search and a scan, with filters and under churn";
  }

  private static final class Options {
    @Option(
        names = "--data",
        paramLabel = "FOLDER",
        description = "holds base.fvecs and query.fvecs; without it, generated vectors alone")
    private @Nullable Path data;

    @Option(
        names = "--data-set",
        paramLabel = "PATH",
        description = "a data set that import reads, as often as wanted: the sets named product")
    private List<Path> dataSets = List.of();

    @Option(names = "--vectors", defaultValue = "100000", description = "of each set, at most")
    private int vectors = 100_000;

    @Option(names = "--queries", defaultValue = "200")
    private int queries = 200;

    @Option(names = "--sets", split = ",", defaultValue = "unit,raw,generated")
    private List<String> sets = List.of("unit", "raw", "generated");

    @Option(
        names = "--engines",
        split = ",",
        defaultValue = "lists,graph,lucene",
        description = "beside the scan")
    private List<String> engines = List.of("lists", "graph", "lucene");

    @Option(
        names = "--peer",
        paramLabel = "PYTHON",
        description = "a Python that has hnswlib, which then runs in between on the same vectors")
    private @Nullable Path peer;

    @Option(names = "--json")
    private boolean json;
  }

  @Override
  public int run(List<String> args) throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.toArray(String[]::new));
    JsonObject result = Report.begin(name());
    JsonArray sets = new JsonArray();
    for (String set : options.sets) {
      if (set.equals("generated") || options.data != null) {
        sets.add(measure(set, options));
      }
    }
    for (Path dataSet : options.dataSets) {
      LearnedTaste taste = LearnedTaste.of(dataSet, Integer.MAX_VALUE);
      TasteSpace space = taste.space(taste.train());
      float[][] items = new float[space.generation().items()][];
      for (int row = 0; row < items.length; row++) {
        items[row] = new float[space.generation().dimensions()];
        space.generation().vector(row, items[row], 0);
      }
      sets.add(
          measure("product, " + taste.name(), items, taste.users(space, options.queries), options));
    }
    result.add("sets", sets);
    Report.print(result, options.json);
    return 0;
  }

  private static JsonObject measure(String set, Options options) throws IOException {
    float[][] vectors;
    float[][] queries;
    if (set.equals("generated")) {
      float[][] both = generated(options.vectors + options.queries);
      vectors = Arrays.copyOf(both, options.vectors);
      queries = Arrays.copyOfRange(both, options.vectors, both.length);
    } else {
      Path folder = options.data;
      if (folder == null) {
        throw new IllegalStateException("set " + set + " needs --data");
      }
      vectors =
          read(folder.resolve(set.equals("items") ? "items.fvecs" : "base.fvecs"), options.vectors);
      queries = read(folder.resolve("query.fvecs"), options.queries);
      if (set.equals("unit")) {
        scaleToOne(vectors);
        scaleToOne(queries);
      }
    }
    return measure(set, vectors, queries, options);
  }

  private static JsonObject measure(
      String set, float[][] vectors, float[][] queries, Options options) throws IOException {
    JsonObject out = new JsonObject();
    out.addProperty("set", set);
    out.addProperty("vectors", vectors.length);
    out.addProperty("length", vectors[0].length);
    ScannedVectors exact = new ScannedVectors();
    for (int i = 0; i < vectors.length; i++) {
      exact.put(i, vectors[i]);
    }
    JsonArray rows = new JsonArray();
    int[][] truth = truth(exact, queries, null);
    for (int k : KS) {
      rows.add(point("scan", k, "exact", sweep(queries, truth, k, new int[] {k}, scan(exact))));
    }
    say(set + ": scanned");
    if (options.peer != null) {
      peer(rows, out, options.peer, vectors, queries);
      say(set + ": hnswlib searched");
    }
    if (options.engines.contains("lists")) {
      try (ListsVectorIndex lists = lists();
          ListsVectorIndex still = lists()) {
        measure(rows, out, new Own("lists", lists, still), exact, vectors, queries, truth);
      }
      // What moved goes back to where it was.
      for (int i = 0; i < vectors.length; i++) {
        exact.put(i, vectors[i]);
      }
    }
    if (options.engines.contains("lucene")) {
      try (Lucene lucene = new Lucene(vectors, set.equals("unit"))) {
        out.addProperty("luceneBuildMicrosPerVector", us(lucene.buildNanos, vectors.length));
        for (int k : KS) {
          rows.addAll(points("lucene", k, sweep(queries, truth, k, shares(k), lucene)));
        }
        say(set + ": Lucene searched");
        luceneFilters(rows, lucene, exact, queries);
      }
    }
    if (options.engines.contains("graph")) {
      try (GraphVectorIndex graph =
          GraphVectorIndex.inMemory(
              VectorIndexSettings.USUAL.withFoldShare(1e9).withGraphFrom(1), Runnable::run)) {
        measure(rows, out, new Own("graph", graph, null), exact, vectors, queries, truth);
      }
    }
    out.add("rows", rows);
    // A run takes an hour: what is measured is not lost with what is not.
    say(set + ": " + out);
    return out;
  }

  private static ListsVectorIndex lists() {
    return ListsVectorIndex.inMemory(
        ListsVectorIndex.Settings.USUAL.withFrom(Integer.MAX_VALUE), Runnable::run);
  }

  /**
   * One of ours.
   *
   * @param still another, of vectors that stay where they are; null where that is not compared
   */
  private record Own(String name, VectorIndex index, @Nullable VectorIndex still) {
    int[] breadths(int k) {
      return name.equals("lists") ? REACHES : shares(k);
    }

    /** What every search compares beside what it looks up. */
    int besides() {
      return switch (index) {
        case GraphVectorIndex graph -> graph.changed();
        case ListsVectorIndex lists -> lists.strays();
        default -> 0;
      };
    }
  }

  private static int[] shares(int k) {
    return Arrays.stream(SHARES).mapToInt(share -> Math.max(10, (int) (share * k))).toArray();
  }

  private static void measure(
      JsonArray rows,
      JsonObject out,
      Own own,
      ScannedVectors exact,
      float[][] vectors,
      float[][] queries,
      int[][] truth)
      throws IOException {
    long before = heap();
    for (int i = 0; i < vectors.length; i++) {
      own.index.put(i, vectors[i].clone());
    }
    long cpu = cpu();
    own.index.fold();
    out.addProperty(own.name + "BuildMicrosPerVector", us(cpu() - cpu, vectors.length));
    out.addProperty(own.name + "BytesPerVector", (heap() - before) / vectors.length);
    say(own.name + ": folded");
    List<List<Point>> sweeps = new ArrayList<>();
    for (int k : KS) {
      List<Point> sweep = sweep(queries, truth, k, own.breadths(k), walk(own.index));
      sweeps.add(sweep);
      rows.addAll(points(own.name, k, sweep));
    }
    filters(rows, own, exact, queries);
    say(own.name + ": searched");
    if (own.still != null) {
      for (int i = 0; i < vectors.length; i++) {
        own.still.put(i, vectors[i].clone());
      }
      own.still.fold();
    }
    for (int percent : new int[] {5, 20}) {
      churn(rows, own, exact, vectors, queries, percent, sweeps);
      say(own.name + ": moved " + percent + " %");
    }
  }

  /** Has hnswlib search the same vectors, in a process of its own, while this one waits. */
  private static void peer(
      JsonArray rows, JsonObject out, Path python, float[][] vectors, float[][] queries)
      throws IOException {
    Path folder = Files.createTempDirectory("ann");
    try {
      write(folder.resolve("base.fvecs"), vectors);
      write(folder.resolve("query.fvecs"), queries);
      Process process =
          new ProcessBuilder(
                  python.toString(),
                  Path.of("bench/peers/hnswlib_ann.py").toString(),
                  folder.toString(),
                  Integer.toString(vectors.length),
                  Integer.toString(queries.length),
                  "raw")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      JsonObject result = JsonParser.parseString(said).getAsJsonObject();
      out.add("hnswlibBuildMicrosPerVector", result.get("buildMicrosPerVector"));
      for (JsonElement row : result.getAsJsonArray("rows")) {
        rows.add(row);
      }
    } finally {
      Files.deleteIfExists(folder.resolve("base.fvecs"));
      Files.deleteIfExists(folder.resolve("query.fvecs"));
      Files.delete(folder);
    }
  }

  private static void write(Path file, float[][] vectors) throws IOException {
    int length = vectors[0].length;
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(vectors.length, 4 * (length + 1)))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float[] vector : vectors) {
      bytes.putInt(length);
      for (float value : vector) {
        bytes.putFloat(value);
      }
    }
    Files.write(file, bytes.array());
  }

  private static void say(String line) {
    System.err.println("bench ann: " + line);
  }

  /** One search: ordinals, best first. */
  private interface Engine {
    int[] search(float[] query, int k, int breadth) throws IOException;
  }

  private static Engine scan(ScannedVectors exact) {
    return (query, k, breadth) ->
        exact.search(query, k, VectorIndex.Budget.breadth(breadth), null).ordinals();
  }

  private static Engine walk(VectorIndex index) {
    return (query, k, breadth) ->
        index.search(query, k, VectorIndex.Budget.breadth(breadth), null).ordinals();
  }

  private record Point(int breadth, double recall, double micros) {}

  private static List<Point> sweep(
      float[][] queries, int[][] truth, int k, int[] breadths, Engine engine) throws IOException {
    long begun = System.nanoTime();
    for (int i = 0; i < 10 * queries.length && System.nanoTime() - begun < WARM_UP_NANOS; i++) {
      engine.search(queries[i % queries.length], k, breadths[breadths.length / 2]);
    }
    List<Point> points = new ArrayList<>();
    for (int breadth : breadths) {
      long least = Long.MAX_VALUE;
      double found = 0;
      for (int round = 0; round < 3; round++) {
        int[][] all = new int[queries.length][];
        long from = cpu();
        for (int i = 0; i < queries.length; i++) {
          all[i] = engine.search(queries[i], k, breadth);
        }
        least = Math.min(least, cpu() - from);
        found = recall(all, truth, k);
      }
      points.add(new Point(breadth, found, us(least, queries.length)));
      if (found > .997 || least / queries.length > TOO_DEAR_NANOS) {
        break;
      }
    }
    return points;
  }

  private static double recall(int[][] found, int[][] truth, int k) {
    long hits = 0;
    long asked = 0;
    for (int i = 0; i < found.length; i++) {
      int wanted = Math.min(k, truth[i].length);
      int[] best = Arrays.copyOf(truth[i], wanted);
      Arrays.sort(best);
      for (int ordinal : found[i]) {
        hits += Arrays.binarySearch(best, ordinal) >= 0 ? 1 : 0;
      }
      asked += wanted;
    }
    return (double) hits / asked;
  }

  private static JsonArray points(String engine, int k, List<Point> sweep) {
    JsonArray rows = new JsonArray();
    for (double target : TARGETS) {
      Point best = cheapest(sweep, target);
      if (best != null) {
        rows.add(point(engine, k, String.format(Locale.ROOT, "%.2f", target), List.of(best)));
      } else {
        Point last = sweep.getLast();
        JsonObject row =
            point(engine, k, String.format(Locale.ROOT, "%.2f", target), List.of(last));
        row.addProperty("reached", false);
        rows.add(row);
      }
    }
    return rows;
  }

  private static JsonObject point(String engine, int k, String target, List<Point> points) {
    Point point = points.getFirst();
    JsonObject row = new JsonObject();
    row.addProperty("engine", engine);
    row.addProperty("k", k);
    row.addProperty("target", target);
    row.addProperty("recall", Report.round(point.recall));
    row.addProperty("breadth", point.breadth);
    row.addProperty("micros", Report.round(point.micros));
    row.addProperty("perSecondOfCpu", Math.round(1e6 / point.micros));
    return row;
  }

  private static IntPredicate share(int percent) {
    // Scattered, as filters are.
    return ordinal -> (int) (((ordinal * 0x9e3779b9L) >>> 8) % 100) < percent;
  }

  private static void filters(JsonArray rows, Own own, ScannedVectors exact, float[][] queries)
      throws IOException {
    for (int percent : new int[] {90, 10, 1}) {
      VectorIndex.Allowed allowed =
          VectorIndex.Allowed.where(share(percent), own.index.size() * percent / 100);
      int[][] truth = truth(exact, queries, allowed);
      rows.addAll(
          points(
              own.name + ", " + percent + " % allowed",
              100,
              sweep(
                  queries,
                  truth,
                  100,
                  own.breadths(100),
                  (query, k, breadth) ->
                      own.index
                          .search(query, k, VectorIndex.Budget.breadth(breadth), allowed)
                          .ordinals())));
    }
  }

  private static void luceneFilters(
      JsonArray rows, Lucene lucene, ScannedVectors exact, float[][] queries) throws IOException {
    for (int percent : new int[] {90, 10, 1}) {
      IntPredicate test = share(percent);
      int[][] truth = truth(exact, queries, test::test);
      rows.addAll(
          points(
              "lucene, " + percent + " % allowed",
              100,
              sweep(
                  queries,
                  truth,
                  100,
                  shares(100),
                  (query, k, breadth) -> lucene.search(query, k, breadth, test))));
    }
  }

  /**
   * Moves a share of the vectors, then measures while a writer goes on moving those.
   *
   * @param before what was measured before anything moved, for each of {@link #KS}
   */
  private static void churn(
      JsonArray rows,
      Own own,
      ScannedVectors exact,
      float[][] vectors,
      float[][] queries,
      int percent,
      List<List<Point>> before)
      throws IOException {
    SplittableRandom random = new SplittableRandom(percent);
    IntPredicate moves = share(percent);
    List<Integer> moved = new ArrayList<>();
    Histogram puts = new Histogram(3);
    for (int ordinal = 0; ordinal < vectors.length; ordinal++) {
      if (moves.test(ordinal)) {
        float[] vector = vectors[random.nextInt(vectors.length)].clone();
        for (int i = 0; i < vector.length; i++) {
          vector[i] *= (float) (1 + .2 * (random.nextDouble() - .5));
        }
        long from = System.nanoTime();
        own.index.put(ordinal, vector);
        puts.recordValue(System.nanoTime() - from);
        exact.put(ordinal, vector);
        moved.add(ordinal);
      }
    }
    int[][] truth = truth(exact, queries, null);
    AtomicBoolean done = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              // Back and forth by 3 %: far enough to be a move, too little to change the truth
              // much.
              for (int n = 0; !done.get(); n++) {
                int ordinal = moved.get(n % moved.size());
                float[] vector = exact.vector(ordinal);
                if (vector != null) {
                  for (int i = 0; i < vector.length; i++) {
                    vector[i] *= n / moved.size() % 2 == 0 ? 1.03f : 1;
                  }
                  own.index.put(ordinal, vector);
                }
                LockSupport.parkNanos(1_000_000);
              }
            });
    for (int n = 0; n < KS.length; n++) {
      List<Point> sweep = sweep(queries, truth, KS[n], own.breadths(KS[n]), walk(own.index));
      String engine = own.name + ", " + percent + " % moved, writer running";
      rows.addAll(points(engine, KS[n], sweep));
      if (own.still != null) {
        rows.addAll(paired(engine, own, own.still, queries, KS[n], before.get(n), sweep));
      }
    }
    done.set(true);
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    JsonObject row = new JsonObject();
    row.addProperty("engine", own.name + " put, " + percent + " % moved");
    row.addProperty("p50Micros", puts.getValueAtPercentile(50) / 1e3);
    row.addProperty("p99Micros", puts.getValueAtPercentile(99) / 1e3);
    row.addProperty("scannedRows", own.besides());
    rows.add(row);
  }

  /**
   * What a search of vectors that move costs, as a share of one of vectors that do not, each with
   * the narrowest breadth that reaches the recall: query by query in turns, so that what else the
   * machine does falls on both.
   */
  private static JsonArray paired(
      String engine,
      Own own,
      VectorIndex still,
      float[][] queries,
      int k,
      List<Point> before,
      List<Point> now)
      throws IOException {
    JsonArray rows = new JsonArray();
    for (double target : TARGETS) {
      Point stillAt = narrowest(before, target);
      Point movingAt = narrowest(now, target);
      if (stillAt != null && movingAt != null) {
        double[] ratios = new double[PAIRED_ROUNDS];
        for (int round = 0; round < PAIRED_ROUNDS; round++) {
          long[] cost = new long[2];
          for (int i = 0; i < queries.length; i++) {
            for (int turn = 0; turn < 2; turn++) {
              int which = (i + turn) % 2;
              Engine walk = walk(which == 0 ? still : own.index);
              int breadth = which == 0 ? stillAt.breadth : movingAt.breadth;
              long from = cpu();
              walk.search(queries[i], k, breadth);
              cost[which] += cpu() - from;
            }
          }
          ratios[round] = (double) cost[1] / cost[0];
        }
        Arrays.sort(ratios);
        JsonObject row = new JsonObject();
        row.addProperty("engine", engine + ", CPU to that of vectors that stay");
        row.addProperty("k", k);
        row.addProperty("target", String.format(Locale.ROOT, "%.2f", target));
        row.addProperty("ratio", Report.round(ratios[PAIRED_ROUNDS / 2]));
        row.addProperty("quartile", Report.round(ratios[PAIRED_ROUNDS / 4]));
        row.addProperty(
            "upperQuartile", Report.round(ratios[PAIRED_ROUNDS - 1 - PAIRED_ROUNDS / 4]));
        rows.add(row);
      }
    }
    return rows;
  }

  /** Not by what it took, which what else the machine did decides where points are close. */
  private static @Nullable Point narrowest(List<Point> sweep, double target) {
    for (Point point : sweep) {
      if (point.recall >= target) {
        return point;
      }
    }
    return null;
  }

  private static @Nullable Point cheapest(List<Point> sweep, double target) {
    Point best = null;
    for (Point point : sweep) {
      if (point.recall >= target && (best == null || point.micros < best.micros)) {
        best = point;
      }
    }
    return best;
  }

  private static int[][] truth(
      ScannedVectors exact, float[][] queries, VectorIndex.@Nullable Allowed allowed) {
    int[][] truth = new int[queries.length][];
    for (int i = 0; i < queries.length; i++) {
      truth[i] = exact.search(queries[i], 500, VectorIndex.Budget.ENOUGH, allowed).ordinals();
    }
    return truth;
  }

  private static long cpu() {
    return THREADS.getCurrentThreadCpuTime();
  }

  private static double us(long nanos, int count) {
    return Report.round(nanos / 1e3 / count);
  }

  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Lucene's own graph and search, with the parameters that ours is built with. */
  private static final class Lucene implements Engine, AutoCloseable {
    private final Directory directory = new ByteBuffersDirectory();
    private final DirectoryReader reader;
    private final LeafReader leaf;
    private final long buildNanos;

    Lucene(float[][] vectors, boolean unit) throws IOException {
      long from = cpu();
      KnnVectorsFormat format = new Lucene99HnswVectorsFormat(16, 100, 1, null, 0);
      KnnVectorsFormat byField =
          new PerFieldKnnVectorsFormat() {
            @Override
            public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
              return format;
            }
          };
      IndexWriterConfig config =
          new IndexWriterConfig()
              .setRAMBufferSizeMB(1_900)
              .setCodec(
                  new FilterCodec("Lucene104", new Lucene104Codec()) {
                    @Override
                    public KnnVectorsFormat knnVectorsFormat() {
                      return byField;
                    }
                  });
      try (IndexWriter writer = new IndexWriter(directory, config)) {
        for (float[] vector : vectors) {
          Document document = new Document();
          document.add(
              new KnnFloatVectorField(
                  "v",
                  vector,
                  unit
                      ? VectorSimilarityFunction.DOT_PRODUCT
                      : VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT));
          writer.addDocument(document);
        }
        writer.forceMerge(1);
      }
      buildNanos = cpu() - from;
      reader = DirectoryReader.open(directory);
      leaf = reader.leaves().getFirst().reader();
    }

    @Override
    public int[] search(float[] query, int k, int breadth) throws IOException {
      return search(query, k, breadth, null);
    }

    int[] search(float[] query, int k, int breadth, @Nullable IntPredicate allowed)
        throws IOException {
      // Lucene keeps no more than it looks at.
      TopKnnCollector collector = new TopKnnCollector(Math.max(k, breadth), Integer.MAX_VALUE);
      Bits bits =
          allowed == null
              ? null
              : new Bits() {
                @Override
                public boolean get(int index) {
                  return allowed.test(index);
                }

                @Override
                public int length() {
                  return leaf.maxDoc();
                }
              };
      leaf.searchNearestVectors(
          "v", query, collector, AcceptDocs.fromLiveDocs(bits, leaf.maxDoc()));
      ScoreDoc[] best = collector.topDocs().scoreDocs;
      int[] ordinals = new int[Math.min(k, best.length)];
      for (int i = 0; i < ordinals.length; i++) {
        ordinals[i] = best[i].doc;
      }
      return ordinals;
    }

    @Override
    public void close() throws IOException {
      reader.close();
      directory.close();
    }
  }

  private static float[][] read(Path file, int most) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<float[]> all = new ArrayList<>();
    while (bytes.hasRemaining() && all.size() < most) {
      float[] vector = new float[bytes.getInt()];
      bytes.asFloatBuffer().get(vector);
      bytes.position(bytes.position() + 4 * vector.length);
      all.add(vector);
    }
    return all.toArray(float[][]::new);
  }

  private static void scaleToOne(float[][] vectors) {
    for (float[] vector : vectors) {
      double squares = 0;
      for (float value : vector) {
        squares += (double) value * value;
      }
      float by = squares > 0 ? (float) (1 / Math.sqrt(squares)) : 0;
      for (int i = 0; i < vector.length; i++) {
        vector[i] *= by;
      }
      if (by == 0) {
        vector[0] = 1;
      }
    }
  }

  private static float[][] generated(int count) {
    SplittableRandom random = new SplittableRandom(1);
    float[][] centres = new float[1_000][64];
    for (float[] centre : centres) {
      for (int i = 0; i < centre.length; i++) {
        centre[i] = (float) random.nextGaussian();
      }
    }
    float[][] vectors = new float[count][64];
    for (float[] vector : vectors) {
      float[] centre = centres[random.nextInt(centres.length)];
      double norm = Math.exp(.5 * random.nextGaussian());
      for (int i = 0; i < vector.length; i++) {
        vector[i] = (float) (norm * (centre[i] + .6 * random.nextGaussian()));
      }
    }
    return vectors;
  }
}
