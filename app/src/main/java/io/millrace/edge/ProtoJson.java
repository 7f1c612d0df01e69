package io.millrace.edge;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.util.Base64;
import java.util.List;

/**
 * Messages of the contract as JSON. Written: names in camelCase, numbers of 64 bits as JSON
 * numbers, enums by name, empty lists and zeros printed, absent messages and optional fields left
 * out. Read: what is written, digits in quotes too; an unknown field is an error that names it.
 */
public final class ProtoJson {
  private static final JsonFormat.Parser PARSER = JsonFormat.parser();

  /** The parser repeats the whole path, and what it found there: a body's sender knows it. */
  private static final int MOST_TOLD = 300;

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private ProtoJson() {}

  /** Fails with a {@link Refusal} that says where the text is broken. */
  public static <B extends Message.Builder> B read(String json, B into) {
    int end = endOfValue(json);
    if (end < json.length() && !json.substring(end).isBlank()) {
      throw Refusal.invalid(
          "body goes on after its end at character " + end + ", expected one JSON value");
    }
    try {
      PARSER.merge(json, into);
      return into;
    } catch (InvalidProtocolBufferException broken) {
      String why = String.valueOf(broken.getMessage());
      throw Refusal.invalid(
          "body is not valid: "
              + (why.length() > MOST_TOLD ? why.substring(0, MOST_TOLD) + ".." : why));
    } catch (IllegalStateException | ClassCastException | NumberFormatException broken) {
      throw Refusal.invalid("body is not a JSON object of the expected shape");
    }
  }

  /** Where the first object or list ends; the length of the text when it does not. */
  private static int endOfValue(String json) {
    int depth = 0;
    boolean quoted = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (quoted) {
        if (c == '\\') {
          i++;
        } else if (c == '"') {
          quoted = false;
        }
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return i + 1;
      }
    }
    return json.length();
  }

  public static String write(MessageOrBuilder message) {
    StringBuilder out = new StringBuilder(256);
    write(message, out);
    return out.toString();
  }

  static void write(MessageOrBuilder message, StringBuilder out) {
    Descriptor type = message.getDescriptorForType();
    out.append('{');
    boolean first = true;
    for (FieldDescriptor field : type.getFields()) {
      if (field.hasPresence() && !message.hasField(field)) {
        continue;
      }
      if (!first) {
        out.append(',');
      }
      first = false;
      string(field.getJsonName(), out);
      out.append(':');
      Object value = message.getField(field);
      if (field.isMapField()) {
        map((List<?>) value, field, out);
      } else if (field.isRepeated()) {
        list((List<?>) value, field, out);
      } else {
        value(value, field, out);
      }
    }
    out.append('}');
  }

  private static void list(List<?> values, FieldDescriptor field, StringBuilder out) {
    out.append('[');
    for (int i = 0; i < values.size(); i++) {
      if (i > 0) {
        out.append(',');
      }
      value(values.get(i), field, out);
    }
    out.append(']');
  }

  private static void map(List<?> entries, FieldDescriptor field, StringBuilder out) {
    FieldDescriptor keys = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor values = field.getMessageType().findFieldByNumber(2);
    out.append('{');
    for (int i = 0; i < entries.size(); i++) {
      if (i > 0) {
        out.append(',');
      }
      Message entry = (Message) entries.get(i);
      string(String.valueOf(entry.getField(keys)), out);
      out.append(':');
      value(entry.getField(values), values, out);
    }
    out.append('}');
  }

  private static void value(Object value, FieldDescriptor field, StringBuilder out) {
    switch (field.getType()) {
      case UINT64, FIXED64 -> out.append(Long.toUnsignedString((Long) value));
      case UINT32, FIXED32 -> out.append(Integer.toUnsignedString((Integer) value));
      case INT32, INT64, SINT32, SINT64, SFIXED32, SFIXED64, BOOL -> out.append(value);
      case FLOAT -> number((Float) value, String.valueOf(value), out);
      case DOUBLE -> number((Double) value, String.valueOf(value), out);
      case STRING -> string((String) value, out);
      case BYTES ->
          string(Base64.getEncoder().encodeToString(((ByteString) value).toByteArray()), out);
      case ENUM -> string(((EnumValueDescriptor) value).getName(), out);
      case MESSAGE, GROUP -> write((Message) value, out);
    }
  }

  private static void number(double value, String text, StringBuilder out) {
    if (!Double.isFinite(value)) {
      out.append('"').append(text).append('"');
    } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      out.append((long) value);
    } else {
      out.append(text);
    }
  }

  /** A JSON string with its quotes. */
  static void string(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          // The line separators are legal JSON but break scripts that embed it.
          if (c < 0x20 || c == '\u2028' || c == '\u2029' || (c == '<' || c == '>')) {
            out.append("\\u")
                .append(HEX[c >> 12 & 15])
                .append(HEX[c >> 8 & 15])
                .append(HEX[c >> 4 & 15])
                .append(HEX[c & 15]);
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
