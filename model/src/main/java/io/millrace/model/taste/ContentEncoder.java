package io.millrace.model.taste;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Content as a row of hashed features: column 0 is 1 for everything, every other column stands for
 * words of the title and the tags, categories, creators that share its hash. Stateless.
 *
 * <p>Each group (title, tags, categories, creator) has length 1 at most: its n distinct words get 1
 * / root(n) each, so that a long title says as much as a short one.
 *
 * <p>Words are runs of letters and digits in lower case; an ideograph is a word by itself. Source:
 * feature hashing, Weinberger et al. (2009), without the sign: two columns in eight thousand rarely
 * meet.
 */
public final class ContentEncoder {

  /** Chosen: 8,192 rows of 64 16-bit values are one megabyte of a generation. */
  public static final int DEFAULT_COLUMNS = 8_192;

  private static final int LONGEST_TITLE = 1_000;

  private final int columns;

  public ContentEncoder(int columns) {
    if (columns < 2) {
      throw new IllegalArgumentException("columns is " + columns + ", expected at least 2");
    }
    this.columns = columns;
  }

  public ContentEncoder() {
    this(DEFAULT_COLUMNS);
  }

  /** Number of columns: a map that is fitted to these rows has as many. */
  public int columns() {
    return columns;
  }

  public SparseFeatures encode(Content content) {
    List<Integer> at = new ArrayList<>();
    List<Float> values = new ArrayList<>();
    at.add(0);
    values.add(1f);
    group('w', words(content.title()), at, values);
    Set<String> tags = new LinkedHashSet<>();
    content.tags().forEach(tag -> tags.addAll(words(tag)));
    group('w', tags, at, values);
    group('c', new LinkedHashSet<>(content.categories()), at, values);
    if (!content.creator().isEmpty()) {
      group('a', Set.of(content.creator()), at, values);
    }
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return SparseFeatures.of(at.stream().mapToInt(Integer::intValue).toArray(), array);
  }

  private void group(char kind, Set<String> names, List<Integer> at, List<Float> values) {
    float value = (float) (1 / Math.sqrt(names.size()));
    for (String name : names) {
      at.add(column(kind, name));
      values.add(value);
    }
  }

  /** FNV-1a with 64 bits, then a finaliser, because its low bits are weak. */
  private int column(char kind, String name) {
    long hash = 0xcbf29ce484222325L;
    hash = (hash ^ kind) * 0x100000001b3L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    hash ^= hash >>> 32;
    hash *= 0xd6e8feb86659fd93L;
    hash ^= hash >>> 32;
    return 1 + (int) Long.remainderUnsigned(hash, columns - 1);
  }

  static Set<String> words(String text) {
    Set<String> words = new LinkedHashSet<>();
    String lower =
        text.substring(0, Math.min(LONGEST_TITLE, text.length())).toLowerCase(Locale.ROOT);
    StringBuilder word = new StringBuilder();
    lower
        .codePoints()
        .forEach(point -> {
          boolean ideograph = Character.isIdeographic(point);
          if (ideograph || !Character.isLetterOrDigit(point)) {
            if (!word.isEmpty()) {
              words.add(word.toString());
              word.setLength(0);
            }
            if (ideograph) {
              words.add(Character.toString(point));
            }
          } else {
            word.appendCodePoint(point);
          }
        });
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }
}
