package io.millrace.importing;

import io.millrace.edge.InteractionCheck;
import io.millrace.edge.ItemCheck;
import io.millrace.index.ItemFacts;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.PutResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Carries a data set into a running node: items first, then events in the order of time, a user's
 * always in order. What a busy node does not take is offered again until it does.
 */
public final class Importer {
  private static final int ITEMS_AT_ONCE = 250;
  private static final int EVENTS_AT_ONCE = 1_000;
  private static final int BYTES_AT_ONCE = 2 << 20;

  /** Batches on their way at once; a user's events are always in the same lane. */
  private static final int LANES = 4;

  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final int MOST_TRIES = 240; // a minute of a node that takes nothing

  private final Target target;
  private final Watcher watcher;

  /** Is told how far it is. */
  public interface Watcher {
    void at(String what, long done, long all);
  }

  /**
   * What was done.
   *
   * @param refused events and items that the node found not valid
   * @param firstRefusals what was wrong with the first few
   */
  public record Counts(
      long items, long events, long repeated, long refused, List<String> firstRefusals) {}

  public Importer(Target target, Watcher watcher) {
    this.target = target;
    this.watcher = watcher;
  }

  /** Returns when everything is applied in the index. */
  public Counts carry(DataSet data) {
    Tally tally = new Tally();
    try (ExecutorService lanes = Executors.newVirtualThreadPerTaskExecutor()) {
      putItems(data, tally, lanes);
      recordEvents(data, tally, lanes);
    }
    watcher.at("waiting for the index", 0, 1);
    target.drain();
    return tally.counts();
  }

  private void putItems(DataSet data, Tally tally, ExecutorService lanes) {
    List<List<List<ItemFacts>>> ofLane = new ArrayList<>();
    for (int lane = 0; lane < LANES; lane++) {
      ofLane.add(new ArrayList<>());
    }
    List<ItemFacts> all = data.items();
    for (int from = 0, lane = 0; from < all.size(); from += ITEMS_AT_ONCE, lane++) {
      ofLane.get(lane % LANES).add(all.subList(from, Math.min(all.size(), from + ITEMS_AT_ONCE)));
    }
    List<Future<?>> running = new ArrayList<>();
    for (List<List<ItemFacts>> lane : ofLane) {
      running.add(
          lanes.submit(() -> {
            for (List<ItemFacts> some : lane) {
              List<Item> batch = some.stream().map(ItemCheck::item).toList();
              tally.put(patiently(() -> target.put(batch)));
              watcher.at("items", tally.items.get(), all.size());
            }
          }));
    }
    await(running);
  }

  private void recordEvents(DataSet data, Tally tally, ExecutorService lanes) {
    List<List<DataSet.Event>> ofLane = new ArrayList<>();
    for (int lane = 0; lane < LANES; lane++) {
      ofLane.add(new ArrayList<>());
    }
    for (DataSet.Event event : data.events()) {
      ofLane.get(Math.floorMod(event.userId().hashCode(), LANES)).add(event);
    }
    List<Future<?>> running = new ArrayList<>();
    for (List<DataSet.Event> lane : ofLane) {
      running.add(
          lanes.submit(() -> {
            Batches batches = new Batches(lane);
            while (batches.more()) {
              List<Interaction> batch = batches.next();
              record(batch, tally);
              watcher.at("events", tally.done(), data.events().size());
            }
          }));
    }
    await(running);
  }

  /** Those events of a batch that the node was too busy for are offered again, in order. */
  private void record(List<Interaction> batch, Tally tally) {
    List<Interaction> left = batch;
    for (int tries = 1; !left.isEmpty(); tries++) {
      List<Interaction> asked = left;
      List<EventResult> results = patiently(() -> target.record(asked));
      left = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        if (!tally.event(results.get(i))) {
          left.add(asked.get(i));
        }
      }
      if (!left.isEmpty()) {
        if (tries == MOST_TRIES) {
          throw new Target.Busy(
              "the node took no event for a minute: " + results.getLast().getDetail());
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private interface Call<T> {
    T make();
  }

  private static <T> T patiently(Call<T> call) {
    for (int tries = 1; ; tries++) {
      try {
        return call.make();
      } catch (Target.Busy busy) {
        if (tries == MOST_TRIES) {
          throw busy;
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private static void await(List<Future<?>> running) {
    for (Future<?> lane : running) {
      try {
        lane.get();
      } catch (ExecutionException failed) {
        if (failed.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(failed.getCause());
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", stopped);
      }
    }
  }

  /** Cuts a lane's events into batches that the contract takes. */
  private static final class Batches {
    private final List<DataSet.Event> events;
    private int at;

    Batches(List<DataSet.Event> events) {
      this.events = events;
    }

    boolean more() {
      return at < events.size();
    }

    List<Interaction> next() {
      List<Interaction> batch = new ArrayList<>();
      Map<String, Integer> ofUser = new HashMap<>();
      int bytes = 0;
      while (more() && batch.size() < EVENTS_AT_ONCE && bytes < BYTES_AT_ONCE) {
        DataSet.Event event = events.get(at);
        if (ofUser.merge(event.userId(), 1, Integer::sum) > InteractionCheck.MOST_OF_ONE_USER) {
          break;
        }
        Interaction interaction = InteractionCheck.interaction(event.userId(), event.interaction());
        batch.add(interaction);
        bytes += interaction.getSerializedSize();
        at++;
      }
      return batch;
    }
  }

  private static final class Tally {
    private final AtomicLong items = new AtomicLong();
    private final AtomicLong events = new AtomicLong();
    private final AtomicLong repeated = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final List<String> first = new ArrayList<>(); // guarded by itself

    void put(List<PutResult> results) {
      for (PutResult result : results) {
        if (result.getError().isEmpty()) {
          items.incrementAndGet();
        } else {
          refuse("item " + result.getItemId() + ": " + result.getError());
        }
      }
    }

    /** Whether there is an answer that stays. */
    boolean event(EventResult result) {
      return switch (result.getStatus()) {
        case RECORDED -> {
          events.incrementAndGet();
          yield true;
        }
        case REPEATED -> {
          repeated.incrementAndGet();
          yield true;
        }
        case INVALID -> {
          refuse("event " + result.getEventId() + ": " + result.getDetail());
          yield true;
        }
        case BUSY, STORE_UNAVAILABLE, STATUS_UNSPECIFIED, UNRECOGNIZED -> false;
      };
    }

    private void refuse(String what) {
      refused.incrementAndGet();
      synchronized (first) {
        if (first.size() < BadLines.NAMED) {
          first.add(what);
        }
      }
    }

    long done() {
      return events.get() + repeated.get();
    }

    Counts counts() {
      synchronized (first) {
        return new Counts(
            items.get(), events.get(), repeated.get(), refused.get(), List.copyOf(first));
      }
    }
  }
}
