package io.millrace.persistence;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A copy of a data folder as of one moment, in a folder of its own: the files as they lie there,
 * and a manifest, written last, without which it is none.
 *
 * <pre>
 * millrace backup, format 1
 * taken TIME
 * forgotten FILE                      the list of destroyed keys; not part of the backup
 * file LENGTH SHA-256 PATH            each file
 * end NUMBER-OF-FILES SHA-256         of the lines above
 * </pre>
 *
 * <p>It holds the master key: whoever has it can read it. All methods block for the disk.
 */
public final class Backup {
  private static final String MANIFEST = "MANIFEST";
  private static final String PRODUCT = "millrace backup, format ";
  private static final int FORMAT = 1;
  private static final String JOURNAL = "journal";

  /**
   * What a backup holds.
   *
   * @param forgotten where the list of destroyed keys lay
   */
  public record Contents(Instant taken, Path forgotten, int files, long bytes) {}

  private record Entry(long length, String hash) {}

  private record Manifest(Instant taken, Path forgotten, Map<String, Entry> files) {
    Contents contents() {
      return new Contents(
          taken, forgotten, files.size(), files.values().stream().mapToLong(Entry::length).sum());
    }
  }

  private Backup() {}

  /**
   * Writes a backup of an open store, while it goes on, and reads it again to be sure.
   *
   * @param to absent or empty
   * @param earlier folders of the data folder that are derived from the journal and may be behind
   *     it
   * @param later folders that the journal speaks of
   * @throws StoreUnusable when the folder is not empty or cannot be written
   */
  public static Contents write(
      RocksStore store, Path to, Instant now, List<String> earlier, List<String> later) {
    requireEmpty(to, "backup");
    Map<String, Entry> files = new TreeMap<>();
    try {
      Files.createDirectories(to);
      for (String folder : earlier) {
        copyAll(store.dir().resolve(folder), to, folder, files);
      }
      store.frozen(journal -> {
        copyAll(journal, to, JOURNAL, files);
        for (Path key : store.keys().masterFiles()) {
          copy(key, to, "master.key" + (key.toString().endsWith(".next") ? ".next" : ""), files);
        }
      });
      for (String folder : later) {
        copyAll(store.dir().resolve(folder), to, folder, files);
      }
      copy(store.dir().resolve("FORMAT"), to, "FORMAT", files);
      Manifest manifest = new Manifest(now, store.keys().forgottenList(), files);
      Path next = to.resolve(MANIFEST + ".new");
      Files.writeString(next, text(manifest));
      DataFolder.moveSynced(next, to.resolve(MANIFEST));
      return verify(to);
    } catch (IOException | UncheckedIOException e) {
      throw new StoreUnusable("backup " + to + " cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a backup whole.
   *
   * @throws StoreUnusable when anything of it is missing or was changed
   */
  public static Contents verify(Path backup) {
    Manifest manifest = manifest(backup);
    try {
      for (Map.Entry<String, Entry> one : manifest.files.entrySet()) {
        Path file = backup.resolve(one.getKey());
        if (!Files.isRegularFile(file)) {
          throw new StoreUnusable("backup %s lacks file %s".formatted(backup, one.getKey()));
        }
        if (Files.size(file) != one.getValue().length) {
          throw new StoreUnusable(
              "backup %s was changed: %s has %d bytes, expected %d"
                  .formatted(backup, one.getKey(), Files.size(file), one.getValue().length));
        }
        if (!hash(file, OutputStream.nullOutputStream()).equals(one.getValue().hash)) {
          throw changed(backup, one.getKey());
        }
      }
      try (Stream<Path> all = Files.walk(backup)) {
        for (Path file : all.filter(Files::isRegularFile).toList()) {
          String name = name(backup, file);
          if (!name.equals(MANIFEST) && !manifest.files.containsKey(name)) {
            throw new StoreUnusable(
                "backup %s was changed: it holds %s, which its manifest does not name"
                    .formatted(backup, name));
          }
        }
      }
      return manifest.contents();
    } catch (IOException e) {
      throw new StoreUnusable("backup " + backup + " cannot be read: " + e, e);
    }
  }

  private static StoreUnusable changed(Path backup, String file) {
    return new StoreUnusable(
        "backup %s was changed: the checksum of %s is another".formatted(backup, file));
  }

  /**
   * Makes a data folder of a backup. Whoever was forgotten since, as the list says, is forgotten in
   * it. Nothing is written before all is found to be whole; the folder is there whole or not at
   * all.
   *
   * @param to absent or empty
   * @param forgotten the list of destroyed keys; absent: where it lay when the backup was taken
   * @throws StoreUnusable when the backup or the list is not whole, or the folder not empty
   */
  public static Contents restore(Path backup, Path to, Optional<Path> forgotten) {
    Contents contents = verify(backup);
    Path target = to.toAbsolutePath().normalize();
    requireEmpty(target, "data");
    Path list = forgotten.orElse(contents.forgotten);
    if (!Files.exists(list)) {
      throw new StoreUnusable(
          ("list of forgotten keys %s is missing: give the present one with --forgotten FILE, or"
                  + " users forgotten after %s would come back")
              .formatted(list, contents.taken));
    }
    Map<Long, Long> gone = new ForgottenKeys(list).read();
    Path staged = target.resolveSibling(target.getFileName() + ".restoring");
    StoreSettings settings = StoreSettings.in(target);
    try {
      deleteAll(staged);
      Files.createDirectories(staged);
      long free = Files.getFileStore(staged).getUsableSpace();
      if (free < contents.bytes) {
        Files.delete(staged);
        throw new StoreUnusable(
            "no space to restore to %s: %d bytes are free, expected %d or more"
                .formatted(target, free, contents.bytes));
      }
      for (Map.Entry<String, Entry> one : manifest(backup).files.entrySet()) {
        Map<String, Entry> copied = new TreeMap<>();
        copy(backup.resolve(one.getKey()), staged, one.getKey(), copied);
        if (!copied.containsValue(one.getValue())) {
          throw changed(backup, one.getKey());
        }
      }
      Path ownList = settings.forgottenFileOf(target);
      new ForgottenKeys(ownList).add(gone);
      RocksStore.open(StoreSettings.in(staged).withForgottenFile(ownList)).close();
      Files.deleteIfExists(target);
      DataFolder.moveFolder(staged, target);
      return contents;
    } catch (IOException | UncheckedIOException e) {
      throw new StoreUnusable("data folder " + target + " cannot be restored: " + e, e);
    }
  }

  private static void requireEmpty(Path folder, String kind) {
    try (Stream<Path> held = Files.exists(folder) ? Files.list(folder) : Stream.empty()) {
      Optional<Path> first = held.findFirst();
      if (first.isPresent()) {
        throw new StoreUnusable(
            "%s folder %s is not empty, it holds %s: choose another"
                .formatted(kind, folder, first.get().getFileName()));
      }
    } catch (IOException e) {
      throw new StoreUnusable("%s folder %s cannot be used: %s".formatted(kind, folder, e), e);
    }
  }

  // the manifest

  private static String text(Manifest manifest) {
    StringBuilder lines = new StringBuilder(PRODUCT).append(FORMAT).append('\n');
    lines.append("taken ").append(manifest.taken).append('\n');
    lines.append("forgotten ").append(manifest.forgotten).append('\n');
    manifest.files.forEach((name, entry) ->
        lines
            .append("file ")
            .append(entry.length)
            .append(' ')
            .append(entry.hash)
            .append(' ')
            .append(name)
            .append('\n'));
    return lines + "end " + manifest.files.size() + " " + hash(lines.toString()) + "\n";
  }

  private static Manifest manifest(Path backup) {
    String text;
    try {
      text = Files.readString(backup.resolve(MANIFEST), StandardCharsets.UTF_8);
    } catch (NoSuchFileException none) {
      throw new StoreUnusable(
          "%s is no backup, or one that was not finished: it has no MANIFEST".formatted(backup));
    } catch (IOException e) {
      throw new StoreUnusable("backup " + backup + " cannot be read: " + e, e);
    }
    if (!text.startsWith(PRODUCT)) {
      throw new StoreUnusable("%s is no backup of Millrace".formatted(backup));
    }
    String version = text.lines().findFirst().orElse("").substring(PRODUCT.length());
    if (!version.equals(String.valueOf(FORMAT))) {
      throw new StoreUnusable(
          "backup %s has format %s, this version reads %d: use a newer Millrace"
              .formatted(backup, version, FORMAT));
    }
    int end = text.lastIndexOf("\nend ") + 1;
    List<String> lines = text.lines().toList();
    Map<String, Entry> files = new TreeMap<>();
    try {
      for (String line : lines.subList(3, lines.size() - 1)) {
        String[] parts = line.split(" ", 4);
        files.put(parts[3], new Entry(Long.parseLong(parts[1]), parts[2]));
      }
      String expected = "end " + files.size() + " " + hash(text.substring(0, end));
      if (text.substring(end).equals(expected + "\n")) {
        return new Manifest(
            Instant.parse(lines.get(1).substring("taken ".length())),
            Path.of(lines.get(2).substring("forgotten ".length())),
            files);
      }
    } catch (RuntimeException broken) {
      throw new StoreUnusable(
          "backup %s was changed: its MANIFEST is broken".formatted(backup), broken);
    }
    throw new StoreUnusable(
        "backup %s was changed: the checksum of its MANIFEST is another".formatted(backup));
  }

  // files

  private static void copyAll(Path folder, Path to, String name, Map<String, Entry> files)
      throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : all) {
      String own = name(folder, file);
      if (!own.equals("LOCK")
          && !own.startsWith("LOG")
          && !own.endsWith(".new")
          && !own.endsWith(".part")) {
        copy(file, to, name + "/" + own, files);
      }
    }
  }

  private static void copy(Path file, Path to, String name, Map<String, Entry> files)
      throws IOException {
    Path copy = to.resolve(name);
    Files.createDirectories(copy.toAbsolutePath().getParent());
    MasterKey.createPrivate(copy);
    try (OutputStream out = Files.newOutputStream(copy, StandardOpenOption.TRUNCATE_EXISTING)) {
      String hash = hash(file, out);
      out.flush();
      files.put(name, new Entry(Files.size(copy), hash));
    }
    DataFolder.sync(copy);
  }

  private static String name(Path folder, Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }

  private static String hash(Path file, OutputStream copy) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
        copy.write(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String hash(String text) {
    return HexFormat.of().formatHex(sha256().digest(Keys.utf8(text)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  static void deleteAll(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.sorted(Comparator.reverseOrder()).forEach(all::add);
    }
    for (Path one : all) {
      Files.delete(one);
    }
  }
}
