package io.millrace.user;

import static io.millrace.user.UserFixture.NOON;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.millrace.evidence.Observed;
import io.millrace.evidence.UserEventReader;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.RocksStoreExtension;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.UserCipher;
import io.millrace.user.UserActor.Command;
import io.millrace.user.UserActor.Forget;
import io.millrace.user.UserActor.Forgotten;
import io.millrace.user.UserActor.GetProfile;
import io.millrace.user.UserActor.ProfileIs;
import io.millrace.user.UserActor.Reason;
import io.millrace.user.UserActor.RecordInteractions;
import io.millrace.user.UserActor.Recorded;
import io.millrace.user.UserActor.Rejected;
import io.millrace.user.UserActor.Reply;
import io.millrace.user.UserActor.Serve;
import io.millrace.user.UserActor.Served;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users on the embedded store: encrypted, read by streams, unreadable once forgotten. */
class UserStoreTest {
  @TempDir Path dir;
  private final UserFixture world = new UserFixture(500);
  private ActorTestKit kit;
  private RocksStore store;
  private TestProbe<Reply> probe;
  private UserDependencies node;
  private ActorRef<Command> user;

  @BeforeEach
  void open() {
    kit =
        ActorTestKit.create(
            "stored-users",
            ConfigFactory.parseString(
                    """
                    pekko.actor.serialize-messages = on
                    pekko.actor.allow-java-serialization = off
                    pekko.persistence.journal.plugin = "millrace.persistence.journal"
                    pekko.persistence.snapshot-store.plugin = "millrace.persistence.snapshot-store"
                    millrace.persistence.sync = off
                    """)
                .withFallback(
                    ConfigFactory.parseMap(
                        java.util.Map.of("millrace.persistence.dir", dir + "/data")))
                .withFallback(ConfigFactory.load()));
    store = RocksStoreExtension.of(kit.system());
    probe = kit.createTestProbe();
    node =
        new UserDependencies(
            world,
            UserCipher.of(store.keys()),
            world,
            (entityId, command) -> {},
            () -> world.healthy && store.health().isHealthy(),
            UserFixture.SETTINGS);
    user = kit.spawn(UserActor.create("default|anna", node));
  }

  @AfterEach
  void close() {
    kit.shutdownTestKit();
    store.close();
  }

  private <R> R ask(Class<R> type, Function<ActorRef<Reply>, Command> command) {
    user.tell(command.apply(probe.getRef()));
    return assertInstanceOf(type, probe.receiveMessage(Duration.ofSeconds(10)));
  }

  private void record(Interaction... did) {
    ask(Recorded.class, replyTo -> new RecordInteractions(List.of(did), replyTo));
  }

  private Profile profile() {
    return ask(ProfileIs.class, replyTo -> new GetProfile("home", "", replyTo)).profile();
  }

  private List<StoredEvent> stored() {
    String stream = UserStreams.stream(persistenceId());
    return store.streams().tail(stream, Cursor.START, 1_000).events();
  }

  private String persistenceId() {
    return UserStreams.persistenceId("default", store.keys().hmac("anna"));
  }

  @Test
  void what_was_acknowledged_is_there_after_a_restart_of_the_node() {
    for (int i = 0; i < 120; i++) {
      record(world.did("e" + i, InteractionKind.LIKE, i, NOON + i));
    }
    ask(
        Served.class,
        replyTo ->
            new Serve(
                "r1",
                "home",
                "",
                UserFixture.slots(200, 201, 202),
                2,
                1,
                false,
                NOON + 1_000,
                UserFixture.VERSIONS,
                replyTo));
    Profile before = profile();

    close();
    open();
    Profile after = profile();

    assertEquals(121, after.userSeq());
    assertArrayEquals(before.taken(), after.taken());
    assertArrayEquals(before.history(), after.history());
    assertEquals(before.tastes(), after.tastes());
    PromiseAuditor.Report report =
        PromiseAuditor.audit(store.streams(), new StoredUsers(node.cipher()), UserFixture.SETTINGS);
    assertEquals(List.of(), report.violations());
    assertEquals(121, report.events());
    assertEquals(1, report.users());
  }

