package io.millrace.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.user.UserActor.Versions;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ImpressionTokensTest {

  private static final Versions VERSIONS = new Versions(1, 2, 345, 6);

  private final ImpressionTokens tokens = new ImpressionTokens(key(1));

  @Test
  void a_token_says_what_was_put_into_it() {
    String token = tokens.issue("ada", "request-1", "m1", 7, 3, VERSIONS);

    ImpressionTokens.Impression read = tokens.read(token).orElseThrow();

    assertTrue(read.isOf("ada", "m1"));
    assertFalse(read.isOf("bob", "m1"));
    assertFalse(read.isOf("ada", "m2"));
    assertEquals(7, read.ordinal());
    assertEquals(3, read.slot());
    assertEquals("request-1", read.requestId());
    assertEquals(VERSIONS, read.versions());
  }

  @Test
  void a_token_with_any_character_changed_is_refused() {
    String token = tokens.issue("ada", "request-1", "m1", 7, 3, VERSIONS);

    for (int i = 0; i < token.length() - 1; i++) {
      char other = token.charAt(i) == 'A' ? 'B' : 'A';
      String forged = token.substring(0, i) + other + token.substring(i + 1);

      assertTrue(tokens.read(forged).isEmpty(), "character " + i);
    }
  }

  @Test
  void a_token_signed_with_another_key_is_refused() {
    String foreign = new ImpressionTokens(key(2)).issue("ada", "r", "m1", 7, 3, VERSIONS);

    assertTrue(tokens.read(foreign).isEmpty());
  }

  @Test
  void garbage_is_refused_and_throws_nothing() {
    for (String garbage : new String[] {"", "x", "====", "\u0000", "a".repeat(512)}) {
      assertTrue(tokens.read(garbage).isEmpty());
    }
  }

  @Test
  void the_longest_request_id_fits_into_512_characters() {
    String longest = "r".repeat(128);

    String token = tokens.issue("ada", longest, "m1", 7, 99, VERSIONS);

    assertTrue(token.length() <= 512);
    assertEquals(longest, tokens.read(token).orElseThrow().requestId());
  }

  @Test
  void the_bytes_of_a_token_are_frozen() {
    String token = tokens.issue("ada", "r", "m1", 7, 3, VERSIONS);

    assertEquals(GOLDEN, token);
  }

  private static final String GOLDEN =
      "ASGlErk3alDpVFXp7f8t6PMAAAAHAAMAAQACAAAAAAAAAVkAAAAGAXKlOW4LwNx9DhrJDSHrbmNp";

  private static byte[] key(int seed) {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) seed);
    return key;
  }
}
