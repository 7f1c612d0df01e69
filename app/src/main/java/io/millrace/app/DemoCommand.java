package io.millrace.app;

import io.millrace.edge.Backend;
import io.millrace.edge.InteractionCheck;
import io.millrace.importing.DataSet;
import io.millrace.importing.Facts;
import io.millrace.importing.Importer;
import io.millrace.importing.Interactions;
import io.millrace.index.ItemFacts;
import io.millrace.learning.GenerationActor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description =
        "Runs a node on 100,000 movie ratings, the last of them replayed live, with a page to try.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  /** Held back from the bulk load and replayed again and again. */
  private static final int LIVE_EVENTS = 2_000;

  private static final String LOADED = "demo-loaded";

  /**
   * Half of the cores train, undivided: a visitor sees the first generation soon. Nothing is
   * trained by itself before all is loaded.
   */
  private static final Map<String, Object> TRAINING =
      Map.of(
          "millrace.generation.threads",
          Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, 8),
          "millrace.generation.cpu-share",
          1.0,
          "millrace.generation.first-after",
          "1 h");

  @Option(names = "--port", defaultValue = "8080", description = "The one port (default: 8080).")
  private int port;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      description = "The address it listens on (default: 127.0.0.1).")
  private @Nullable String bind;

  @Option(
      names = "--rate",
      defaultValue = "20",
      description = "Events a second that are replayed live; 0 replays none (default: 20).")
  private double rate;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where everything is kept (default: ~/.millrace/demo).")
  private @Nullable Path data;

  @Option(names = "--json", description = "Print the address as one JSON object on one line.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (!(rate >= 0 && rate <= 10_000)) {
      throw new CommandFailed(CommandFailed.USAGE, "rate is " + rate + ", expected 0 to 10000");
    }
    Path folder = data == null ? Folders.data("demo") : data;
    NodeOptions options = new NodeOptions(folder, bind, port, null, TRAINING);
    DataSet films = DemoFilms.open();
    List<DataSet.Event> live =
        films.events().subList(films.events().size() - LIVE_EVENTS, films.events().size());
    System.err.println("millrace: demo data is kept in " + folder.toAbsolutePath());
    try (RunningNode node = RunningNode.start(options, true)) {
      node.awaitReady();
      NodeTarget target = node.target();
      load(films, folder, target);
      System.out.println(
          json ? "{\"ready\":\"" + node.url() + "\"}" : "demo ready: open " + node.url() + "/");
      System.out.flush();
      trainFirst(node.backend());
      replay(live, target, node);
    }
    return 0;
  }

  /** Once a folder: all but the last events, moved so that they end now. */
  private static void load(DataSet films, Path folder, NodeTarget target) throws IOException {
    Path mark = folder.resolve(LOADED);
    if (Files.exists(mark)) {
      return;
    }
    List<DataSet.Event> history = films.events().subList(0, films.events().size() - LIVE_EVENTS);
    long end = history.getLast().atMs();
    // A film that is first rated in the live part is new today.
    List<ItemFacts> known =
        films.items().stream()
            .map(film -> Facts.createdAt(film, Math.min(film.createdAtMs(), end)))
            .toList();
    DataSet bulk = films.with(known, history).endingAt(System.currentTimeMillis());
    long start = System.nanoTime();
    Importer.Counts counts;
    try (Progress progress = new Progress()) {
      counts = new Importer(target, progress::of).carry(bulk);
    }
    Files.createFile(mark);
    System.err.printf(
        Locale.ROOT,
        "millrace: loaded %,d films and %,d ratings in %.1f s%n",
        counts.items(),
        counts.events() + counts.repeated(),
        (System.nanoTime() - start) / 1e9);
  }

  /** The first generation of vectors, while the page is already served. */
  private static void trainFirst(Backend backend) {
    long start = System.nanoTime();
    backend
        .describeGenerations()
        .thenAccept(state -> {
          if (state.adopted() != 0) {
            return;
          }
          backend
              .decideGeneration(GenerationActor.Train::new)
              .thenAccept(decided ->
                  System.err.printf(
                      Locale.ROOT,
                      "millrace: %s after %.1f s: %s%n",
                      decided.adopted()
                          ? "feeds use the first generation of vectors"
                          : "no generation of vectors",
                      (System.nanoTime() - start) / 1e9,
                      decided.detail()));
        });
  }

  /**
   * The held back events at the asked rate, for ever: each round under new event ids, as of now.
   */
  private void replay(List<DataSet.Event> live, NodeTarget target, RunningNode node)
      throws InterruptedException {
    if (rate == 0) {
      node.awaitStop();
      return;
    }
    long startNanos = System.nanoTime();
    long round = System.currentTimeMillis();
    for (long sent = 0; ; sent++) {
      long due = startNanos + (long) (sent * 1e9 / rate);
      if (node.stopsWithin(Duration.ofNanos(Math.max(0, due - System.nanoTime())))) {
        node.awaitStop();
        return;
      }
      DataSet.Event event = live.get((int) (sent % live.size()));
      long number = sent;
      Thread.ofVirtual()
          .start(() ->
              new LiveEvent(target, event, round + "-" + number).send(System.currentTimeMillis()));
    }
  }

  /** One event of the replay; one that the node does not take is lost, as in life. */
  private record LiveEvent(NodeTarget target, DataSet.Event event, String number) {
    void send(long nowMs) {
      try {
        target.record(
            List.of(
                InteractionCheck.interaction(
                        event.userId(), Interactions.at(event.interaction(), nowMs))
                    .toBuilder()
                    .setEventId("live-" + number)
                    .build()));
      } catch (RuntimeException notTaken) {
        // the node says by itself what is wrong; a demo goes on
      }
    }
  }
}
