package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ConnectionFramesTest {
  private static final long SECOND = 1_000_000_000L;

  private final ConnectionFrames frames = new ConnectionFrames(0);

  @Test
  void what_is_allowed_passes_unchanged_however_it_is_cut() {
    ByteString sent =
        preface()
            .concat(frame(4, 0, 0, new byte[12]))
            .concat(frame(1, 5, 1, new byte[100]))
            .concat(frame(0, 1, 1, new byte[16_384]));
    ByteString passed = ByteString.emptyByteString();

    for (int at = 0; at < sent.size(); at += 7) {
      passed = passed.concat(frames.pass(sent.slice(at, Math.min(sent.size(), at + 7)), 0).bytes());
    }

    assertEquals(sent, passed);
    assertTrue(frames.isBetweenFrames());
    assertTrue(frames.hasAsked());
  }

  @Test
  void a_frame_longer_than_announced_is_a_frame_size_error() {
    begin();

    ConnectionFrames.Violation violation = after(frame(0, 0, 1, new byte[16_385]));

    assertNotNull(violation);
    assertEquals(6, violation.errorCode());
    assertEquals("frame is 16385 bytes, expected at most 16384", violation.what());
  }

  @Test
  void a_frame_too_short_for_its_type_is_ended_and_not_waited_for() {
    for (ByteString frame :
        List.of(
            frame(8, 0, 0, new byte[3]),
            frame(7, 0, 0, new byte[7]),
            frame(0, 8, 1, new byte[0]),
            frame(1, 0x28, 1, new byte[5]),
            frame(3, 0, 1, new byte[3]),
            frame(0, 8, 1, new byte[] {2, 0, 0}),
            frame(5, 4, 1, new byte[8]))) {
      ConnectionFrames fresh = new ConnectionFrames(0);
      fresh.pass(preface(), 0);
      boolean fits = frame.apply(3) == 0 && frame.size() == 12;
      assertEquals(fits, fresh.pass(frame, 0).violation() == null, frame.toString());
    }
    ConnectionFrames fresh = new ConnectionFrames(0);
    fresh.pass(preface(), 0);
    assertNotNull(fresh.pass(frame(0, 8, 1, new byte[] {3, 0, 0}), 0).violation());
  }

  @Test
  void a_header_block_is_bounded_in_bytes_and_in_pieces() {
    begin();
    assertNull(after(frame(1, 0, 1, new byte[16_384])));
    assertNull(after(frame(9, 0, 1, new byte[16_384])));
    assertNull(after(frame(9, 0, 1, new byte[16_384])));
    assertNull(after(frame(9, 0, 1, new byte[16_384])));
    assertNotNull(after(frame(9, 0, 1, new byte[1])));

    ConnectionFrames empty = new ConnectionFrames(0);
    empty.pass(preface().concat(frame(1, 0, 1, new byte[1])), 0);
    for (int i = 0; i < 16; i++) {
      assertNull(empty.pass(frame(9, 0, 1, new byte[0]), 0).violation());
    }
    assertNotNull(empty.pass(frame(9, 0, 1, new byte[0]), 0).violation());
  }

  @Test
  void all_streams_may_be_cancelled_each_second_but_not_more() {
    begin();
    for (int second = 0; second < 5; second++) {
      for (int i = 0; i < ConnectionFrames.RESETS_PER_SECOND; i++) {
        assertNull(frames.pass(reset(8), second * SECOND).violation());
      }
    }

    int more = 0;
    while (frames.pass(reset(8), 5 * SECOND).violation() == null) {
      more++;
    }

    assertTrue(more <= 2 * ConnectionFrames.RESETS_PER_SECOND, "let in " + more);
  }

  @Test
  void pings_settings_and_empty_frames_are_bounded() {
    assertTrue(most(frame(6, 0, 0, new byte[8])) <= 2 * ConnectionFrames.IDLE_FRAMES_PER_SECOND);
    assertTrue(most(frame(2, 0, 1, new byte[5])) <= 2 * ConnectionFrames.IDLE_FRAMES_PER_SECOND);
    assertTrue(most(frame(0, 0, 1, new byte[0])) <= 2 * ConnectionFrames.IDLE_FRAMES_PER_SECOND);
    assertTrue(most(frame(77, 0, 1, new byte[0])) <= 2 * ConnectionFrames.IDLE_FRAMES_PER_SECOND);
    assertTrue(most(frame(4, 0, 0, new byte[6])) <= 200);
    assertEquals(0, most(frame(4, 0, 0, new byte[600])));
  }

  @Test
  void error_codes_that_nobody_defined_are_told_as_internal_errors() {
    begin();
    ByteString unknown = reset(0x7fff_1234);
    ByteString away = frame(7, 0, 0, new byte[] {1, 2, 3, 4, 9, 9, 9, 99, 7});

    ByteString first = frames.pass(unknown.slice(0, 11), 0).bytes();
    ByteString rest = frames.pass(unknown.drop(11), 0).bytes();

    assertEquals(reset(2), first.concat(rest));
    assertEquals(reset(8), frames.pass(reset(8), 0).bytes());
    assertEquals(
        frame(7, 0, 0, new byte[] {1, 2, 3, 4, 0, 0, 0, 2, 7}), frames.pass(away, 0).bytes());
  }

  @Test
  void a_connection_may_end_between_frames_but_not_within_one() {
    begin();
    assertTrue(frames.isBetweenFrames());
    frames.pass(frame(0, 0, 1, new byte[10]).slice(0, 15), 0);
    assertFalse(frames.isBetweenFrames());

    ConnectionFrames onlyPreface = new ConnectionFrames(0);
    onlyPreface.pass(preface(), 0);
    assertFalse(onlyPreface.isBetweenFrames());
  }

  @Test
  void an_upgraded_connection_is_bounded_too() {
    frames.pass(text("GET / HTTP/1.1\r\nupgrade: h2c\r\nx: PRI * HTTPRI * HTTP/2.0\r\n\r\n"), 0);
    assertNull(after(frame(0, 0, 1, new byte[17_000])));
    assertTrue(frames.hasAsked());

    frames.pass(text("PRI * HTT").concat(preface()), 0);

    assertNotNull(after(frame(0, 0, 1, new byte[17_000])));
  }

  @Test
  void half_a_head_has_not_asked_yet() {
    frames.pass(text("GET / HTTP/1.1\r\nhost: x\r\n"), 0);
    assertFalse(frames.hasAsked());
    frames.pass(text("\r\n"), 0);
    assertTrue(frames.hasAsked());
  }

  private void begin() {
    frames.pass(preface().concat(frame(4, 0, 0, new byte[0])), 0);
  }

  private ConnectionFrames.@Nullable Violation after(ByteString frame) {
    return frames.pass(frame, 0).violation();
  }

  /** How many of them pass at one moment. */
  private static int most(ByteString frame) {
    ConnectionFrames fresh = new ConnectionFrames(0);
    fresh.pass(preface(), 0);
    int passed = 0;
    while (fresh.pass(frame, 0).violation() == null) {
      passed++;
    }
    return passed;
  }

  private static ByteString reset(int code) {
    return frame(3, 0, 1, ByteBuffer.allocate(4).putInt(code).array());
  }

  private static ByteString preface() {
    return text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  }

  private static ByteString text(String text) {
    return ByteString.fromArray(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static ByteString frame(int type, int flags, int stream, byte[] payload) {
    return ByteString.fromArray(
        ByteBuffer.allocate(9 + payload.length)
            .put((byte) (payload.length >> 16))
            .putShort((short) payload.length)
            .put((byte) type)
            .put((byte) flags)
            .putInt(stream)
            .put(payload)
            .array());
  }
}
