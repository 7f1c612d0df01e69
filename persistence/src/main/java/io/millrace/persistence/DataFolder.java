package io.millrace.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A data folder, held by this process until closed: {@code FORMAT} says whose it is and in which
 * version, {@code LOCK} is locked by the process that uses it and holds its number.
 */
final class DataFolder implements AutoCloseable {
  /**
   * The version of all layouts in the folder that this program writes. It reads older ones as well,
   * and a folder {@linkplain #upgrade becomes} one of this version before it is written to: an
   * older program would pass over what it does not know. Since 2 the pairs of a batch of evidence
   * are columns.
   */
  static final int FORMAT_VERSION = 2;

  /** Of a folder that is not there or empty. */
  private static final int NONE = 0;

  private static final String PRODUCT = "millrace data, format ";
  private static final String FORMAT = "FORMAT";
  private static final String LOCK = "LOCK";

  /** Names that say nothing about whose folder it is. */
  private static final Set<String> NEUTRAL = Set.of(FORMAT + ".new", LOCK, "lost+found", "logs");

  /** Folders held by this process: its own file locks do not keep it out. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  final Path dir;

  /** What only a folder of ours holds. */
  private static final Set<String> OWN =
      Set.of("journal", "master.key", "index", "generations", "master.key.next");

  private final FileChannel channel;

  private DataFolder(Path dir, FileChannel channel) {
    this.dir = dir;
    this.channel = channel;
  }

  /** Takes a folder, making it when absent; throws {@link StoreUnusable} and changes nothing. */
  static DataFolder open(Path dir) {
    try {
      boolean fresh = version(dir) == NONE;
      if (fresh) {
        Files.createDirectories(dir);
      }
      DataFolder folder = lock(dir.toRealPath());
      if (fresh) {
        folder.writeFormat();
      }
      return folder;
    } catch (IOException e) {
      throw unusable(dir, e);
    }
  }

  /**
   * Makes it a folder of this version, to be called before anything is written that is new in it.
   */
  void upgrade() {
    try {
      if (version(dir) < FORMAT_VERSION) {
        writeFormat();
      }
    } catch (IOException e) {
      throw unusable(dir, e);
    }
  }

  private void writeFormat() throws IOException {
    writeSynced(FORMAT, Keys.utf8(PRODUCT + FORMAT_VERSION + "\n"));
  }

  /** Takes a folder that must hold data already. */
  static DataFolder openExisting(Path dir) {
    try {
      if (version(dir) == NONE) {
        throw new StoreUnusable("data folder " + dir + " holds no data");
      }
      return lock(dir.toRealPath());
    } catch (IOException e) {
      throw unusable(dir, e);
    }
  }

  private static int version(Path dir) throws IOException {
    if (!Files.exists(dir)) {
      return NONE;
    }
    if (!Files.isDirectory(dir)) {
      throw new StoreUnusable(dir + " is not a folder");
    }
    String format;
    try {
      format = Files.readString(dir.resolve(FORMAT), StandardCharsets.ISO_8859_1).strip();
    } catch (NoSuchFileException none) {
      String foreign = foreignName(dir);
      if (foreign != null) {
        throw OWN.contains(foreign)
            ? notWhole(dir, "it holds %s and no FORMAT".formatted(foreign))
            : new StoreUnusable(
                "data folder %s is not Millrace's: it has no FORMAT and holds %s"
                    .formatted(dir, foreign));
      }
      return NONE;
    }
    int version;
    try {
      version =
          format.startsWith(PRODUCT) ? Integer.parseInt(format.substring(PRODUCT.length())) : 0;
    } catch (NumberFormatException notANumber) {
      version = 0;
    }
    if (version < 1) {
      throw new StoreUnusable("data folder %s is not Millrace's: FORMAT is unknown".formatted(dir));
    }
    if (version > FORMAT_VERSION) {
      throw new StoreUnusable(
          "data folder %s has format %d, this version reads up to %d: use a newer Millrace"
              .formatted(dir, version, FORMAT_VERSION));
    }
    requireWhole(dir);
    return version;
  }

