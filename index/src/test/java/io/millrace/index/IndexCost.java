package io.millrace.index;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * CPU time of the index's questions and batches, run by hand: {@code java ... IndexCost [items]
 * [batches]} on made-up sessions, which overlap more than people's do, or {@code IndexCost FILE} on
 * lines of "seconds user item ..." in order of time, numbers from 0. Prints one line per figure.
 * Not a test: what it measures depends on the machine.
 */
final class IndexCost {

  private static final long DAY_MS = 86_400_000L;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private IndexCost() {}

  public static void main(String[] args) throws IOException {
    if (args.length == 1 && !args[0].chars().allMatch(Character::isDigit)) {
      replay(Path.of(args[0]));
      return;
    }
    int items = args.length > 0 ? Integer.parseInt(args[0]) : 10_500;
    int batches = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    boolean vectors = args.length > 2;
    Random random = new Random(1);
    ExactItemIndex index = new ExactItemIndex();
    long startMs = 1_600_000_000_000L;
    long stepMs = 200 * DAY_MS / batches;
    long cpu = THREADS.getCurrentThreadCpuTime();
    for (int n = 0; n < items; n++) {
      index.put(
          n, facts(random, n, startMs + (long) (random.nextDouble() * 200 * DAY_MS), vectors));
    }
    say("put", items, cpu);
    long[] hashes = new long[items];
    for (int n = 0; n < items; n++) {
      hashes[n] = Workload.hash(n);
    }
    int[] recent = new int[10];
    long[] numbers = new long[16];
    long nowMs = startMs;
    cpu = THREADS.getCurrentThreadCpuTime();
    long half = 0;
    long slowest = 0;
    for (int b = 0; b < batches; b++) {
      if (b == batches / 2) {
        half = THREADS.getCurrentThreadCpuTime();
      }
      nowMs += stepMs;
      int item = pick(random, items);
      List<EvidenceBatch.PairDelta> pairs = new ArrayList<>(20);
      for (int k = 0; k < 10; k++) {
        if (recent[k] != item) {
          int weight = (int) (1_024 * Math.pow(.8, k + 1));
          int session = k < 3 ? weight : 0;
          int day = (int) (nowMs / DAY_MS);
          pairs.add(
              new EvidenceBatch.PairDelta(hashes[recent[k]], hashes[item], day, weight, session));
          pairs.add(
              new EvidenceBatch.PairDelta(
                  hashes[item], hashes[recent[k]], day, weight / 2, session / 2));
        }
      }
      int stream = b & 15;
      EvidenceBatch batch =
          new EvidenceBatch(
              stream,
              ++numbers[stream],
              nowMs,
              List.of(new EvidenceBatch.ItemDelta(hashes[item], nowMs / 300_000, 1, 1, 256, 0)),
              pairs,
              List.of());
      long before = System.nanoTime();
      index.apply(batch);
      slowest = Math.max(slowest, System.nanoTime() - before);
      System.arraycopy(recent, 0, recent, 1, 9);
      recent[0] = item;
      if (random.nextInt(8) == 0) {
        for (int k = 0; k < 10; k++) {
          recent[k] = pick(random, items);
        }
      }
    }
    say("apply", batches, cpu);
    say("apply, second half", batches - batches / 2, half);
    System.out.printf("slowest apply %.1f ms wall%n", slowest / 1e6);
    retrieve(index, items, nowMs, random, RetrievalQuery.Filter.NONE, 200, "retrieve");
    retrieve(index, items, nowMs, random, RetrievalQuery.Filter.NONE, 20, "retrieve, perSource 20");
    retrieve(
        index,
        items,
        nowMs,
        random,
        ItemIndexContract.filterCategory("category-3"),
        200,
        "retrieve in a category");
    if (vectors) {
      float[] vector = Workload.vector(random, 64).toArray();
      for (int round = 0; round < 3; round++) {
        cpu = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < 2_000; i++) {
          vector[i & 63] += .001f;
          index.nearest(vector, 100, RetrievalQuery.Filter.NONE);
        }
        say("nearest 100", 2_000, cpu);
      }
    }
    cpu = THREADS.getCurrentThreadCpuTime();
    byte[] bytes = ItemIndexContract.checkpoint(index);
    say("checkpoint of " + bytes.length + " bytes", 1, cpu);
    cpu = THREADS.getCurrentThreadCpuTime();
    ItemIndexContract.restore(new ExactItemIndex(), bytes);
    say("restore", 1, cpu);
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf("heap %d MB%n", (runtime.totalMemory() - runtime.freeMemory()) >> 20);
    System.out.println(index.size() + " " + index.batches()[0]);
  }

  private static void replay(Path file) throws IOException {
    record Touch(int item, long atMs) {}
    ExactItemIndex index = new ExactItemIndex();
    Random random = new Random(1);
    Map<Integer, Deque<Touch>> users = new HashMap<>();
    List<RetrievalQuery> queries = new ArrayList<>();
    long[] numbers = new long[16];
    long applied = 0;
    long asked = 0;
    long rows = 0;
    int warm = 0;
    List<String> lines = Files.readAllLines(file);
    for (int e = 0; e < lines.size(); e++) {
      String[] parts = lines.get(e).split(" ", -1);
      long atMs = Long.parseLong(parts[0]) * 1_000;
      int user = Integer.parseInt(parts[1]);
      int item = Integer.parseInt(parts[2]);
      Deque<Touch> touches = users.computeIfAbsent(user, _ -> new ArrayDeque<>());
      int n = Math.min(20, touches.size());
      int[] history = touches.stream().limit(n).mapToInt(Touch::item).toArray();
      long[] at = touches.stream().limit(n).mapToLong(Touch::atMs).toArray();
      int[] excluded = touches.stream().mapToInt(Touch::item).sorted().toArray();
      RetrievalQuery query =
          new RetrievalQuery(
              atMs,
              history,
              at,
              excluded,
              List.of(),
              RetrievalQuery.Filter.NONE,
              EnumSet.allOf(Source.class),
              200,
              1_000);
      long cpu = THREADS.getCurrentThreadCpuTime();
      int size = index.retrieve(query).size();
      if (e > lines.size() * 3 / 4) {
        asked += THREADS.getCurrentThreadCpuTime() - cpu;
        rows += size;
        warm++;
        queries.add(query);
      }
      if (index.ordinal(Workload.hash(item)) < 0) {
        index.put(item, facts(random, item, atMs, false));
      }
      List<EvidenceBatch.PairDelta> pairs = new ArrayList<>(20);
      int k = 0;
      for (Touch before : touches) {
        if (++k > 10) {
          break;
        }
        int weight = (int) Math.round(1_024 * Math.pow(.8, k));
        int session = atMs - before.atMs() <= 600_000 ? weight : 0;
        int day = (int) (atMs / DAY_MS);
        long from = Workload.hash(before.item());
        long to = Workload.hash(item);
        pairs.add(new EvidenceBatch.PairDelta(from, to, day, weight, session));
        pairs.add(new EvidenceBatch.PairDelta(to, from, day, weight / 2, session / 2));
      }
      int stream = user & 15;
      EvidenceBatch batch =
          new EvidenceBatch(
              stream,
              ++numbers[stream],
              atMs,
              List.of(
                  new EvidenceBatch.ItemDelta(Workload.hash(item), atMs / 300_000, 1, 1, 256, 0)),
              pairs,
              List.of());
      cpu = THREADS.getCurrentThreadCpuTime();
      index.apply(batch);
      if (e > lines.size() * 3 / 4) {
        applied += THREADS.getCurrentThreadCpuTime() - cpu;
      }
      touches.addFirst(new Touch(item, atMs));
    }
    System.out.printf(
        "last quarter: retrieve %.1f us CPU, %d rows; apply %.1f us CPU%n",
        asked / 1e3 / warm, rows / warm, applied / 1e3 / warm);
    for (int round = 0; round < 3; round++) {
      long cpu = THREADS.getCurrentThreadCpuTime();
      for (RetrievalQuery query : queries) {
        index.retrieve(query);
      }
      say("retrieve at the end", queries.size(), cpu);
    }
    long cpu = THREADS.getCurrentThreadCpuTime();
    byte[] bytes = ItemIndexContract.checkpoint(index);
    say("checkpoint of " + bytes.length + " bytes", 1, cpu);
    cpu = THREADS.getCurrentThreadCpuTime();
    ItemIndexContract.restore(new ExactItemIndex(), bytes);
    say("restore", 1, cpu);
  }

  private static void retrieve(
      ExactItemIndex index,
      int items,
      long nowMs,
      Random random,
      RetrievalQuery.Filter filter,
      int perSource,
      String what) {
    List<RetrievalQuery> queries = new ArrayList<>();
    for (int q = 0; q < 500; q++) {
      int[] history = new int[20];
      long[] at = new long[20];
      for (int k = 0; k < 20; k++) {
        history[k] = pick(random, items);
        at[k] = nowMs - k * 600_000L;
      }
      int[] excluded = new int[100];
      for (int k = 0; k < 100; k++) {
        excluded[k] = k < 20 ? history[k] : pick(random, items);
      }
      java.util.Arrays.sort(excluded);
      queries.add(
          new RetrievalQuery(
              nowMs,
              history,
              at,
              excluded,
              List.of("creator-1", "creator-2", "creator-3"),
              filter,
              EnumSet.allOf(Source.class),
              perSource,
              1_000));
    }
    for (int round = 0; round < 6; round++) {
      long cpu = THREADS.getCurrentThreadCpuTime();
      long rows = 0;
      int runs = 2_000;
      for (int i = 0; i < runs; i++) {
        rows += index.retrieve(queries.get(i % queries.size())).size();
      }
      if (round == 5) {
        say(what + " of " + rows / runs + " rows", runs, cpu);
      }
    }
  }

  private static int pick(Random random, int items) {
    double u = random.nextDouble();
    return (int) (items * u * u * u);
  }

  private static ItemFacts facts(Random random, int n, long createdAtMs, boolean vectors) {
    return new ItemFacts(
        "item-" + n,
        "Title",
        List.of("category-" + random.nextInt(20), "category-" + random.nextInt(20)).stream()
            .distinct()
            .toList(),
        List.of("tag-" + random.nextInt(100)),
        "creator-" + random.nextInt(500),
        createdAtMs,
        "en",
        Double.NaN,
        -1,
        0,
        ItemFacts.Safety.SAFE,
        "",
        0,
        Map.of(ItemFacts.RELEASE_YEAR, "2001"),
        List.of(),
        vectors ? Workload.vector(random, 64) : ItemFacts.Vector.NONE);
  }

  private static void say(String what, int count, long cpuBefore) {
    System.out.printf(
        "%s: %.1f us CPU%n", what, (THREADS.getCurrentThreadCpuTime() - cpuBefore) / 1e3 / count);
  }
}
