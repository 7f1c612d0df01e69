package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** The envelope of stored bytes. */
final class EnvelopeTest {
  private static final DataKey KEY = key(0x0123456789abcdefL, 1);
  private static final byte[] PLAIN = "a like".getBytes(StandardCharsets.UTF_8);

  private static DataKey key(long id, int fill) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) fill);
    return new DataKey(id, new SecretKeySpec(bytes, "AES"));
  }

  @Test
  void its_bytes_are_frozen() {
    byte[] nonce = HexFormat.of().parseHex("000102030405060708090a0b");

    byte[] sealed = Envelope.seal(0x0203, KEY, nonce, PLAIN);

    assertEquals(
        "01"
            + "0203"
            + "0123456789abcdef"
            + "000102030405060708090a0b"
            + "da86f94f4b9b"
            + "4a95bd2b60316fdc70b35e1db0d3ecc0",
        HexFormat.of().formatHex(sealed));
  }

  @Test
  void what_was_sealed_opens_with_its_key_and_says_which_it_is() {
    byte[] sealed = Envelope.seal(7, KEY, PLAIN);

    assertArrayEquals(PLAIN, Envelope.open(KEY.key(), sealed));
    assertEquals(KEY.id(), Envelope.keyId(sealed));
    assertEquals(7, Envelope.schema(sealed));
    assertEquals(PLAIN.length + Envelope.OVERHEAD_BYTES, sealed.length);
    assertArrayEquals(
        new byte[0], Envelope.open(KEY.key(), Envelope.seal(65_535, KEY, new byte[0])));
  }

  @Test
  void the_same_bytes_never_look_the_same() {
    assertFalse(Arrays.equals(Envelope.seal(1, KEY, PLAIN), Envelope.seal(1, KEY, PLAIN)));
  }

  @Test
  void a_change_of_any_byte_is_noticed() {
    byte[] sealed = Envelope.seal(1, KEY, PLAIN);
    for (int i = 0; i < sealed.length; i++) {
      byte[] changed = sealed.clone();
      changed[i] ^= 1;
      assertThrows(StoreFailed.class, () -> Envelope.open(KEY.key(), changed), "byte " + i);
    }
  }

  @Test
  void another_key_opens_nothing() {
    byte[] sealed = Envelope.seal(1, KEY, PLAIN);

    assertThrows(StoreFailed.class, () -> Envelope.open(key(KEY.id(), 2).key(), sealed));
  }

  @Test
  void what_is_no_envelope_is_refused() {
    assertThrows(StoreFailed.class, () -> Envelope.keyId(new byte[5]));
    assertThrows(StoreFailed.class, () -> Envelope.open(KEY.key(), new byte[100]));
    assertThrows(IllegalArgumentException.class, () -> Envelope.seal(70_000, KEY, PLAIN));
  }
}