  /** A journal that is not there would be made anew, and nobody would miss the old one. */
  private static void requireWhole(Path dir) throws IOException {
    Path journal = dir.resolve("journal");
    if (Files.exists(journal.resolve("CURRENT"))) {
      return;
    }
    if (Files.exists(dir.resolve("master.key"))) {
      throw notWhole(dir, "it holds master.key and no journal/CURRENT");
    }
    try (Stream<Path> files = Files.isDirectory(journal) ? Files.list(journal) : Stream.empty()) {
      if (files.anyMatch(file -> file.toString().matches(".*\\.(sst|log)|.*MANIFEST-.*"))) {
        throw notWhole(dir, "its journal has no CURRENT");
      }
    }
  }

  private static StoreUnusable notWhole(Path dir, String why) {
    return new StoreUnusable(
        "data folder %s is not whole: %s; if it was copied in part copy it again, or restore a backup"
            .formatted(dir, why));
  }

  /** What kind of trouble an exception of the file system is, and what to do. */
  static StoreUnusable unusable(Path dir, IOException e) {
    String cause = String.valueOf(e);
    String known =
        cause.contains("Read-only file system")
            ? "is read-only, expected one that can be written: mount it so or choose another"
            : cause.contains("No space left")
                ? "lies on a disk without space: free some or choose another"
                : e instanceof AccessDeniedException
                    ? "may not be written by user %s: change its owner or choose another"
                        .formatted(System.getProperty("user.name"))
                    : "cannot be used: " + e;
    return new StoreUnusable("data folder " + dir + " " + known, e);
  }

  private static @Nullable String foreignName(Path dir) throws IOException {
    try (Stream<Path> entries = Files.list(dir)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> !NEUTRAL.contains(name) && !name.startsWith("."))
          .findFirst()
          .orElse(null);
    }
  }

  private static DataFolder lock(Path dir) throws IOException {
    if (!HELD.add(dir)) {
      throw new StoreUnusable("data folder " + dir + " is already open in this process");
    }
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              dir.resolve(LOCK),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock held;
      try {
        held = channel.tryLock();
      } catch (OverlappingFileLockException byThisProcess) {
        held = null;
      }
      if (held == null) {
        throw new StoreUnusable(
            "data folder %s is in use by process %s: stop it or choose another folder"
                .formatted(dir, holder(channel)));
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(Keys.utf8(Long.toString(ProcessHandle.current().pid()))), 0);
      return new DataFolder(dir, channel);
    } catch (IOException | RuntimeException e) {
      HELD.remove(dir);
      if (channel != null) {
        channel.close();
      }
      throw e;
    }
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(20);
    int length = channel.read(text, 0);
    return length <= 0 ? "unknown" : new String(text.array(), 0, length, StandardCharsets.US_ASCII);
  }

  /** Writes a small file so that it is there whole and on the disk, or not at all. */
  private void writeSynced(String name, byte[] bytes) throws IOException {
    Path next = dir.resolve(name + ".new");
    Files.write(next, bytes);
    moveSynced(next, dir.resolve(name));
  }

  /** Moves a written file to its name, file and folder synced. */
  static void moveSynced(Path next, Path file) throws IOException {
    sync(next);
    moveFolder(next, file);
  }

  /** Waits until what was written of a file is on the disk. */
  static void sync(Path file) throws IOException {
    try (FileChannel written = FileChannel.open(file, StandardOpenOption.WRITE)) {
      written.force(true);
    }
  }

  /** Moves what is on the disk already to its name, for good. */
  static void moveFolder(Path next, Path folder) throws IOException {
    Files.move(next, folder, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel parent =
        FileChannel.open(folder.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      parent.force(true);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new StoreFailed("data folder " + dir + " cannot be released: " + e, e);
    } finally {
      HELD.remove(dir);
    }
  }
}
