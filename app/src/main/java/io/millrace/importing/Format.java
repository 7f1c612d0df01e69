package io.millrace.importing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How the files of a data set are laid out. The label is what the command line uses. */
public enum Format {
  AUTO("auto"),
  MILLRACE("millrace"),
  MOVIETWEETINGS("movietweetings"),
  KUAIRAND("kuairand"),
  ONLINE_RETAIL("online-retail"),
  S3REC("s3rec");

  private final String label;

  Format(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }

  @Override
  public String toString() {
    return label;
  }

  /** All labels, for a message. */
  public static String labels() {
    return Arrays.stream(values()).map(Format::label).collect(Collectors.joining(", "));
  }

  /** Fails with IllegalArgumentException that lists the labels. */
  public static Format of(String label) {
    for (Format format : values()) {
      if (format.label.equals(label.toLowerCase(Locale.ROOT))) {
        return format;
      }
    }
    throw new IllegalArgumentException("format is \"" + label + "\", expected one of " + labels());
  }

  /**
   * The format that the files at a path are in, told by their names and headers.
   *
   * @throws UnreadableData when they fit none
   */
  public static Format detect(Path path) throws IOException {
    for (Path file : Lines.files(path)) {
      Format format = ofFile(file);
      if (format != null) {
        return format;
      }
    }
    throw new UnreadableData(
        path + " holds no data set that is known; name its format: " + labels());
  }

  private static @Nullable Format ofFile(Path file) throws IOException {
    String name = Lines.name(file);
    String plain = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    if (plain.equals("items.jsonl") || plain.equals("interactions.jsonl")) {
      return MILLRACE;
    }
    if (plain.equals("ratings.dat") || plain.equals("movies.dat")) {
      return MOVIETWEETINGS;
    }
    if (plain.endsWith(".csv")) {
      String header = Lines.first(file);
      if (header == null) {
        return null;
      }
      Csv csv = new Csv(header);
      if (csv.has(OnlineRetail.COLUMNS)) {
        return ONLINE_RETAIL;
      }
      if (csv.has(KuaiRand.COLUMNS)) {
        return KUAIRAND;
      }
      return null;
    }
    if (plain.endsWith(".dat")) {
      String first = Lines.first(file);
      return first != null && MovieTweetings.RATING.matcher(first).matches()
          ? MOVIETWEETINGS
          : null;
    }
    if (plain.endsWith(".jsonl")) {
      String first = Lines.first(file);
      return first != null && first.startsWith("{") && first.contains("\"eventId\"")
          ? MILLRACE
          : null;
    }
    if (plain.endsWith(".txt")) {
      String first = Lines.first(file);
      return first != null && S3Rec.LINE.matcher(first).matches() ? S3REC : null;
    }
    return null;
  }

  DataSet read(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new UnreadableData(path + " does not exist");
    }
    return switch (this) {
      case AUTO -> detect(path).read(path);
      case MILLRACE -> PlainFiles.read(path);
      case MOVIETWEETINGS -> MovieTweetings.read(path);
      case KUAIRAND -> KuaiRand.read(path);
      case ONLINE_RETAIL -> OnlineRetail.read(path);
      case S3REC -> S3Rec.read(path);
    };
  }
}
