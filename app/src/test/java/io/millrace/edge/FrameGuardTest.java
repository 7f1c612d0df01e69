package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class FrameGuardTest {
  private static final int MOST = 1_000;
  private static final ActorTestKit KIT = ActorTestKit.create("frames");

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void a_single_message_is_handed_on_whole_however_it_arrives() {
    ByteString body = frame(0, new byte[300]);

    assertEquals(body, FrameGuard.whole(body, MOST, true, false));
    assertEquals(body, piecewise(body, true, false));
  }

  @Test
  void a_body_of_two_messages_is_refused_where_one_is_expected() {
    ByteString body = frame(0, new byte[3]).concat(frame(0, new byte[4]));

    Refusal refused = refused(body, true, false);

    assertEquals("body holds 2 messages, expected 1", refused.message());
    assertEquals(body, piecewise(body, false, false));
  }

  @Test
  void bytes_behind_a_message_are_told_and_not_a_fault() {
    ByteString body = frame(0, new byte[3]).concat(ByteString.fromArray(new byte[2]));

    assertEquals("body ends within the header of a frame", refused(body, true, false).message());
  }

  @Test
  void compressed_messages_are_inflated_alone_and_in_a_stream() throws Exception {
    ByteString plain = frame(0, new byte[900]);
    ByteString packed = frame(1, gzip(new byte[900]));
    ByteString other = frame(0, new byte[] {1, 2, 3});

    assertEquals(plain, FrameGuard.whole(packed, MOST, true, true));
    assertEquals(
        other.concat(plain).concat(plain).concat(other),
        piecewise(other.concat(packed).concat(packed).concat(other), false, true));
  }

  @Test
  void a_message_that_inflates_beyond_the_bound_is_refused_and_never_held() throws Exception {
    ByteString bomb = frame(1, gzip(new byte[200_000]));
    assertTrue(bomb.size() < MOST, bomb.size() + " bytes");

    assertEquals(
        "message is more than 1000 bytes when inflated, expected at most that",
        refused(bomb, true, true).message());
    assertEquals(Trouble.INVALID_ARGUMENT, refused(bomb, false, true).trouble());
  }

  @Test
  void what_is_not_gzip_is_refused_whatever_else_the_flags_say() {
    ByteString body = frame(0x0b, new byte[30]);

    assertEquals("message is not gzip: Not in GZIP format", refused(body, true, true).message());
  }

  private static Refusal refused(ByteString body, boolean single, boolean gzip) {
    assertThrows(Refusal.class, () -> FrameGuard.whole(body, MOST, single, gzip));
    CompletionException failure =
        assertThrows(CompletionException.class, () -> piecewise(body, single, gzip));
    return (Refusal) failure.getCause();
  }

  /** Byte by byte. */
  private static ByteString piecewise(ByteString body, boolean single, boolean gzip) {
    List<ByteString> bytes =
        java.util.stream.IntStream.range(0, body.size())
            .mapToObj(at -> body.slice(at, at + 1))
            .toList();
    return Source.from(bytes)
        .via(FrameGuard.of(MOST, single, gzip))
        .runFold(ByteString.emptyByteString(), ByteString::concat, KIT.system())
        .toCompletableFuture()
        .join();
  }

  private static ByteString frame(int flag, byte[] message) {
    return ByteString.fromArray(
        ByteBuffer.allocate(5 + message.length)
            .put((byte) flag)
            .putInt(message.length)
            .put(message)
            .array());
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }
}
