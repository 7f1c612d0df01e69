package io.millrace.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The list of destroyed keys: a file beside the data folder, so that no copy of the folder takes it
 * back in time. Every start applies it, a restore of a backup that is older than it too.
 *
 * <pre>
 * millrace forgotten keys, format 1
 * key id, 16 hexadecimal digits; a space; when, ms since 1970
 * </pre>
 *
 * <p>Lines are only ever added. A last line without its end was never acknowledged and is passed
 * over. Safe from any thread; made with the first line.
 */
final class ForgottenKeys {
  private static final String HEADER = "millrace forgotten keys, format 1\n";

  final Path file;
  private final ReentrantLock lock = new ReentrantLock();

  ForgottenKeys(Path file) {
    this.file = file;
  }

  /** When each key was destroyed, ms since 1970; empty when there is no list. */
  Map<Long, Long> read() {
    if (!Files.exists(file)) {
      return Map.of();
    }
    String text;
    try {
      text = Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new StoreUnusable("list of forgotten keys " + file + " cannot be read: " + e, e);
    }
    if (!text.startsWith(HEADER)) {
      throw new StoreUnusable(
          "%s is no list of forgotten keys: expected a first line '%s'"
              .formatted(file, HEADER.strip()));
    }
    Map<Long, Long> all = new LinkedHashMap<>();
    int from = HEADER.length();
    for (int end = text.indexOf('\n', from); end >= 0; end = text.indexOf('\n', from)) {
      String line = text.substring(from, end);
      try {
        all.put(
            Long.parseUnsignedLong(line.substring(0, 16), 16), Long.valueOf(line.substring(17)));
      } catch (IndexOutOfBoundsException | NumberFormatException wrong) {
        throw new StoreUnusable(
            "list of forgotten keys %s holds '%s', expected 16 hexadecimal digits and a time"
                .formatted(file, line));
      }
      from = end + 1;
    }
    return all;
  }

  /** Adds lines; they are on the disk when it returns. */
  void add(Map<Long, Long> keys) throws IOException {
    StringBuilder lines = new StringBuilder();
    keys.forEach((id, at) -> lines.append("%016x %d%n".formatted(id, at).replace("\r", "")));
    lock.lock();
    try {
      if (!Files.exists(file)) {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(next, HEADER + lines);
        DataFolder.moveSynced(next, file);
        return;
      }
      try (FileChannel list =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        long end = endOfLines(list);
        list.truncate(end);
        list.write(ByteBuffer.wrap(Keys.utf8(lines.toString())), end);
        list.force(true);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Behind the last line that has its end. */
  private static long endOfLines(FileChannel list) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    for (long end = list.size(); end > 0; end--) {
      last.clear();
      list.read(last, end - 1);
      if (last.get(0) == '\n') {
        return end;
      }
    }
    return 0;
  }
}
