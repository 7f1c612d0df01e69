package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The layouts on disk: frozen for as long as anybody's data is. */
final class StoredBytesTest {
  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void the_bytes_of_an_event_are_frozen() {
    EventRow row =
        new EventRow(
            "u|1",
            2,
            1_700_000_000_000L,
            4,
            "s",
            "m",
            "0f8fad5b-d9cb-469f-a165-70867728950e",
            new byte[] {9, 8});

    byte[] bytes = row.encode();

    assertEquals(
        "01"
            + "0000000000000002"
            + "0000018bcfe56800"
            + "00000004"
            + "0003757c31"
            + "000173"
            + "00016d"
            + "01"
            + "0f8fad5bd9cb469fa16570867728950e"
            + "0908",
        hex(bytes));
    EventRow read = EventRow.decode(bytes);
    assertEquals("u|1", read.persistenceId());
    assertEquals(2, read.sequence());
    assertEquals("s", read.serializerManifest());
    assertEquals("m", read.manifest());
    assertEquals(row.writer(), read.writer());
    assertArrayEquals(row.payload(), read.payload());
  }

  @Test
  void a_writer_that_is_no_uuid_is_kept_as_it_is() {
    EventRow row =
        new EventRow("a", 1, 0, 1, "", "", "0F8FAD5B-d9cb-469f-a165-70867728950e", new byte[0]);

    assertEquals(row.writer(), EventRow.decode(row.encode()).writer());
    EventRow none = new EventRow("a", 1, 0, 1, "", "", "", new byte[0]);
    assertEquals("", EventRow.decode(none.encode()).writer());
  }

  @Test
  void the_bytes_of_a_snapshot_are_frozen() {
    byte[] bytes = new SnapshotRow(1_700_000_000_000L, 4, "m", new byte[] {7}).encode();

    assertEquals("01" + "0000018bcfe56800" + "00000004" + "00016d" + "07", hex(bytes));
    assertEquals("m", SnapshotRow.decode(bytes).serializerManifest());
  }

  @Test
  void the_bytes_of_keys_and_places_are_frozen() {
    assertEquals("0001" + "61" + "0000000000000005", hex(Keys.entity(Keys.utf8("a"), 5)));
    assertEquals(
        "06" + "757365722d31" + "00000000000000ff", hex(Keys.stream(Keys.utf8("user-1"), 255)));
    assertEquals("80000001" + "72", hex(Keys.served(1, Keys.utf8("r"))));
    assertEquals("0000000000000007" + "61", hex(Place.encode(7, Keys.utf8("a"))));
  }

  @Test
  void the_order_of_keys_is_that_of_names_then_numbers() {
    assertTrue(
        Arrays.compareUnsigned(Keys.entity(Keys.utf8("a"), 255), Keys.entity(Keys.utf8("a"), 256))
            < 0);
    assertTrue(
        Arrays.compareUnsigned(Keys.served(-1, new byte[0]), Keys.served(0, new byte[0])) < 0);
    assertEquals(-1, Keys.servedDay(Keys.served(-1, new byte[0])));
    assertThrows(IllegalArgumentException.class, () -> Keys.stream(new byte[0], 0));
    assertThrows(IllegalArgumentException.class, () -> Keys.stream(new byte[256], 0));
    assertThrows(IllegalArgumentException.class, () -> Keys.entity(new byte[65_536], 0));
  }

  @Test
  void a_row_of_another_version_is_refused() {
    byte[] row = Stores.row("a", 1, new byte[0]).encode();
    row[0] = 2;

    assertThrows(StoreFailed.class, () -> EventRow.decode(row));
  }
}
