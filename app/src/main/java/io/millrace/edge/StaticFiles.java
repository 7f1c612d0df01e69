package io.millrace.edge;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The files of the page, from the class path: {@code /webjars/..} from the WebJars, the rest from
 * {@code web/}. What is there never changes while the node runs, so it is kept.
 */
final class StaticFiles {
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("html", "text/html; charset=utf-8"),
          Map.entry("js", "text/javascript; charset=utf-8"),
          Map.entry("mjs", "text/javascript; charset=utf-8"),
          Map.entry("css", "text/css; charset=utf-8"),
          Map.entry("json", "application/json"),
          Map.entry("map", "application/json"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("webp", "image/webp"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("woff2", "font/woff2"),
          Map.entry("txt", "text/plain; charset=utf-8"),
          Map.entry("md", "text/plain; charset=utf-8"));

  /**
   * A file: its bytes, type, and whether its path names a version, so that it may be kept for ever.
   */
  record File(byte[] bytes, String type, boolean versioned) {}

  private final Map<String, File> kept = new ConcurrentHashMap<>();

  /** The file of a path given as its decoded segments; the empty path is the page. */
  Optional<File> find(List<String> segments) {
    for (String segment : segments) {
      if (segment.isEmpty()
          || segment.startsWith(".")
          || segment.indexOf('/') >= 0
          || segment.indexOf('\\') >= 0) {
        return Optional.empty();
      }
    }
    String path = segments.isEmpty() ? "index.html" : String.join("/", segments);
    File known = kept.get(path);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<File> read = read(path);
    read.ifPresent(file -> kept.put(path, file));
    return read;
  }

  private static Optional<File> read(String path) {
    int dot = path.lastIndexOf('.');
    String type = dot < 0 ? null : TYPES.get(path.substring(dot + 1));
    if (type == null) {
      return Optional.empty();
    }
    boolean webjar = path.startsWith("webjars/");
    boolean versioned = webjar || path.startsWith("vendor/");
    String resource = webjar ? "META-INF/resources/" + path : "web/" + path;
    try (InputStream in = StaticFiles.class.getClassLoader().getResourceAsStream(resource)) {
      return in == null
          ? Optional.empty()
          : Optional.of(new File(in.readAllBytes(), type, versioned));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