  @Test
  void streams_hold_no_name_and_say_what_evidence_needs() {
    record(world.rated("e1", 3, NOON, 8), world.rated("e2", 4, NOON + 1_000, 2));

    List<StoredEvent> events = stored();
    UserEventReader.Observations read =
        assertInstanceOf(
            UserEventReader.Observations.class,
            new StoredUsers(node.cipher()).read(events.getFirst()));

    assertEquals(1, events.size());
    String raw =
        events.getFirst().persistenceId()
            + new String(events.getFirst().payload(), StandardCharsets.ISO_8859_1);
    assertTrue(!raw.contains("anna") && !raw.contains("item-3"));
    assertEquals(2, read.observed().size());
    Observed second = read.observed().get(1);
    assertTrue(second.touch() && !second.positive());
    assertArrayEquals(new int[] {3}, second.context().predecessors());
    assertArrayEquals(new long[] {NOON}, second.context().predecessorsAtMs());
  }

  @Test
  void without_consent_to_train_or_to_personalise_an_event_teaches_nothing() {
    for (boolean[] consent : new boolean[][] {{true, false}, {false, true}, {true, true}}) {
      Interaction did = world.rated("e" + consent[0] + consent[1], 3, NOON, 9);
      record(
          new Interaction(
              did.eventId(),
              did.itemId(),
              did.card(),
              did.kind(),
              did.atMs(),
              did.surface(),
              did.sessionId(),
              "request",
              0,
              consent[0],
              consent[1],
              did.value(),
              did.quantity(),
              did.target(),
              did.view(),
              did.details()));
    }
    StoredUsers reader = new StoredUsers(node.cipher());

    for (int i = 0; i < 3; i++) {
      StoredEvent event = stored().get(i);
      int taught = i == 2 ? 1 : 0;
      UserEventReader.Observations read =
          assertInstanceOf(UserEventReader.Observations.class, reader.read(event));
      assertEquals(taught, read.observed().size());
      assertEquals(taught, reader.facts(event).size());
      assertEquals(taught, read.answers().size());
    }
    assertArrayEquals(new int[] {3}, profile().taken());
  }

  @Test
  void a_forgotten_user_begins_anew_and_the_old_events_are_unreadable() {
    for (int i = 0; i < 120; i++) { // more than between two snapshots
      record(world.did("e" + i, InteractionKind.LIKE, 3 + i, NOON));
    }

    ask(Forgotten.class, Forget::new);
    probe.expectTerminated(user);
    user = kit.spawn(UserActor.create("default|anna", node));

    assertEquals(0, profile().userSeq());
    record(world.did("e1", InteractionKind.LIKE, 4, NOON));
    assertArrayEquals(new int[] {4}, profile().history());
    StoredUsers reader = new StoredUsers(node.cipher());
    assertInstanceOf(UserEventReader.Forgotten.class, reader.read(stored().getFirst()));
    assertEquals(
        120, PromiseAuditor.audit(store.streams(), reader, UserFixture.SETTINGS).unreadable());
  }

  @Test
  void nothing_is_forgotten_while_the_store_is_bad_or_the_list_cannot_be_written()
      throws Exception {
    record(world.did("e1", InteractionKind.LIKE, 3, NOON));
    world.healthy = false;
    user = kit.spawn(UserActor.create("default|anna", node));

    assertEquals(Reason.STORE_UNAVAILABLE, ask(Rejected.class, Forget::new).reason());

    world.healthy = true;
    Files.createDirectory(Path.of(dir + "/data.forgotten"));
    assertEquals(Reason.STORE_UNAVAILABLE, ask(Rejected.class, Forget::new).reason());
    probe.expectTerminated(user);
    user = kit.spawn(UserActor.create("default|anna", node));
    assertEquals(1, profile().userSeq());
  }
}
