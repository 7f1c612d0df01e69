package io.millrace.importing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Text files, plain or gzipped, read line by line. Bytes that are not UTF-8 become U+FFFD. */
final class Lines {

  private Lines() {}

  /** What is done with each line. */
  interface Reader {
    /**
     * Takes one line.
     *
     * @throws IllegalArgumentException when the line cannot be read; its message says why
     */
    void read(long number, String line);
  }

  /** Reads every line that is not blank; those that the reader refuses are added to {@code bad}. */
  static void each(Path file, BadLines bad, Reader reader) throws IOException {
    try (BufferedReader in = open(file)) {
      long number = 0;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        number++;
        if (number == 1 && line.startsWith("\ufeff")) {
          line = line.substring(1);
        }
        if (line.isBlank()) {
          continue;
        }
        try {
          reader.read(number, line);
        } catch (IllegalArgumentException | DateTimeException unreadable) {
          bad.add(name(file), number, String.valueOf(unreadable.getMessage()));
        }
      }
    }
  }

  static @Nullable String first(Path file) throws IOException {
    try (BufferedReader in = open(file)) {
      String line = in.readLine();
      return line != null && line.startsWith("\ufeff") ? line.substring(1) : line;
    }
  }

  static BufferedReader open(Path file) throws IOException {
    InputStream bytes = Files.newInputStream(file);
    if (name(file).endsWith(".gz")) {
      try {
        bytes = new GZIPInputStream(bytes, 1 << 16);
      } catch (IOException notGzip) {
        bytes.close();
        throw new UnreadableData(name(file) + " is not a gzip file: " + notGzip.getMessage());
      }
    }
    return new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8), 1 << 16);
  }

  static String name(Path file) {
    Path last = file.toAbsolutePath().normalize().getFileName();
    return last == null ? file.toString() : last.toString();
  }

  /** {@code name} or {@code name.gz} in a folder; null when neither is there. */
  static @Nullable Path in(Path folder, String name) {
    for (String candidate : List.of(name, name + ".gz")) {
      Path file = folder.resolve(candidate);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }

  /** The regular files of a folder by name; a file alone is its own list. */
  static List<Path> files(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    if (!Files.isDirectory(path)) {
      throw new UnreadableData(path + " does not exist");
    }
    try (Stream<Path> all = Files.list(path)) {
      return new ArrayList<>(all.filter(Files::isRegularFile).sorted().toList());
    }
  }

  static Path folder(Path path) {
    if (Files.isDirectory(path)) {
      return path;
    }
    Path parent = path.toAbsolutePath().getParent();
    return parent == null ? path.toAbsolutePath() : parent;
  }

  static long number(String what, String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          what + " is \"" + cut(text) + "\", expected a whole number", notANumber);
    }
  }

  static double decimal(String what, String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          what + " is \"" + cut(text) + "\", expected a number", notANumber);
    }
  }

  private static String cut(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "...";
  }
}
