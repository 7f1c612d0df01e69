package io.millrace.user;

import static io.millrace.user.UserFixture.NOON;
import static io.millrace.user.UserFixture.VERSIONS;
import static io.millrace.user.UserFixture.slots;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.serialization.UserCipher;
import io.millrace.user.UserActor.Command;
import io.millrace.user.UserActor.FindServed;
import io.millrace.user.UserActor.GetProfile;
import io.millrace.user.UserActor.NotServed;
import io.millrace.user.UserActor.ProfileIs;
import io.millrace.user.UserActor.Reason;
import io.millrace.user.UserActor.RecordInteractions;
import io.millrace.user.UserActor.Recorded;
import io.millrace.user.UserActor.Rejected;
import io.millrace.user.UserActor.Replayed;
import io.millrace.user.UserActor.Reply;
import io.millrace.user.UserActor.Serve;
import io.millrace.user.UserActor.Served;
import io.millrace.user.UserActor.SetPreferences;
import io.millrace.user.UserActor.Slot;
import io.millrace.user.UserActor.Taken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UserActorTest {
  private static final AtomicInteger USERS = new AtomicInteger();
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.serialize-messages = on
              pekko.actor.allow-java-serialization = off
              pekko.persistence.testkit.events.serialize = on
              pekko.persistence.testkit.snapshots.serialize = on
              pekko.loglevel = WARNING
              """)
          .withFallback(PersistenceTestKitPlugin.getInstance().config())
          .withFallback(PersistenceTestKitSnapshotPlugin.config())
          .withFallback(ConfigFactory.load());

  private static void nobody(String entityId, Command command) {}

  private static final ActorTestKit KIT = ActorTestKit.create("users", CONFIG);

  private final String userId = "anna-" + USERS.incrementAndGet();
  private final String entityId = "default|" + userId;
  private final String persistenceId =
      UserStreams.persistenceId("default", UserCipher.none().hmac(userId));
  private final UserFixture world = new UserFixture(2_000);
  private final PersistenceTestKit journal = PersistenceTestKit.create(KIT.system());
  private final TestProbe<Reply> probe = KIT.createTestProbe();
  private UserDependencies node =
      new UserDependencies(
          world,
          UserCipher.none(),
          world,
          UserActorTest::nobody,
          () -> world.healthy,
          UserFixture.SETTINGS);
  private ActorRef<Command> user = KIT.spawn(UserActor.create(entityId, node));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @AfterEach
  void end() {
    KIT.stop(user);
  }

  private void restart() {
    KIT.stop(user);
    user = KIT.spawn(UserActor.create(entityId, node));
  }

  private <R> R ask(Class<R> type, Function<ActorRef<Reply>, Command> command) {
    user.tell(command.apply(probe.getRef()));
    Reply reply = probe.receiveMessage(Duration.ofSeconds(10));
    return assertInstanceOf(type, reply);
  }

  private Recorded record(Interaction... did) {
    return ask(Recorded.class, replyTo -> new RecordInteractions(List.of(did), replyTo));
  }

  private Profile profile() {
    return profile("home", "");
  }

  private Profile profile(String surface, String session) {
    return ask(ProfileIs.class, replyTo -> new GetProfile(surface, session, replyTo)).profile();
  }

  private Serve serve(
      String requestId,
      String session,
      int wanted,
      int spares,
      boolean first,
      int[] ordinals,
      ActorRef<Reply> replyTo) {
    return new Serve(
        requestId,
        "home",
        session,
        slots(ordinals),
        wanted,
        spares,
        first,
        world.nowMs + 1_000,
        VERSIONS,
        replyTo);
  }

  private <R> R serve(Class<R> type, String requestId, int wanted, int spares, int... ordinals) {
    return ask(type, replyTo -> serve(requestId, "", wanted, spares, false, ordinals, replyTo));
  }

  private long written() {
    return journal.persistedInStorage(persistenceId).size();
  }

  @Test
  void a_like_is_in_the_next_profile_and_survives_a_restart() {
    Recorded recorded = record(world.did("e1", InteractionKind.LIKE, 7, NOON));

    assertEquals(1, recorded.userSeq());
    assertEquals(List.of(new UserActor.Result("e1", false, 1)), recorded.results());
    Profile before = profile();
    restart();
    Profile after = profile();
    for (Profile profile : List.of(before, after)) {
      assertEquals(userId, profile.userId());
      assertEquals(1, profile.userSeq());
      assertArrayEquals(new int[] {7}, profile.history());
      assertArrayEquals(new int[] {7}, profile.taken());
      assertEquals(2, profile.tastes().size());
    }
  }

  @Test
  void a_repeated_event_is_acknowledged_but_not_written_twice() {
    Interaction like = world.did("e1", InteractionKind.LIKE, 7, NOON);
    record(like);
    restart();

    Recorded again = record(like);
    Recorded mixed = record(like, world.did("e2", InteractionKind.LIKE, 8, NOON));

    assertTrue(again.results().getFirst().repeated());
    assertEquals(1, again.userSeq());
    assertEquals(2, written());
    assertEquals(
        List.of(new UserActor.Result("e1", true, 1), new UserActor.Result("e2", false, 2)),
        mixed.results());
    assertEquals(2, profile().touches());
  }

  @Test
  void a_batch_is_one_event_with_a_result_each_in_order() {
    Interaction[] batch =
        IntStream.range(0, 500)
            .mapToObj(i -> world.did("b" + i, InteractionKind.CLICK, i, NOON + i))
            .toArray(Interaction[]::new);

    Recorded recorded = record(batch);

    assertEquals(1, written());
    assertEquals(500, recorded.results().size());
    assertEquals("b499", recorded.results().getLast().eventId());
    Recorded again = record(batch);
    assertTrue(again.results().stream().allMatch(UserActor.Result::repeated));
    assertEquals(1, written());
  }

  @Test
  void a_batch_that_is_too_large_or_empty_is_refused() {
    Interaction[] batch =
        IntStream.range(0, 501)
            .mapToObj(i -> world.did("b" + i, InteractionKind.CLICK, i, NOON))
            .toArray(Interaction[]::new);

    Rejected large =
        ask(Rejected.class, replyTo -> new RecordInteractions(List.of(batch), replyTo));
    Rejected empty = ask(Rejected.class, replyTo -> new RecordInteractions(List.of(), replyTo));

    assertEquals(Reason.INVALID, large.reason());
    assertEquals("batch of 501 interactions of one user, expected 1 to 500", large.detail());
    assertEquals(Reason.INVALID, empty.reason());
  }

  @Test
  void what_is_served_is_taken_until_it_is_viewed_and_then_for_the_window() {
    Served served = serve(Served.class, "r1", 3, 2, 1, 2, 3, 4, 5, 6);

    assertArrayEquals(new int[] {0, 1, 2}, served.slate());
    assertArrayEquals(new int[] {3, 4}, served.spares());
    assertTrue(served.durable());
    restart();
    assertArrayEquals(new int[] {1, 2, 3, 4, 5}, profile().taken());
    record(world.saw("i", 2, "r1", 1, NOON));
    world.nowMs = NOON + 5 * 3_600_000;
    assertArrayEquals(new int[] {1, 2}, profile().taken());
    world.nowMs = NOON + 32 * 86_400_000L;
    assertArrayEquals(new int[] {}, profile().taken());
  }

  @Test
  void a_slate_that_meets_another_is_told_what_is_taken_and_reserves_nothing() {
    serve(Served.class, "r1", 2, 0, 1, 2);

    Taken taken = serve(Taken.class, "r2", 2, 1, 3, 2, 1, 4);

    assertArrayEquals(new int[] {1, 2}, taken.ordinals());
    assertEquals(1, written());
    assertArrayEquals(new int[] {1, 2}, profile().taken());
  }

  @Test
  void the_last_try_takes_the_first_that_are_free() {
    serve(Served.class, "r1", 2, 0, 1, 3);

    Served served =
        ask(
            Served.class,
            replyTo -> serve("r2", "", 2, 4, true, new int[] {1, 2, 3, 4, 5}, replyTo));
    Taken few =
        ask(Taken.class, replyTo -> serve("r3", "", 2, 0, true, new int[] {1, 2, 5}, replyTo));
    Served rest =
        ask(Served.class, replyTo -> serve("r3", "", 2, 0, true, new int[] {1, 5}, replyTo));

    assertArrayEquals(new int[] {1, 3}, served.slate());
    assertEquals(0, served.spares().length);
    assertArrayEquals(new int[] {1, 2}, few.ordinals());
    assertArrayEquals(new int[] {1}, rest.slate());
  }

  @Test
  void a_repeated_request_gets_its_slate_less_what_was_hidden_or_retired_since() {
    serve(Served.class, "r1", 4, 0, 1, 2, 3, 4);
    record(world.did("n", InteractionKind.NOT_INTERESTED, 2, NOON));
    world.retire(3);
    restart();

    Replayed found = ask(Replayed.class, replyTo -> new FindServed("r1", replyTo));
    Replayed again = serve(Replayed.class, "r1", 2, 0, 8, 9);

    assertEquals(List.of(1, 4), found.slate().stream().map(Slot::ordinal).toList());
    assertEquals(1, found.userSeq());
    assertEquals(VERSIONS, found.versions());
    assertEquals(found.slate(), again.slate());
    ask(NotServed.class, replyTo -> new FindServed("r2", replyTo));
    world.nowMs = NOON + 600_000;
    ask(NotServed.class, replyTo -> new FindServed("r1", replyTo));
  }

  @Test
  void a_request_whose_time_is_spent_is_refused() {
    Serve late =
        new Serve("r1", "home", "", slots(1), 1, 0, false, NOON - 1, VERSIONS, probe.getRef());

    Rejected rejected = ask(Rejected.class, replyTo -> late);

    assertEquals(Reason.TOO_LATE, rejected.reason());
    assertEquals(0, written());
  }

  @Test
  void a_paged_feed_never_repeats_an_item_within_its_session() {
    ask(Served.class, replyTo -> serve("r1", "s", 2, 0, false, new int[] {1, 2}, replyTo));
    world.nowMs = NOON + 3_600_000;

    assertArrayEquals(new int[] {}, profile("home", "").taken());
    assertArrayEquals(new int[] {1, 2}, profile("home", "s").taken());
  }

  @Test
  void while_the_store_is_bad_slates_are_reserved_in_memory_and_say_so() {
    record(world.did("e1", InteractionKind.LIKE, 7, NOON));
    world.healthy = false;

    Served served = serve(Served.class, "r1", 2, 0, 1, 2);
    Rejected rejected =
        ask(
            Rejected.class,
            replyTo ->
                new RecordInteractions(
                    List.of(world.did("e2", InteractionKind.LIKE, 8, NOON)), replyTo));
    Recorded repeated = record(world.did("e1", InteractionKind.LIKE, 7, NOON));

    assertFalse(served.durable());
    assertEquals(1, served.userSeq());
    assertEquals(Reason.STORE_UNAVAILABLE, rejected.reason());
    assertTrue(repeated.results().getFirst().repeated());
    assertArrayEquals(new int[] {1, 2, 7}, profile().taken());
    serve(Taken.class, "r2", 2, 0, 2, 3);
    ask(Replayed.class, replyTo -> new FindServed("r1", replyTo));
    assertEquals(1, written());
  }

  @Test
  void an_unknown_item_counts_once_its_card_exists() {
    Interaction like =
        new Interaction(
            "e1",
            "item-5000",
            null,
            InteractionKind.LIKE,
            NOON,
            "home",
            "",
            "",
            -1,
            true,
            true,
            Double.NaN,
            1,
            "",
            null,
            Interaction.Details.NONE);
    record(like);
    assertEquals(0, profile().history().length);

    world.put(5_000);
    Profile first = profile();
    Profile second = profile();
    restart();
    Profile third = profile();

    assertArrayEquals(new int[] {5_000}, first.taken());
    for (Profile profile : List.of(first, second, third)) {
      assertEquals(2, profile.userSeq());
      assertArrayEquals(new int[] {5_000}, profile.history());
      assertArrayEquals(new int[] {5_000}, profile.taken());
      assertEquals(1, profile.touches());
    }
    assertEquals(2, written());
  }

  @Test
  void stated_preferences_replace_what_was_stated() {
    UserActor.Preferences stated =
        new UserActor.Preferences(
            List.of("drama"),
            List.of("horror"),
            List.of("maker-1"),
            List.of("item-3", "item-9999"),
            List.of("maker-2"),
            12);

    ask(UserActor.PreferencesSet.class, replyTo -> new SetPreferences(stated, replyTo));
    restart();

    Profile profile = profile();
    assertArrayEquals(new int[] {3}, profile.taken());
    assertEquals(List.of("horror"), profile.blockedCategories());
    assertEquals(List.of("maker-2"), profile.followedCreators());
    assertEquals(12, profile.maxAgeRating());
    UserActor.Described described = ask(UserActor.Described.class, UserActor.Describe::new);
    assertEquals(stated, described.preferences());
  }

  @Test
  void snapshots_carry_the_state_on() {
    for (int i = 0; i < 250; i++) {
      record(world.did("e" + i, InteractionKind.LIKE, i, NOON + i));
    }
    Profile before = profile();
    restart();
    Profile after = profile();

    assertEquals(250, after.userSeq());
    assertArrayEquals(before.history(), after.history());
    assertArrayEquals(before.taken(), after.taken());
    assertEquals(before.tastes(), after.tastes());
  }

  @Test
  void thirty_two_requests_at_once_get_a_full_slate_each_and_share_nothing() {
    int requests = 32;
    List<TestProbe<Reply>> probes = new ArrayList<>();
    int[] candidates = IntStream.range(0, 1_000).toArray();
    for (int i = 0; i < requests; i++) {
      TestProbe<Reply> reply = KIT.createTestProbe();
      probes.add(reply);
      user.tell(serve("r" + i, "", 20, 4, i % 2 == 1, candidates, reply.getRef()));
    }

    Set<Integer> all = new HashSet<>();
    int slates = 0;
    for (int i = 0; i < requests; i++) {
      Reply reply = probes.get(i).receiveMessage(Duration.ofSeconds(10));
      if (reply instanceof Taken) {
        reply = ask(Served.class, again(candidates, "r" + i));
      }
      Served served = assertInstanceOf(Served.class, reply);
      assertEquals(20, served.slate().length);
      for (int row : served.slate()) {
        assertTrue(all.add(candidates[row]), "item " + row + " is served twice");
      }
      for (int row : served.spares()) {
        assertTrue(all.add(candidates[row]), "item " + row + " is served twice");
      }
      slates++;
      if (i == 16) {
        restart();
      }
    }
    assertEquals(requests, slates);
    assertNothingBroken();
  }

  private Function<ActorRef<Reply>, Command> again(int[] candidates, String requestId) {
    return replyTo -> serve(requestId, "", 20, 0, true, candidates, replyTo);
  }

  private void assertNothingBroken() {
    PromiseAuditor auditor = new PromiseAuditor(UserFixture.SETTINGS);
    io.millrace.serialization.StoredUsers reader =
        new io.millrace.serialization.StoredUsers(UserCipher.none());
    for (Object stored : journal.persistedInStorage(persistenceId)) {
      auditor.accept(
          persistenceId,
          reader.event((io.millrace.serialization.StoredBytes) stored).orElseThrow());
    }
    assertEquals(List.of(), auditor.report().violations());
    assertTrue(auditor.report().events() > 0);
  }

  @Test
  void more_commands_than_may_wait_are_told_so() {
    UserSettings few = UserFixture.settings(8);
    node =
        new UserDependencies(
            world, UserCipher.none(), world, UserActorTest::nobody, () -> true, few);
    KIT.stop(user);
    user = KIT.spawn(UserActor.create(entityId, node));

    // Told before the recovery has ended, all of them wait.
    for (int i = 0; i < 100; i++) {
      user.tell(new GetProfile("home", "", probe.getRef()));
    }
    int busy = 0;
    int answered = 0;
    for (int i = 0; i < 100; i++) {
      switch (probe.receiveMessage(Duration.ofSeconds(10))) {
        case Rejected(Reason reason, String detail) -> {
          assertEquals(Reason.BUSY, reason);
          busy++;
        }
        case ProfileIs is -> answered++;
        case Reply other -> throw new AssertionError(other);
      }
    }

    assertEquals(100, busy + answered);
    assertTrue(answered >= 8);
    profile();
  }

  @Test
  void a_failed_write_is_not_acknowledged_and_the_user_comes_back_without_it() {
    node =
        new UserDependencies(
            world,
            UserCipher.none(),
            world,
            UserActorTest::nobody,
            () -> true,
            UserFixture.settings(8));
    restart();
    record(world.did("e1", InteractionKind.LIKE, 1, NOON));
    journal.failNextPersisted(persistenceId);

    for (int i = 0; i < 8; i++) {
      user.tell(
          new RecordInteractions(
              List.of(world.did("f" + i, InteractionKind.LIKE, 10 + i, NOON)),
              KIT.<Reply>createTestProbe().getRef()));
    }
    Profile profile = eventually();

    assertTrue(profile.taken()[0] == 1 && !contains(profile.taken(), 10), profile.toString());
    Recorded again = record(world.did("f0", InteractionKind.LIKE, 10, NOON));
    assertFalse(again.results().getFirst().repeated());
    assertNothingBroken();
  }

  /** The profile, asked for again until the restarted user answers. */
  private Profile eventually() {
    return probe.awaitAssert(
        Duration.ofSeconds(20),
        () -> {
          TestProbe<Reply> patient = KIT.createTestProbe();
          user.tell(new GetProfile("home", "", patient.getRef()));
          return assertInstanceOf(ProfileIs.class, patient.receiveMessage(Duration.ofSeconds(1)))
              .profile();
        });
  }

  private static boolean contains(int[] sorted, int ordinal) {
    return java.util.Arrays.binarySearch(sorted, ordinal) >= 0;
  }

  @Test
  void every_event_is_tagged_with_its_stream() {
    String id = UserStreams.persistenceId("default", "x");
    String stream = UserStreams.stream(id);

    assertTrue(stream.matches("user-([0-9]|1[0-5])"), stream);
    assertEquals(stream, UserStreams.stream(id));
    assertEquals("user|default|x", PersistenceId.ofUniqueId(id).id());
  }
}
