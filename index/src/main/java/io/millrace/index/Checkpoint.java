package io.millrace.index;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The bytes of an index: magic, version, length of the body, body, CRC-32C of the body. The body
 * holds facts and integer sums only, sorted; whatever is derived is derived again.
 */
final class Checkpoint {

  static final int MAGIC = 0x4d52_4958; // MRIX
  static final int VERSION = 1;
  private static final int HEAD = 16;
  private static final int TAIL = 4;

  private Checkpoint() {}

  interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  static byte[] seal(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 16);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      body.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int length = bytes.size();
    byte[] content = bytes.toByteArray();
    CRC32C crc = new CRC32C();
    crc.update(content);
    return ByteBuffer.allocate(HEAD + length + TAIL)
        .putInt(MAGIC)
        .putInt(VERSION)
        .putLong(length)
        .put(content)
        .putInt((int) crc.getValue())
        .array();
  }

  /**
   * The body.
   *
   * @throws IllegalArgumentException when these are not the bytes of a checkpoint, or not all
   */
  static DataInputStream open(byte[] bytes) {
    if (bytes.length < HEAD + TAIL) {
      throw new IllegalArgumentException(
          "index checkpoint has %d bytes, expected at least %d"
              .formatted(bytes.length, HEAD + TAIL));
    }
    ByteBuffer head = ByteBuffer.wrap(bytes);
    int magic = head.getInt();
    if (magic != MAGIC) {
      throw new IllegalArgumentException(
          "index checkpoint begins with %08x, expected %08x".formatted(magic, MAGIC));
    }
    int version = head.getInt();
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "index checkpoint has version %d, expected %d".formatted(version, VERSION));
    }
    long length = head.getLong();
    if (length != bytes.length - HEAD - TAIL) {
      throw new IllegalArgumentException(
          "index checkpoint has a body of %d bytes, expected %d"
              .formatted(bytes.length - HEAD - TAIL, length));
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, HEAD, (int) length);
    int expected = ByteBuffer.wrap(bytes).getInt(HEAD + (int) length);
    if ((int) crc.getValue() != expected) {
      throw new IllegalArgumentException(
          "index checkpoint has checksum %08x, expected %08x"
              .formatted((int) crc.getValue(), expected));
    }
    return new DataInputStream(new ByteArrayInputStream(bytes, HEAD, (int) length));
  }

  static void write(DataOutputStream out, ItemFacts facts) throws IOException {
    text(out, facts.itemId());
    text(out, facts.title());
    texts(out, facts.categories());
    texts(out, facts.tags());
    text(out, facts.creator());
    out.writeLong(facts.createdAtMs());
    text(out, facts.language());
    out.writeDouble(facts.price());
    out.writeLong(facts.stock());
    out.writeInt(facts.ageRating());
    out.writeByte(facts.safety().ordinal());
    text(out, facts.sponsor());
    out.writeLong(facts.durationMs());
    Map<String, String> attributes = new TreeMap<>(facts.attributes());
    out.writeInt(attributes.size());
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      text(out, attribute.getKey());
      text(out, attribute.getValue());
    }
    out.writeInt(facts.variants().size());
    for (ItemFacts.Variant variant : facts.variants()) {
      text(out, variant.variantId());
      text(out, variant.title());
      text(out, variant.artworkUrl());
    }
    out.writeInt(facts.vector().length());
    for (int i = 0; i < facts.vector().length(); i++) {
      out.writeFloat(facts.vector().get(i));
    }
  }

  static ItemFacts readFacts(DataInputStream in) throws IOException {
    String itemId = text(in);
    String title = text(in);
    List<String> categories = texts(in);
    List<String> tags = texts(in);
    String creator = text(in);
    long createdAtMs = in.readLong();
    String language = text(in);
    double price = in.readDouble();
    long stock = in.readLong();
    int ageRating = in.readInt();
    ItemFacts.Safety safety = ItemFacts.Safety.values()[in.readUnsignedByte()];
    String sponsor = text(in);
    long durationMs = in.readLong();
    Map<String, String> attributes = new TreeMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      attributes.put(text(in), text(in));
    }
    List<ItemFacts.Variant> variants = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      variants.add(new ItemFacts.Variant(text(in), text(in), text(in)));
    }
    float[] vector = new float[in.readInt()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = in.readFloat();
    }
    return new ItemFacts(
        itemId,
        title,
        categories,
        tags,
        creator,
        createdAtMs,
        language,
        price,
        stock,
        ageRating,
        safety,
        sponsor,
        durationMs,
        Map.copyOf(attributes),
        List.copyOf(variants),
        vector.length == 0 ? ItemFacts.Vector.NONE : new ItemFacts.Vector(vector));
  }

  private static void texts(DataOutputStream out, List<String> texts) throws IOException {
    out.writeInt(texts.size());
    for (String text : texts) {
      text(out, text);
    }
  }

  private static List<String> texts(DataInputStream in) throws IOException {
    List<String> texts = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      texts.add(text(in));
    }
    return List.copyOf(texts);
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }
}
