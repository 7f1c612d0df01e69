package io.millrace.edge;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * Watches the frames of one gRPC request: a byte for compression, four of length, the message. A
 * frame that is too long is never buffered, one that ends early is told apart from a fault of ours,
 * and one that is compressed is inflated here, because the library would inflate 4 MiB to 4 GiB. Of
 * one stream; not thread-safe.
 */
final class FrameGuard {
  /** Of a frame: a byte for compression, four of length. Source: gRPC over HTTP/2. */
  static final int HEADER = 5;

  /** More than this of a refused body is not even thrown away. */
  private static final long MOST_SWALLOWED = 64L << 20;

  /** A caller's broken frame is told to the caller. */
  private static final Attributes NOT_LOGGED =
      Attributes.createLogLevels(
          Attributes.logLevelOff(), Attributes.logLevelOff(), Attributes.logLevelOff());

  private final int mostBytes;
  private final boolean single;
  private final boolean gzip;

  private final byte[] header = new byte[HEADER];
  private int headerBytes;
  private long messageLeft;
  private long messageBytes;
  private long messages;
  private long swallowed;
  private boolean tooLong;

  /** What was not handed on yet: a single message whole, else one that is compressed. */
  private ByteString kept = ByteString.emptyByteString();

  private boolean keeping;

  private FrameGuard(int mostBytes, boolean single, boolean gzip) {
    this.mostBytes = mostBytes;
    this.single = single;
    this.gzip = gzip;
  }

  /**
   * Guards one request.
   *
   * @param single true: of one message, which is handed on when the body has ended. A body that is
   *     refused is read to its end first, because a request that is cut off resets its stream and
   *     the caller never learns why
   * @param gzip whether that is how a message is compressed that says it is
   */
  static Flow<ByteString, ByteString, NotUsed> of(int mostBytes, boolean single, boolean gzip) {
    return Flow.of(ByteString.class)
        .statefulMap(
            () -> new FrameGuard(mostBytes, single, gzip),
            (guard, bytes) -> Pair.create(guard, guard.pass(bytes)),
            FrameGuard::end)
        .withAttributes(NOT_LOGGED);
  }

  /**
   * The same of a body that is at hand.
   *
   * @throws Refusal when it is none of ours
   */
  static ByteString whole(ByteString body, int mostBytes, boolean single, boolean gzip) {
    FrameGuard guard = new FrameGuard(mostBytes, single, gzip);
    return guard.pass(body).concat(guard.end().orElse(ByteString.emptyByteString()));
  }

  /** Whether a body is one frame and nothing else, plain and of at most so many bytes. */
  static boolean isOnePlain(ByteString body, int mostBytes) {
    int message = body.size() - HEADER;
    return message >= 0
        && message <= mostBytes
        && body.apply(0) == 0
        && message == lengthOf(body.take(HEADER).toArrayUnsafe());
  }

  private static long lengthOf(byte[] header) {
    return ByteBuffer.wrap(header, 1, 4).getInt() & 0xffff_ffffL;
  }

  private ByteString pass(ByteString bytes) {
    ByteString passed = tooLong ? ByteString.emptyByteString() : follow(bytes);
    if (!tooLong) {
      return passed;
    }
    kept = ByteString.emptyByteString();
    swallowed += bytes.size();
    if (!single || swallowed > MOST_SWALLOWED) {
      throw refused();
    }
    return ByteString.emptyByteString();
  }

  /** What of these bytes, and of those kept, may go on now. */
  private ByteString follow(ByteString bytes) {
    ByteString passed = ByteString.emptyByteString();
    // The header of a compressed message is written anew, so none goes on before it is whole.
    boolean rewriting = !single && gzip;
    int from = 0;
    int at = 0;
    while (at < bytes.size()) {
      if (messageLeft > 0) {
        int step = (int) Math.min(messageLeft, bytes.size() - at);
        messageLeft -= step;
        at += step;
      } else {
        if (rewriting && headerBytes == 0) {
          passed = passed.concat(bytes.slice(from, at));
        }
        header[headerBytes++] = bytes.apply(at++);
        from = rewriting ? at : from;
        if (headerBytes < HEADER) {
          continue;
        }
        headerBytes = 0;
        messages++;
        messageBytes = lengthOf(header);
        messageLeft = messageBytes;
        if (messageBytes > mostBytes) {
          tooLong = true;
          return passed;
        }
        keeping = rewriting && isCompressed();
        if (rewriting && !keeping) {
          passed = passed.concat(ByteString.fromArray(header));
        }
      }
      if (keeping && messageLeft == 0) {
        ByteString message = kept.concat(bytes.slice(from, at));
        passed = passed.concat(framed(inflated(message)));
        kept = ByteString.emptyByteString();
        keeping = false;
        from = at;
      }
    }
    ByteString rest = bytes.slice(from, at);
    if (single || keeping) {
      kept = kept.concat(rest);
      return passed;
    }
    return passed.concat(rest);
  }

  private Optional<ByteString> end() {
    if (tooLong) {
      throw refused();
    }
    if (messageLeft > 0 || headerBytes > 0) {
      throw Refusal.invalid(
          messageLeft > 0
              ? "message ends after "
                  + (messageBytes - messageLeft)
                  + " bytes, expected "
                  + messageBytes
                  + " as its frame says"
              : "body ends within the header of a frame");
    }
    if (single && messages > 1) {
      throw Refusal.invalid("body holds " + messages + " messages, expected 1");
    }
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(isCompressed() ? framed(inflated(kept.drop(HEADER))) : kept);
  }

  /** Of the message whose header was read last; the library looks at the same bit. */
  private boolean isCompressed() {
    return gzip && (header[0] & 1) != 0;
  }

  private ByteString inflated(ByteString message) {
    try (GZIPInputStream in =
        new GZIPInputStream(new ByteArrayInputStream(message.toArrayUnsafe()))) {
      byte[] plain = in.readNBytes(mostBytes + 1);
      if (plain.length > mostBytes) {
        throw Refusal.invalid(
            "message is more than " + mostBytes + " bytes when inflated, expected at most that");
      }
      return ByteString.fromArrayUnsafe(plain);
    } catch (IOException broken) {
      throw Refusal.invalid("message is not gzip: " + broken.getMessage());
    }
  }

  private static ByteString framed(ByteString message) {
    byte[] head = ByteBuffer.allocate(HEADER).put((byte) 0).putInt(message.size()).array();
    return ByteString.fromArrayUnsafe(head).concat(message);
  }

  private Refusal refused() {
    return Refusal.invalid("message is " + messageBytes + " bytes, expected at most " + mostBytes);
  }
}
