package io.millrace.serialization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.item.ItemCard;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import io.millrace.user.Meaning;
import io.millrace.user.UserActor;
import io.millrace.user.UserEvent;
import io.millrace.user.UserState;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The stored bytes of users. Those here were written once and must be readable for ever. */
class UserCodecTest {
  private static final long AT = 1_700_000_000_000L;
  private static final ItemCard CARD =
      new ItemCard("item-1", 7, 42L, List.of("drama", "war"), "maker", 90_000, AT - 5);

  private static final UserEvent.InteractionsRecorded RECORDED =
      new UserEvent.InteractionsRecorded(
          3,
          AT + 10,
          List.of(
              new UserEvent.Entry(
                  new Interaction(
                      "event-1",
                      "item-1",
                      CARD,
                      InteractionKind.VIEW,
                      AT,
                      "home",
                      "session",
                      "request-1",
                      3,
                      true,
                      false,
                      7.5,
                      2,
                      "",
                      new Interaction.View(1_000, 2_000, .5f, 10, 2, 1, 2, 1),
                      new Interaction.Details("phone", "", "", "", "", "", "", "")),
                  new Meaning(100, 15),
                  new UserEvent.Context(
                      new int[] {5, 4}, new long[] {AT - 1, AT - 1_000}, 9, AT - 1, 8, AT - 2))));

  private static final UserEvent SERVED =
      new UserEvent.FeedServed(
          4,
          AT,
          "request-1",
          "home",
          "pages",
          List.of(new UserActor.Slot(1, 11, 1f), new UserActor.Slot(2, 12, .25f)),
          List.of(new UserActor.Slot(3, 13, 1f)),
          new UserActor.Versions(1, 2, 3, 4),
          1_800_000,
          14_400_000,
          new long[] {99});

  private static final UserEvent PREFERENCES =
      new UserEvent.PreferencesSet(
          5,
          AT,
          new UserActor.Preferences(
              List.of("a"), List.of("b"), List.of("c"), List.of("item-1"), List.of("d"), 12),
          new int[] {7});

  private static final UserEvent RESOLVED =
      new UserEvent.PendingResolved(
          6,
          AT,
          List.of(
              new UserEvent.Resolution(
                  77,
                  new ItemCard("", 7, 42L, List.of("drama"), "maker", 0, AT),
                  new Meaning(-50, 20))),
          new int[] {8});

  private static final List<UserEvent> EVENTS = List.of(RECORDED, SERVED, PREFERENCES, RESOLVED);

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void the_bytes_of_every_event_are_frozen() {
    assertEquals(
        "0803108ad095ffbc3152ba010ab7010a076576656e742d3112066974656d2d3118032080a0abfef9"
            + "622a04686f6d65320773657373696f6e3a09726571756573742d3140045001590000000000001e40"
            + "6002721808e80710d00f1d0000003f200a2d000000403001380240017a070a0570686f6e65820129"
            + "0807112a000000000000001a056472616d611a0377617222056d616b65722890bf0530f69fabfef9"
            + "628801c80190010f9a011b0a020504120301e7071809200828fe9fabfef96230fc9fabfef962",
        hex(UserCodec.event(RECORDED)));
    assertEquals(
        "08041080d095ffbc315a620a09726571756573742d311204686f6d651a0570616765732203010203"
            + "2a180b000000000000000c000000000000000d0000000000000030013a0c0000803f0000803e0000"
            + "803f400148025003580460c0ee6d6880f4ee0672086300000000000000",
        hex(UserCodec.event(SERVED)));
    assertEquals(
        "08051080d095ffbc3162190a01611201621a016322066974656d2d312a0164300d3a0107",
        hex(UserCodec.event(PREFERENCES)));
    assertEquals(
        "08061080d095ffbc316a340a2f094d0000000000000012200807112a000000000000001a05647261"
            + "6d6122056d616b65723080a0abfef96218632014120108",
        hex(UserCodec.event(RESOLVED)));
  }

  @Test
  void every_event_comes_back_as_it_was() {
    for (UserEvent event : EVENTS) {
      byte[] bytes = UserCodec.event(event);
      assertArrayEquals(bytes, UserCodec.event(UserCodec.event(bytes)));
    }
    UserEvent.InteractionsRecorded read =
        (UserEvent.InteractionsRecorded) UserCodec.event(UserCodec.event(RECORDED));
    UserEvent.Entry entry = read.entries().getFirst();
    assertEquals(RECORDED.entries().getFirst().interaction(), entry.interaction());
    assertArrayEquals(new long[] {AT - 1, AT - 1_000}, entry.context().predecessorsAtMs());
    assertEquals(AT - 2, entry.context().lastPositiveAtMs());
  }

