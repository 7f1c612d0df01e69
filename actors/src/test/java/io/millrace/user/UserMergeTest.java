package io.millrace.user;

import static io.millrace.user.UserFixture.NOON;
import static io.millrace.user.UserFixture.VERSIONS;
import static io.millrace.user.UserFixture.slots;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.UserCipher;
import io.millrace.user.UserActor.Absorb;
import io.millrace.user.UserActor.Command;
import io.millrace.user.UserActor.Export;
import io.millrace.user.UserActor.Exported;
import io.millrace.user.UserActor.GetProfile;
import io.millrace.user.UserActor.Merge;
import io.millrace.user.UserActor.Merged;
import io.millrace.user.UserActor.ProfileIs;
import io.millrace.user.UserActor.Reason;
import io.millrace.user.UserActor.RecordInteractions;
import io.millrace.user.UserActor.Recorded;
import io.millrace.user.UserActor.Rejected;
import io.millrace.user.UserActor.Reply;
import io.millrace.user.UserActor.Serve;
import io.millrace.user.UserActor.Served;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An anonymous visitor becomes an account, whatever breaks in between. */
class UserMergeTest {
  private static final AtomicInteger TESTS = new AtomicInteger();
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          "merges",
          ConfigFactory.parseString(
                  """
                  pekko.actor.serialize-messages = on
                  pekko.actor.allow-java-serialization = off
                  pekko.persistence.testkit.events.serialize = on
                  pekko.persistence.testkit.snapshots.serialize = on
                  pekko.loglevel = OFF
                  """)
              .withFallback(PersistenceTestKitPlugin.getInstance().config())
              .withFallback(PersistenceTestKitSnapshotPlugin.config())
              .withFallback(ConfigFactory.load()));

  private final int test = TESTS.incrementAndGet();
  private final String visitor = "visitor-" + test;
  private final String account = "account-" + test;
  private final UserFixture world = new UserFixture(500);
  private final PersistenceTestKit journal = PersistenceTestKit.create(KIT.system());
  private final TestProbe<Reply> probe = KIT.createTestProbe();
  private final Map<String, ActorRef<Command>> users = new ConcurrentHashMap<>();

  /** What happens to messages between users; null: they are lost. */
  private final AtomicReference<UnaryOperator<@Nullable Command>> wire =
      new AtomicReference<>(command -> command);

  private final UserDependencies node =
      new UserDependencies(
          world,
          UserCipher.none(),
          world,
          (entityId, command) -> {
            Command through = wire.get().apply(command);
            if (through != null) {
              user(entityId.substring("default|".length())).tell(through);
            }
          },
          () -> world.healthy,
          UserFixture.settings(16));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @AfterEach
  void end() {
    users.values().forEach(KIT::stop);
  }

  private ActorRef<Command> user(String id) {
    return users.computeIfAbsent(id, same -> KIT.spawn(UserActor.create("default|" + same, node)));
  }

  private void kill(String id) {
    ActorRef<Command> known = users.remove(id);
    if (known != null) {
      KIT.stop(known);
    }
  }

  private <R> R ask(Class<R> type, String id, Function<ActorRef<Reply>, Command> command) {
    user(id).tell(command.apply(probe.getRef()));
    return assertInstanceOf(type, probe.receiveMessage(PATIENCE));
  }

  private Recorded record(String id, Interaction... did) {
    return ask(Recorded.class, id, replyTo -> new RecordInteractions(List.of(did), replyTo));
  }

  private Interaction like(String eventId, int ordinal) {
    return world.did(eventId, InteractionKind.LIKE, ordinal, NOON + ordinal);
  }

  private Profile profile(String id) {
    return ask(ProfileIs.class, id, replyTo -> new GetProfile("home", "", replyTo)).profile();
  }

  private Serve serve(String requestId, int[] ordinals, ActorRef<Reply> replyTo) {
    return new Serve(
        requestId, "home", "", slots(ordinals), 2, 0, true, world.nowMs + 1_000, VERSIONS, replyTo);
  }

  private UserState state(String id) {
    return StoredUsers.plainState(ask(Exported.class, id, Export::new).snapshot());
  }

  private List<UserEvent> stored(String id) {
    StoredUsers reader = new StoredUsers(node.cipher());
    List<UserEvent> events = new ArrayList<>();
    for (Object one : journal.persistedInStorage(pid(id))) {
      reader.event((io.millrace.serialization.StoredBytes) one).ifPresent(events::add);
    }
    return events;
  }

  private String pid(String id) {
    return UserStreams.persistenceId("default", node.cipher().hmac(id));
  }

  private void audit(String... ids) {
    PromiseAuditor auditor = new PromiseAuditor(UserFixture.SETTINGS);
    for (String id : ids) {
      stored(id).forEach(event -> auditor.accept(pid(id), event));
    }
    assertEquals(List.of(), auditor.report().violations());
  }

  private void twoUsers() {
    record(visitor, like("v1", 1), like("v2", 2));
    record(visitor, like("v3", 3));
    record(account, like("a1", 11));
    ask(Served.class, visitor, replyTo -> serve("rv", new int[] {20, 21, 22}, replyTo));
    ask(Served.class, account, replyTo -> serve("ra", new int[] {30, 31, 32}, replyTo));
  }

  /** Merges, and whatever went wrong meanwhile, it is done in the end and once. */
  private void mergedOnce() {
    Merged merged = ask(Merged.class, visitor, replyTo -> new Merge(account, replyTo));

    assertEquals(5, merged.userSeq());
    assertOne();
    kill(visitor);
    kill(account);
    assertOne();
    audit(visitor, account);
    audit(account, visitor);
  }

  private void assertOne() {
    for (String id : List.of(visitor, account)) {
      Profile profile = profile(id);
      assertEquals(account, profile.userId());
      assertEquals(5, profile.userSeq());
      assertArrayEquals(new int[] {11, 3, 2, 1}, profile.history());
      assertArrayEquals(new int[] {1, 2, 3, 11, 20, 21, 30, 31}, profile.taken());
    }
    assertEquals(1, stored(account).stream().filter(UserEvent.Merged.class::isInstance).count());
    assertEquals(List.of(visitor), joined(account));
  }

  private List<String> joined(String id) {
    return state(id).joined().stream().map(UserState.Joined::userId).toList();
  }

  @Test
  void a_visitor_becomes_an_account_that_holds_what_both_did_and_were_served() {
    twoUsers();

    mergedOnce();

    assertTrue(record(visitor, like("v1", 1)).results().getFirst().repeated());
    assertEquals(6, record(visitor, like("v4", 4)).userSeq());
    assertArrayEquals(new int[] {11, 4, 3, 2, 1}, profile(account).history());
    assertEquals(5, ask(Merged.class, visitor, to -> new Merge(account, to)).userSeq());
    assertEquals(
        Reason.ABORTED, ask(Rejected.class, visitor, to -> new Merge("other", to)).reason());
    assertEquals(
        Reason.INVALID, ask(Rejected.class, account, to -> new Merge(account, to)).reason());
  }

  // a crash at every step

  @Test
  void a_beginning_that_was_not_written_is_none() {
    twoUsers();
    journal.failNextPersisted(pid(visitor));
    user(visitor).tell(new Merge(account, KIT.<Reply>createTestProbe().getRef()));

    mergedOnce();
  }

  @Test
  void a_source_that_dies_before_it_is_heard_begins_again() {
    twoUsers();
    wire.set(command -> null);
    user(visitor).tell(new Merge(account, probe.getRef()));
    probe.expectNoMessage(Duration.ofMillis(100));
    kill(visitor);
    wire.set(command -> command);

    mergedOnce();
  }

  @Test
  void a_target_that_dies_before_it_has_written_is_asked_again() {
    twoUsers();
    journal.failNextPersisted(pid(account));

    mergedOnce();
  }

  @Test
  void an_answer_that_is_lost_changes_nothing_when_it_is_asked_for_again() {
    twoUsers();
    AtomicInteger lost = new AtomicInteger();
    wire.set(command -> {
      if (command instanceof Absorb absorb && lost.getAndIncrement() < 2) {
        return new Absorb(
            absorb.source(),
            absorb.sourceStored(),
            absorb.startedSeq(),
            absorb.snapshot(),
            absorb.deadlineMs(),
            KIT.system().ignoreRef());
      }
      return command;
    });

    mergedOnce();

    assertTrue(lost.get() >= 3);
  }

  @Test
  void a_source_and_a_target_that_die_after_the_target_has_written_end_it() {
    twoUsers();
    wire.set(command ->
        command instanceof Absorb absorb
            ? new Absorb(
                absorb.source(),
                absorb.sourceStored(),
                absorb.startedSeq(),
                absorb.snapshot(),
                absorb.deadlineMs(),
                KIT.system().ignoreRef())
            : command);
    user(visitor).tell(new Merge(account, probe.getRef()));
    probe.awaitAssert(
        PATIENCE,
        () -> {
          assertInstanceOf(UserEvent.Merged.class, stored(account).getLast());
          return null;
        });
    kill(visitor);
    kill(account);
    wire.set(command -> command);

    mergedOnce();
  }

  @Test
  void an_end_that_was_not_written_is_asked_for_again() {
    twoUsers();
    wire.set(command -> {
      if (command instanceof Absorb) {
        journal.failNextPersisted(pid(visitor));
        wire.set(same -> same);
      }
      return command;
    });
    user(visitor).tell(new Merge(account, probe.getRef()));

    probe.awaitAssert(
        PATIENCE,
        () -> {
          assertInstanceOf(UserEvent.MergeCompleted.class, stored(visitor).getLast());
          return null;
        });
    assertEquals(5, probe.expectMessageClass(Merged.class, PATIENCE).userSeq());
    mergedOnce();
  }

  // what arrives meanwhile

  @Test
  void what_arrives_while_it_is_under_way_waits_in_order_and_is_bounded() {
    twoUsers();
    wire.set(command -> null);
    user(visitor).tell(new Merge(account, probe.getRef()));
    probe.expectNoMessage(Duration.ofMillis(100));
    TestProbe<Reply> held = KIT.createTestProbe();
    for (int i = 0; i < 16; i++) {
      Interaction did = like("held-" + i, 100 + i);
      user(visitor).tell(new RecordInteractions(List.of(did), held.getRef()));
    }
    assertEquals(
        Reason.BUSY, ask(Rejected.class, visitor, to -> new GetProfile("home", "", to)).reason());

    wire.set(command -> command);

    assertEquals(5, probe.expectMessageClass(Merged.class, PATIENCE).userSeq());
    for (int i = 0; i < 16; i++) {
      Recorded recorded = held.expectMessageClass(Recorded.class, PATIENCE);
      assertEquals("held-" + i, recorded.results().getFirst().eventId());
      assertEquals(6 + i, recorded.userSeq());
    }
    audit(visitor, account);
  }

  @Test
  void after_a_refusal_the_source_goes_on_as_before_with_what_waited() {
    twoUsers();
    wire.set(command -> null);
    user(account).tell(new Merge("third-" + test, probe.getRef()));
    probe.expectNoMessage(Duration.ofMillis(100));
    wire.set(command -> command instanceof Absorb a && a.source().equals(account) ? null : command);
    TestProbe<Reply> held = KIT.createTestProbe();

    user(visitor).tell(new Merge(account, probe.getRef()));
    user(visitor).tell(new RecordInteractions(List.of(like("v4", 4)), held.getRef()));

    assertEquals(Reason.ABORTED, probe.expectMessageClass(Rejected.class, PATIENCE).reason());
    assertEquals(6, held.expectMessageClass(Recorded.class, PATIENCE).userSeq());
    assertEquals(visitor, profile(visitor).userId());
    wire.set(command -> command);
    assertEquals(4, probe.expectMessageClass(Merged.class, PATIENCE).userSeq());
    audit(visitor, account, "third-" + test);
  }

  // more than two

  @Test
  void of_opposite_merges_at_most_one_is_done() {
    twoUsers();
    TestProbe<Reply> one = KIT.createTestProbe();
    TestProbe<Reply> other = KIT.createTestProbe();

    user(visitor).tell(new Merge(account, one.getRef()));
    user(account).tell(new Merge(visitor, other.getRef()));

    int done = 0;
    for (TestProbe<Reply> each : List.of(one, other)) {
      done += each.receiveMessage(PATIENCE) instanceof Merged ? 1 : 0;
    }
    assertTrue(done <= 1);
    assertEquals(done == 0, !profile(visitor).userId().equals(profile(account).userId()));
    audit(visitor, account);
  }

  @Test
  void a_chain_ends_in_one_account_and_never_in_a_circle() {
    twoUsers();
    String third = "third-" + test;
    record(third, like("t1", 41));
    assertEquals(5, ask(Merged.class, visitor, to -> new Merge(account, to)).userSeq());
    assertEquals(7, ask(Merged.class, account, to -> new Merge(third, to)).userSeq());

    assertEquals(Reason.ABORTED, ask(Rejected.class, third, to -> new Merge(visitor, to)).reason());
    assertEquals(Reason.ABORTED, ask(Rejected.class, third, to -> new Merge(account, to)).reason());

    record(visitor, like("v4", 4));
    for (String id : List.of(visitor, account, third)) {
      assertEquals(third, profile(id).userId());
      assertArrayEquals(new int[] {41, 11, 4, 3, 2, 1}, profile(id).history());
    }
    assertEquals(List.of(visitor, account), joined(third));
    // Who becomes one that has become another becomes that one.
    String late = "late-" + test;
    record(late, like("l1", 42));
    ask(Merged.class, late, to -> new Merge(visitor, to));
    assertEquals(third, profile(late).userId());
    assertArrayEquals(new int[] {42, 41, 11, 4, 3, 2, 1}, profile(account).history());
    audit(visitor, account, third, late);
  }
}
