package io.millrace.edge;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Follows what a caller sends on one connection, far enough to bound what Pekko HTTP 1.3 does not:
 * the length of an HTTP/2 frame and of a header block, and frames that cost the node work but ask
 * for nothing (RFC 9113, 10.5). Of one connection; not thread-safe.
 *
 * <p>An HTTP/1.1 connection is only looked at for the preface, because it may be upgraded to h2c.
 */
final class ConnectionFrames {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Where the preface repeats its own beginning: the P of HTTP (Knuth, Morris, Pratt 1977). */
  private static final int REPEATED_AT = 10;

  /** We never announce more (RFC 9113, 4.2); Pekko would buffer 16 MiB. */
  private static final int MOST_FRAME = 16_384;

  /** Chosen: eight times the longest header value that is read, 8 KiB; Pekko has no bound. */
  private static final int MOST_HEADER_BLOCK = 64 << 10;

  /** Netty's bound: a block in more pieces is no honest one, however short (CVE-2024-27316). */
  private static final int MOST_CONTINUATIONS = 16;

  /** Six are defined, each has six bytes; each may cost a walk over all streams. */
  private static final int MOST_SETTINGS_BYTES = 32 * 6;

  /** As many as streams may be open, so that a caller may cancel all it asked, each second. */
  static final int RESETS_PER_SECOND = 1_024;

  /**
   * Chosen: an answered ping costs about as much as 20 us of CPU; clients that measure bandwidth
   * send some hundred a second.
   */
  static final int IDLE_FRAMES_PER_SECOND = 4_096;

  /** Chosen: a client changes its settings once or twice in its life. */
  private static final int SETTINGS_COST = 64;

  private static final int HEADER = 9;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int PRIORITY = 2;
  private static final int RESET = 3;
  private static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int ACK_OR_END_STREAM = 1;
  private static final int PADDED = 8;
  private static final int PRIORITISED = 0x20;
  private static final int PRIORITY_BYTES = 5;
  private static final int PROTOCOL_ERROR = 1;
  private static final int FRAME_SIZE_ERROR = 6;
  private static final int ENHANCE_YOUR_CALM = 11;

  /** The last error code that is defined (RFC 9113, 7); Pekko breaks off on others. */
  private static final int LAST_ERROR = 13;

  /** Why a connection is ended, as the peer is told. */
  record Violation(int errorCode, String what) {}

  private final TokenBucket resets;
  private final TokenBucket idle;
  private boolean http2;
  private int prefaceBytes;
  private boolean asked;
  private int headBytes;

  private final byte[] header = new byte[HEADER];
  private int headerBytes;
  private boolean anyFrame;
  private int type;
  private int payloadLeft;
  private int payloadLength;
  private boolean padded;

  /** Padding has to be less than this. */
  private int unpaddedMost;

  private int blockBytes;
  private int continuations;

  ConnectionFrames(long now) {
    resets = new TokenBucket(RESETS_PER_SECOND, 2 * RESETS_PER_SECOND, now);
    idle = new TokenBucket(IDLE_FRAMES_PER_SECOND, 2 * IDLE_FRAMES_PER_SECOND, now);
  }

  /** What may go on to the parser, or why nothing may any more. */
  record Passed(ByteString bytes, @Nullable Violation violation) {}

  /**
   * Follows some bytes.
   *
   * @param now nanoseconds, monotonic
   */
  Passed pass(ByteString bytes, long now) {
    byte[] in = bytes.toArrayUnsafe();
    byte[] patched = null;
    int at = 0;
    while (at < in.length) {
      if (!http2) {
        lookForPreface(in[at++]);
        continue;
      }
      if (payloadLeft > 0) {
        if (padded && payloadLeft == payloadLength && (in[at] & 0xff) >= unpaddedMost) {
          return new Passed(
              ByteString.emptyByteString(),
              new Violation(PROTOCOL_ERROR, "frame is all padding, of " + (in[at] & 0xff)));
        }
        if ((type == RESET && payloadLength == 4) || (type == GOAWAY && payloadLength >= 8)) {
          byte known = knownCode(in[at], payloadLength - payloadLeft);
          if (known != in[at]) {
            patched = patched == null ? in.clone() : patched;
            patched[at] = known;
          }
          payloadLeft--;
          at++;
        } else {
          int step = Math.min(payloadLeft, in.length - at);
          payloadLeft -= step;
          at += step;
        }
        continue;
      }
      header[headerBytes++] = in[at++];
      if (headerBytes == HEADER) {
        headerBytes = 0;
        anyFrame = true;
        Violation violation = frame(now);
        if (violation != null) {
          return new Passed(ByteString.emptyByteString(), violation);
        }
      }
    }
    return new Passed(patched == null ? bytes : ByteString.fromArrayUnsafe(patched), null);
  }

