package io.millrace.edge;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What is wrong with one request, each as {@code path is actual, expected that}. All are counted,
 * the first {@value #NAMED} kept. Not thread-safe.
 */
public final class Problems {
  /** Enough to mend a producer, few enough for a header. */
  public static final int NAMED = 100;

  private final List<String> named = new ArrayList<>();
  private int count;
  private String list = "";
  private int place;

  /** From now on paths are those of one entry of a list, {@code list[place].path}. */
  void within(String list, int place) {
    this.list = list;
    this.place = place;
  }

  /** From now on paths are whole. */
  void withinNothing() {
    list = "";
  }

  public void add(String path, String actual, String expected) {
    add(path + " is " + actual + ", expected " + expected);
  }

  public void add(String sentence) {
    count++;
    if (named.size() < NAMED) {
      named.add(list.isEmpty() ? sentence : list + "[" + place + "]." + sentence);
    }
  }

  public boolean any() {
    return count > 0;
  }

  public int count() {
    return count;
  }

  public List<String> named() {
    return List.copyOf(named);
  }

  /** All that is named in one line, and how many more there are. */
  public String detail() {
    String all = String.join("; ", named);
    return count > named.size() ? all + "; and " + (count - named.size()) + " more" : all;
  }

  /** An id: {@code least} to {@code most} bytes of UTF-8 without control characters. */
  void id(String path, String value, int least, int most) {
    text(path, value, least, most);
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (Character.isISOControl(c)) {
        add(path + " has the control character U+%04X".formatted((int) c) + ", expected none");
        return;
      }
    }
  }

  /** {@code least} to {@code most} bytes of UTF-8. */
  void text(String path, String value, int least, int most) {
    int bytes = bytes(value);
    if (bytes < 0) {
      add(path, "broken UTF-16", "text that UTF-8 can hold");
    } else if (bytes == 0 && least > 0) {
      add(path, "empty", least + " to " + most + " bytes");
    } else if (bytes < least || bytes > most) {
      add(
          path,
          bytes + " bytes",
          (least == 0 ? "at most " + most : least + " to " + most) + " bytes");
    }
  }

  /** At most {@code most} texts of 1 to {@code bytes} bytes each. */
  void texts(String path, List<String> values, int most, int bytes) {
    if (values.size() > most) {
      add(path + " has " + values.size() + " entries, expected at most " + most);
      return;
    }
    for (int i = 0; i < values.size(); i++) {
      text(path + "[" + i + "]", values.get(i), 1, bytes);
    }
  }

  /** An unsigned number of the contract, at most {@code most}. */
  void count(String path, long value, long most) {
    if (value < 0 || value > most) {
      add(path, Long.toUnsignedString(value), "0 to " + most);
    }
  }

  void range(String path, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      add(path, plain(value), plain(least) + " to " + plain(most));
    }
  }

  void finite(String path, double value) {
    if (!Double.isFinite(value)) {
      add(path, plain(value), "a finite number");
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** Bytes as UTF-8, -1 when the text has half a surrogate pair. */
  private static int bytes(String text) {
    boolean plain = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        plain = false;
        if (Character.isSurrogate(c)) {
          if (Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1))) {
            i++;
          } else {
            return -1;
          }
        }
      }
    }
    return plain ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
  }
}
