package io.millrace.index;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one graph: Lucene directories named by number, and a manifest that says which one
 * holds, with the length and CRC-32C of each of its files and of itself. The manifest is replaced
 * by a rename after all it names is on disk, so a crash leaves the old graph or the new one;
 * anything else that is found is thrown away, as the vectors come again from the owner's
 * checkpoint. Used by one fold at a time.
 *
 * <pre>
 * MRVG | version 1 | number of the directory | length | connections | size | file count
 *      | per file: name length, name (UTF-8), bytes, CRC-32C | CRC-32C of all before
 * </pre>
 */
final class GraphStore {

  private static final int MAGIC = 0x4d52_5647; // MRVG
  private static final int VERSION = 1;
  private static final String MANIFEST = "manifest";
  private static final String PREFIX = "graph-";

  private final Path folder;
  private String found = "";
  private int number;

  GraphStore(Path folder) {
    this.folder = folder;
  }

  /** What {@link #open} met, in words. */
  String found() {
    return found;
  }

  /**
   * The graph that the folder holds; null, with the folder emptied, when it holds none that is
   * whole and of this shape.
   *
   * @param length of the vectors; 0 when any will do
   */
  @Nullable WalkableGraph open(int length, GraphFolder.Shape shape) {
    try {
      Files.createDirectories(folder);
      WalkableGraph graph = null;
      if (!Files.exists(folder.resolve(MANIFEST))) {
        found = "nothing";
      } else {
        try {
          graph = read(length, shape);
          found = "a graph of %d vectors".formatted(graph.size());
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
          found = "no whole graph: " + e.getMessage();
        }
      }
      clear(graph == null ? -1 : number);
      return graph;
    } catch (IOException e) {
      throw new UncheckedIOException("graph folder " + folder + " cannot be used", e);
    }
  }

  private WalkableGraph read(int length, GraphFolder.Shape shape) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(MANIFEST));
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < 40) {
      throw new IOException("manifest has %d bytes, expected 40 or more".formatted(bytes.length));
    }
    int sum = in.getInt(bytes.length - 4);
    int actual = crc(ByteBuffer.wrap(bytes, 0, bytes.length - 4));
    expect("first bytes of the manifest", MAGIC, in.getInt());
    expect("version of the manifest", VERSION, in.getInt());
    expect("checksum of the manifest", sum, actual);
    int holds = in.getInt();
    int dimensions = in.getInt();
    if (length != 0) {
      expect("length of vectors", length, dimensions);
    }
    expect("connections", shape.connections(), in.getInt());
    int size = in.getInt();
    Path directory = folder.resolve(PREFIX + holds);
    for (int left = in.getInt(); left > 0; left--) {
      byte[] name = new byte[in.getInt()];
      in.get(name);
      Path file = directory.resolve(new String(name, StandardCharsets.UTF_8));
      long expectedBytes = in.getLong();
      int expectedSum = in.getInt();
      if (!Files.exists(file) || Files.size(file) != expectedBytes) {
        throw new IOException(
            "file %s has %d bytes, expected %d"
                .formatted(
                    file.getFileName(), Files.exists(file) ? Files.size(file) : 0, expectedBytes));
      }
      expect("checksum of " + file.getFileName(), expectedSum, crc(file));
    }
    try (Directory lucene = FSDirectory.open(directory)) {
      WalkableGraph graph = GraphFolder.read(lucene, shape);
      expect("vectors", size, graph.size());
      number = holds;
      return graph;
    }
  }

  private static void expect(String what, int expected, int actual) throws IOException {
    if (expected != actual) {
      throw new IOException("%s is %d, expected %d".formatted(what, actual, expected));
    }
  }

  /** Builds into the next directory, makes it the one that holds, drops the one before. */
  WalkableGraph build(GraphFolder.Shape shape, Supplier<? extends GraphFolder.Vectors> vectors)
      throws IOException {
    int next = number + 1;
    Path directory = folder.resolve(PREFIX + next);
    delete(directory);
    WalkableGraph graph;
    try (Directory lucene = FSDirectory.open(directory)) {
      GraphFolder.build(lucene, shape, vectors);
      graph = GraphFolder.read(lucene, shape);
    }
    write(next, directory, shape, graph);
    number = next;
    clear(next);
    return graph;
  }

  private void write(int next, Path directory, GraphFolder.Shape shape, WalkableGraph graph)
      throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(directory)) {
      all.filter(file -> !file.getFileName().toString().equals("write.lock"))
          .sorted(Comparator.comparing(Path::getFileName))
          .forEach(files::add);
    }
    int room = 64;
    for (Path file : files) {
      room += 16 + 4 * file.getFileName().toString().length();
    }
    ByteBuffer out = ByteBuffer.allocate(room);
    out.putInt(MAGIC)
        .putInt(VERSION)
        .putInt(next)
        .putInt(graph.length())
        .putInt(shape.connections())
        .putInt(graph.size())
        .putInt(files.size());
    for (Path file : files) {
      byte[] name = file.getFileName().toString().getBytes(StandardCharsets.UTF_8);
      out.putInt(name.length).put(name).putLong(Files.size(file)).putInt(crc(file));
      sync(file, StandardOpenOption.WRITE);
    }
    out.putInt(crc(out.duplicate().flip()));
    Path fresh = folder.resolve(MANIFEST + ".new");
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      out.flip();
      while (out.hasRemaining()) {
        channel.write(out);
      }
      channel.force(true);
    }
    sync(directory, StandardOpenOption.READ);
    Files.move(
        fresh,
        folder.resolve(MANIFEST),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    sync(folder, StandardOpenOption.READ);
  }

  private static void sync(Path path, StandardOpenOption how) throws IOException {
    try (FileChannel channel = FileChannel.open(path, how)) {
      channel.force(true);
    }
  }

  /** Deletes all of the folder but one graph, or all of it with -1. */
  private void clear(int kept) throws IOException {
    List<Path> others;
    try (Stream<Path> all = Files.list(folder)) {
      others =
          all.filter(
                  path -> {
                    String name = path.getFileName().toString();
                    return kept < 0
                        ? name.startsWith(PREFIX) || name.startsWith(MANIFEST)
                        : (name.startsWith(PREFIX) && !name.equals(PREFIX + kept))
                            || name.equals(MANIFEST + ".new");
                  })
              .toList();
    }
    for (Path path : others) {
      delete(path);
    }
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes about)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private static int crc(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer some = ByteBuffer.allocateDirect(1 << 20);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(some) >= 0) {
        some.flip();
        crc.update(some);
        some.clear();
      }
    }
    return (int) crc.getValue();
  }
}
