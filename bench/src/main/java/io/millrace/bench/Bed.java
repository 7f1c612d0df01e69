package io.millrace.bench;

import io.millrace.importing.DataSet;
import io.millrace.importing.Format;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a measurement stands on: a folder with a data set in it, a node on that folder with a
 * generation of vectors in use, a client, and who and what the data set names and does. Closing it
 * stops the node and deletes the folder.
 */
record Bed(
    String name,
    Path folder,
    NodeProcess node,
    GrpcCaller caller,
    List<String> users,
    List<String> items,
    Supplier<Interaction> events)
    implements AutoCloseable {

  private static final String[] CATEGORIES = {
    "news", "music", "sport", "games", "film", "food", "travel", "science", "craft", "comedy"
  };

  private static final int ACTIONS = 20;

  /** Of a title. */
  private static final int WORDS = 4;

  /**
   * A data set that lies somewhere, under a node of this build or another.
   *
   * @param imported where the journal of an earlier import is taken from, else kept
   */
  static Bed of(Program build, Path dataSet, @Nullable Path imported)
      throws IOException, InterruptedException {
    return of(
        build,
        dataSet,
        Files.createTempDirectory("millrace-bench"),
        imported,
        data -> NodeProcess.start(build, data));
  }

  /** Items and users that nobody ever was, 20 actions a user. */
  static Bed generated(int items, int users, @Nullable Path imported)
      throws IOException, InterruptedException {
    return generated(items, users, imported, NodeProcess::start);
  }

  /** The same under a node that logs into a file and has at most so much heap. */
  static Bed generated(int items, int users, Path log, String heap)
      throws IOException, InterruptedException {
    return generated(items, users, null, data -> NodeProcess.startSmall(data, log, heap));
  }

  private static Bed generated(int items, int users, @Nullable Path imported, Starting starting)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("millrace-bench");
    Path dataSet = folder.resolve("generated-" + items + "-" + users);
    generate(Files.createDirectories(dataSet), items, users, ACTIONS);
    return of(Program.own(), dataSet, folder, imported, starting);
  }

  private interface Starting {
    NodeProcess on(Path data) throws IOException;
  }

  private static Bed of(
      Program build, Path dataSet, Path folder, @Nullable Path imported, Starting starting)
      throws IOException, InterruptedException {
    DataSet read = DataSet.open(dataSet, Format.AUTO);
    Path data = folder.resolve("data");
    if (imported == null) {
      NodeProcess.load(build, dataSet, data);
    } else {
      Path kept = imported.resolve(read.name() + "-" + checksum(dataSet));
      if (!Files.exists(kept)) {
        NodeProcess.load(build, dataSet, data);
        copy(data, Files.createDirectories(imported).resolve("coming"));
        Files.move(imported.resolve("coming"), kept);
      } else {
        copy(kept, data);
      }
    }
    NodeProcess node = starting.on(data);
    // Else the first generation of vectors comes somewhere in the middle, and with it dearer feeds.
    System.err.println(node.train());
    List<String> users = read.events().stream().map(DataSet.Event::userId).distinct().toList();
    return new Bed(
        read.name(),
        folder,
        node,
        node.caller(),
        users,
        read.items().stream().map(item -> item.itemId()).toList(),
        new Replay(read.events(), users));
  }

  /** Of the names and bytes of all its files. */
  private static String checksum(Path dataSet) throws IOException {
    CRC32C sum = new CRC32C();
    try (Stream<Path> all = Files.walk(dataSet)) {
      for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
        sum.update(dataSet.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
        try (InputStream in = new CheckedInputStream(Files.newInputStream(file), sum)) {
          in.transferTo(OutputStream.nullOutputStream());
        }
      }
    }
    return Long.toHexString(sum.getValue());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path one : all.toList()) {
        Files.copy(one, to.resolve(from.relativize(one)));
      }
    }
  }

  /**
   * Writes a data set: items {@code i0}, {@code i1}, ..., users {@code u0}, {@code u1}, ...;
   * popularity by a power law (exponent 1), each user with a favourite among ten categories that
   * takes half of the actions, which lie in the 30 days from a fixed moment. A title has four
   * words, also by a power law (exponent 1), out of a hundred times the root of the number of
   * items.
   *
   * @param actions of each user
   */
  static void generate(Path folder, int items, int users, int actions) throws IOException {
    SplittableRandom random = new SplittableRandom(items);
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("items.jsonl"))) {
      for (int item = 0; item < items; item++) {
        out.write(
            String.format(
                Locale.ROOT,
                "{\"itemId\":\"i%d\",\"title\":\"%s\",\"categories\":[\"%s\"],\"creator\":\"c%d\","
                    + "\"createdAtMillis\":%d}%n",
                item,
                title(random, 100 * Math.sqrt(items)),
                CATEGORIES[item % CATEGORIES.length],
                item % (1 + items / 50),
                1_700_000_000_000L + random.nextLong(2_592_000_000L)));
      }
    }
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("interactions.jsonl"))) {
      for (int n = 0; n < users * actions; n++) {
        int user = n % users;
        int item = (int) Math.exp(random.nextDouble() * Math.log(items));
        if (random.nextBoolean()) {
          item = item / CATEGORIES.length * CATEGORIES.length + user % CATEGORIES.length;
        }
        out.write(
            String.format(
                Locale.ROOT,
                "{\"eventId\":\"e%d\",\"userId\":\"u%d\",\"itemId\":\"i%d\",\"kind\":\"LIKE\",\"timeMillis\":%d}%n",
                n,
                user,
                Math.min(items - 1, item),
                1_700_000_000_000L + (long) (n / ((double) users * actions) * 2_592_000_000L)));
      }
    }
  }

  private static String title(SplittableRandom random, double words) {
    StringJoiner title = new StringJoiner(" ");
    for (int n = 0; n < WORDS; n++) {
      title.add("word" + (int) Math.pow(words, random.nextDouble()));
    }
    return title.toString();
  }

  /** Feeds of random users, asked for by a single thread. */
  Supplier<CompletableFuture<?>> feeds(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return () ->
        caller.feed(
            GetFeedRequest.newBuilder().setUserId(users.get(random.nextInt(users.size()))).build());
  }

  /** The same with events of anybody about anything, which is more pairs than ever happen. */
  Bed uniform() {
    return new Bed(
        name, folder, node, caller, users, items, () -> like(anyOf(users), anyOf(items)));
  }

  private static String anyOf(List<String> all) {
    return all.get(ThreadLocalRandom.current().nextInt(all.size()));
  }

  /** An event that has not been. */
  static Interaction like(String user, String item) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return Interaction.newBuilder()
        .setEventId(new UUID(random.nextLong(), random.nextLong()).toString())
        .setUserId(user)
        .setItemId(item)
        .setKind(Kind.LIKE)
        .build();
  }

  @Override
  public void close() throws IOException {
    caller.close();
    node.close();
    delete(folder);
  }

  /** Deletes a folder and everything in it. */
  static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