  @Test
  void the_bytes_of_a_snapshot_are_frozen() {
    UserState state = UserState.EMPTY;
    for (UserEvent event : EVENTS) {
      state = state.after(event);
    }

    byte[] bytes = UserCodec.snapshot(state);

    assertEquals(
        "0806108ad095ffbc31180120012880a0abfef9623080a0abfef962380142056472616d6142037761"
            + "7242056d616b65724a200a080f371700adfc79311201071a01032201642a016f3208010002000000"
            + "030052005a00620a08baaf0212010f1a01fe6a110a08d239c83b5e7cb8b9120580e2cfaa06726109"
            + "3ee95b8514650fd81204686f6d6519f4bb2b958f2e87c920042880d095ffbc3130c0ee6d3880f4ee"
            + "064203020406480152180b000000000000000c000000000000000d000000000000005a0c0000803f"
            + "0000803e0000803f60016802700378047a0d0a04686f6d65108ad095ffbc318a0102070892010163"
            + "9a010162a2010e0a01641100000000adfc79311801aa010161b201066974656d2d31b8010d",
        hex(bytes));
    assertArrayEquals(bytes, UserCodec.snapshot(UserCodec.snapshot(bytes)));
  }

  @Test
  void the_bytes_of_merges_are_frozen() {
    assertEquals(
        "08061080d095ffbc3172050a03616363",
        hex(UserCodec.event(new UserEvent.MergeStarted(6, AT, "acc"))));
    assertEquals(
        "08081080d095ffbc318201070a036163631009",
        hex(UserCodec.event(new UserEvent.MergeCompleted(8, AT, "acc", 9))));
    assertEquals(
        "08081080d095ffbc318a01050a03776879",
        hex(UserCodec.event(new UserEvent.MergeAborted(8, AT, "why"))));
    UserState visitor =
        UserState.EMPTY.after(PREFERENCES).after(new UserEvent.MergeStarted(6, AT, "acc"));
    byte[] snapshot = UserCodec.snapshot(visitor);
    assertTrue(hex(snapshot).endsWith("ca0103616363d00106"), hex(snapshot));
    UserEvent merged = new UserEvent.Merged(9, AT, "v", "user|v", 6, visitor);
    String bytes = hex(UserCodec.event(merged));
    assertEquals(
        "08091080d095ffbc317a"
            + varint(13 + 1 + varint(snapshot.length).length() / 2 + snapshot.length)
            + "0a01761206757365727c76180622"
            + varint(snapshot.length)
            + hex(snapshot),
        bytes);
    UserState account = UserState.EMPTY.after(merged);
    String held = hex(UserCodec.snapshot(account));
    assertTrue(held.endsWith("e201050a01761006"), held);
    for (byte[] each : List.of(snapshot, UserCodec.snapshot(account))) {
      assertArrayEquals(each, UserCodec.snapshot(UserCodec.snapshot(each)));
    }
  }

  private static String varint(int value) {
    return value < 128
        ? "%02x".formatted(value)
        : "%02x%02x".formatted((value & 0x7f) | 0x80, value >>> 7);
  }

  @Test
  void bytes_that_are_none_of_ours_are_refused() {
    assertThrows(IllegalArgumentException.class, () -> UserCodec.event(new byte[] {1, 2, 3}));
    assertThrows(IllegalArgumentException.class, () -> UserCodec.event(new byte[0]));
  }

  @Test
  void a_feed_of_twenty_with_four_spares_stays_small() {
    List<UserActor.Slot> slots = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      slots.add(new UserActor.Slot(10_000 + i * 37, 0x1234_5678_9abc_def0L * (i + 1), 1f));
    }

    byte[] bytes =
        UserCodec.event(
            new UserEvent.FeedServed(
                1_000,
                AT,
                "0f0e4e8e-1111-4222-8333-444455556666",
                "home",
                "",
                slots.subList(0, 20),
                slots.subList(20, 24),
                new UserActor.Versions(1, 1, 9_999, 3),
                1_800_000,
                14_400_000,
                new long[0]));

    assertTrue(bytes.length < 360, bytes.length + " bytes");
  }
}
