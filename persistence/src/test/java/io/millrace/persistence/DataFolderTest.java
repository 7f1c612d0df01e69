package io.millrace.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which folders are taken, and that the others are left alone. */
final class DataFolderTest {
  @TempDir Path temp;

  private static Map<String, String> contents(Path dir) throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.toList()) {
        String content = Files.isRegularFile(file) ? Files.readString(file) : "";
        all.put(dir.relativize(file).toString(), Files.getLastModifiedTime(file) + " " + content);
      }
    }
    return all;
  }

  private static String refusal(Path dir) {
    return assertThrows(StoreUnusable.class, () -> Stores.open(dir).close()).getMessage();
  }

  @Test
  void an_absent_folder_is_made_with_its_parents_and_says_whose_it_is() throws IOException {
    Path dir = temp.resolve("a/b/c");

    Stores.open(dir).close();

    assertEquals("millrace data, format 2\n", Files.readString(dir.resolve("FORMAT")));
    Stores.open(dir).close();
  }

  @Test
  void a_folder_of_another_product_is_refused_and_left_as_it_is() throws IOException {
    Path dir = Files.createDirectory(temp.resolve("other"));
    Files.writeString(dir.resolve("accounts.db"), "precious");
    Map<String, String> before = contents(dir);

    String refusal = refusal(dir);

    assertEquals(
        "data folder %s is not Millrace's: it has no FORMAT and holds accounts.db".formatted(dir),
        refusal);
    assertEquals(before, contents(dir));
  }

  @Test
  void a_folder_of_a_newer_version_is_refused_and_left_as_it_is() throws IOException {
    Path dir = Files.createDirectory(temp.resolve("newer"));
    Files.writeString(dir.resolve("FORMAT"), "millrace data, format 3\n");
    Map<String, String> before = contents(dir);

    String refusal = refusal(dir);

    assertTrue(refusal.contains("has format 3, this version reads up to 2"), refusal);
    assertThrows(StoreUnusable.class, () -> RocksStore.openReadOnly(dir));
    assertEquals(before, contents(dir));
  }

  @Test
  void a_folder_of_an_older_version_becomes_one_of_this_when_it_is_written_to_and_not_before()
      throws IOException {
    Path dir = temp.resolve("older");
    Stores.open(dir).close();
    Files.writeString(dir.resolve("FORMAT"), "millrace data, format 1\n");

    RocksStore.openReadOnly(dir).close();
    assertEquals("millrace data, format 1\n", Files.readString(dir.resolve("FORMAT")));

    Stores.open(dir).close();
    assertEquals("millrace data, format 2\n", Files.readString(dir.resolve("FORMAT")));
  }

  @Test
  void an_unknown_format_is_refused() throws IOException {
    Path dir = Files.createDirectory(temp.resolve("unknown"));
    Files.writeString(dir.resolve("FORMAT"), "cassandra 5\n");

    assertTrue(refusal(dir).endsWith("FORMAT is unknown"));
  }

  @Test
  void a_folder_held_by_this_process_is_refused_until_it_is_closed() {
    Path dir = temp.resolve("held");
    try (RocksStore first = Stores.open(dir)) {
      assertTrue(refusal(dir).endsWith("is already open in this process"));
      assertTrue(first.health().isHealthy());
    }
    Stores.open(dir).close();
  }

  @Test
  void a_file_is_not_a_folder() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "x");

    assertTrue(refusal(file).endsWith("is not a folder"));
  }

  @Test
  void reading_what_is_not_there_is_refused_and_makes_nothing() {
    Path dir = temp.resolve("absent");

    assertThrows(StoreUnusable.class, () -> RocksStore.openReadOnly(dir));

    assertFalse(Files.exists(dir));
  }

  @Test
  void a_setting_out_of_range_is_named_with_its_range() {
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class,
            () -> Stores.open(temp.resolve("x"), Map.of("group-limit", 0)));

    assertTrue(
        wrong.getMessage().startsWith("millrace.persistence.group-limit is 0, expected 1 to 65536"),
        wrong.getMessage());
  }

  // copied in part

  private Path filled() {
    Path dir = temp.resolve("filled");
    try (RocksStore store = Stores.open(dir)) {
      for (int i = 1; i <= 50; i++) {
        Stores.await(Stores.append(store, "user-1", "a", i, "event " + i));
      }
      store.families().rewrite(List.of()); // so that there are tables
    }
    return dir;
  }

  /** All files but those that say who looked. */
  private static Map<String, Long> files(Path dir) throws IOException {
    Map<String, Long> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.getFileName().toString().startsWith("LO")) {
          all.put(dir.relativize(file).toString(), Files.size(file));
        }
      }
    }
    return all;
  }

  private void assertNotWhole(Path dir, String missing) throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.filter(f -> f.getFileName().toString().matches(missing)).toList()) {
        Files.delete(file);
      }
    }
    Map<String, Long> before = files(dir);

    String refusal = refusal(dir);

    assertTrue(refusal.endsWith("copied in part copy it again, or restore a backup"), refusal);
    assertEquals(1, refusal.lines().count(), refusal);
    assertEquals(before, files(dir));
  }

  @Test
  void a_folder_without_its_format_is_not_whole() throws IOException {
    assertNotWhole(filled(), "FORMAT");
  }

  @Test
  void a_folder_without_its_journal_is_not_whole_and_none_is_made_anew() throws IOException {
    Path dir = filled();
    try (Stream<Path> files = Files.list(dir.resolve("journal"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    assertNotWhole(dir, "nothing more");
  }

  @Test
  void a_journal_without_one_of_its_files_is_not_whole() throws IOException {
    assertNotWhole(filled(), "CURRENT");
  }

  @Test
  void a_journal_without_its_manifest_is_not_whole() throws IOException {
    assertNotWhole(filled(), "MANIFEST-.*");
  }

  @Test
  void a_journal_without_a_table_is_not_whole() throws IOException {
    assertNotWhole(filled(), ".*\\.sst");
  }
}
