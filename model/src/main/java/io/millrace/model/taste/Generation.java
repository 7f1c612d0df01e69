package io.millrace.model.taste;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One frozen space of taste: the items' vectors, both sides' Gramians and the maps from content,
 * everything a node needs to derive a user's vector from facts and an item's live vector from
 * evidence. Immutable and shared by all threads.
 *
 * <p>Users' vectors are not in it: what an item learns from arrives with the evidence, and what was
 * known of it when the generation was trained is held by its vector and its mass.
 *
 * <p>Item vectors are 16-bit integers with a scale each: {@code value * scale}, an error of at most
 * 1/65,534 of the largest coordinate. The Gramian of the items is that of the stored vectors.
 *
 * <p>File, big-endian: magic (8 bytes), version (int), length of the rest less the checksum (long),
 * the values in the order of {@link #write}, CRC-32C of them (int).
 */
public final class Generation {

  private static final long MAGIC = 0x4d494c4c5441_5354L; // "MILLTAST"
  private static final int VERSION = 1;
  private static final int LARGEST_SIDE = 100_000_000;

  private final long number;
  private final long createdAtMs;
  private final long interactions;
  private final int users;
  private final TasteSettings settings;
  private final int d;
  private final long[] hashes;
  private final float[] masses;
  private final float[] scales;
  private final short[] values;
  private final int[] slots;
  private final Gramian itemGramian;
  private final Gramian userGramian;
  private final float[] userPrior;
  private final RidgeMap contentMap;
  private final @Nullable RidgeMap clientMap;

  private Generation(
      long number,
      long createdAtMs,
      long interactions,
      int users,
      TasteSettings settings,
      long[] hashes,
      float[] masses,
      float[] scales,
      short[] values,
      Gramian itemGramian,
      Gramian userGramian,
      float[] userPrior,
      RidgeMap contentMap,
      @Nullable RidgeMap clientMap) {
    this.number = number;
    this.createdAtMs = createdAtMs;
    this.interactions = interactions;
    this.users = users;
    this.settings = settings;
    this.d = settings.dimensions();
    this.hashes = hashes;
    this.masses = masses;
    this.scales = scales;
    this.values = values;
    this.itemGramian = itemGramian;
    this.userGramian = userGramian;
    this.userPrior = userPrior;
    this.contentMap = contentMap;
    this.clientMap = clientMap;
    this.slots = slots(hashes);
  }

  /**
   * Freezes trained vectors.
   *
   * @param number 1 for the first
   * @param interactions that it was trained on
   * @param users that took part
   * @param hashes of the items, each once
   * @param vectors d values for each item
   * @param masses sum of weights of each item's evidence
   * @param userPrior d values: what a user without facts is taken for
   * @param clientMap null when no item has a client's vector
   */
  static Generation freeze(
      long number,
      long createdAtMs,
      long interactions,
      int users,
      TasteSettings settings,
      long[] hashes,
      float[] vectors,
      float[] masses,
      Gramian userGramian,
      float[] userPrior,
      RidgeMap contentMap,
      @Nullable RidgeMap clientMap) {
    int d = settings.dimensions();
    short[] values = new short[hashes.length * d];
    float[] scales = new float[hashes.length];
    float[] stored = new float[hashes.length * d];
    for (int row = 0; row < hashes.length; row++) {
      scales[row] = quantise(vectors, row * d, d, values, row * d);
      for (int i = row * d; i < (row + 1) * d; i++) {
        stored[i] = values[i] * scales[row];
      }
    }
    return new Generation(
        number,
        createdAtMs,
        interactions,
        users,
        settings,
        hashes.clone(),
        masses.clone(),
        scales,
        values,
        Gramian.of(d, stored, hashes.length),
        userGramian,
        userPrior.clone(),
        contentMap,
        clientMap);
  }

  /**
   * Writes a vector in 16-bit integers and returns their scale, 0 for a vector of zeros.
   *
   * <p>Fails: {@link IllegalArgumentException} when a value is not finite.
   */
  public static float quantise(float[] vector, int at, int d, short[] out, int outAt) {
    float largest = 0;
    for (int i = 0; i < d; i++) {
      if (!Float.isFinite(vector[at + i])) {
        throw new IllegalArgumentException(
            "a vector has value " + vector[at + i] + ", expected finite ones");
      }
      largest = Math.max(largest, Math.abs(vector[at + i]));
    }
    float scale = largest / Short.MAX_VALUE;
    for (int i = 0; i < d; i++) {
      out[outAt + i] = scale == 0 ? 0 : (short) Math.round(vector[at + i] / scale);
    }
    return scale;
  }

  /** Open addressing: the row of a hash at its first free slot, half of the slots free. */
  private static int[] slots(long[] hashes) {
    int size = Integer.highestOneBit(Math.max(2, hashes.length)) * 4;
    int[] slots = new int[size];
    Arrays.fill(slots, -1);
    for (int row = 0; row < hashes.length; row++) {
      int slot = slot(hashes[row], size);
      while (slots[slot] >= 0) {
        if (hashes[slots[slot]] == hashes[row]) {
          throw new IllegalArgumentException(
              "item hash %016x comes twice, expected once".formatted(hashes[row]));
        }
        slot = (slot + 1) & (size - 1);
      }
      slots[slot] = row;
    }
    return slots;
  }

  private static int slot(long hash, int size) {
    return (int) ((hash * 0x9e3779b97f4a7c15L) >>> 33) & (size - 1);
  }

  public long number() {
    return number;
  }

  /** Event time of the newest interaction that it knows, milliseconds since 1970. */
  public long createdAtMs() {
    return createdAtMs;
  }

  public long interactions() {
    return interactions;
  }

  /** Users that took part in the training. */
  public int users() {
    return users;
  }

  /** Items that it has a vector of. */
  public int items() {
    return hashes.length;
  }

  public TasteSettings settings() {
    return settings;
  }

  public int dimensions() {
    return d;
  }

  public Gramian itemGramian() {
    return itemGramian;
  }

  public Gramian userGramian() {
    return userGramian;
  }

  public RidgeMap contentMap() {
    return contentMap;
  }

  /** From a client's own vectors; null when none were known. */
  public @Nullable RidgeMap clientMap() {
    return clientMap;
  }

  /** What a user without facts is taken for; d values. */
  public float[] userPrior() {
    return userPrior.clone();
  }

  /** The row of an item, 0 to {@link #items}; -1 when it is newer than the generation. */
  public int row(long itemHash) {
    int slot = slot(itemHash, slots.length);
    while (slots[slot] >= 0) {
      if (hashes[slots[slot]] == itemHash) {
        return slots[slot];
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    return -1;
  }

  public long hash(int row) {
    return hashes[row];
  }

  /** Sum of the weights of the evidence behind a row. */
  public float mass(int row) {
    return masses[row];
  }

  /** Writes a row's vector to d values of {@code out} from {@code at}. */
  public void vector(int row, float[] out, int at) {
    float scale = scales[row];
    int from = row * d;
    for (int i = 0; i < d; i++) {
      out[at + i] = values[from + i] * scale;
    }
  }

  /**
   * What all items have in common: the direction of the mean of their unit vectors, of length 1; d
   * zeros when there is none. Popularity makes it: two items of any kind have a cosine of .6
   * (median on MovieTweetings), and of 0 once it is taken out.
   */
  public float[] common() {
    double[] sum = new double[d];
    for (int row = 0; row < hashes.length; row++) {
      double square = 0;
      for (int i = row * d; i < (row + 1) * d; i++) {
        square += (double) values[i] * values[i];
      }
      double inverse = square == 0 ? 0 : 1 / Math.sqrt(square);
      for (int i = 0; i < d; i++) {
        sum[i] += values[row * d + i] * inverse;
      }
    }
    double square = 0;
    for (double value : sum) {
      square += value * value;
    }
    float[] common = new float[d];
    for (int i = 0; i < d && square > 0; i++) {
      common[i] = (float) (sum[i] / Math.sqrt(square));
    }
    return common;
  }

  /** Adds a fact about a row to a user's fold. */
  public void addFact(FoldIn fold, int row, float weight, float target) {
    fold.add(values, row * d, scales[row], weight, target);
  }

  /**
   * Begins a user's fold on this generation.
   *
   * @param prior d values, from onboarding or context; empty: {@link #userPrior}
   */
  public FoldIn beginUser(FoldIn fold, float[] prior) {
    return fold.begin(itemGramian, settings.unobserved(), prior.length == 0 ? userPrior : prior, 0);
  }

  /**
   * Begins an item's fold over users' vectors of this generation. Its prior is its frozen vector
   * where it has one, weighted by the evidence behind it; else what is given.
   *
   * @param share e: of all interactions, how many came since the item could be chosen, 0 to 1
   * @param prior d values: {@link #prior} of its content, for an item newer than the generation
   */
  public FoldIn beginItem(FoldIn fold, long itemHash, float share, float[] prior) {
    int row = row(itemHash);
    float unobserved = settings.unobserved() * share;
    if (row < 0) {
      return fold.begin(userGramian, unobserved, prior, 0);
    }
    float[] frozen = new float[d];
    vector(row, frozen, 0);
    // A user of the training counts as the mean one: the sum of m of them is m / users of G.
    float strength = unobserved + masses[row] / Math.max(1, users);
    return fold.begin(userGramian, strength, frozen, 0, masses[row]);
  }

  /**
   * Writes the prior of an item newer than the generation: by the client's vector where there is a
   * map for such, else by its content.
   *
   * @param client the row of a client's vector, null when it sent none
   */
  public void prior(SparseFeatures content, @Nullable SparseFeatures client, float[] out, int at) {
    if (client != null && clientMap != null && fits(client, clientMap)) {
      clientMap.apply(client, out, at);
    } else {
      contentMap.apply(content, out, at);
    }
  }

  private static boolean fits(SparseFeatures row, RidgeMap map) {
    return row.size() > 0 && row.column(row.size() - 1) < map.columns();
  }

  /** Writes the file's bytes. */
  public void write(OutputStream to) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(number);
    out.writeLong(createdAtMs);
    out.writeLong(interactions);
    out.writeInt(users);
    out.writeInt(d);
    out.writeFloat(settings.unobserved());
    out.writeFloat(settings.ridge());
    out.writeFloat(settings.ridgeGrowth());
    out.writeInt(hashes.length);
    for (int row = 0; row < hashes.length; row++) {
      out.writeLong(hashes[row]);
      out.writeFloat(masses[row]);
      out.writeFloat(scales[row]);
      for (int i = row * d; i < (row + 1) * d; i++) {
        out.writeShort(values[i]);
      }
    }
    floats(itemGramian.values(), out);
    floats(userGramian.values(), out);
    floats(userPrior, out);
    map(contentMap, out);
    map(clientMap == null ? RidgeMap.zero(0, d) : clientMap, out);
    out.flush();
    byte[] payload = bytes.toByteArray();
    DataOutputStream file = new DataOutputStream(to);
    file.writeLong(MAGIC);
    file.writeInt(VERSION);
    file.writeLong(payload.length);
    file.write(payload);
    file.writeInt(checksum(payload));
    file.flush();
  }

  /**
   * Reads a file's bytes.
   *
   * @throws BadGenerationFile when they are no generation, of another version, or damaged
   */
  public static Generation read(InputStream from) throws IOException {
    DataInputStream file = new DataInputStream(new BufferedInputStream(from));
    byte[] head = file.readNBytes(20);
    ByteBuffer header = ByteBuffer.wrap(head);
    if (head.length < 20 || header.getLong() != MAGIC) {
      throw new BadGenerationFile("not a generation: its first bytes are not MILLTAST");
    }
    int version = header.getInt();
    if (version != VERSION) {
      throw new BadGenerationFile(
          "generation file has version " + version + ", expected " + VERSION);
    }
    long length = header.getLong();
    if (length < 0 || length > Integer.MAX_VALUE - 16) {
      throw new BadGenerationFile("generation file says it has " + length + " bytes");
    }
    byte[] payload = file.readNBytes((int) length);
    byte[] tail = file.readNBytes(4);
    if (payload.length < length || tail.length < 4) {
      throw new BadGenerationFile(
          "generation file is cut short: "
              + (payload.length + tail.length)
              + " bytes after its head, expected "
              + (length + 4));
    }
    int expected = ByteBuffer.wrap(tail).getInt();
    int actual = checksum(payload);
    if (actual != expected) {
      throw new BadGenerationFile(
          "generation file is damaged: checksum %08x, expected %08x".formatted(actual, expected));
    }
    return parse(new DataInputStream(new ByteArrayInputStream(payload)));
  }

  private static Generation parse(DataInputStream in) throws IOException {
    long number = in.readLong();
    long createdAtMs = in.readLong();
    long interactions = in.readLong();
    int users = in.readInt();
    TasteSettings settings =
        new TasteSettings(in.readInt(), in.readFloat(), in.readFloat(), in.readFloat());
    int d = settings.dimensions();
    int items = count(in, "items");
    long[] hashes = new long[items];
    float[] masses = new float[items];
    float[] scales = new float[items];
    short[] values = new short[items * d];
    for (int row = 0; row < items; row++) {
      hashes[row] = in.readLong();
      masses[row] = in.readFloat();
      scales[row] = in.readFloat();
      for (int i = row * d; i < (row + 1) * d; i++) {
        values[i] = in.readShort();
      }
    }
    Gramian itemGramian = Gramian.of(d, floats(in, d * d));
    Gramian userGramian = Gramian.of(d, floats(in, d * d));
    float[] userPrior = floats(in, d);
    RidgeMap contentMap = map(in, d);
    RidgeMap clientMap = map(in, d);
    return new Generation(
        number,
        createdAtMs,
        interactions,
        users,
        settings,
        hashes,
        masses,
        scales,
        values,
        itemGramian,
        userGramian,
        userPrior,
        contentMap,
        clientMap.columns() == 0 ? null : clientMap);
  }

  private static int count(DataInputStream in, String what) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > LARGEST_SIDE) {
      throw new BadGenerationFile(
          "generation file says it has " + count + " " + what + ", expected 0 to " + LARGEST_SIDE);
    }
    return count;
  }

  private static void map(RidgeMap map, DataOutputStream out) throws IOException {
    out.writeInt(map.columns());
    floats(map.weights(), out);
  }

  private static RidgeMap map(DataInputStream in, int d) throws IOException {
    int columns = count(in, "columns");
    return RidgeMap.of(columns, d, floats(in, columns * d));
  }

  private static void floats(float[] values, DataOutputStream out) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * Float.BYTES);
    buffer.asFloatBuffer().put(values);
    out.write(buffer.array());
  }

  private static float[] floats(DataInputStream in, int count) throws IOException {
    byte[] bytes = in.readNBytes(count * Float.BYTES);
    float[] values = new float[count];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return values;
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** Writes the file whole or not at all: a temporary one beside it, forced, then renamed. */
  public void save(Path path) throws IOException {
    Path whole = path.resolveSibling(path.getFileName() + ".part");
    try (OutputStream out = Files.newOutputStream(whole)) {
      write(out);
    }
    try (FileChannel channel = FileChannel.open(whole, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(whole, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Reads a file.
   *
   * @throws BadGenerationFile when it is no generation, of another version, or damaged
   */
  public static Generation load(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return read(in);
    }
  }

  @Override
  public String toString() {
    return "generation %d of %d items, %d users, %d interactions"
        .formatted(number, hashes.length, users, interactions);
  }
}
