package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The hash is in stored batches: it may never change. */
class ItemHashTest {

  @Test
  void these_numbers_are_stored() {
    assertEquals(0xefd01f60ba992926L, ItemHash.of(""));
    assertEquals(0x7dd7af035d0963aeL, ItemHash.of("tt0111161"));
    assertEquals(0xf2b31eeef9957571L, ItemHash.of("Äpfel"));
  }
}
