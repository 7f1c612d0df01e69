package io.millrace.bench;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * One fuzzed request: what is sent, and how the port is expected to go on. The same seed and number
 * make the same case.
 */
sealed interface FuzzCase {

  /** Which one of its seed. */
  long number();

  /** The carrier and what was done to it, such as {@code grpc FeedService/GetFeed}. */
  String name();

  byte[] bytes();

  /**
   * A call on a stream of a healthy HTTP/2 connection: has to be answered with a known code.
   *
   * @param headers without the pseudo headers
   * @param bytes the body
   */
  record Call(
      long number, String name, String path, List<Map.Entry<String, String>> headers, byte[] bytes)
      implements FuzzCase {}

  /**
   * One whole HTTP/1.1 request: has to be answered with a known code.
   *
   * @param bytes head and body as they go over the wire
   */
  record Exchange(long number, String name, boolean bodyless, byte[] bytes) implements FuzzCase {}

  /** Anything on a connection of its own, then nothing more: has to be ended by the node. */
  record Garbage(long number, String name, byte[] bytes) implements FuzzCase {}

  /** Everything that is needed to send it again by hand; long ones cut. */
  default String told() {
    String head =
        switch (this) {
          case Call call -> call.path() + " " + call.headers() + " ";
          case Exchange _, Garbage _ -> "";
        };
    byte[] all = bytes();
    int told = Math.min(all.length, 600);
    return "%s%d bytes %s%s"
        .formatted(
            head,
            all.length,
            HexFormat.of().formatHex(all, 0, told),
            told < all.length ? ".." : "");
  }
}
