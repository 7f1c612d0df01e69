package io.millrace.user;

import static io.millrace.user.UserFixture.VERSIONS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.RocksStoreExtension;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.UserCipher;
import io.millrace.user.UserActor.Absorb;
import io.millrace.user.UserActor.Command;
import io.millrace.user.UserActor.Export;
import io.millrace.user.UserActor.Exported;
import io.millrace.user.UserActor.Merge;
import io.millrace.user.UserActor.RecordInteractions;
import io.millrace.user.UserActor.Recorded;
import io.millrace.user.UserActor.Reply;
import io.millrace.user.UserActor.Serve;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand merges on the embedded store, among users who go on doing things, while users die,
 * messages get lost, writes fail and the node is stopped in the middle.
 */
@Tag("server")
class UserMergeStoreTest {
  private static final int MERGES = 1_000;
  private static final int USERS = 1_300;
  private static final int ITEMS = 12_000;
  private static final int RESTARTS = 6;
  private static final Duration ONCE = Duration.ofSeconds(3);

  @TempDir Path dir;
  private final UserFixture world = new UserFixture(ITEMS);
  private final Random random = new Random(11);
  private ActorTestKit kit;
  private RocksStore store;
  private UserDependencies node;
  private volatile ActorRef<Told> users;
  private final AtomicInteger absorbs = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();

  /** What somebody is told; null: dies, and what it was told and has not answered is gone. */
  private record Told(String id, @Nullable Command command) {}

  /** Each user, made when first told something and, as by a shard, only once the last is dead. */
  private final class Users extends AbstractBehavior<Told> {
    private final Map<String, ActorRef<Command>> alive = new HashMap<>();
    private final Map<String, List<Told>> dying = new HashMap<>();

    Users(ActorContext<Told> context) {
      super(context);
    }

    @Override
    public Receive<Told> createReceive() {
      return newReceiveBuilder()
          .onMessage(Told.class, this::onTold)
          .onSignal(Terminated.class, this::onTerminated)
          .build();
    }

    private Behavior<Told> onTold(Told told) {
      if (dying.containsKey(told.id)) {
        dying.get(told.id).add(told);
      } else if (told.command != null) {
        alive.computeIfAbsent(told.id, this::made).tell(told.command);
      } else if (alive.containsKey(told.id)) {
        dying.put(told.id, new ArrayList<>());
        getContext().stop(alive.remove(told.id));
      }
      return this;
    }

    private ActorRef<Command> made(String id) {
      ActorRef<Command> user = getContext().spawn(UserActor.create("default|" + id, node), id);
      getContext().watch(user);
      return user;
    }

    private Behavior<Told> onTerminated(Terminated signal) {
      List<Told> waited = dying.remove(signal.getRef().path().name());
      waited.forEach(this::onTold);
      return this;
    }
  }

  private void open() {
    kit =
        ActorTestKit.create(
            "merging-users",
            ConfigFactory.parseString(
                    """
                    pekko.persistence.journal.plugin = "millrace.persistence.journal"
                    pekko.persistence.snapshot-store.plugin = "millrace.persistence.snapshot-store"
                    pekko.loglevel = OFF
                    millrace.persistence.sync = off
                    millrace.persistence.probe-interval = 20 ms
                    """)
                .withFallback(
                    ConfigFactory.parseMap(Map.of("millrace.persistence.dir", dir + "/data")))
                .withFallback(ConfigFactory.load()));
    store = RocksStoreExtension.of(kit.system());
    node =
        new UserDependencies(
            world,
            UserCipher.of(store.keys()),
            world,
            this::between,
            store.health()::isHealthy,
            UserFixture.SETTINGS);
    users = kit.spawn(Behaviors.setup(Users::new));
  }

  private void close() {
    kit.shutdownTestKit();
    store.close();
  }

  /** Messages between users, of which every sixth that asks to be taken in gets lost. */
  private void between(String entityId, Command command) {
    if (command instanceof Absorb && absorbs.incrementAndGet() % 6 == 0) {
      lost.incrementAndGet();
      return;
    }
    users.tell(new Told(entityId.substring("default|".length()), command));
  }

  private void kill(String id) {
    users.tell(new Told(id, null));
  }

  private CompletableFuture<Reply> ask(String id, Function<ActorRef<Reply>, Command> command) {
    return AskPattern.<Told, Reply>ask(
            users, to -> new Told(id, command.apply(to)), ONCE, kit.system().scheduler())
        .toCompletableFuture();
  }

  /** Nobody waits for the answer. */
  private void send(String id, Function<ActorRef<Reply>, Command> command) {
    users.tell(new Told(id, command.apply(kit.system().ignoreRef())));
  }

