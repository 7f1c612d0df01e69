package io.millrace.model.taste;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationTest {

  private static final int D = 16;
  private final Generation generation = small();

  @Test
  void a_file_comes_back_as_it_was() throws IOException {
    byte[] bytes = bytes(generation);

    Generation read = Generation.read(new ByteArrayInputStream(bytes));

    assertArrayEquals(bytes, bytes(read));
    assertEquals(7, read.number());
    assertEquals(3, read.items());
    assertEquals(generation.itemGramian(), read.itemGramian());
  }

  @Test
  void the_bytes_of_version_one_are_frozen() throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes(generation));

    assertEquals(
        "23aaebf0 of 2592", "%08x of %d".formatted(crc.getValue(), bytes(generation).length));
  }

  @Test
  void vectors_are_stored_within_a_65_thousandth_of_their_largest_value() {
    float[] vector = new float[D];

    generation.vector(generation.row(-5), vector, 0);

    for (int i = 0; i < D; i++) {
      assertEquals(0.25f * i, vector[i], 0.25f * (D - 1) / 65_534 * 1.01f);
    }
  }

  @Test
  void every_item_is_found_by_its_hash_and_others_are_not() {
    assertEquals(-1, generation.row(4));
    for (int row = 0; row < generation.items(); row++) {
      assertEquals(row, generation.row(generation.hash(row)));
    }
  }

  @Test
  void a_wrong_file_says_what_is_wrong_with_it() throws IOException {
    byte[] damaged = bytes(generation);
    damaged[100] ^= 1;
    byte[] newer = bytes(generation);
    newer[11] = 9;
    byte[] whole = bytes(generation);

    assertTrue(
        refusal("GIF89a, a picture, not taste".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
            .contains("not a generation"));
    assertTrue(refusal(new byte[0]).contains("not a generation"));
    assertTrue(refusal(newer).contains("version 9, expected 1"));
    assertTrue(refusal(damaged).contains("damaged"));
    assertTrue(refusal(java.util.Arrays.copyOf(whole, whole.length - 9)).contains("cut short"));
  }

  @Test
  void a_saved_file_loads(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("7.taste");

    generation.save(path);

    assertArrayEquals(bytes(generation), bytes(Generation.load(path)));
  }

  @Test
  void an_item_without_new_evidence_keeps_its_frozen_vector() {
    float[] vector = new float[D];
    float[] frozen = new float[D];
    FoldIn fold = new FoldIn(generation.settings());
    generation.vector(1, frozen, 0);

    generation.beginItem(fold, generation.hash(1), 0.5f, new float[0]).solve(vector, 0);

    assertArrayEquals(frozen, vector);
  }

  @Test
  void an_item_newer_than_the_generation_starts_from_its_content() {
    float[] prior = new float[D];
    float[] vector = new float[D];
    FoldIn fold = new FoldIn(generation.settings());
    SparseFeatures content = SparseFeatures.of(new int[] {0, 3}, new float[] {1, 0.5f});
    generation.prior(content, null, prior, 0);

    generation.beginItem(fold, 99, 0, prior).solve(vector, 0);

    assertArrayEquals(prior, vector);
    assertEquals(0.01f * 0 + 0.5f * 0.01f * (3 * D), prior[0], 1e-6f);
  }

  private static String refusal(byte[] bytes) {
    return String.valueOf(
        assertThrows(
                BadGenerationFile.class, () -> Generation.read(new ByteArrayInputStream(bytes)))
            .getMessage());
  }

  private static byte[] bytes(Generation generation) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    generation.write(out);
    return out.toByteArray();
  }

  private static Generation small() {
    float[] vectors = new float[3 * D];
    float[] users = new float[2 * D];
    float[] map = new float[4 * D];
    for (int i = 0; i < D; i++) {
      vectors[i] = 1;
      vectors[D + i] = 0.25f * i;
      vectors[2 * D + i] = i % 2 == 0 ? -1 : 0.5f;
      users[i] = i % 3;
      users[D + i] = -0.5f;
    }
    for (int i = 0; i < map.length; i++) {
      map[i] = 0.01f * i;
    }
    return Generation.freeze(
        7,
        1_377_993_600_000L,
        12,
        2,
        new TasteSettings(D, 0.1f, 1, 0.5f),
        new long[] {Long.MIN_VALUE, -5, 3},
        vectors,
        new float[] {1, 9, 2},
        Gramian.of(D, users, 2),
        new float[D],
        RidgeMap.of(4, D, map),
        null);
  }
}
