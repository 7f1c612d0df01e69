package io.millrace.bench;

import java.util.Arrays;
import java.util.SplittableRandom;

/** What is done to bytes that were valid. */
final class FuzzMutations {

  private FuzzMutations() {}

  /** Bytes that a parser of protobuf, of frames or of text may stumble over. */
  private static final byte[][] PIECES = {
    {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff},
    {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f},
    {0x0b, 0x0b, 0x0b, 0x0b},
    {0x0c},
    {(byte) 0xc3, 0x28},
    {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
    {0, 0, 0, 0},
    {0x0a, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07},
    {'"', ':', '[', '{', '}', ']'},
    {'\\', 'u', 'd', '8', '0', '0'},
    {'1', 'e', '9', '9', '9', '9'},
    {'\r', '\n', '\r', '\n'},
    {'%', 'f', 'f', '%', '0', '0'},
  };

  /** One to four changes: bits, bytes, pieces doubled, cut out, cut off or put in. */
  static byte[] mutate(byte[] valid, SplittableRandom random) {
    byte[] bytes = valid;
    for (int left = 1 + random.nextInt(4); left > 0; left--) {
      bytes = once(bytes, random);
    }
    return bytes;
  }

  private static byte[] once(byte[] bytes, SplittableRandom random) {
    if (bytes.length == 0) {
      return PIECES[random.nextInt(PIECES.length)];
    }
    int at = random.nextInt(bytes.length);
    int length = Math.min(bytes.length - at, 1 + random.nextInt(32));
    return switch (random.nextInt(7)) {
      case 0, 1 -> {
        byte[] flipped = bytes.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        yield flipped;
      }
      case 2 -> {
        byte[] changed = bytes.clone();
        changed[at] = (byte) random.nextInt(256);
        yield changed;
      }
      case 3 -> Arrays.copyOf(bytes, at);
      case 4 -> splice(bytes, at, at + length, new byte[0]);
      case 5 -> splice(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length));
      default -> splice(bytes, at, at, PIECES[random.nextInt(PIECES.length)]);
    };
  }

  /** The bytes with those from one place to another replaced. */
  private static byte[] splice(byte[] bytes, int from, int to, byte[] by) {
    byte[] spliced = new byte[bytes.length - (to - from) + by.length];
    System.arraycopy(bytes, 0, spliced, 0, from);
    System.arraycopy(by, 0, spliced, from, by.length);
    System.arraycopy(bytes, to, spliced, from + by.length, bytes.length - to);
    return spliced;
  }

  static byte[] concat(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    byte[] whole = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }
}
