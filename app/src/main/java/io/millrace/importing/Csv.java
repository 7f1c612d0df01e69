package io.millrace.importing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One header of a comma-separated file, and its lines as fields by name (RFC 4180 quoting). */
final class Csv {
  private final Map<String, Integer> columns = new HashMap<>();

  Csv(String header) {
    List<String> names = split(header);
    for (int i = 0; i < names.size(); i++) {
      columns.put(names.get(i).strip(), i);
    }
  }

  boolean has(String... names) {
    for (String name : names) {
      if (!columns.containsKey(name)) {
        return false;
      }
    }
    return true;
  }

  Row row(String line) {
    List<String> fields = split(line);
    if (fields.size() != columns.size()) {
      throw new IllegalArgumentException(
          "line has " + fields.size() + " fields, expected " + columns.size());
    }
    return new Row(columns, fields);
  }

  record Row(Map<String, Integer> columns, List<String> fields) {
    /** Empty when there is no such column. */
    String get(String name) {
      Integer column = columns.get(name);
      return column == null ? "" : fields.get(column);
    }

    long number(String name) {
      return Lines.number(name, get(name));
    }

    boolean flag(String name) {
      return get(name).strip().equals("1");
    }
  }

  static List<String> split(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < line.length() && line.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"' && field.isEmpty()) {
        quoted = true;
      } else if (c == ',') {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (quoted) {
      throw new IllegalArgumentException("a quoted field is not closed");
    }
    fields.add(field.toString());
    return fields;
  }
}
