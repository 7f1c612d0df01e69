package io.millrace.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Looks at RocksDB's write-ahead logs before it does, which passes over what it cannot read without
 * a word: bytes behind the last whole record are told, a broken record with whole ones behind it is
 * no crash's doing and must not be passed over.
 *
 * <pre>
 * log      blocks of 32,768 bytes
 * record   masked CRC-32C of type and bytes(4), length(2), type(1), bytes, little-endian;
 *          1 whole, 2 first, 3 middle, 4 last part; 6 bytes or fewer at the end of a block are zero
 * </pre>
 */
final class LogScan {
  private static final int BLOCK = 32_768;
  private static final int HEADER = 7;
  private static final int FIRST = 2;
  private static final int MIDDLE = 3;
  private static final int LAST = 4;
  private static final int MASK = 0xa282ead8;

  /**
   * What a log ends with.
   *
   * @param whole bytes up to the end of the last record that is whole
   * @param dropped bytes behind it
   */
  record Tail(Path log, long whole, long dropped) {}

  private LogScan() {}

  /**
   * The damaged end of the logs in a folder, if it is damaged.
   *
   * @throws StoreUnusable when the damage is not at the end, and that is not accepted
   */
  static Optional<Tail> of(Path folder, boolean dropDamaged) throws IOException {
    try {
      return of(folder);
    } catch (StoreUnusable inTheMiddle) {
      if (dropDamaged) {
        return Optional.empty();
      }
      throw inTheMiddle;
    }
  }

  private static Optional<Tail> of(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    List<Path> logs;
    try (Stream<Path> files = Files.list(folder)) {
      logs = files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    }
    Tail damaged = null;
    for (Path log : logs) {
      ByteBuffer bytes = mapped(log);
      if (damaged != null && bytes.capacity() > 0) {
        throw inTheMiddle(damaged);
      }
      Tail tail = tail(log, bytes);
      if (tail.dropped > 0) {
        damaged = tail;
      }
    }
    return Optional.ofNullable(damaged);
  }

  private static ByteBuffer mapped(Path log) throws IOException {
    try (FileChannel file = FileChannel.open(log, StandardOpenOption.READ)) {
      return file.map(MapMode.READ_ONLY, 0, file.size()).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private static Tail tail(Path log, ByteBuffer bytes) {
    int size = bytes.capacity();
    int at = 0;
    int whole = 0;
    while (at < size) {
      int left = BLOCK - at % BLOCK;
      if (left < HEADER) {
        at += Math.min(left, size - at);
        continue;
      }
      int length = record(bytes, at, left);
      if (length < 0) {
        break;
      }
      int type = bytes.get(at + 6);
      at += HEADER + length;
      if (type != FIRST && type != MIDDLE) {
        whole = at;
      }
    }
    while (whole < at && isZero(bytes, whole, at)) {
      whole = at; // the padding of a block
    }
    if (whole == size || isZero(bytes, whole, size)) {
      return new Tail(log, size, 0);
    }
    Tail tail = new Tail(log, whole, size - whole);
    // One sync, one record: parts of the broken one may be whole, the beginning of another may not.
    for (int block = (at / BLOCK + 1) * BLOCK; block < size; block += BLOCK) {
      int next = block;
      int left = BLOCK;
      for (int length = record(bytes, next, left); length >= 0 && left >= HEADER; ) {
        if (bytes.get(next + 6) != MIDDLE && bytes.get(next + 6) != LAST) {
          throw inTheMiddle(tail);
        }
        next += HEADER + length;
        left -= HEADER + length;
        length = left < HEADER ? -1 : record(bytes, next, left);
      }
    }
    return tail;
  }

  /** The length of the record at a place; -1 when there is none that is whole. */
  private static int record(ByteBuffer log, int at, int left) {
    if (log.capacity() - at < HEADER) {
      return -1;
    }
    int length = Short.toUnsignedInt(log.getShort(at + 4));
    if (log.get(at + 6) == 0 || HEADER + length > left || log.capacity() - at < HEADER + length) {
      return -1;
    }
    CRC32C crc = new CRC32C();
    crc.update(log.slice(at + 6, 1 + length));
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK == log.getInt(at) ? length : -1;
  }

  private static boolean isZero(ByteBuffer bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static StoreUnusable inTheMiddle(Tail tail) {
    return new StoreUnusable(
        ("journal log %s is damaged at byte %d with whole records behind it: what was acknowledged"
                + " would be lost; restore a backup, or set millrace.persistence.drop-damaged-log to go"
                + " on without it")
            .formatted(tail.log, tail.whole));
  }
}