  /** Asks until it is answered well, as clients do; the answer, or that there is none. */
  private <R extends Reply> R insist(
      Class<R> type, String id, Function<ActorRef<Reply>, Command> command) {
    for (int attempt = 0; attempt < 40; attempt++) {
      try {
        Reply reply = ask(id, command).join();
        if (type.isInstance(reply)) {
          return type.cast(reply);
        }
      } catch (CompletionException late) {
        world.pass(ONCE.toMillis()); // asked again, later
      }
    }
    throw new AssertionError(id + " never answered a " + type.getSimpleName());
  }

  @Test
  void after_a_thousand_merges_each_interaction_is_in_one_account_and_nothing_is_served_twice() {
    open();
    Map<Integer, String> did = new HashMap<>(); // by item: who; each item is met once
    List<Runnable> unanswered = new ArrayList<>();
    int item = 2_000;
    int asked = 0;
    for (int step = 0; asked < MERGES; step++) {
      world.pass(50);
      if (step % 600 == 599 && step / 600 <= RESTARTS) {
        close();
        open();
      }
      if (step % 97 == 0) {
        store.faults().fail();
        send("user-" + random.nextInt(USERS), to -> new Merge("user-0", to));
        store.faults().heal();
      }
      String id = "user-" + random.nextInt(USERS);
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          int own = item++;
          did.put(own, id);
          Interaction one = world.did("event-" + own, InteractionKind.LIKE, own, world.nowMs);
          Function<ActorRef<Reply>, Command> command =
              to -> new RecordInteractions(List.of(one), to);
          CompletableFuture<Reply> answer = ask(id, command);
          ActorTestKit asker = kit;
          unanswered.add(() -> insistUnless(asker, answer, id, command));
        }
        case 3 -> {
          int[] candidates = random.ints(40, 0, 2_000).distinct().toArray();
          String request = "request-" + step;
          long deadline = world.nowMs + 1_000;
          send(
              id,
              to ->
                  new Serve(
                      request,
                      "home",
                      "",
                      UserFixture.slots(candidates),
                      10,
                      0,
                      true,
                      deadline,
                      VERSIONS,
                      to));
        }
        case 4 -> kill(id);
        default -> {
          String target = "user-" + random.nextInt(USERS);
          asked++;
          send(id, to -> new Merge(target, to));
          if (random.nextInt(4) == 0) {
            send(target, to -> new Merge(id, to)); // the opposite, at once
          }
          if (random.nextInt(6) == 0) {
            kill(random.nextBoolean() ? id : target);
          }
        }
      }
      if (unanswered.size() > 400) {
        unanswered.forEach(Runnable::run);
        unanswered.clear();
      }
    }
    world.pass(3_600_000);
    unanswered.forEach(Runnable::run);

    // All die once more: what is then left of a merge is only what was written.
    for (int u = 0; u < USERS; u++) {
      kill("user-" + u);
    }

    // Whoever is still at it ends it when asked; each id then says which account it is.
    Map<String, Set<String>> accounts = new HashMap<>();
    Map<String, UserState> states = new HashMap<>();
    for (int u = 0; u < USERS; u++) {
      String id = "user-" + u;
      Exported exported = insist(Exported.class, id, Export::new);
      String account = exported.storedAs().getFirst();
      accounts.computeIfAbsent(account, same -> new HashSet<>()).add(id);
      states.put(account, StoredUsers.plainState(exported.snapshot()));
    }

    Map<Integer, Integer> holders = new HashMap<>();
    states.forEach((account, state) -> {
      state
          .seen()
          .each((seen, acted, day) -> {
            if (seen >= 2_000) {
              holders.merge(seen, 1, Integer::sum);
              assertTrue(accounts.get(account).contains(did.get(seen)), "item " + seen);
            }
          });
    });
    assertEquals(did.keySet(), holders.keySet());
    holders.forEach((held, number) -> assertEquals(1, number, "item " + held));
    long interactions = states.values().stream().mapToLong(UserState::interactions).sum();
    assertEquals(did.size(), interactions);
    PromiseAuditor.Report report =
        PromiseAuditor.audit(store.streams(), new StoredUsers(node.cipher()), UserFixture.SETTINGS);
    assertEquals(List.of(), report.violations());
    int gone = USERS - states.size();
    assertTrue(gone > MERGES / 4, "only " + gone + " became another");
    assertTrue(lost.get() > 50, "only " + lost + " messages got lost");
    System.out.printf(
        "merges asked=%d done=%d interactions=%d events=%d lost messages=%d%n",
        asked, gone, interactions, report.events(), lost.get());
    close();
  }

  /** A node that was stopped answers nobody any more. */
  private void insistUnless(
      ActorTestKit asker,
      CompletableFuture<Reply> answer,
      String id,
      Function<ActorRef<Reply>, Command> command) {
    try {
      if ((answer.isDone() || asker == kit) && answer.join() instanceof Recorded) {
        return;
      }
    } catch (CompletionException late) {
      // asked again
    }
    insist(Recorded.class, id, command);
  }
}
