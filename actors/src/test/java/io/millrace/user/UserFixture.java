package io.millrace.user;

import com.typesafe.config.ConfigFactory;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.item.ItemIds;
import io.millrace.user.UserActor.Slot;
import io.millrace.user.UserActor.Versions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The world around a user in tests: a clock that is set, a catalogue that is filled. */
final class UserFixture implements Catalogue, InstantSource {
  static final long NOON = Instant.parse("2026-11-20T12:00:00Z").toEpochMilli();
  static final Versions VERSIONS = new Versions(1, 1, 7, 0);
  static final UserSettings SETTINGS = settings(512);

  /** As shipped, but for the surfaces, which these tests name themselves. */
  static UserSettings settings(int waitingCommands) {
    UserSettings shipped = UserSettings.from(ConfigFactory.load());
    return new UserSettings(
        shipped.shards(),
        shipped.passivateAfter(),
        shipped.mostResident(),
        shipped.reservationIdle(),
        shipped.reservationLongest(),
        shipped.reservedItems(),
        shipped.snapshotEvery(),
        shipped.snapshotsKept(),
        waitingCommands,
        Map.of(
            "home", new UserSettings.Repeats(30, -1),
            "shop", new UserSettings.Repeats(1, 0),
            "cart", new UserSettings.Repeats(0, 1),
            "eval", new UserSettings.Repeats(0, -1)));
  }

  volatile long nowMs = NOON;
  volatile boolean healthy = true;
  private final Map<String, ItemCard> cards = new ConcurrentHashMap<>();
  private final Map<Integer, ItemCard> byOrdinal = new ConcurrentHashMap<>();
  private final Set<Integer> retired = ConcurrentHashMap.newKeySet();

  UserFixture(int items) {
    for (int i = 0; i < items; i++) {
      put(i);
    }
  }

  ItemCard put(int ordinal) {
    ItemCard card = card(ordinal, "genre-" + ordinal % 7, "genre-" + ordinal % 11);
    cards.put(card.itemId(), card);
    byOrdinal.put(ordinal, card);
    return card;
  }

  void retire(int ordinal) {
    retired.add(ordinal);
  }

  static ItemCard card(int ordinal, String... categories) {
    String id = "item-" + ordinal;
    return new ItemCard(
        id,
        ordinal,
        ItemIds.hash(id),
        List.copyOf(new HashSet<>(Arrays.asList(categories))).stream().sorted().toList(),
        "maker-" + ordinal % 5,
        90_000,
        NOON - 86_400_000L * 100);
  }

  @Override
  public @Nullable ItemCard card(String itemId) {
    return cards.get(itemId);
  }

  @Override
  public @Nullable ItemCard card(int ordinal) {
    return byOrdinal.get(ordinal);
  }

  @Override
  public boolean tombstoned(int ordinal) {
    return retired.contains(ordinal);
  }

  @Override
  public boolean ready() {
    return true;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(nowMs);
  }

  synchronized void pass(long ms) {
    nowMs += ms;
  }

  Interaction did(String eventId, InteractionKind kind, int ordinal, long atMs) {
    return did(eventId, kind, ordinal, atMs, "", -1, Double.NaN);
  }

  Interaction rated(String eventId, int ordinal, long atMs, double value) {
    return did(eventId, InteractionKind.RATING, ordinal, atMs, "", -1, value);
  }

  Interaction saw(String eventId, int ordinal, String requestId, int slot, long atMs) {
    return did(eventId, InteractionKind.IMPRESSION, ordinal, atMs, requestId, slot, Double.NaN);
  }

  Interaction did(
      String eventId,
      InteractionKind kind,
      int ordinal,
      long atMs,
      String requestId,
      int slot,
      double value) {
    return new Interaction(
        eventId,
        ordinal < 0 ? "" : "item-" + ordinal,
        byOrdinal.get(ordinal),
        kind,
        atMs,
        "home",
        "session-1",
        requestId,
        slot,
        true,
        true,
        value,
        1,
        "",
        null,
        Interaction.Details.NONE);
  }

  static List<Slot> slots(int... ordinals) {
    return Arrays.stream(ordinals)
        .mapToObj(ordinal -> new Slot(ordinal, ItemIds.hash("item-" + ordinal), 1f))
        .toList();
  }

  /** The event that an actor would write for these interactions in this state. */
  static UserEvent.InteractionsRecorded recorded(UserState state, long atMs, Interaction... did) {
    return new UserEvent.InteractionsRecorded(
        state.userSeq() + 1, atMs, UserActor.entries(state, List.of(did)));
  }

  static UserState after(UserState state, Interaction... did) {
    return state.after(recorded(state, NOON, did));
  }

  Profile profile(UserState state) {
    return profile(state, "home");
  }

  Profile profile(UserState state, String surface) {
    return new ProfileReading(state)
        .profile("u", Exclusions.of(state, List.of(), SETTINGS.repeats(surface), "", nowMs, this));
  }
}
