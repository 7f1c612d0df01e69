package io.millrace.edge;

import java.util.Optional;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * Watches the frames of one gRPC request: a byte for compression, four of length, the message. A
 * frame that is too long is never buffered, one that ends early is told apart from a fault of ours.
 * Of one stream; not thread-safe.
 */
final class FrameGuard {
  private static final int HEADER = 5;

  /** More than this of a refused body is not even thrown away. */
  private static final long MOST_SWALLOWED = 64L << 20;

  /** A caller's broken frame is told to the caller. */
  private static final Attributes NOT_LOGGED =
      Attributes.createLogLevels(
          Attributes.logLevelOff(), Attributes.logLevelOff(), Attributes.logLevelOff());

  private final int mostBytes;
  private final boolean patient;

  private final byte[] header = new byte[HEADER];
  private int headerBytes;
  private long messageLeft;
  private long messageBytes;
  private long swallowed;
  private boolean tooLong;

  private FrameGuard(int mostBytes, boolean patient) {
    this.mostBytes = mostBytes;
    this.patient = patient;
  }

  /**
   * Guards one request.
   *
   * @param patient true: a body that is refused is read to its end first, because a request that is
   *     cut off resets its stream and the caller never learns why
   */
  static Flow<ByteString, ByteString, NotUsed> of(int mostBytes, boolean patient) {
    return Flow.of(ByteString.class)
        .statefulMap(
            () -> new FrameGuard(mostBytes, patient),
            (guard, bytes) -> Pair.create(guard, guard.pass(bytes)),
            FrameGuard::end)
        .withAttributes(NOT_LOGGED);
  }

  private ByteString pass(ByteString bytes) {
    if (!tooLong) {
      follow(bytes);
    }
    if (!tooLong) {
      return bytes;
    }
    swallowed += bytes.size();
    if (!patient || swallowed > MOST_SWALLOWED) {
      throw refused();
    }
    return ByteString.emptyByteString();
  }

  private void follow(ByteString bytes) {
    int at = 0;
    while (at < bytes.size()) {
      if (messageLeft > 0) {
        int step = (int) Math.min(messageLeft, bytes.size() - at);
        messageLeft -= step;
        at += step;
        continue;
      }
      header[headerBytes++] = bytes.apply(at++);
      if (headerBytes == HEADER) {
        headerBytes = 0;
        messageBytes =
            (header[1] & 0xffL) << 24
                | (header[2] & 0xffL) << 16
                | (header[3] & 0xffL) << 8
                | (header[4] & 0xffL);
        messageLeft = messageBytes;
        if (messageBytes > mostBytes) {
          tooLong = true;
          return;
        }
      }
    }
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
    return Optional.empty();
  }

  private Refusal refused() {
    return Refusal.invalid("message is " + messageBytes + " bytes, expected at most " + mostBytes);
  }
}