  /** Whether the caller has asked something: a whole head, or the preface. */
  boolean hasAsked() {
    return asked;
  }

  /** Whether the connection may end here. */
  boolean isBetweenFrames() {
    return !http2 || (anyFrame && headerBytes == 0 && payloadLeft == 0);
  }

  private void lookForPreface(byte next) {
    while (next != PREFACE[prefaceBytes]) {
      if (prefaceBytes == 0) {
        break;
      }
      prefaceBytes = prefaceBytes == REPEATED_AT ? 1 : 0;
    }
    if (next == PREFACE[prefaceBytes] && ++prefaceBytes == PREFACE.length) {
      http2 = true;
      asked = true;
    }
    // An empty line ends the head of an HTTP/1.1 request.
    headBytes = next == '\n' ? headBytes + 1 : next == '\r' ? headBytes : 0;
    asked |= headBytes == 2;
  }

  private byte knownCode(byte given, int place) {
    // The code is all of RST_STREAM, and behind the stream's number in GOAWAY.
    int digit = type == RESET ? place : place - 4;
    if (digit < 0 || digit > 3) {
      return given;
    }
    return digit < 3 ? 0 : (given & 0xff) > LAST_ERROR ? 2 : given;
  }

  private @Nullable Violation frame(long now) {
    payloadLength = ((header[0] & 0xff) << 16) | ((header[1] & 0xff) << 8) | (header[2] & 0xff);
    payloadLeft = payloadLength;
    type = header[3] & 0xff;
    boolean flagged = (header[4] & ACK_OR_END_STREAM) != 0;
    if (payloadLength > MOST_FRAME) {
      return new Violation(
          FRAME_SIZE_ERROR, "frame is " + payloadLength + " bytes, expected at most " + MOST_FRAME);
    }
    padded = (type == DATA || type == HEADERS) && (header[4] & PADDED) != 0;
    int fixed = fixedBytes();
    unpaddedMost = payloadLength - fixed + 1;
    if (payloadLength < fixed) {
      // The parser would wait for the rest for ever, and keep all that comes meanwhile.
      return new Violation(
          FRAME_SIZE_ERROR,
          "frame of type " + type + " is " + payloadLength + " bytes, expected at least " + fixed);
    }
    return switch (type) {
      case HEADERS -> {
        blockBytes = payloadLength;
        continuations = 0;
        yield null;
      }
      case CONTINUATION -> {
        blockBytes += payloadLength;
        yield ++continuations > MOST_CONTINUATIONS || blockBytes > MOST_HEADER_BLOCK
            ? new Violation(
                ENHANCE_YOUR_CALM,
                "header block is " + blockBytes + " bytes in " + continuations + " pieces")
            : null;
      }
      case PUSH_PROMISE -> new Violation(PROTOCOL_ERROR, "a client does not push");
      case DATA -> payloadLength > 0 || flagged || idle.take(1, now) ? null : calm("empty frames");
      case RESET -> resets.take(1, now) ? null : calm("resets of streams");
      case SETTINGS ->
          payloadLength <= MOST_SETTINGS_BYTES && (flagged || idle.take(SETTINGS_COST, now))
              ? null
              : calm("settings");
      // PRIORITY, PING, WINDOW_UPDATE, GOAWAY, and what nobody knows.
      default -> idle.take(1, now) ? null : calm("frames that ask for nothing");
    };
  }

  /** What a frame of this type has at least. */
  private int fixedBytes() {
    return switch (type) {
      case DATA -> padded ? 1 : 0;
      case HEADERS -> (padded ? 1 : 0) + ((header[4] & PRIORITISED) != 0 ? PRIORITY_BYTES : 0);
      case PRIORITY -> PRIORITY_BYTES;
      case RESET, WINDOW_UPDATE -> 4;
      case PING, GOAWAY -> 8;
      default -> 0;
    };
  }

  private static Violation calm(String what) {
    return new Violation(ENHANCE_YOUR_CALM, "too many " + what);
  }
}
