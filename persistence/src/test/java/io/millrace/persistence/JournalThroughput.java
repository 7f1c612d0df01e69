package io.millrace.persistence;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSeq;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/**
 * Events a second, CPU an event and latency of persisting through event-sourced entities, each with
 * one write in flight: arguments are the data folder, entities, events, sealed or plain, then
 * settings as key=value. Prints one line; not a test.
 */
public final class JournalThroughput {
  private static final int PAYLOAD_BYTES = 250;

  private JournalThroughput() {}

  private record Persist(ActorRef<Long> replyTo, long begun) {}

  private static final class Entity extends EventSourcedBehavior<Persist, byte[], Integer> {
    private final UserKeys keys;
    private final boolean sealed;
    private final String stream;

    Entity(int number, UserKeys keys, boolean sealed) {
      super(PersistenceId.ofUniqueId("user|bench|" + number));
      this.keys = keys;
      this.sealed = sealed;
      this.stream = "user-" + number % 16;
    }

    @Override
    public Integer emptyState() {
      return 0;
    }

    @Override
    public CommandHandler<Persist, byte[], Integer> commandHandler() {
      return (state, command) ->
          Effect()
              .persist(new byte[PAYLOAD_BYTES])
              .thenReply(command.replyTo, next -> command.begun);
    }

    @Override
    public EventHandler<Integer, byte[]> eventHandler() {
      return (state, event) -> state + 1;
    }

    @Override
    public Set<String> tagsFor(byte[] event) {
      return Set.of(stream);
    }

    @Override
    public EventAdapter<byte[], ?> eventAdapter() {
      return new EventAdapter<byte[], byte[]>() {
        @Override
        public byte[] toJournal(byte[] event) {
          return sealed ? Envelope.seal(1, keys.keyFor(persistenceId().id()), event) : event;
        }

        @Override
        public String manifest(byte[] event) {
          return "";
        }

        @Override
        public EventSeq<byte[]> fromJournal(byte[] event, String manifest) {
          return EventSeq.single(event);
        }
      };
    }
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    int entities = Integer.parseInt(args[1]);
    int events = Integer.parseInt(args[2]);
    boolean sealed = "sealed".equals(args[3]);
    Map<String, String> more = new HashMap<>();
    for (String setting : List.of(args).subList(4, args.length)) {
      int equals = setting.indexOf('=');
      more.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    CountDownLatch done = new CountDownLatch(entities);
    int each = events / entities;
    long[] nanos = new long[entities * each];
    AtomicInteger next = new AtomicInteger();
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.setup(context -> {
              UserKeys keys = RocksStoreExtension.of(context.getSystem()).keys();
              for (int i = 0; i < entities; i++) {
                ActorRef<Persist> entity = context.spawn(new Entity(i, keys, sealed), "e" + i);
                context.spawn(client(entity, each, nanos, next, done), "c" + i);
              }
              return Behaviors.empty();
            }),
            "throughput",
            TestSystems.config(Path.of(args[0]), more));
    OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    int warm = nanos.length / 4;
    Stores.until(() -> next.get() >= warm);
    int from = next.get();
    long begun = System.nanoTime();
    long cpu = os.getProcessCpuTime();
    done.await();
    long wall = System.nanoTime() - begun;
    cpu = os.getProcessCpuTime() - cpu;
    int measured = nanos.length - from;
    long[] sorted = Arrays.copyOfRange(nanos, from, nanos.length);
    Arrays.sort(sorted);
    System.out.printf(
        "in flight %d %s: %,.0f events/s, %.1f us CPU an event, p50 %.2f ms, p99 %.2f ms%n",
        entities,
        args[3],
        measured * 1e9 / wall,
        cpu / 1e3 / measured,
        sorted[sorted.length / 2] / 1e6,
        sorted[sorted.length * 99 / 100] / 1e6);
    system.terminate();
  }

  private static Behavior<Long> client(
      ActorRef<Persist> entity, int each, long[] nanos, AtomicInteger next, CountDownLatch done) {
    return Behaviors.setup(context -> {
      entity.tell(new Persist(context.getSelf(), System.nanoTime()));
      int[] count = {0};
      return Behaviors.receiveMessage(sent -> {
        nanos[next.getAndIncrement()] = System.nanoTime() - sent;
        if (++count[0] == each) {
          done.countDown();
          return Behaviors.stopped();
        }
        entity.tell(new Persist(context.getSelf(), System.nanoTime()));
        return Behaviors.same();
      });
    });
  }
}
